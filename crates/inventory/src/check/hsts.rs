//! HTTP Strict Transport Security (RFC 6797): where it holds, nobody can click a warning away (section 12.1).

use notafter_cert::Identifier;
use serde::{Deserialize, Serialize};

use crate::model::Violation;

/// What is known of a name and HSTS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hsts {
    /// Browsers know it before the first visit: its whole top-level domain is preloaded.
    Preloaded,
    /// The server asks for it. Browsers that were told earlier, over a connection without an error, hold to it; those that
    /// come for the first time while the certificate is bad ignore it (section 8.1).
    Asked,
    /// It does not ask for it, or cannot: addresses have no HSTS (section 8.1.1).
    NotAsked,
    /// Nobody asked the server.
    #[default]
    Unknown,
}

/// Top-level domains that are preloaded as a whole: those of one label with policy `public-suffix` and mode `force-https` in
/// Chromium's net/http/transport_security_state_static.json, which Firefox, Safari and Edge take their lists from.
const PRELOADED: [&str; 40] = [
    "android",
    "app",
    "azure",
    "bank",
    "bing",
    "boo",
    "channel",
    "chrome",
    "dad",
    "day",
    "dev",
    "eat",
    "esq",
    "fly",
    "foo",
    "gle",
    "gmail",
    "google",
    "hangout",
    "hotmail",
    "ing",
    "insurance",
    "meet",
    "meme",
    "microsoft",
    "mov",
    "new",
    "nexus",
    "office",
    "page",
    "phd",
    "play",
    "prof",
    "rsvp",
    "search",
    "skype",
    "windows",
    "xbox",
    "youtube",
    "zip",
];

/// Ports at which TLS carries another protocol than HTTP (IANA's registry), whose servers are asked nothing.
const OF_OTHERS: [u16; 14] = [465, 563, 636, 853, 989, 990, 992, 993, 995, 2376, 5061, 5671, 6514, 8883];

/// What the evidence of findings calls it.
const KEY: &str = "hsts";

impl Hsts {
    /// What is known of a name before anybody asked its server.
    #[must_use]
    pub fn of_name(name: &Identifier) -> Self {
        match name {
            Identifier::Ip(_) => Self::NotAsked,
            Identifier::Dns(name) => {
                let last = name.trim_end_matches('.').rsplit('.').next().unwrap_or_default();
                let is_preloaded = PRELOADED.iter().any(|known| last.eq_ignore_ascii_case(known));
                if is_preloaded { Self::Preloaded } else { Self::Unknown }
            }
        }
    }

    /// What the header of an answer says; the first one counts (section 8.1).
    #[must_use]
    pub fn of_header(value: Option<&str>) -> Self {
        let age = value.into_iter().flat_map(|value| value.split(';')).find_map(|directive| {
            let (name, age) = directive.split_once('=')?;
            let is_age = name.trim().eq_ignore_ascii_case("max-age");
            is_age.then(|| age.trim().trim_matches('"').parse::<u64>().ok()).flatten()
        });
        // No age is no policy, and an age of zero ends one (section 6.1.1).
        if age.is_some_and(|age| age > 0) { Self::Asked } else { Self::NotAsked }
    }

    /// What the head of an HTTP answer says; nothing is known where it is none.
    #[must_use]
    pub fn of_head(head: &str) -> Self {
        if !head.starts_with("HTTP/1.") {
            return Self::Unknown;
        }
        let header = |line: &str| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("strict-transport-security").then(|| value.trim().to_owned())
        };
        Self::of_header(head.lines().find_map(header).as_deref())
    }

    /// What a look learnt of it, as its findings keep it.
    #[must_use]
    pub fn in_evidence(violation: &Violation) -> Option<Self> {
        let known = Self::deserialize(&violation.evidence[KEY]).ok()?;
        (known != Self::Unknown).then_some(known)
    }

    /// The violation with what a look learnt of it.
    #[must_use]
    pub(super) fn kept_with(self, mut violation: Violation) -> Violation {
        if let (Some(evidence), Self::Asked | Self::NotAsked) = (violation.evidence.as_object_mut(), self) {
            evidence.insert(KEY.to_owned(), serde_json::json!(self));
        }
        violation
    }

    /// Whether a web server may be at this port.
    #[must_use]
    pub fn may_be_at(port: u16) -> bool {
        !OF_OTHERS.contains(&port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn preloaded_domains_are_known_and_addresses_have_no_hsts() {
        let of = |text: &str| Hsts::of_name(&text.parse().unwrap());
        assert_eq!(of("shop.dev"), Hsts::Preloaded);
        assert_eq!(of("a.b.APP"), Hsts::Preloaded);
        assert_eq!(of("dev.example"), Hsts::Unknown);
        assert_eq!(of("192.0.2.1"), Hsts::NotAsked);
        assert!(PRELOADED.is_sorted());
        assert!(Hsts::may_be_at(443) && Hsts::may_be_at(8443) && !Hsts::may_be_at(993));
    }

    #[test]
    fn a_header_asks_where_its_age_is_more_than_nothing() {
        let table = [
            (Some("max-age=31536000; includeSubDomains; preload"), Hsts::Asked),
            (Some("includeSubDomains; Max-Age=\"60\""), Hsts::Asked),
            (Some("max-age=0"), Hsts::NotAsked),
            (Some("includeSubDomains"), Hsts::NotAsked),
            (Some("max-age=soon"), Hsts::NotAsked),
            (None, Hsts::NotAsked),
        ];
        for (header, wanted) in table {
            assert_eq!(Hsts::of_header(header), wanted, "{header:?}");
        }
    }
}
