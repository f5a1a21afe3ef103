//! What documents ask of a CRL.

mod ask;
mod auth_key_id_only_contains_keyid;
mod cab_has_valid_reason_code;
mod cab_reason_code_not_critical;
mod cab_sha1_signature;
mod empty_revoked_certificates;
mod extensions_validity;
mod extensions_validity_warning;
mod has_authority_key_identifier;
mod has_next_update;
mod has_valid_reason_code;
mod has_valid_reason_code_warning;
mod malformed;
mod missing_crl_number;
mod next_update_invalid;
mod no_duplicate_extensions;
mod number_not_critical;
mod number_out_of_range;
mod revocation_date_too_early;
mod revocation_time_after_this_update;
mod revoked_certificate_crl_entry_has_no_duplicate_extensions;
mod revoked_certificates_field_must_be_empty;
mod sigalgo_missing_null_params;
mod unique_revoked_certificate;

use super::{Meta, Outcome, Verdict};
use crate::x509::CrlAnatomy;

/// A lint of CRLs.
pub struct CrlLint {
    /// What it is about.
    pub meta: Meta,
    /// Whether it has anything to say about this CRL.
    pub applies: fn(&CrlAnatomy<'_>) -> bool,
    /// Whether the CRL is as it must be.
    pub judge: fn(&CrlAnatomy<'_>) -> Verdict,
}

/// RFC 5280 in the order of its sections, the Baseline Requirements, and what no document says.
pub(super) const ALL: &[&CrlLint] = &[
    &malformed::LINT,
    &has_next_update::LINT,
    &empty_revoked_certificates::LINT,
    &revoked_certificates_field_must_be_empty::LINT,
    &revocation_time_after_this_update::LINT,
    &has_authority_key_identifier::LINT,
    &missing_crl_number::LINT,
    &number_not_critical::LINT,
    &has_valid_reason_code::LINT,
    &has_valid_reason_code_warning::LINT,
    &sigalgo_missing_null_params::LINT,
    &next_update_invalid::LINT,
    &auth_key_id_only_contains_keyid::LINT,
    &number_out_of_range::LINT,
    &extensions_validity::LINT,
    &extensions_validity_warning::LINT,
    &cab_reason_code_not_critical::LINT,
    &cab_has_valid_reason_code::LINT,
    &no_duplicate_extensions::LINT,
    &revoked_certificate_crl_entry_has_no_duplicate_extensions::LINT,
    &unique_revoked_certificate::LINT,
    &revocation_date_too_early::LINT,
    &cab_sha1_signature::LINT,
];

impl CrlLint {
    /// What becomes of it for this CRL: rules are those of the day of its thisUpdate.
    #[must_use]
    pub fn run(&self, crl: &CrlAnatomy<'_>) -> Outcome {
        if !(self.applies)(crl) {
            return Outcome::NotApplicable;
        }
        let made = crl.header.this_update.map(|moment| moment.time);
        self.meta.effective.outcome(made, || (self.judge)(crl))
    }
}

impl CrlLint {
    /// What it says where a path is judged: rules are those of the day of thisUpdate, or the newest.
    #[must_use]
    pub fn judge_on_path(&self, crl: &CrlAnatomy<'_>) -> Option<Verdict> {
        let made = crl.header.this_update.map(|moment| moment.time).ok()?;
        let applies = (self.applies)(crl) && self.meta.effective.holds_on_path(made);
        applies.then(|| (self.judge)(crl))
    }
}

#[cfg(test)]
mod tests;
