//! Where a certificate is served, as a person writes it.

use std::fmt;
use std::str::FromStr;

use notafter_cert::{Identifier, Retry, Trouble};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::dialogue::{self, Protocol};

/// Host, port, SNI and STARTTLS dialogue: what an endpoint is before its name is resolved.
///
/// Written `host`, `host:port`, `[v6]:port`, `smtp://host`, `postgres://host:5433`; `https://` and `tls://` mean TLS
/// from the first byte.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Target {
    /// The name to resolve, or the address itself.
    pub host: Identifier,
    /// The TCP port.
    pub port: u16,
    /// The server name to send when it is not `host`.
    pub sni: Option<String>,
    /// The dialogue that leads to TLS; `None` when the peer speaks TLS at once.
    pub starttls: Option<Protocol>,
}

impl Target {
    /// TLS from the first byte at this host and port.
    #[must_use]
    pub const fn tls(host: Identifier, port: u16) -> Self {
        Self { host, port, sni: None, starttls: None }
    }

    /// The name that the certificate must cover: the SNI if one was chosen, else the host.
    #[must_use]
    pub fn expected_name(&self) -> Identifier {
        self.sni.as_deref().and_then(|sni| sni.parse().ok()).unwrap_or_else(|| self.host.clone())
    }

    /// The host name to send as server_name (RFC 6066 section 3: never an address).
    #[must_use]
    pub fn server_name(&self) -> Option<String> {
        match self.expected_name() {
            Identifier::Dns(name) => Some(name),
            Identifier::Ip(_) => None,
        }
    }
}

/// A text that names no endpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseTargetError {
    /// The host part is neither a name nor an address.
    #[error("{0:?} is not a host name or an address")]
    Host(String),
    /// One label of the host name can be in no name.
    #[error("{host:?} is not a host name: {label:?} {why}")]
    Label {
        /// The name.
        host: String,
        /// The part between its dots.
        label: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The port part is not 1 to 65535.
    #[error("{0:?} is not a port (1 to 65535)")]
    Port(String),
    /// The scheme is none of those known.
    #[error("{0:?} is not a known scheme")]
    Scheme(String),
}

/// Schemes of protocols inside TLS, with their ports (IANA's registry): a look needs no more than TLS.
const IMPLICIT: [(&str, u16); 9] = [
    ("imaps", 993),
    ("pop3s", 995),
    ("pops", 995),
    ("smtps", 465),
    ("submissions", 465),
    ("ldaps", 636),
    ("ftps", 990),
    ("nntps", 563),
    ("mqtts", 8883),
];

impl Trouble for ParseTargetError {
    fn code(&self) -> &'static str {
        "target.unparsable"
    }

    fn hint(&self) -> String {
        if matches!(self, Self::Label { .. }) {
            return "check the spelling: between its dots a name has 1 to 63 letters, digits, hyphens or underscores, and no hyphen first".to_owned();
        }
        if let Self::Scheme(scheme) = self
            && let Some((_, port)) = IMPLICIT.iter().find(|(name, _)| scheme.eq_ignore_ascii_case(name))
        {
            return format!("for TLS from the first byte write tls://HOST:{port}");
        }
        let schemes: Vec<&str> = dialogue::ALL.iter().map(|protocol| protocol.name()).collect();
        format!(
            "write host, host:port, [v6]:port or SCHEME://host with one of: https, tls, {}",
            schemes.join(", ")
        )
    }

    fn retry(&self) -> Retry {
        Retry::Never
    }
}

impl FromStr for Target {
    type Err = ParseTargetError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (scheme, rest) = text.split_once("://").unwrap_or(("tls", text));
        let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
        let (starttls, default_port) = match scheme.to_ascii_lowercase().as_str() {
            "tls" | "https" => (None, 443),
            name => {
                let protocol =
                    dialogue::find(name).ok_or_else(|| ParseTargetError::Scheme(scheme.to_owned()))?;
                (Some(protocol), protocol.port())
            }
        };
        let (host, port) = split_port(authority)?;
        Ok(Self { host: read_host(host)?, port: port.unwrap_or(default_port), sni: None, starttls })
    }
}

/// Whether a text can be sent as server_name (RFC 6066 section 3): a host name, neither an address nor a pattern.
#[must_use]
pub fn is_server_name(text: &str) -> bool {
    matches!(read_host(text), Ok(Identifier::Dns(_)))
}

fn read_host(host: &str) -> Result<Identifier, ParseTargetError> {
    labels_are_possible(host, host)?;
    let read: Identifier = host.parse().map_err(|_| ParseTargetError::Host(host.to_owned()))?;
    if let Identifier::Dns(name) = &read {
        // What UTS #46 takes out of a name may have stood before a hyphen, or between a hyphen and the beginning.
        labels_are_possible(host, name)?;
    }
    if read.is_wildcard() {
        return Err(ParseTargetError::Host(read.to_string()));
    }
    Ok(read)
}

/// Whether a resolver asks for a name with these labels (RFC 1035 section 2.3.4, RFC 1123 section 2.1): those of `host`, as
/// it is written or in its A-label form.
fn labels_are_possible(host: &str, name: &str) -> Result<(), ParseTargetError> {
    // Brackets and colons are of addresses; what is not ASCII is measured in its A-label form.
    if name.contains([':', '[', ' ']) {
        return Ok(());
    }
    let labels = name.trim_end_matches('.').split('.').filter(|label| label.is_ascii());
    for label in labels {
        let why = match label {
            _ if label.len() > 63 => "has more than 63 letters",
            _ if label.starts_with('-') => "begins with a hyphen",
            _ => continue,
        };
        return Err(ParseTargetError::Label { host: host.to_owned(), label: label.to_owned(), why });
    }
    Ok(())
}

fn split_port(authority: &str) -> Result<(&str, Option<u16>), ParseTargetError> {
    let bare_v6 = authority.parse::<std::net::Ipv6Addr>().is_ok();
    let in_brackets = authority.starts_with('[') && authority.ends_with(']');
    if bare_v6 || in_brackets {
        return Ok((authority, None));
    }
    match authority.rsplit_once(':') {
        None => Ok((authority, None)),
        Some((host, port)) => match port.parse::<u16>() {
            Ok(number) if number > 0 => Ok((host, Some(number))),
            _ => Err(ParseTargetError::Port(port.to_owned())),
        },
    }
}

/// The shortest form that parses back to the same target (SNI apart): `shop.example:443`, `smtp://mail.example:25`.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(protocol) = self.starttls {
            write!(f, "{}://", protocol.name())?;
        }
        match &self.host {
            Identifier::Ip(std::net::IpAddr::V6(address)) => write!(f, "[{address}]:{}", self.port),
            host => write!(f, "{host}:{}", self.port),
        }
    }
}

/// JSON keeps the SNI too: the text form where it is the host, an object where it is not.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    Short(String),
    Full { target: String, sni: String },
}

impl Serialize for Target {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.sni {
            None => Written::Short(self.to_string()),
            Some(sni) => Written::Full { target: self.to_string(), sni: sni.clone() },
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Target {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (text, sni) = match Written::deserialize(deserializer)? {
            Written::Short(text) => (text, None),
            Written::Full { target, sni } => (target, Some(sni)),
        };
        let target: Self = text.parse().map_err(serde::de::Error::custom)?;
        Ok(Self { sni, ..target })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_written_form_is_understood() {
        let table = [
            ("shop.example", "shop.example:443"),
            ("shop.example:8443", "shop.example:8443"),
            ("https://shop.example/path?x#y", "shop.example:443"),
            ("[2001:db8::1]:8443", "[2001:db8::1]:8443"),
            ("2001:db8::1", "[2001:db8::1]:443"),
            ("smtp://mail.example", "smtp://mail.example:25"),
            ("IMAP://mail.example:1143", "imap://mail.example:1143"),
            ("postgres://db.example", "postgres://db.example:5432"),
        ];
        for (written, shown) in table {
            let target: Target = written.parse().unwrap();
            assert_eq!(target.to_string(), shown);
            assert_eq!(shown.parse::<Target>().unwrap(), target);
        }
    }

    #[test]
    fn what_names_no_endpoint_says_which_part_is_wrong() {
        assert!(matches!("shop.example:0".parse::<Target>(), Err(ParseTargetError::Port(_))));
        assert!(matches!("shop.example:http".parse::<Target>(), Err(ParseTargetError::Port(_))));
        assert!(matches!("gopher://x".parse::<Target>(), Err(ParseTargetError::Scheme(_))));
        assert!(matches!("".parse::<Target>(), Err(ParseTargetError::Host(_))));
        assert!(matches!("*.shop.example".parse::<Target>(), Err(ParseTargetError::Host(_))));
    }

    #[test]
    fn a_scheme_of_a_protocol_inside_tls_is_told_what_to_write() {
        for (name, port) in IMPLICIT {
            assert!(dialogue::find(name).is_none(), "{name} is known");
            let error = format!("{name}://mail.example").parse::<Target>().unwrap_err();
            assert_eq!(error.hint(), format!("for TLS from the first byte write tls://HOST:{port}"));
        }
    }

    /// They were asked for in vain, and the name servers were blamed.
    #[test]
    fn a_name_that_cannot_be_one_is_told_by_its_label() {
        let long = format!("{}.test", "a".repeat(64));
        for (text, words) in [
            ("-bad.test", "\"-bad.test\" is not a host name: \"-bad\" begins with a hyphen"),
            (
                "https://shop.-bad.test:8443/",
                "\"shop.-bad.test\" is not a host name: \"-bad\" begins with a hyphen",
            ),
            (&long, "has more than 63 letters"),
        ] {
            let error = text.parse::<Target>().unwrap_err();
            assert!(error.to_string().contains(words), "{error}");
            assert_eq!(error.code(), "target.unparsable");
            assert!(error.hint().starts_with("check the spelling"), "{}", error.hint());
        }
        for possible in
            ["foo_bar.example", "_dmarc.example", "a-.example", &format!("{}.test", "a".repeat(63))]
        {
            assert!(possible.parse::<Target>().is_ok(), "{possible}");
        }
    }

    /// U+034F COMBINING GRAPHEME JOINER is mapped to nothing: `-` and it made a name that began with a hyphen, was asked
    /// for in vain, and could not be read again.
    #[test]
    fn a_name_that_begins_with_a_hyphen_once_it_is_mapped_is_refused() {
        for text in ["-\u{34f}bad.test", "\u{34f}-bad.test", "shop.\u{ad}-bad.test", "-\u{34f}.test:8443"] {
            let error = text.parse::<Target>().unwrap_err();
            assert!(error.to_string().ends_with(" begins with a hyphen"), "{error}");
        }
        for sign in (0_u8..128).map(char::from) {
            for text in
                [format!("{sign}\u{34f}bad.test"), format!("{sign}\u{34f}"), format!("a{sign}\u{34f}b")]
            {
                if let Ok(target) = text.parse::<Target>() {
                    assert_eq!(target.to_string().parse::<Target>(), Ok(target), "{text:?}");
                }
            }
        }
    }

    #[test]
    fn a_server_name_is_a_host_name_alone() {
        for name in ["shop.example", "Bücher.example.", "a_b.example"] {
            assert!(is_server_name(name), "{name}");
        }
        for other in
            ["", "192.0.2.1", "[2001:db8::1]", "*.shop.example", "-bad.test", "shop.example:443", "a b"]
        {
            assert!(!is_server_name(other), "{other}");
        }
    }

    #[test]
    fn json_keeps_the_server_name() {
        let mut target: Target = "127.0.0.1:8443".parse().unwrap();
        assert_eq!(target.server_name(), None);
        target.sni = Some("shop.example".to_owned());
        let back: Target = serde_json::from_str(&serde_json::to_string(&target).unwrap()).unwrap();
        assert_eq!(back, target);
        assert_eq!(back.server_name().as_deref(), Some("shop.example"));
    }
}
