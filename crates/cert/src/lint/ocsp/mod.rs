//! What documents ask of an OCSP response.

mod cab_sha1_signature;
mod cab_validity_interval;
mod this_update_not_after_produced_at;

use super::{Meta, Outcome, Verdict};
use crate::x509::ocsp::BasicResponse;

/// A lint of OCSP responses.
pub struct OcspLint {
    /// What it is about.
    pub meta: Meta,
    /// Whether it has anything to say about this response.
    pub applies: fn(&BasicResponse<'_>) -> bool,
    /// Whether the response is as it must be.
    pub judge: fn(&BasicResponse<'_>) -> Verdict,
}

/// In the order of the sections of RFC 6960.
pub(super) const ALL: &[&OcspLint] =
    &[&this_update_not_after_produced_at::LINT, &cab_sha1_signature::LINT, &cab_validity_interval::LINT];

impl OcspLint {
    /// What becomes of it for this response: rules are those of the day of its producedAt.
    #[must_use]
    pub fn run(&self, response: &BasicResponse<'_>) -> Outcome {
        if !(self.applies)(response) {
            return Outcome::NotApplicable;
        }
        let made = response.produced_at.map(|moment| moment.time);
        self.meta.effective.outcome(made, || (self.judge)(response))
    }
}

#[cfg(test)]
mod tests;
