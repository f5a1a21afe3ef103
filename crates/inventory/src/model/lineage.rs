//! The succession of certificates that is kept alive for a set of identifiers.

use std::collections::BTreeSet;

use notafter_acme::Code;

use notafter_cert::{Identifier, KeySpec, Span, Time};
use serde::{Deserialize, Serialize};

use super::{Expected, Labels, LineageId, OrderId, OwnerId, Rehearsed, Terms, VersionId};

/// The label of a lineage that notafter made for what is left out of another one: the name of that one. Names are free for
/// people to choose, so that one alone would say nothing.
pub const SHED_FROM: &str = "notafter/shed-from";

/// A lineage: what is wanted, who renews it, and how far the renewal is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lineage {
    /// Identity.
    pub id: LineageId,
    /// Who answers for it.
    pub owner_id: OwnerId,
    /// Unique name.
    pub name: String,
    /// Marks.
    pub labels: Labels,
    /// Who renews.
    pub mode: Mode,
    /// The newest version that is not retired or revoked.
    pub current: Option<VersionId>,
    /// How far the renewal is.
    pub renewal: Renewal,
    /// When it is rehearsed by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rehearsed: Option<Rehearsed>,
}

impl Lineage {
    /// How far it is, as the engine reads and writes it.
    #[must_use]
    pub fn progress(&self) -> Progress {
        Progress { current: self.current, renewal: self.renewal.clone() }
    }
}

/// How far a lineage is: the half that the engine writes. The other half, what is wanted, is the inventory's, and neither
/// is ever written with the other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// See [`Lineage::current`].
    #[serde(default)]
    pub current: Option<VersionId>,
    /// See [`Lineage::renewal`].
    #[serde(default)]
    pub renewal: Renewal,
}

/// Who renews the lineage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "mode", rename_all = "kebab-case")]
pub enum Mode {
    /// notafter does.
    Managed(LineageSpec),
    /// Somebody else's automation does, and is watched.
    WatchOnly(Automation),
}

/// What a managed lineage shall be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineageSpec {
    /// Names and addresses that the certificate must carry.
    pub identifiers: Vec<Identifier>,
    /// Name of the issuer.
    pub issuer: String,
    /// Key algorithm and size.
    pub key: KeySpec,
    /// Keep the key over renewals instead of making a new one.
    pub reuse_key: bool,
    /// ACME profile to ask for.
    pub profile: Option<String>,
    /// Common name of the issuer at the top of the chain to choose among alternates.
    pub preferred_chain: Option<String>,
    /// How control over the identifiers is shown.
    pub http01: Http01,
    /// What to do with identifiers that fail the self-check.
    pub shedding: Shedding,
    /// How many superseded versions stay for `rollback`.
    pub keep_versions: u32,
}

/// Who answers `http-01` challenges.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "solver", rename_all = "kebab-case")]
pub enum Http01 {
    /// A listener of our own.
    Listener {
        /// Address to listen on, usually `[::]:80`.
        listen: String,
    },
    /// A directory that a running web server serves.
    Webroot {
        /// The document root; files go below `.well-known/acme-challenge/` in it.
        root: String,
    },
    /// A location added to the running nginx, which answers for us.
    Nginx {
        /// nginx's main configuration file, where it is not the usual one.
        config: Option<String>,
    },
}

impl Http01 {
    /// Who answers, in words.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Listener { listen } => format!("http-01, answered by notafter on {listen}"),
            Self::Webroot { root } => format!("http-01, answered from {root}"),
            Self::Nginx { config: None } => "http-01, answered by nginx".to_owned(),
            Self::Nginx { config: Some(config) } => format!("http-01, answered by nginx of {config}"),
        }
    }
}

/// What happens to identifiers that fail the self-check.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shedding {
    /// The order waits; each failing identifier is named.
    #[default]
    Wait,
    /// The failing ones get a certificate of their own, the rest goes ahead.
    Split,
}

/// Somebody else's automation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Automation {
    /// Which program renews.
    pub renewer: Renewer,
    /// Names seen in its newest certificate.
    pub identifiers: Vec<Identifier>,
    /// The chain file that it keeps fresh.
    pub chain_file: String,
    /// The key file beside it.
    pub key_file: Option<String>,
    /// Its configuration, where it has one.
    pub config_file: Option<String>,
    /// The timer or cron entry that starts it, as found.
    pub trigger: Option<String>,
    /// Share of the lifetime, in thousandths, after which it renewed in the past (its habit); `None` when never seen.
    pub habit_permille: Option<u16>,
    /// How often its job is to ping, where it is to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ping: Option<Box<Expected>>,
}

/// Versions that were left by going back to an earlier one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WentBackFrom(pub BTreeSet<VersionId>);

/// Programs whose traces `adopt` can read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Renewer {
    /// EFF's certbot.
    Certbot,
    /// lego.
    Lego,
    /// acme.sh.
    AcmeSh,
    /// Files that nobody is known to renew.
    Unknown,
}

/// How far the renewal of a managed lineage is; stored before it is acted upon (law 3).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Renewal {
    /// The instant drawn inside the CA's window, and the window.
    pub ari: Option<AriChoice>,
    /// The order under way.
    pub order: Option<OrderId>,
    /// Failures since the last success, oldest first, at most 50.
    pub failures: Vec<AttemptFailure>,
    /// No attempt before this instant: what the plan said after the last failure, or a hold where none failed.
    pub not_before: Option<Time>,
    /// A person asked for a renewal at this instant.
    pub forced_at: Option<Time>,
    /// Key identifiers (SHA-256 of the SPKI, hexadecimal) that must not be used again.
    pub blocked_keys: Vec<String>,
    /// Identifiers that fail the self-check and are left out of this lineage's certificate until they pass it again.
    #[serde(default)]
    pub shed: Vec<Identifier>,
    /// After a question for a renewal window that was not answered: do not ask before this instant.
    #[serde(default)]
    pub ask_window_at: Option<Time>,
    /// A person went back to an earlier version.
    #[serde(default)]
    pub rolled_back: Option<Box<RollBack>>,
    /// Versions that a person went back from, last: nobody goes back to them who does not name them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub went_back_from: Option<Box<WentBackFrom>>,
    /// What the attempt that failed last was made with; what was changed since is worth another one.
    #[serde(default)]
    pub tried: Option<Box<Tried>>,
}

/// What an attempt was made with, as far as that decides how it ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tried {
    /// What was wanted.
    pub spec: LineageSpec,
    /// Who was asked for it.
    pub terms: Terms,
}

/// A rollback by a person: what it went back to is kept until it comes near its end, or other things are wanted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RollBack {
    /// When.
    pub at: Time,
    /// The version that is kept.
    pub version: VersionId,
    /// What was wanted then: other names end the hold.
    pub identifiers: Vec<Identifier>,
    /// The kind of key that was wanted then: another one ends the hold.
    pub key: KeySpec,
}

/// One draw inside a renewal window (RFC 9773 section 4.2), kept while the window is the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AriChoice {
    /// The version that the window is about.
    pub version: VersionId,
    /// Start of the window.
    pub start: Time,
    /// End of the window.
    pub end: Time,
    /// The drawn instant.
    pub chosen: Time,
    /// The CA's page about it, shown to people.
    pub explanation_url: Option<String>,
    /// When to ask the CA again (Retry-After).
    pub ask_again: Time,
}

/// A failed attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptFailure {
    /// When.
    pub at: Time,
    /// Whose fault it is.
    pub class: FailureClass,
    /// The catalogue's code.
    pub code: String,
    /// What happened, in words.
    pub message: String,
    /// The identifiers it is about; empty when it is about all.
    pub identifiers: Vec<Identifier>,
    /// When the other side said that it may be tried again.
    pub retry_after: Option<Time>,
}

impl AttemptFailure {
    /// What to do about it for this lineage, where CAs ask at this port.
    #[must_use]
    pub fn hint(&self, lineage: &Lineage, http01_port: u16) -> String {
        let names: Vec<String> = self.identifiers.iter().map(ToString::to_string).collect();
        let code = serde_json::Value::String(self.code.clone());
        match (self.class, self.code.as_str(), serde_json::from_value::<Code>(code)) {
            (_, "acme.paused", _) => {
                "the CA paused this name after too many failures: open the link in its answer".to_owned()
            }
            (_, "clock.disagrees", _) => {
                "set this machine's clock (timedatectl, chronyc), or tell the CA that its own is wrong"
                    .to_owned()
            }
            (_, "issuer.not-permitted", _) => format!(
                "take {} out of the lineage, or name another issuer: what is permitted stands in the root",
                names.join(", ")
            ),
            (_, "issuer.root-ended", _) => {
                "write another issuer of kind private, give its root to every client, and name it in the lineage".to_owned()
            }
            (FailureClass::Domain, ..) if names.is_empty() => {
                format!("check DNS, CAA and port {http01_port} of the names in the certificate")
            }
            (FailureClass::Domain, ..) => {
                let names = names.join(", ");
                let check = format!("check DNS, CAA and port {http01_port} of {names}");
                whole(lineage).map_or(check.clone(), |whole| format!("{check}, or take it out of {whole}"))
            }
            // A CA that lies or is none: waiting does not help.
            (
                FailureClass::Ca,
                _,
                Ok(code @ (Code::UntruthfulAnswer | Code::UrlEscapesOrigin | Code::UnreadableAnswer)),
            ) => code.hint().to_owned(),
            (FailureClass::Ca, ..) => "look at the CA's status page; it is tried again by itself".to_owned(),
            (FailureClass::RateLimit, ..) => {
                "wait, or order from another CA: limits cannot be lifted from here".to_owned()
            }
            (FailureClass::Network, _, Ok(code @ Code::Untrusted)) => code.hint().to_owned(),
            (FailureClass::Network, ..) => {
                "check the way from this machine to the CA: DNS, firewall, proxy".to_owned()
            }
            (FailureClass::Ours, _, Ok(code)) => code.hint().replace("LINEAGE", &lineage.name),
            (FailureClass::Ours, ..) => "run `notafter doctor`: the fault is in this installation".to_owned(),
        }
    }
}

/// What a name that fails can be taken out of, and what does so where nothing does yet.
fn whole(lineage: &Lineage) -> Option<String> {
    // It is left out already, and waits in this lineage.
    if let Some(from) = lineage.labels.get(SHED_FROM) {
        return Some(format!("lineage {from}"));
    }
    match &lineage.mode {
        Mode::Managed(spec) if spec.identifiers.len() < 2 => None,
        Mode::Managed(spec) if spec.shedding == Shedding::Wait => {
            Some("the lineage (`shedding = \"split\"` does so by itself)".to_owned())
        }
        _ => Some("the lineage".to_owned()),
    }
}

/// Whose fault a failure is: decides backoff and who is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureClass {
    /// This installation: disk, permission, configuration, clock.
    Ours,
    /// The domain: DNS, reachability, CAA, a challenge that was answered wrongly.
    Domain,
    /// The CA: 5xx, nonsense, maintenance.
    Ca,
    /// A limit of the CA.
    RateLimit,
    /// The way to the CA.
    Network,
}

impl FailureClass {
    /// The first pause after a failure of this kind; it doubles up to [`FailureClass::longest_pause`].
    #[must_use]
    pub const fn first_pause(self) -> Span {
        match self {
            Self::Ours | Self::Network => Span::minutes(1),
            Self::Ca => Span::minutes(5),
            // Five failed authorizations an hour are the budget of a public CA: stay far below.
            Self::Domain => Span::minutes(20),
            Self::RateLimit => Span::hours(1),
        }
    }

    /// The longest pause between two attempts.
    #[must_use]
    pub const fn longest_pause(self) -> Span {
        match self {
            Self::Ours | Self::Network => Span::hours(1),
            Self::Ca => Span::hours(6),
            Self::Domain | Self::RateLimit => Span::hours(12),
        }
    }
}
