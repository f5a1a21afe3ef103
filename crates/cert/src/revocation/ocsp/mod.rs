//! OCSP (RFC 6960): asking, and judging answers.

mod identity;
mod judge;
mod request;
mod responder;

pub use identity::{CertificateIdentity, IdHash};
pub use judge::{is_about, judge};
pub use request::request;
pub use responder::Signer;

use super::UNDATED;
use super::Verdict;
use crate::x509::SubjectPublicKeyInfo;
use crate::{Span, Time};

/// The certificate's issuer, and what was asked.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'q, 'a> {
    /// The key of the certificate's issuer.
    pub issuer: &'q SubjectPublicKeyInfo<'a>,
    /// The nonce that was sent, where one was.
    pub nonce: Option<&'q [u8]>,
}

/// What whoever asks makes of answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// How old thisUpdate may be, whatever nextUpdate says.
    pub max_age: Option<Span>,
    /// How old thisUpdate may be where nextUpdate is not there, and no other age is set.
    pub undated: Span,
    /// How far clocks may be apart.
    pub tolerance: Span,
    /// What becomes of an answer without the nonce that was sent.
    pub nonce: NonceRule,
}

/// What becomes of an answer without the nonce that was sent. Another nonce is never taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NonceRule {
    /// It tells nothing.
    MustReturn,
    /// It is taken, as long as it is current: most public responders sign their answers ahead (RFC 9654 section 2.1).
    MayBeLeftOut,
}

impl Default for Policy {
    fn default() -> Self {
        Self { max_age: None, undated: UNDATED, tolerance: Span::minutes(5), nonce: NonceRule::MustReturn }
    }
}

/// What an answer says, and who says it since when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// Whether the certificate was revoked.
    pub verdict: Verdict,
    /// Who signed, where the signature holds.
    pub signer: Option<Signer>,
    /// `producedAt`, where it can be read.
    pub produced_at: Option<Time>,
    /// `thisUpdate` of the answer about the certificate, where there is one.
    pub this_update: Option<Time>,
    /// Its `nextUpdate`.
    pub next_update: Option<Time>,
}

#[cfg(test)]
mod tests;
