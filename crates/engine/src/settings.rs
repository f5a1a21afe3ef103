//! Settings of the process (`notafter.toml`; every key also `NOTAFTER_<KEY>`).

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use notafter_tls::dialogue::{self, Protocol};
use serde::{Deserialize, Serialize};

/// What one process needs to know before it opens its store. Unknown keys are errors.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Directory of all state; the platform's data directory when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<PathBuf>,
    /// File with the key-encryption key; lies outside `data`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_encryption_key: Option<PathBuf>,
    /// `postgres://...`; SQLite in `data` when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database: Option<String>,
    /// Where `serve` answers plain HTTP: on loopback, but with `plain_http`.
    pub listen: String,
    /// Whether `listen` may be an address that other machines reach.
    pub plain_http: bool,
    /// Where `serve` answers HTTPS; nowhere when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_listen: Option<String>,
    /// The lineage whose certificate is served at `tls_listen`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_lineage: Option<String>,
    /// The chain that is served at `tls_listen`, instead of a lineage's: a PEM file, looked at again when it changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_certificate: Option<PathBuf>,
    /// The PEM file with its key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_key: Option<PathBuf>,
    /// Where people reach the pages: the beginning of every link that is sent or printed. `http://` and `listen` when
    /// absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
    /// The OpenID Connect provider that people sign in through: its issuer. None when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub openid_issuer: Option<String>,
    /// What this installation is called at the provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub openid_client: Option<String>,
    /// Where its secret there is read: `env:NAME`, `file:/PATH` or `credential:NAME`. A public client has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub openid_secret: Option<String>,
    /// What people call the provider; the host of the issuer when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub openid_name: Option<String>,
    /// The claim that says what somebody without an account may do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub openid_claim: Option<String>,
    /// Values of that claim, and what they entitle to: a role, or a role for an owner.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub openid_rights: BTreeMap<String, String>,
    /// Where `serve` answers the status page, and nothing else, in plain HTTP: on loopback, but with `plain_http`. The pages'
    /// own listeners answer it anyway.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_listen: Option<String>,
    /// Where the public reaches the status page: the beginning of the links in its feeds and its JSON. `/status` below
    /// `base_url` when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_url: Option<String>,
    /// What the status page is called.
    pub status_name: String,
    /// Whom readers of the status page tell of what they saw: an address of mail or of the web, or words on one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_contact: Option<String>,
    /// The channel of the inventory that carries mails about what the status page tells; without it nobody can ask for any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_mail: Option<String>,
    /// The folder where a copy of the status page is kept, for a web server that goes on when this one is down.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_folder: Option<PathBuf>,
    /// Trust anchors for judging: `mozilla`, `system`, or a PEM file.
    pub trust: String,
    /// Handshakes in flight at once.
    pub scan_parallel: usize,
    /// Renewals and deployments in flight at once.
    pub renew_parallel: usize,
    /// Time limit of one look, in milliseconds.
    pub look_timeout_ms: u32,
    /// Time limit of handing over one message, in milliseconds: less than the lease of `tasks::deliver`.
    pub message_timeout_ms: u32,
    /// The port at which a CA reaches `http-01` challenges; 80 everywhere but in tests.
    pub http01_port: u16,
    /// Names that are answered without asking a name server, as curl's `--resolve`: `host:port:address`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resolve: Vec<String>,
    /// Dead-man's switch: pinged (healthchecks.io protocol) while every loop makes progress.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dead_man_url: Option<String>,
    /// Where the file system of the machine lies whose automation is adopted and watched: `/`, or where a container has
    /// it mounted.
    pub machine_root: PathBuf,
    /// The socket of the helper that writes keys and reloads products (`notafter hands`); this process does it when
    /// absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hands: Option<PathBuf>,
    /// Modules that `/probe` knows beside blackbox_exporter's usual ones: name and what it asks for.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub probe_modules: BTreeMap<String, Prober>,
    /// Days for which the event log is kept, and keys of orders that ended without a certificate; 0 is for ever. What is
    /// cut leaves its hash.
    pub keep_events_days: u32,
    /// Days for which is kept what addresses showed before; 0 is for ever.
    pub keep_look_changes_days: u32,
    /// Days for which messages and closed alerts are kept; 0 is for ever.
    pub keep_messages_days: u32,
    /// Days for which closed findings are kept; 0 is for ever.
    pub keep_findings_days: u32,
    /// Days for which renewals are kept that are over: certificates after their end, with their orders, deployments and
    /// keys; 0 is for ever. What is served, installed or kept for `rollback` stays however old.
    pub keep_renewals_days: u32,
    /// Log lines as `logfmt` or `json`.
    pub log_format: String,
    /// Least level of log lines: `error`, `warn`, `info`, `debug`, `trace`.
    pub log_level: String,
}

/// Where the state lies; the addresses of the database and of the dead-man service may hold secrets.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").field("data", &self.data).finish_non_exhaustive()
    }
}

impl Settings {
    /// Every key, in the order of the documentation.
    pub const KEYS: &'static [&'static str] = &[
        "data",
        "key_encryption_key",
        "database",
        "listen",
        "plain_http",
        "tls_listen",
        "tls_lineage",
        "tls_certificate",
        "tls_key",
        "base_url",
        "openid_issuer",
        "openid_client",
        "openid_secret",
        "openid_name",
        "openid_claim",
        "openid_rights",
        "status_listen",
        "status_url",
        "status_name",
        "status_contact",
        "status_mail",
        "status_folder",
        "trust",
        "scan_parallel",
        "renew_parallel",
        "look_timeout_ms",
        "message_timeout_ms",
        "http01_port",
        "resolve",
        "dead_man_url",
        "machine_root",
        "hands",
        "probe_modules",
        "keep_events_days",
        "keep_look_changes_days",
        "keep_messages_days",
        "keep_findings_days",
        "keep_renewals_days",
        "log_format",
        "log_level",
    ];
}

/// What a module of `/probe` asks its target for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Prober {
    /// `http`: a page, and TLS where the URL says so.
    Http,
    /// `tls`: TLS from the first byte.
    Tls,
    /// TLS after this dialogue.
    Starttls(Protocol),
}

impl TryFrom<String> for Prober {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.as_str() {
            "http" => Ok(Self::Http),
            "tls" => Ok(Self::Tls),
            name => dialogue::find(name).map(Self::Starttls).ok_or_else(|| {
                let dialogues: Vec<&str> = dialogue::ALL.iter().map(|protocol| protocol.name()).collect();
                format!("{text:?} is nothing that a probe can ask for: http, tls, {}", dialogues.join(", "))
            }),
        }
    }
}

impl From<Prober> for String {
    fn from(prober: Prober) -> Self {
        match prober {
            Prober::Http => "http".to_owned(),
            Prober::Tls => "tls".to_owned(),
            Prober::Starttls(protocol) => protocol.name().to_owned(),
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            data: None,
            key_encryption_key: None,
            database: None,
            listen: "127.0.0.1:8400".to_owned(),
            plain_http: false,
            tls_listen: None,
            tls_lineage: None,
            tls_certificate: None,
            tls_key: None,
            base_url: None,
            openid_issuer: None,
            openid_client: None,
            openid_secret: None,
            openid_name: None,
            openid_claim: None,
            openid_rights: BTreeMap::new(),
            status_listen: None,
            status_url: None,
            status_name: "Our services".to_owned(),
            status_contact: None,
            status_mail: None,
            status_folder: None,
            trust: "mozilla".to_owned(),
            scan_parallel: 64,
            renew_parallel: 16,
            look_timeout_ms: 10_000,
            message_timeout_ms: 30_000,
            http01_port: 80,
            resolve: Vec::new(),
            dead_man_url: None,
            machine_root: PathBuf::from("/"),
            hands: None,
            probe_modules: BTreeMap::new(),
            keep_events_days: 730,
            keep_look_changes_days: 365,
            keep_messages_days: 365,
            keep_findings_days: 365,
            keep_renewals_days: 365,
            log_format: "logfmt".to_owned(),
            log_level: "info".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_of_probe_ask_for_what_there_is() {
        let read = |text: &str| Prober::try_from(text.to_owned());
        for text in ["http", "tls", "smtp", "imap", "postgres"] {
            assert_eq!(String::from(read(text).unwrap()), text);
        }
        assert_eq!(
            read("dns").unwrap_err(),
            "\"dns\" is nothing that a probe can ask for: http, tls, smtp, imap, postgres"
        );
    }

    #[test]
    fn the_list_of_keys_is_complete() {
        let all = Settings {
            data: Some("/d".into()),
            key_encryption_key: Some("/k".into()),
            database: Some("postgres://x".into()),
            tls_listen: Some("0.0.0.0:8443".into()),
            tls_lineage: Some("notafter".into()),
            tls_certificate: Some("/c".into()),
            tls_key: Some("/k".into()),
            base_url: Some("https://x".into()),
            openid_issuer: Some("https://id.x".into()),
            openid_client: Some("notafter".into()),
            openid_secret: Some("env:X".into()),
            openid_name: Some("House".into()),
            openid_claim: Some("groups".into()),
            openid_rights: BTreeMap::from([("staff".to_owned(), "viewer".to_owned())]),
            status_listen: Some("127.0.0.1:8401".into()),
            status_url: Some("https://status.x".into()),
            status_contact: Some("help@x".into()),
            status_mail: Some("mail".into()),
            status_folder: Some("/s".into()),
            resolve: vec!["shop.example:443:127.0.0.1".into()],
            dead_man_url: Some("https://x".into()),
            hands: Some("/h".into()),
            probe_modules: BTreeMap::from([("house".to_owned(), Prober::Tls)]),
            ..Settings::default()
        };
        let value = serde_json::to_value(all).unwrap();
        let keys: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
        let mut listed = Settings::KEYS.to_vec();
        listed.sort_unstable();
        assert_eq!(keys, listed);
    }
}
