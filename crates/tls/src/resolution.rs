//! What asking for a target's addresses gave, family by family.

use std::fmt;
use std::net::SocketAddr;

use notafter_cert::{Retry, Trouble};
use serde::{Deserialize, Serialize};

/// The addresses of a target, and what could not be learnt about them (law 6: half an answer is told as half).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolution {
    /// Every address, IPv4 before IPv6, without repetition, in the order of the answer.
    pub addresses: Vec<SocketAddr>,
    /// The families that gave no answer although another did. A family that simply has no records is not listed.
    pub failures: Vec<FamilyFailure>,
}

impl Resolution {
    /// Addresses that need no question: a literal, or an override.
    #[must_use]
    pub fn known(addresses: Vec<SocketAddr>) -> Self {
        Self { addresses, failures: Vec::new() }
    }
}

/// No address at all: why, per family that was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{} {}", self.host, Words(&self.failures))]
pub struct ResolveError {
    /// The name that was asked for.
    pub host: String,
    /// What each family gave.
    pub failures: Vec<FamilyFailure>,
}

impl ResolveError {
    /// Whether the name is known not to exist or to have no address: a fact, as against not knowing.
    #[must_use]
    pub fn is_definite(&self) -> bool {
        self.failures
            .iter()
            .all(|failure| matches!(failure.kind, ResolveFailure::NoSuchName | ResolveFailure::NoAddress))
    }
}

impl ResolveError {
    /// What to do, whoever asked: not every command can be told an address.
    #[must_use]
    pub fn remedy(&self) -> String {
        if self.is_definite() {
            format!("check the spelling of {} and its records", self.host)
        } else {
            "check the name servers in /etc/resolv.conf".to_owned()
        }
    }
}

impl Trouble for ResolveError {
    fn code(&self) -> &'static str {
        if self.is_definite() { "dns.no-address" } else { "dns.failed" }
    }

    fn hint(&self) -> String {
        format!("{}; --resolve host:port:address skips DNS", self.remedy())
    }

    fn retry(&self) -> Retry {
        Retry::Later
    }
}

/// One address family's failure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FamilyFailure {
    /// Which family was asked for.
    pub family: Family,
    /// What kind of failure.
    pub kind: ResolveFailure,
    /// The resolver's words.
    pub detail: String,
}

/// An address family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    /// A records.
    IPv4,
    /// AAAA records.
    IPv6,
}

/// Kinds of failure, by what they allow to conclude.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ResolveFailure {
    /// The name does not exist (NXDOMAIN). A fact.
    NoSuchName,
    /// The name exists and has no address of this family. A fact.
    NoAddress,
    /// Nothing came within the time limit.
    Timeout,
    /// The name servers answered with a failure (SERVFAIL, REFUSED), nonsense, or could not be reached.
    ServerFailure,
}

impl fmt::Display for ResolveFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoSuchName => "does not exist in DNS",
            Self::NoAddress => "has no address in DNS",
            Self::Timeout => "could not be resolved: the name servers did not answer in time",
            Self::ServerFailure => "could not be resolved",
        })
    }
}

/// One sentence for all families: both failing alike is told once.
struct Words<'a>(&'a [FamilyFailure]);

impl fmt::Display for Words<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, rest @ ..] = self.0 else { return f.write_str("could not be resolved") };
        if rest.iter().all(|other| other.kind == first.kind) {
            write!(f, "{}", first.kind)?;
            return if first.kind == ResolveFailure::ServerFailure {
                write!(f, ": {}", first.detail)
            } else {
                Ok(())
            };
        }
        for (index, failure) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{:?}: {} ({})", failure.family, failure.kind, failure.detail)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(family: Family, kind: ResolveFailure) -> FamilyFailure {
        FamilyFailure { family, kind, detail: "SERVFAIL".to_owned() }
    }

    #[test]
    fn both_families_failing_alike_is_told_once() {
        let error = |first, second| ResolveError {
            host: "shop.example".to_owned(),
            failures: vec![failure(Family::IPv4, first), failure(Family::IPv6, second)],
        };
        let gone = error(ResolveFailure::NoSuchName, ResolveFailure::NoSuchName);
        assert_eq!(gone.to_string(), "shop.example does not exist in DNS");
        assert_eq!(gone.code(), "dns.no-address");
        let broken = error(ResolveFailure::ServerFailure, ResolveFailure::ServerFailure);
        assert_eq!(broken.to_string(), "shop.example could not be resolved: SERVFAIL");
        let mixed = error(ResolveFailure::NoAddress, ResolveFailure::Timeout);
        assert!(!mixed.is_definite(), "a timeout in one family leaves the name unknown");
        assert!(mixed.to_string().contains("IPv4: has no address in DNS (SERVFAIL); IPv6: "));
    }
}
