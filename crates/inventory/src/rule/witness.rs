//! What rules are told that ask others than the server: about revocation and promises of logs; and where anchors are named.

use notafter_cert::path::Chain;
use notafter_tls::observation::Staple;

use crate::check::{CertificateStatus, Transparency};
use crate::model::Subject;

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
