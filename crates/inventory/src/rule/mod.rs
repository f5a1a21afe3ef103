//! Rules: one file each, with its own metadata; help, pages and the catalogue are derived from it.
//!
//! To add one: a file named after its code (`certificate.expires-soon` is `certificate_expires_soon.rs`) with a
//! `pub(super) static RULE`, a `mod` line and a line in [`ALL`]. A rule about something that no [`Kind`] covers adds its kind.

use std::net::SocketAddr;

use notafter_cert::path::ChainReadError;
use notafter_cert::{Certificate, Span, Time};
use notafter_tls::observation::{Failure, Served};

use crate::adopt::Watched;
use crate::model::{
    Channel, Contact, Drill, Expected, Owner, Ownership, Path, Pings, Severity, Subject, Violation,
};
use crate::plan::renew;
use crate::threshold::Thresholds;

mod client;
mod deployment;
mod drill;
mod facts;

pub use alert_one_path::Resting;
pub(crate) use client::SEEN_AS;
pub use client::{Clients, Page};
pub(crate) use deployment::doing;
pub use deployment::{DeploymentEvidence, DeploymentFacts, ExpectedServed, judge_deployment};
pub use drill::{judge_alarm, judge_drill, judges_drill};
pub use facts::{AnchorsNamedAt, ChainFacts, EndpointFacts, RevocationFacts, TransparencyFacts};

mod alert_no_links;
mod alert_no_proved_path;
mod alert_one_path;
mod alert_path_silent;
mod automation_dead;
mod automation_failing;
mod automation_key_mismatch;
mod automation_late;
mod automation_not_reloaded;
mod automation_unknown;
mod automation_unreadable;
mod certificate_ct_lacking;
mod certificate_expired;
mod certificate_expires_soon;
mod certificate_must_staple_missing;
mod certificate_name_mismatch;
mod certificate_not_yet_valid;
mod certificate_revocation_unknown;
mod certificate_revoked;
mod certificate_unreadable;
mod certificate_weak_key;
mod certificate_weak_signature;
mod chain_broken_signature;
mod chain_ca_ends_before_leaf;
mod chain_ca_expired;
mod chain_ca_expires_soon;
mod chain_constraint_violated;
mod chain_missing_intermediate;
mod chain_self_signed;
mod chain_unknown_signature;
mod chain_untrusted_root;
mod deployment_failing;
mod deployment_stale;
mod deployment_unreachable;
mod deployment_worse;
mod deployment_worse_restored;
mod drill_alarm;
mod drill_failed;
mod endpoint_addresses_disagree;
mod endpoint_alert;
mod endpoint_forbidden;
mod endpoint_half_resolved;
mod endpoint_malformed;
mod endpoint_no_route;
mod endpoint_not_tls;
mod endpoint_refused;
mod endpoint_reset;
mod endpoint_starttls_refused;
mod endpoint_timeout;
mod endpoint_trust_unreadable;
mod endpoint_unreachable;
mod endpoint_unresolvable;
mod handshake_signature_unchecked;
mod handshake_signature_wrong;
mod handshake_staple_unusable;
mod issuer_root_ends;
mod key_blocked_in_use;
mod lineage_no_place;
mod lineage_revoked;
mod notifier_failing;
mod owner_unacknowledged;
mod owner_unreachable;
mod ping_failing;
mod ping_missing;
mod place_no_endpoint;
mod renewal_chain_not_offered;
mod renewal_failing;
mod renewal_late;
mod renewal_name_left_out;
mod server_certificate_expired;
mod server_certificate_expires_soon;
mod server_certificate_not_loaded;
mod server_stand_in;

/// Every rule, in the order in which people read them.
pub static ALL: &[&Rule] = &[
    &certificate_expired::RULE,
    &certificate_not_yet_valid::RULE,
    &certificate_expires_soon::RULE,
    &certificate_name_mismatch::RULE,
    &certificate_revoked::RULE,
    &certificate_must_staple_missing::RULE,
    &certificate_revocation_unknown::RULE,
    &certificate_ct_lacking::RULE,
    &certificate_unreadable::RULE,
    &certificate_weak_key::RULE,
    &certificate_weak_signature::RULE,
    &chain_self_signed::RULE,
    &chain_untrusted_root::RULE,
    &chain_missing_intermediate::RULE,
    &chain_broken_signature::RULE,
    &chain_unknown_signature::RULE,
    &chain_constraint_violated::RULE,
    &chain_ca_expired::RULE,
    &chain_ca_expires_soon::RULE,
    &chain_ca_ends_before_leaf::RULE,
    &handshake_signature_wrong::RULE,
    &handshake_signature_unchecked::RULE,
    &handshake_staple_unusable::RULE,
    &endpoint_addresses_disagree::RULE,
    &endpoint_refused::RULE,
    &endpoint_reset::RULE,
    &endpoint_timeout::RULE,
    &endpoint_unreachable::RULE,
    &endpoint_alert::RULE,
    &endpoint_malformed::RULE,
    &endpoint_not_tls::RULE,
    &endpoint_starttls_refused::RULE,
    &endpoint_forbidden::RULE,
    &endpoint_unresolvable::RULE,
    &endpoint_half_resolved::RULE,
    &endpoint_no_route::RULE,
    &endpoint_trust_unreadable::RULE,
    &renewal_chain_not_offered::RULE,
    &renewal_failing::RULE,
    &renewal_late::RULE,
    &renewal_name_left_out::RULE,
    &lineage_revoked::RULE,
    &issuer_root_ends::RULE,
    &key_blocked_in_use::RULE,
    &lineage_no_place::RULE,
    &place_no_endpoint::RULE,
    &automation_key_mismatch::RULE,
    &automation_not_reloaded::RULE,
    &automation_dead::RULE,
    &automation_unknown::RULE,
    &automation_failing::RULE,
    &automation_late::RULE,
    &automation_unreadable::RULE,
    &ping_failing::RULE,
    &ping_missing::RULE,
    &deployment_failing::RULE,
    &deployment_stale::RULE,
    &deployment_worse::RULE,
    &deployment_worse_restored::RULE,
    &deployment_unreachable::RULE,
    &drill_failed::RULE,
    &drill_alarm::RULE,
    &owner_unreachable::RULE,
    &owner_unacknowledged::RULE,
    &alert_no_proved_path::RULE,
    &alert_path_silent::RULE,
    &alert_one_path::RULE,
    &alert_no_links::RULE,
    &notifier_failing::RULE,
    &server_certificate_expired::RULE,
    &server_certificate_expires_soon::RULE,
    &server_stand_in::RULE,
    &server_certificate_not_loaded::RULE,
];

/// One rule.
pub struct Rule {
    /// What it is called and why it matters.
    pub meta: Meta,
    /// What it judges, and how.
    pub kind: Kind,
}

/// What a rule declares about itself.
pub struct Meta {
    /// `area.kebab-case`, never reused.
    pub code: &'static str,
    /// A few words.
    pub title: &'static str,
    /// What it means when it is violated.
    pub why: &'static str,
    /// Where that is written, with the section.
    pub source: &'static str,
    /// The worst that it can be.
    pub severity: Severity,
    /// What to do, in the imperative, when the case says nothing better.
    pub hint: &'static str,
    /// What a visitor sees; nothing where visitors see nothing.
    pub clients: Option<Clients>,
    /// What sets it apart.
    pub marks: &'static [Mark],
}

/// What sets some rules apart, for whoever goes on with what they found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Nobody can come to it without trust anchors.
    ByAnchors,
    /// It compares with the name that was asked for: where none was, it says nothing.
    ByName,
    /// It is about what is still to come: what is served now is good.
    ToCome,
    /// It says that a certificate runs out or ran out, wherever that is served.
    Ending,
    /// It is known of a lineage without a look, and its evidence has the end of the newest certificate.
    EndOfLineage,
    /// Some clients run into it; others are served all the same.
    ForSome,
    /// Nothing is wrong yet, and somebody may be content with how it is: it is told once.
    Advice,
    /// Others were asked for it: where nobody tells, it is not known whether it still is so.
    ByAsking,
    /// It is doubtful whether the owner hears: whoever stands behind is told with it.
    ToBehind,
}

/// What a rule looks at; the function answers with what it found, in full, and with nothing when all is well.
#[derive(Clone, Copy)]
pub enum Kind {
    /// A chain: as sent by one address, or in a file.
    Chain(fn(&ChainFacts<'_>) -> Vec<Said>),
    /// A chain that has no leaf.
    Unreadable(fn(&ChainReadError) -> Vec<Said>),
    /// A handshake that showed a certificate.
    Handshake(fn(&Served) -> Vec<Said>),
    /// What is known of the revocation of a chain's certificates.
    Revocation(fn(&RevocationFacts<'_>) -> Vec<Said>),
    /// What logs promised of a certificate.
    Transparency(fn(&TransparencyFacts<'_>) -> Vec<Said>),
    /// An address that showed no certificate.
    Failure(fn(&Failure) -> Vec<Said>),
    /// All addresses of one endpoint together.
    Endpoint(fn(&EndpointFacts<'_>) -> Vec<Said>),
    /// A lineage that notafter renews.
    Lineage(fn(&renew::State<'_>) -> Vec<Said>),
    /// A certificate that somebody else's automation renews.
    Automation(fn(&Watched<'_>) -> Vec<Said>),
    /// The pings of the job that looks after a certificate.
    Ping(fn(&PingFacts<'_>) -> Vec<Said>),
    /// One version on its way to one place.
    Deployment(fn(&DeploymentFacts<'_>) -> Vec<Said>),
    /// An owner and the ways to tell them.
    Owner(fn(&OwnerFacts<'_>) -> Vec<Said>),
    /// A channel and the addresses on it.
    Channel(fn(&ChannelFacts<'_>) -> Vec<Said>),
    /// A drill of a lineage, which is over.
    Drill(fn(&Drill) -> Vec<Said>),
    /// A drill whose alarm is given.
    Alarm(fn(&Drill) -> Vec<Said>),
    /// What the TLS listener of notafter itself presents.
    Server(fn(&ServerFacts<'_>) -> Vec<Said>),
}

/// What rules about pings are told.
#[derive(Clone, Copy, Debug)]
pub struct PingFacts<'a> {
    /// The lineage's name.
    pub name: &'a str,
    /// What came.
    pub pings: &'a Pings,
    /// What is expected.
    pub expected: Expected,
    /// The instant of judgement.
    pub now: Time,
}

/// What rules about owners are told.
pub struct OwnerFacts<'a> {
    /// The owner.
    pub owner: &'a Owner,
    /// The contacts in order, each with what is known about the way to it.
    pub paths: Vec<(&'a Contact, Option<&'a Path>)>,
    /// Whether nobody stands behind this owner: it is the default one.
    pub is_last: bool,
    /// Where the links of messages would lead, where that is this machine alone and somebody is told of anything.
    pub loopback_site: Option<&'a str>,
    /// What rests on one path alone, of whomever it is; nothing where every critical alert has two, or nobody is told at all.
    pub resting: Option<&'a Resting>,
    /// What is known of its answering for what it owns; nothing where it was never asked.
    pub ownership: Option<&'a Ownership>,
    /// The instant of judgement.
    pub now: Time,
}

/// What rules about channels are told.
pub struct ChannelFacts<'a> {
    /// The channel.
    pub channel: &'a Channel,
    /// Every address that was ever told through it.
    pub paths: Vec<&'a Path>,
    /// The instant of judgement.
    pub now: Time,
}

/// What rules about our own certificate are told.
pub struct ServerFacts<'a> {
    /// Where the listener is, as the settings have it.
    pub listener: &'a str,
    /// What it presents.
    pub presented: &'a Certificate,
    /// Whether that only stands in for one that could be trusted.
    pub is_stand_in: bool,
    /// What keeps it from presenting what it should.
    pub obstacle: Option<Obstacle<'a>>,
    /// Whether the listener is an endpoint of the inventory: what visitors see is told there.
    pub is_watched: bool,
    /// Whether somebody hears of the end of what is presented anyway.
    pub is_end_told: bool,
    /// When time that is left becomes too little.
    pub thresholds: &'a Thresholds,
    /// The instant of judgement.
    pub now: Time,
}

/// What stands in the way of what should be presented.
#[derive(Clone, Copy)]
pub struct Obstacle<'a> {
    /// The code of the fault.
    pub code: &'a str,
    /// What it says, and why.
    pub words: &'a str,
    /// What to do.
    pub hint: &'a str,
    /// Since when something stands in the way.
    pub since: Time,
}

impl<'a> ServerFacts<'a> {
    /// One that does not pass by itself: a first certificate takes a moment, and so do two files that are written one after the
    /// other.
    #[must_use]
    pub fn lasting_obstacle(&self) -> Option<Obstacle<'a>> {
        const PASSES: Span = Span::minutes(2);
        self.obstacle.filter(|obstacle| self.now.since(obstacle.since) >= PASSES)
    }

    /// Whether a finding of this code could have been seen: what may pass is not judged yet.
    #[must_use]
    pub fn is_judged(&self, code: &str) -> bool {
        let of_obstacles = [&server_stand_in::RULE, &server_certificate_not_loaded::RULE];
        let is_of_obstacles = of_obstacles.iter().any(|rule| rule.meta.code == code);
        let may_pass = self.obstacle.is_some() && self.lasting_obstacle().is_none();
        is_about_server(code) && !(is_of_obstacles && may_pass)
    }
}

/// Whether the code is of a rule about our own certificate.
#[must_use]
pub fn is_about_server(code: &str) -> bool {
    find(code).is_some_and(|rule| matches!(rule.kind, Kind::Server(_)))
}

/// What a rule found: a violation but for what its [`Meta`] and its subject already say.
#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    /// How bad it is now.
    pub severity: Severity,
    /// What tells two causes apart (never days left, a serial or an address).
    pub cause: String,
    /// One line, with the numbers of now.
    pub text: String,
    /// What to do in this case, where that is not [`Meta::hint`].
    pub hint: Option<String>,
    /// Facts that show it.
    pub evidence: serde_json::Value,
    /// What a visitor sees in this case, where that is not [`Meta::clients`].
    pub clients: Option<Clients>,
}

impl Said {
    /// Without a hint of its own.
    #[must_use]
    pub fn new(severity: Severity, cause: impl ToString, text: String, evidence: serde_json::Value) -> Self {
        Self { severity, cause: cause.to_string(), text, hint: None, evidence, clients: None }
    }

    /// With a better hint than the rule's.
    #[must_use]
    pub fn with_hint(self, hint: String) -> Self {
        Self { hint: Some(hint), ..self }
    }

    /// Where visitors see something else than the rule's usual.
    #[must_use]
    pub fn seen_as(self, clients: Clients) -> Self {
        Self { clients: Some(clients), ..self }
    }
}

impl Rule {
    /// Whether looks show what it is about.
    #[must_use]
    pub const fn is_of_a_look(&self) -> bool {
        matches!(
            self.kind,
            Kind::Chain(_)
                | Kind::Unreadable(_)
                | Kind::Handshake(_)
                | Kind::Revocation(_)
                | Kind::Transparency(_)
                | Kind::Failure(_)
                | Kind::Endpoint(_)
        )
    }

    /// The violation of this rule on a subject.
    #[must_use]
    pub fn violation(&self, subject: Subject, said: Said) -> Violation {
        Violation {
            code: self.meta.code.to_owned(),
            severity: said.severity,
            subject,
            cause: said.cause,
            text: said.text,
            hint: said.hint.unwrap_or_else(|| self.meta.hint.to_owned()),
            evidence: match said.clients {
                Some(clients) => clients.kept_with(said.evidence),
                None => said.evidence,
            },
        }
    }
}

impl Violation {
    /// Whether it fails a probe, which has one bit: critical or unknown, and about what is served now.
    #[must_use]
    pub fn fails_a_probe(&self) -> bool {
        matches!(self.severity, Severity::Critical | Severity::Unknown) && !self.is_marked(Mark::ToCome)
    }

    /// Whether clients run into it already: it is critical, a look shows it, and it is not still to come.
    #[must_use]
    pub fn fails_clients(&self) -> bool {
        self.severity == Severity::Critical && !self.is_marked(Mark::ToCome) && self.is_of_a_look()
    }

    /// Whether a look shows it: it is about what is served, or about what kept that from being seen.
    #[must_use]
    pub fn is_of_a_look(&self) -> bool {
        find(&self.code).is_some_and(Rule::is_of_a_look)
    }

    /// Whether it says why an address serves an old certificate where a newer one is there already: what helps then is to
    /// get that served, and not another renewal.
    #[must_use]
    pub fn is_of_an_installation(&self) -> bool {
        let of = |rule: &Rule| matches!(rule.kind, Kind::Deployment(_));
        self.code == automation_not_reloaded::RULE.meta.code || find(&self.code).is_some_and(of)
    }

    /// Whether it was told by witnesses beside the chain: by whoever knows of revocation, or by logs.
    #[must_use]
    pub fn is_told_by_witnesses(&self) -> bool {
        let of = |rule: &Rule| matches!(rule.kind, Kind::Revocation(_) | Kind::Transparency(_));
        find(&self.code).is_some_and(of)
    }

    /// Whether its rule has this mark.
    #[must_use]
    pub fn is_marked(&self, mark: Mark) -> bool {
        find(&self.code).is_some_and(|rule| rule.meta.marks.contains(&mark))
    }
}

/// The rule of this code.
#[must_use]
pub fn find(code: &str) -> Option<&'static Rule> {
    ALL.iter().find(|rule| rule.meta.code == code).copied()
}

/// What every rule says, on this subject.
fn violations(subject: &Subject, judge: impl Fn(&Rule) -> Vec<Said>) -> Vec<Violation> {
    let of = |rule: &&'static Rule| {
        let said = judge(rule).into_iter().map(|said| rule.violation(subject.clone(), said));
        said.collect::<Vec<_>>()
    };
    ALL.iter().flat_map(of).collect()
}

/// What the rules about lineages say of this one.
#[must_use]
pub fn judge_lineage(state: &renew::State<'_>) -> Vec<Violation> {
    let judge = |rule: &Rule| match rule.kind {
        Kind::Lineage(judge) => judge(state),
        _ => Vec::new(),
    };
    violations(&Subject::Lineage(state.lineage.id), judge)
}

/// What the rules about automations say of this case.
#[must_use]
pub fn judge_automation(watched: &Watched<'_>, subject: &Subject) -> Vec<Violation> {
    let judge = |rule: &Rule| match rule.kind {
        Kind::Automation(judge) => judge(watched),
        _ => Vec::new(),
    };
    violations(subject, judge)
}

/// What the rules about pings say of this lineage's.
#[must_use]
pub fn judge_ping(facts: &PingFacts<'_>, subject: &Subject) -> Vec<Violation> {
    let judge = |rule: &Rule| match rule.kind {
        Kind::Ping(judge) => judge(facts),
        _ => Vec::new(),
    };
    violations(subject, judge)
}

/// Whether the code is of a rule about pings.
#[must_use]
pub fn is_about_pings(code: &str) -> bool {
    find(code).is_some_and(|rule| matches!(rule.kind, Kind::Ping(_)))
}

/// The first few addresses, and how many more there are.
fn list(addresses: &[SocketAddr]) -> String {
    const SHOWN: usize = 4;
    let mut words: Vec<String> = addresses.iter().take(SHOWN).map(ToString::to_string).collect();
    if addresses.len() > SHOWN {
        words.push(format!("{} more", addresses.len() - SHOWN));
    }
    words.join(", ")
}

/// What the rules about owners say of this one.
#[must_use]
pub fn judge_owner(facts: &OwnerFacts<'_>) -> Vec<Violation> {
    let judge = |rule: &Rule| match rule.kind {
        Kind::Owner(judge) => judge(facts),
        _ => Vec::new(),
    };
    violations(&Subject::Owner(facts.owner.id), judge)
}

/// What the rules about channels say of this one.
#[must_use]
pub fn judge_channel(facts: &ChannelFacts<'_>) -> Vec<Violation> {
    let judge = |rule: &Rule| match rule.kind {
        Kind::Channel(judge) => judge(facts),
        _ => Vec::new(),
    };
    violations(&Subject::Channel(facts.channel.id), judge)
}

/// What the rules about our own certificate say.
#[must_use]
pub fn judge_server(facts: &ServerFacts<'_>) -> Vec<Violation> {
    let judge = |rule: &Rule| match rule.kind {
        Kind::Server(judge) => judge(facts),
        _ => Vec::new(),
    };
    violations(&Subject::Installation, judge)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_folder_and_the_list_are_the_same() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/rule");
        #[expect(clippy::disallowed_methods, reason = "the test compares the list with the folder")]
        let files: BTreeSet<String> = std::fs::read_dir(folder)
            .unwrap()
            .filter_map(|entry| {
                entry
                    .unwrap()
                    .file_name()
                    .to_str()
                    .and_then(|name| name.strip_suffix(".rs"))
                    .map(str::to_owned)
            })
            .filter(|name| !["mod", "client", "deployment", "drill", "facts"].contains(&name.as_str()))
            .collect();
        let listed: BTreeSet<String> =
            ALL.iter().map(|rule| rule.meta.code.replace(['.', '-'], "_")).collect();
        assert_eq!(files, listed);
        assert_eq!(listed.len(), ALL.len(), "a code is listed twice");
    }

    #[test]
    fn marks_set_apart_those_that_they_are_meant_for() {
        let marked = |mark: Mark| -> Vec<&str> {
            let marked = ALL.iter().filter(|rule| rule.meta.marks.contains(&mark));
            marked.map(|rule| rule.meta.code).collect()
        };
        for (mark, codes) in [
            (
                Mark::ByAnchors,
                &["chain.self-signed", "chain.untrusted-root", "chain.missing-intermediate"][..],
            ),
            (Mark::ByName, &["certificate.name-mismatch"]),
            (
                Mark::ToCome,
                &["certificate.expires-soon", "chain.ca-expires-soon", "chain.ca-ends-before-leaf"],
            ),
            (Mark::Ending, &["certificate.expired", "certificate.expires-soon"]),
            (Mark::EndOfLineage, &["renewal.failing", "renewal.late"]),
            (Mark::ForSome, &["chain.missing-intermediate"]),
            (Mark::Advice, &["alert.one-path"]),
            (Mark::ByAsking, &["certificate.revoked", "certificate.revocation-unknown"]),
            (Mark::ToBehind, &["owner.unacknowledged"]),
        ] {
            assert_eq!(marked(mark), codes, "{mark:?}");
        }
    }

    #[test]
    fn every_rule_says_what_it_owes() {
        for rule in ALL {
            let Meta { code, title, why, source, severity, hint, .. } = &rule.meta;
            let kebab = |part: &str| {
                !part.is_empty()
                    && part
                        .bytes()
                        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
            };
            let (area, name) = code.split_once('.').unwrap();
            assert!(kebab(area) && kebab(name), "{code}");
            assert!(!title.is_empty() && !why.is_empty() && !source.is_empty() && !hint.is_empty(), "{code}");
            assert_ne!(*severity, Severity::Ok, "{code}");
        }
    }
}
