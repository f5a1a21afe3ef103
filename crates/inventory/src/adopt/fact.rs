//! What a survey of one machine found: facts only, nothing judged. Found by `providers::discover`.

use std::net::SocketAddr;

use notafter_cert::{KeySpec, Span, Time};
use serde::{Deserialize, Serialize};

use crate::model::Renewer;

/// Everything that was found on one machine, each list in the order of finding.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Survey {
    /// Ports that somebody listens on.
    pub listeners: Vec<Listener>,
    /// Virtual hosts of web servers that speak TLS.
    pub sites: Vec<Site>,
    /// What each renewing program keeps.
    pub kept: Vec<Kept>,
    /// Timers and cron entries that start a renewing program.
    pub triggers: Vec<Trigger>,
    /// Runs of a renewing program of which a trace was found.
    pub runs: Vec<Run>,
    /// Certificate files.
    pub files: Vec<FoundFile>,
    /// Keys that are used with these certificates.
    #[serde(default)]
    pub key_uses: Vec<KeyUse>,
    /// Whether systemd runs this machine.
    pub systemd_runs: Known,
    /// Whether a cron daemon runs.
    pub cron_runs: Known,
    /// What could not be seen, and why (law 6).
    pub unseen: Vec<Unseen>,
}

impl Survey {
    /// The file with this name, as it was read.
    #[must_use]
    pub fn file(&self, path: &str) -> Option<&FoundFile> {
        self.files.iter().find(|file| file.path == path)
    }
}

/// A fact that may be out of sight.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "known", content = "why", rename_all = "kebab-case")]
pub enum Known {
    /// It is so.
    Yes,
    /// It is not so, and this is why.
    No(String),
    /// It could not be found out, and this is why.
    Unknown(String),
    /// Nobody looked.
    #[default]
    Unasked,
}

/// A socket that accepts TCP connections.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listener {
    /// Where; the unspecified address means every address of its family.
    pub address: SocketAddr,
    /// Who, where it may be seen.
    pub process: Option<Process>,
}

/// A running program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// Its number.
    pub pid: u32,
    /// Its short name, as the kernel shows it.
    pub name: String,
}

/// A virtual host with TLS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Site {
    /// The web server.
    pub software: Software,
    /// Names that it answers for, as written.
    pub names: Vec<String>,
    /// Where it listens with TLS; the unspecified address means every one.
    pub listens: Vec<SocketAddr>,
    /// Certificate and key files.
    pub pairs: Vec<FilePair>,
    /// The file in which it is written.
    pub config: String,
    /// The main configuration file that leads there, where that is another one.
    #[serde(default)]
    pub main: Option<String>,
}

/// Web servers whose configuration can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Software {
    /// nginx.
    Nginx,
    /// Apache httpd.
    Apache,
}

impl Software {
    /// Its name in a sentence.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::Apache => "Apache",
        }
    }
}

/// A certificate file and its key file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilePair {
    /// Leaf, and usually intermediates.
    pub certificate: String,
    /// The key, where it is written apart.
    pub key: Option<String>,
    /// The line of the configuration that names the key, as `FILE:LINE`.
    #[serde(default)]
    pub key_at: Option<String>,
}

/// One certificate that a renewing program keeps fresh, as its own files describe it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Which program.
    pub renewer: Renewer,
    /// Its name for it.
    pub name: String,
    /// The program's home: certbot's configuration directory, lego's `--path`, acme.sh's home.
    pub home: String,
    /// The file with leaf and chain.
    pub chain_file: String,
    /// The key file.
    pub key_file: Option<String>,
    /// Copies of the chain that it puts elsewhere for a server to read.
    pub copies: Vec<String>,
    /// Where it installs what a server reads, when that is not where it keeps its own.
    #[serde(default)]
    pub installs: Installs,
    /// The file with its settings, where it has one.
    pub config_file: Option<String>,
    /// The CA's directory URL.
    pub directory: Option<String>,
    /// The account it uses there.
    pub account: Option<AccountTrace>,
    /// How it shows control.
    pub challenge: Challenge,
    /// What it asks of keys and chains.
    #[serde(default)]
    pub wishes: Wishes,
    /// Commands it runs before it renews.
    #[serde(default)]
    pub hooks_before: Vec<String>,
    /// Commands it runs after a renewal.
    pub hooks: Vec<String>,
    /// Whether the program would renew it at all when it is started.
    pub enabled: Known,
    /// It renews when this much is left, where it says so.
    pub renews_before: Option<Span>,
    /// It plans its next renewal at this instant, where it says so.
    pub planned_at: Option<Time>,
    /// First and last instants of the certificates it kept, oldest first, the present one included.
    pub history: Vec<Validity>,
}

/// What a renewing program asks of the certificates that it orders.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wishes {
    /// The kind of key of the next certificate, where it is written down.
    pub key: Option<KeySpec>,
    /// The key stays the same over renewals.
    pub reuse_key: bool,
    /// Common name of the issuer at the top of the chain.
    pub preferred_chain: Option<String>,
    /// The ACME profile.
    pub profile: Option<String>,
    /// What else it asks for, as its settings name it, and notafter cannot.
    pub others: Vec<String>,
}

/// Files that a renewing program writes for a server, by what they hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Installs {
    /// The private key.
    pub key: Option<String>,
    /// The leaf alone.
    pub certificate: Option<String>,
    /// The intermediates alone.
    pub chain: Option<String>,
    /// Leaf and intermediates.
    pub full_chain: Option<String>,
}

/// The account of a renewing program at its CA.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountTrace {
    /// The file with the account key (JWK or PEM).
    pub key_file: String,
    /// The account's URL.
    pub url: Option<String>,
    /// Its contact URLs.
    pub contact: Vec<String>,
}

/// How a renewing program shows control over the names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "challenge", rename_all = "kebab-case")]
pub enum Challenge {
    /// http-01 with a listener of its own.
    Standalone {
        /// The port, where it is not 80.
        port: Option<u16>,
    },
    /// http-01 through files below the document root.
    Webroot {
        /// The document root.
        root: String,
    },
    /// http-01 through the running web server.
    WebServer {
        /// Which.
        software: Software,
        /// Its main configuration file, where the program was told another than the usual one.
        #[serde(default)]
        config: Option<String>,
    },
    /// dns-01.
    Dns {
        /// The provider, as the program names it.
        provider: String,
    },
    /// Something else, or a hook.
    Other {
        /// As the program names it.
        name: String,
    },
}

/// First and last instant of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Validity {
    /// First instant.
    pub not_before: Time,
    /// Last instant.
    pub not_after: Time,
}

/// A timer or cron entry that starts a renewing program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trigger {
    /// What keeps the time.
    pub kind: TriggerKind,
    /// The unit's name, or the cron file with its line.
    pub name: String,
    /// What it starts.
    pub command: String,
    /// Which program that is.
    pub starts: Renewer,
    /// Whether it is switched on.
    pub enabled: Known,
    /// When, as written.
    pub schedule: String,
    /// The longest pause between two starts by that schedule, where it is understood.
    pub every: Option<Span>,
    /// When it last fired.
    pub last: Option<Time>,
    /// The file in which it is written.
    pub file: String,
}

/// Time keepers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TriggerKind {
    /// A systemd timer.
    Timer,
    /// A line of cron.
    Cron,
}

/// One run of a renewing program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// Which program.
    pub renewer: Renewer,
    /// The home it worked in, where the trace says so.
    pub home: Option<String>,
    /// When it ended.
    pub at: Time,
    /// How.
    pub result: RunResult,
    /// In the program's own words, one line.
    pub detail: String,
    /// The log that says so.
    pub source: String,
    /// Names of what failed, as the program calls them; empty when it does not say.
    pub failed: Vec<String>,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunResult {
    /// Well: renewed, or nothing was due.
    Succeeded,
    /// Not.
    Failed,
    /// The trace does not say.
    Unknown,
}

/// A file with certificates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundFile {
    /// As it is named where it is used.
    pub path: String,
    /// What it is in the end, symbolic links followed.
    pub real: String,
    /// Container.
    pub container: Container,
    /// The certificates in the order of the file, DER in base64.
    pub chain: Vec<Der>,
    /// Whether a private key lies in the same file.
    pub has_key: bool,
    /// When the file was last written.
    pub modified: Option<Time>,
}

/// Kinds of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Container {
    /// Text blocks.
    Pem,
    /// One certificate in DER.
    Der,
    /// PKCS#12.
    Pkcs12,
}

/// A key file that a server or a renewing program uses with a certificate file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyUse {
    /// The certificate file, as it is named where it is used.
    pub certificate: String,
    /// The key file; the same one where it lies with the certificate.
    pub key: String,
    /// Whether the key is the certificate's.
    pub fits: Known,
    /// The line of a server's configuration that says so, as `FILE:LINE`.
    #[serde(default)]
    pub named_at: Option<String>,
}

/// DER bytes, base64 in JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Der(pub Vec<u8>);

impl Serialize for Der {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&notafter_cert::base64::encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Der {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        notafter_cert::base64::decode(&text).map(Self).ok_or_else(|| serde::de::Error::custom("not base64"))
    }
}

/// Something that was there and could not be seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unseen {
    /// What: a path, or a kind of fact.
    pub what: String,
    /// Why not.
    pub why: String,
}

impl Unseen {
    /// Whether it belongs to what renews certificates: programs' homes, crontabs, units.
    #[must_use]
    pub fn may_hide_a_renewer(&self) -> bool {
        const HOMES: [&str; 5] = ["letsencrypt", "lego", ".lego", "acme.sh", ".acme.sh"];
        self.may_hide_a_trigger() || self.what.split('/').any(|part| HOMES.contains(&part))
    }

    /// Whether it belongs to what starts programs: crontabs, units.
    #[must_use]
    pub fn may_hide_a_trigger(&self) -> bool {
        const PLACES: [&str; 4] = ["/etc/cron", "/var/spool/cron", "systemd", "/etc/systemd"];
        PLACES.iter().any(|place| self.what.starts_with(place))
    }

    /// Whether root sees it: whoever could not look says so.
    #[must_use]
    pub fn is_for_root(&self) -> bool {
        self.why.contains("as root")
    }
}
