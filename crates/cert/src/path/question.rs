//! What is asked of a path.

use std::fmt;
use std::str::FromStr;

use super::{Anchors, Profile, RFC5280};
use crate::der::{Oid, oid};
use crate::{Certificate, Identifier, Span, Time};

/// A certificate to be validated, with everything that the answer depends on.
#[derive(Clone, Debug)]
pub struct Question {
    /// The certificate at the end of the path.
    pub leaf: Certificate,
    /// What may stand between it and an anchor: the chain as sent, and intermediates that are known.
    pub untrusted: Vec<Certificate>,
    /// Where a path may end.
    pub anchors: Anchors,
    /// The instant at which it must hold.
    pub at: Time,
    /// Whom it must speak for; `None` asks for no name.
    pub name: Option<PeerName>,
    /// What it must be meant for.
    pub purpose: Purpose,
    /// The inputs of RFC 5280 section 6.1.1 (c) to (g).
    pub policies: PolicyInput,
    /// Whether a trusted certificate that is not its own issuer ends a path too.
    pub partial_chain: bool,
    /// The most intermediates that are not self-issued; `None` leaves it to the budget.
    pub max_depth: Option<usize>,
    /// Whose rules.
    pub profile: &'static Profile,
    /// What is known of revocation; where something is, it must tell of every certificate but the anchor.
    pub revocation: Evidence,
    /// How much work it may be.
    pub budget: Budget,
}

impl Question {
    /// Whether a certificate is a server's by RFC 5280, of whatever name, as far as revocation is not asked about.
    #[must_use]
    pub fn of_server(leaf: Certificate, untrusted: Vec<Certificate>, anchors: Anchors, at: Time) -> Self {
        Self {
            leaf,
            untrusted,
            anchors,
            at,
            name: None,
            purpose: Purpose::Server,
            policies: PolicyInput::default(),
            partial_chain: true,
            max_depth: None,
            profile: &RFC5280,
            revocation: Evidence::default(),
            budget: Budget::default(),
        }
    }
}

/// What is known of revocation: DER.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// CRLs, complete ones and deltas, those of others among them.
    pub crls: Vec<Vec<u8>>,
    /// OCSP responses.
    pub answers: Vec<Vec<u8>>,
    /// How old a CRL may be, whatever its nextUpdate says.
    pub max_age: Option<Span>,
}

/// What RFC 5280 section 6.1.1 takes in about policies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicyInput {
    /// user-initial-policy-set, as contents of object identifiers; empty is anyPolicy.
    pub acceptable: Vec<Vec<u8>>,
    /// initial-explicit-policy.
    pub require_explicit: bool,
    /// initial-policy-mapping-inhibit.
    pub inhibit_mapping: bool,
    /// initial-any-policy-inhibit.
    pub inhibit_any: bool,
}

/// Limits that hold against hostile chains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Signatures of certificates that are checked, and as many of CRLs: namesakes grow exponentially (CVE-2018-16875).
    pub signatures: usize,
    /// Certificates that are stood upon while paths are looked for, those of signers of CRLs among them.
    pub steps: usize,
    /// Paths that are kept.
    pub paths: usize,
    /// Certificates in one path, the leaf and the anchor among them.
    pub depth: usize,
    /// Comparisons of a name with a constraint on its form, shared evenly among the paths (CVE-2018-16875's kin; Go draws the line
    /// there too).
    pub name_comparisons: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self { signatures: 100, steps: 2000, paths: 64, depth: 16, name_comparisons: 250_000 }
    }
}

/// What a key is used for (RFC 5280 section 4.2.1.12).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// A TLS server.
    Server,
    /// A TLS client.
    Client,
    /// Mail that is signed or encrypted.
    Email,
    /// Code that is signed.
    CodeSigning,
    /// A time-stamping authority.
    TimeStamping,
    /// Answers about revocation.
    OcspSigning,
    /// Whatever it is.
    Any,
}

impl Purpose {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Server,
        Self::Client,
        Self::Email,
        Self::CodeSigning,
        Self::TimeStamping,
        Self::OcspSigning,
        Self::Any,
    ];

    /// The word in options.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Client => "client",
            Self::Email => "email",
            Self::CodeSigning => "code-signing",
            Self::TimeStamping => "time-stamping",
            Self::OcspSigning => "ocsp-signing",
            Self::Any => "any",
        }
    }

    /// The identifier in extKeyUsage; `None` for any.
    #[must_use]
    pub const fn oid(self) -> Option<Oid<'static>> {
        match self {
            Self::Server => Some(oid::SERVER_AUTH),
            Self::Client => Some(oid::CLIENT_AUTH),
            Self::Email => Some(oid::EMAIL_PROTECTION),
            Self::CodeSigning => Some(oid::CODE_SIGNING),
            Self::TimeStamping => Some(oid::TIME_STAMPING),
            Self::OcspSigning => Some(oid::OCSP_SIGNING),
            Self::Any => None,
        }
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A text that names no purpose.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a purpose (server, client, email, code-signing, time-stamping, ocsp-signing, any): {0:?}")]
pub struct ParsePurposeError(String);

impl FromStr for Purpose {
    type Err = ParsePurposeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|purpose| purpose.name() == text)
            .ok_or_else(|| ParsePurposeError(text.to_owned()))
    }
}

/// Whom a certificate must speak for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PeerName {
    /// A host or an address (RFC 9525).
    Host(Identifier),
    /// A mailbox (RFC 8550).
    Email(String),
}

/// A text that is neither a host, nor an address, nor a mailbox.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("neither a host name, nor an address, nor a mailbox: {0:?}")]
pub struct ParsePeerNameError(String);

impl FromStr for PeerName {
    type Err = ParsePeerNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some((local, host)) = text.rsplit_once('@') {
            let is_mailbox = !local.is_empty() && !host.is_empty();
            return is_mailbox
                .then(|| Self::Email(text.to_owned()))
                .ok_or_else(|| ParsePeerNameError(text.to_owned()));
        }
        text.parse().map(Self::Host).map_err(|_| ParsePeerNameError(text.to_owned()))
    }
}

impl fmt::Display for PeerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host(name) => write!(f, "{name}"),
            Self::Email(name) => f.write_str(name),
        }
    }
}
