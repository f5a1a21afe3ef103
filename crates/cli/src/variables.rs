//! The environment's `NOTAFTER_` variables: settings, slips of the pen, and what belongs to others.
//!
//! Not every such variable is a setting: Kubernetes tells every container of a Service named `notafter` by
//! `NOTAFTER_SERVICE_HOST`, `NOTAFTER_PORT_8400_TCP` and their like, we tell a channel's program what it carries, and people
//! keep secrets in variables that an inventory file or a source refers to. Only what was certainly meant for a setting is refused.

use std::cell::RefCell;

use notafter_engine::settings::Settings;
use notafter_providers::notify;

use crate::failure::Failure;

const PREFIX: &str = "NOTAFTER_";

/// Variables that are no settings and that nothing has referred to so far.
#[derive(Debug, Default)]
pub(crate) struct Strangers(RefCell<Vec<String>>);

impl Strangers {
    /// Those among these variables (name and value).
    ///
    /// # Errors
    /// One is written almost as a setting is.
    pub(crate) fn among(variables: impl Iterator<Item = (String, String)>) -> Result<Self, Failure> {
        let mut strangers = Vec::new();
        for (name, value) in variables {
            let Some(key) = name.strip_prefix(PREFIX) else { continue };
            let is_ours = notify::VARIABLES.contains(&name.as_str());
            if is_ours || known().any(|known| known == key) || is_of_kubernetes(key, &value) {
                continue;
            }
            if let Some(meant) = meant(key) {
                let hint = format!("write {PREFIX}{meant}; docs/settings.md lists every key");
                return Err(Failure::usage(format!("the variable {name} is no setting"), hint));
            }
            strangers.push(name);
        }
        strangers.sort();
        Ok(Self(RefCell::new(strangers)))
    }

    /// Those of this process.
    pub(crate) fn here() -> Result<Self, Failure> {
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.to_string_lossy().into_owned()))
        };
        Self::among(std::env::vars_os().filter_map(text))
    }

    /// `env:NAME`, alone or as the end of a source, is what the variable is for.
    pub(crate) fn refer(&self, reference: &str) {
        if let Some((_, name)) = reference.split_once("env:") {
            self.0.borrow_mut().retain(|stranger| stranger != name);
        }
    }

    /// What to say of the rest, once.
    pub(crate) fn told(&self) -> Option<String> {
        let names = self.0.take();
        match names.as_slice() {
            [] => None,
            [name] => Some(format!(
                "the variable {name} is no setting (docs/settings.md), and nothing here uses it"
            )),
            _ => {
                let names = names.join(", ");
                Some(format!(
                    "the variables {names} are no settings (docs/settings.md), and nothing here uses them"
                ))
            }
        }
    }
}

/// Every variable that has a meaning, without the prefix.
fn known() -> impl Iterator<Item = String> {
    Settings::KEYS.iter().copied().chain(["config"]).map(str::to_uppercase)
}

/// The setting that somebody meant: at most two slips away from it, one where it is short.
fn meant(key: &str) -> Option<String> {
    let written = key.to_uppercase();
    let slips = |known: &String| strsim::osa_distance(known, &written);
    let nearest = known().min_by_key(slips)?;
    let may_be = if nearest.len() > 6 { 2 } else { 1 };
    (slips(&nearest) <= may_be).then_some(nearest)
}

/// What Kubernetes tells every container of a Service whose name begins with `notafter`, and Docker of a link
/// ("Discovering services": `{NAME}_SERVICE_HOST`, `{NAME}_SERVICE_PORT[_PORTNAME]`, `{NAME}_PORT=tcp://...`,
/// `{NAME}_PORT_8400_TCP[_PROTO|_PORT|_ADDR]`).
fn is_of_kubernetes(key: &str, value: &str) -> bool {
    let words: Vec<&str> = key.split('_').collect();
    let is_address = || ["tcp://", "udp://", "sctp://"].iter().any(|scheme| value.starts_with(scheme));
    let is_number = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
    words.windows(2).any(|pair| matches!(pair, ["SERVICE", "HOST" | "PORT"]))
        || words.windows(3).any(|three| {
            three[0] == "PORT" && is_number(three[1]) && ["TCP", "UDP", "SCTP"].contains(&three[2])
        })
        || words.last() == Some(&"PORT") && is_address()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn among(variables: &[(&str, &str)]) -> Result<Strangers, Failure> {
        Strangers::among(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    #[test]
    fn a_slip_of_the_pen_names_what_was_meant() {
        for (written, meant) in [
            ("LISTNE", "LISTEN"),
            ("DATABSE", "DATABASE"),
            ("SCAN_PARALEL", "SCAN_PARALLEL"),
            ("Listen", "LISTEN"),
            ("HTTP_PORT", "HTTP01_PORT"),
            ("CONFIG_", "CONFIG"),
            ("DATE", "DATA"),
        ] {
            let error = among(&[(&format!("NOTAFTER_{written}"), "x")]).unwrap_err();
            assert_eq!(error.exit_code(), crate::exit::USAGE, "{written}");
            assert!(error.to_string().contains(&format!("write NOTAFTER_{meant};")), "{written}: {error}");
        }
    }

    /// A program that carries an alert and runs `notafter` was warned of what we told it ourselves.
    #[test]
    fn what_a_channels_program_is_told_is_no_setting_and_no_stranger() {
        for name in notify::VARIABLES {
            let key = name.strip_prefix(PREFIX).unwrap();
            assert!(known().all(|known| known != key), "{name}");
            assert_eq!(among(&[(name, "x")]).unwrap().told(), None, "{name}");
        }
    }

    /// A Service named "notafter" made every command in its namespace end with 64.
    #[test]
    fn what_kubernetes_sets_is_nobodys_business() {
        let of_kubernetes = [
            ("NOTAFTER_SERVICE_HOST", "10.0.0.11"),
            ("NOTAFTER_SERVICE_PORT", "8400"),
            ("NOTAFTER_SERVICE_PORT_HTTP", "8400"),
            ("NOTAFTER_PORT", "tcp://10.0.0.11:8400"),
            ("NOTAFTER_PORT_8400_TCP", "tcp://10.0.0.11:8400"),
            ("NOTAFTER_PORT_8400_TCP_PROTO", "tcp"),
            ("NOTAFTER_PORT_8400_TCP_PORT", "8400"),
            ("NOTAFTER_PORT_8400_TCP_ADDR", "10.0.0.11"),
            ("NOTAFTER_HTTP_PORT", "tcp://10.0.0.11:80"),
            ("NOTAFTER_DNS_PORT_53_UDP", "udp://10.0.0.11:53"),
        ];
        assert_eq!(among(&of_kubernetes).unwrap().told(), None);
    }

    #[test]
    fn what_is_referred_to_is_no_stranger_and_the_rest_is_told_once() {
        let strangers = among(&[
            ("NOTAFTER_PORT", "8400"),
            ("NOTAFTER_PASSPHRASE", "correct horse battery"),
            ("NOTAFTER_SMTP_PASSWORD", "swordfish"),
            ("NOTAFTER_DATA", "/srv"),
            ("HOME", "/root"),
        ])
        .unwrap();
        strangers.refer("passphrase:env:NOTAFTER_PASSPHRASE");
        strangers.refer("env:NOTAFTER_SMTP_PASSWORD");
        strangers.refer("file:/etc/password");
        let told = strangers.told().unwrap();
        assert_eq!(
            told,
            "the variable NOTAFTER_PORT is no setting (docs/settings.md), and nothing here uses it"
        );
        assert_eq!(strangers.told(), None);
    }
}
