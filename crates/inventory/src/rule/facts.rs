//! What rules about looks are told.

use std::net::SocketAddr;

use notafter_cert::path::{Chain, Judgement};
use notafter_cert::{Certificate, Identifier, Time};
use notafter_tls::observation::{Observation, Staple};
use notafter_tls::{Resolution, ResolveError};

use crate::check::{CertificateStatus, Transparency};
use crate::model::Subject;
use crate::threshold::Thresholds;

/// What rules about chains are told.
pub struct ChainFacts<'a> {
    /// The chain.
    pub chain: &'a Chain,
    /// Where it leads.
    pub path: &'a Judgement,
    /// The name that the leaf must cover; `None` for a file of which nobody said what it is for.
    pub expected: Option<&'a Identifier>,
    /// The instant of judgement.
    pub at: Time,
    /// When time that is left becomes too little.
    pub thresholds: &'a Thresholds,
    /// Where whoever reads the finding would name other anchors.
    pub named_at: AnchorsNamedAt,
}

/// What rules about revocation are told.
pub struct RevocationFacts<'a> {
    /// The chain.
    pub chain: &'a Chain,
    /// The OCSP answer that came with it.
    pub staple: &'a Staple,
    /// What is known of each certificate of which anybody told anything, from the leaf upwards.
    pub statuses: &'a [CertificateStatus],
    /// Whether anybody was asked.
    pub were_asked: bool,
    /// Whether it leads to an anchor that browsers have of themselves.
    pub is_public: bool,
}

/// What rules about promises of logs are told.
pub struct TransparencyFacts<'a> {
    /// The chain.
    pub chain: &'a Chain,
    /// What logs promised, and what browsers make of it.
    pub transparency: &'a Transparency,
}

/// Where the anchors are named by which a chain is judged: hints about private CAs point there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnchorsNamedAt {
    /// The option of a command that looks once.
    Option,
    /// The endpoint in the inventory, which is watched.
    Endpoint,
}

impl AnchorsNamedAt {
    /// For findings about this subject.
    #[must_use]
    pub const fn of(subject: &Subject) -> Self {
        match subject {
            Subject::Endpoint(_) => Self::Endpoint,
            _ => Self::Option,
        }
    }

    /// Ends a sentence that says by what to judge.
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Option => "with --trust FILE",
            Self::Endpoint => "with the endpoint's `trust` in the inventory",
        }
    }
}

/// What rules about endpoints are told.
pub struct EndpointFacts<'a> {
    /// The endpoint's addresses, or why there are none.
    pub resolution: Result<&'a Resolution, &'a ResolveError>,
    /// What was seen, address by address.
    pub observations: &'a [Observation],
    /// The certificate at each address that showed a readable one.
    pub served: &'a [(SocketAddr, Certificate)],
    /// Why there are no anchors to judge by, where there are none.
    pub no_anchors: Option<&'a str>,
}
