//! The limits of public CAs, as data.

use notafter_cert::{Identifier, Span};

/// What a limit is counted on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Counted {
    /// Orders of an account.
    NewOrder,
    /// Certificates that carry a name below a registered domain.
    RegisteredDomain,
    /// Certificates with exactly these names.
    ExactSet,
    /// Failed authorizations of a name.
    FailedAuthorization,
    /// Failures of a name since its last success.
    ConsecutiveFailure,
}

impl Counted {
    /// Every kind.
    pub const ALL: [Self; 5] = [
        Self::NewOrder,
        Self::RegisteredDomain,
        Self::ExactSet,
        Self::FailedAuthorization,
        Self::ConsecutiveFailure,
    ];

    /// As the store keeps it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NewOrder => "new-order",
            Self::RegisteredDomain => "registered-domain",
            Self::ExactSet => "exact-set",
            Self::FailedAuthorization => "failed-authorization",
            Self::ConsecutiveFailure => "consecutive-failure",
        }
    }
}

/// One token bucket.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// As people read it.
    pub name: &'static str,
    /// What takes a token.
    pub counted: Counted,
    /// Tokens in a full bucket.
    pub burst: u32,
    /// One token comes back after this long.
    pub refill: Span,
    /// Whether a renewal of the same exact set is not counted.
    pub exempt_for_renewals: bool,
    /// Whether a renewal inside the CA's suggested window is not counted.
    pub exempt_in_window: bool,
}

/// Let's Encrypt, as published 2026-08-05 (letsencrypt.org/docs/rate-limits). The exemption holds only inside the
/// suggested window (boulder: `wfe2/wfe.go`, `validateReplacementOrder`); failures always count.
pub const LETS_ENCRYPT: &[Limit] = &[
    Limit {
        name: "new orders",
        counted: Counted::NewOrder,
        burst: 300,
        refill: Span::seconds(36),
        exempt_for_renewals: true,
        exempt_in_window: true,
    },
    Limit {
        name: "certificates per registered domain",
        counted: Counted::RegisteredDomain,
        burst: 50,
        refill: Span::minutes(202),
        exempt_for_renewals: true,
        exempt_in_window: true,
    },
    Limit {
        name: "certificates per exact set of names",
        counted: Counted::ExactSet,
        burst: 5,
        refill: Span::hours(34),
        exempt_for_renewals: false,
        exempt_in_window: true,
    },
    Limit {
        name: "failed authorizations per name",
        counted: Counted::FailedAuthorization,
        burst: 5,
        refill: Span::minutes(12),
        exempt_for_renewals: false,
        exempt_in_window: false,
    },
    Limit {
        name: "consecutive failures per name",
        counted: Counted::ConsecutiveFailure,
        burst: 1152,
        refill: Span::days(1),
        exempt_for_renewals: false,
        exempt_in_window: false,
    },
];

/// A CA whose limits are not known: it says so itself, by 429 and Retry-After.
pub const NONE: &[Limit] = &[];

/// The limits of the CA behind this directory URL.
#[must_use]
pub fn limits_of(directory: &str) -> &'static [Limit] {
    let authority = directory.split_once("://").map_or(directory, |(_, rest)| rest);
    match authority.split(['/', ':', '?']).next() {
        Some("acme-v02.api.letsencrypt.org") => LETS_ENCRYPT,
        _ => NONE,
    }
}

/// Second labels under which country registries sell names.
const SECOND_LEVEL: [&str; 11] = ["ac", "co", "com", "edu", "go", "gov", "mil", "ne", "net", "or", "org"];

/// The registered domain that a limit counts by; an address counts as itself.
///
/// Without the public suffix list: two labels, or three below a country code with a second level such as `co.uk`. Where
/// that is wrong, several registered domains share one bucket, which errs towards patience.
#[must_use]
pub fn registered_domain(identifier: &Identifier) -> String {
    let Identifier::Dns(name) = identifier else { return identifier.to_string() };
    let labels: Vec<&str> = name.split('.').collect();
    let country = labels.last().is_some_and(|top| top.len() == 2);
    let second = labels.len().checked_sub(2).and_then(|index| labels.get(index));
    let kept = if country && second.is_some_and(|label| SECOND_LEVEL.contains(label)) { 3 } else { 2 };
    labels.get(labels.len().saturating_sub(kept)..).unwrap_or(&labels).join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_production_directory_has_the_published_limits() {
        let table = [
            ("https://acme-v02.api.letsencrypt.org/directory", 5),
            ("https://acme-staging-v02.api.letsencrypt.org/directory", 0),
            ("https://localhost:14000/dir", 0),
            ("acme-v02.api.letsencrypt.org.evil.example/directory", 0),
        ];
        for (directory, count) in table {
            assert_eq!(limits_of(directory).len(), count, "{directory}");
        }
    }

    #[test]
    fn registered_domains_err_towards_sharing_a_bucket() {
        let table = [
            ("a.b.shop.example", "shop.example"),
            ("*.shop.example", "shop.example"),
            ("shop.example", "shop.example"),
            ("www.shop.co.uk", "shop.co.uk"),
            ("co.uk", "co.uk"),
            ("localhost", "localhost"),
            ("127.0.0.1", "127.0.0.1"),
        ];
        for (name, domain) in table {
            assert_eq!(registered_domain(&name.parse().unwrap()), domain, "{name}");
        }
    }
}
