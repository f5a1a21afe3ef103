//! Words of the command line that can be seen wrong as they are written: clap tells them, and the command ends with 64.
//! What has to be looked up, in a file as in the inventory, is not judged here.

use std::net::SocketAddr;
use std::path::Path;

use notafter_cert::Span;
use notafter_engine::operate::alert::LONGEST_SILENCE;
use notafter_inventory::model::EndpointId;
use notafter_inventory::{catalogue, code};
use notafter_tls::Target;

use crate::failure::Failure;
use crate::settings;

/// The name of something that may have to be made.
pub(crate) fn name(text: &str) -> Result<String, String> {
    if code::can_be_a_name(text) { Ok(text.to_owned()) } else { Err(code::NAMES.to_owned()) }
}

/// Words that say something.
pub(crate) fn words(text: &str) -> Result<String, String> {
    if text.trim().is_empty() { Err("it says nothing".to_owned()) } else { Ok(text.to_owned()) }
}

/// A length of time.
pub(crate) fn length(text: &str) -> Result<Span, String> {
    match text.parse::<Span>() {
        Ok(length) if length > Span::ZERO => Ok(length),
        Ok(_) => Err("it must be more than nothing".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// A length of time, where a number alone counts seconds: plug-ins are told their limits so.
pub(crate) fn seconds(text: &str) -> Result<Span, String> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { length(&format!("{text}s")) } else { length(text) }
}

/// How long a silence may last.
pub(crate) fn silence(text: &str) -> Result<Span, String> {
    match length(text)? {
        length if length > LONGEST_SILENCE => Err(format!("a silence lasts at most {LONGEST_SILENCE}")),
        length => Ok(length),
    }
}

/// A code that findings can have, or the beginning of some.
pub(crate) fn code_of_findings(text: &str) -> Result<String, String> {
    match catalogue::covers_findings(text) {
        Ok(()) => Ok(text.to_owned()),
        Err(nothing) => Err(format!("{nothing}: {}; {}", nothing.why, nothing.hint)),
    }
}

/// An address and a port.
pub(crate) fn listen(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "write an address and a port, such as 127.0.0.1:8400 or [::]:80".to_owned())
}

/// An endpoint of the inventory: an identifier, a target, or a target with the server name behind it, `192.0.2.7 (shop.example)`.
pub(crate) fn endpoint(text: &str) -> Result<String, String> {
    let place = text.split_once(" (").map_or(text, |(place, _)| place);
    if text.parse::<EndpointId>().is_ok() {
        return Ok(text.to_owned());
    }
    place.parse::<Target>().map(|_| text.to_owned()).map_err(|error| error.to_string())
}

/// An ACME directory: ACME is spoken over TLS only (RFC 8555 section 6.1).
pub(crate) fn directory(text: &str) -> Result<String, String> {
    let host =
        text.strip_prefix("https://").is_some_and(|rest| !rest.is_empty() && !rest.starts_with(['/', ':']));
    if host || ["letsencrypt", "letsencrypt-staging"].contains(&text) {
        return Ok(text.to_owned());
    }
    Err("write the URL of the CA's directory, which begins with https://, or letsencrypt, letsencrypt-staging".to_owned())
}

/// How a CA may reach us: a URL (RFC 8555 section 7.1.2).
pub(crate) fn contact(text: &str) -> Result<String, String> {
    match text.split_once(':') {
        Some((scheme, rest)) if !scheme.is_empty() && !rest.is_empty() => Ok(text.to_owned()),
        _ => Err("write a URL, such as mailto:ops@example.org".to_owned()),
    }
}

/// Whether an option says where a secret is read. What it says instead may be the secret: clap would repeat it.
pub(crate) fn refers_to_a_secret(option: &str, text: &str) -> Result<(), Failure> {
    if code::is_reference(text) {
        return Ok(());
    }
    let hint = "write env:NAME or file:/PATH; the secret itself would stay in the shell's history";
    Err(Failure::usage(format!("{option} does not say where a secret is read"), hint))
}

/// Whether an option says where a key-encryption key comes from. What it says instead may be a passphrase.
pub(crate) fn is_a_source_of_keys(option: &str, text: &str) -> Result<(), Failure> {
    if settings::is_a_source_of_keys(Path::new(text)) {
        return Ok(());
    }
    let hint = format!("write {}", settings::SOURCES_OF_KEYS);
    Err(Failure::usage(format!("{option} names no source of a key-encryption key"), hint))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What judges a word, words that it takes, and words that it does not.
    type Row = (fn(&str) -> bool, &'static [&'static str], &'static [&'static str]);

    #[test]
    fn what_can_be_seen_wrong_is_told_from_what_must_be_looked_up() {
        let table: [Row; 8] = [
            (
                |text| name(text).is_ok(),
                &["shop", "*.shop.example", "2001:db8::1"],
                &["", "a b", "-x", "a/b"],
            ),
            (|text| length(text).is_ok(), &["1ms", "21d"], &["0s", "soon", "7", "-1d"]),
            (|text| silence(text).is_ok(), &["90d"], &["91d", "0s"]),
            (
                |text| code_of_findings(text).is_ok(),
                &["renewal.failing", "renewal.*"],
                &["renewal.faling", "*", "solve.io"],
            ),
            (
                |text| directory(text).is_ok(),
                &["letsencrypt", "https://ca.example/d"],
                &["http://ca.example", "https://", "ca"],
            ),
            (|text| contact(text).is_ok(), &["mailto:a@b.example"], &["a@b.example", "mailto:", ":x"]),
            (
                |text| refers_to_a_secret("", text).is_ok(),
                &["env:X", "file:/x"],
                &["hunter2", "file:x", "env:"],
            ),
            (
                |text| is_a_source_of_keys("", text).is_ok(),
                &["/etc/key", "passphrase:env:X"],
                &["", "passphrase:hunter2", "passphrase:vault:x", "credential:a/b"],
            ),
        ];
        for (fits, right, wrong) in table {
            assert!(right.iter().all(|text| fits(text)), "{right:?}");
            assert!(!wrong.iter().any(|text| fits(text)), "{wrong:?}");
        }
        for failure in
            [refers_to_a_secret("--eab-hmac", "hunter2"), is_a_source_of_keys("--to", "passphrase:hunter2")]
        {
            let failure = failure.unwrap_err();
            assert_eq!(failure.exit_code(), crate::exit::USAGE);
            assert!(!failure.to_string().contains("hunter2"), "a secret is repeated");
        }
    }
}
