//! Settings of the process (`notafter.toml`; every key also `NOTAFTER_<KEY>`).

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// What one process needs to know before it opens its store. Unknown keys are errors.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    /// Where `serve` answers HTTP.
    pub listen: String,
    /// Trust anchors for judging: `mozilla`, `system`, or a PEM file.
    pub trust: String,
    /// Handshakes in flight at once.
    pub scan_parallel: usize,
    /// Renewals and deployments in flight at once.
    pub renew_parallel: usize,
    /// Time limit of one look, in milliseconds.
    pub look_timeout_ms: u32,
    /// Time limit of handing over one message, in milliseconds.
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
    /// Log lines as `logfmt` or `json`.
    pub log_format: String,
    /// Least level of log lines: `error`, `warn`, `info`, `debug`, `trace`.
    pub log_level: String,
}

impl Settings {
    /// Every key, in the order of the documentation.
    pub const KEYS: &'static [&'static str] = &[
        "data",
        "key_encryption_key",
        "database",
        "listen",
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
        "log_format",
        "log_level",
    ];
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            data: None,
            key_encryption_key: None,
            database: None,
            listen: "127.0.0.1:8400".to_owned(),
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
            log_format: "logfmt".to_owned(),
            log_level: "info".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_keys_is_complete() {
        let all = Settings {
            data: Some("/d".into()),
            key_encryption_key: Some("/k".into()),
            database: Some("postgres://x".into()),
            resolve: vec!["shop.example:443:127.0.0.1".into()],
            dead_man_url: Some("https://x".into()),
            hands: Some("/h".into()),
            ..Settings::default()
        };
        let value = serde_json::to_value(all).unwrap();
        let keys: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
        let mut listed = Settings::KEYS.to_vec();
        listed.sort_unstable();
        assert_eq!(keys, listed);
    }
}
