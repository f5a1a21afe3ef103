//! Apple's root program.

mod ct_sct_policy_count_unsatisfied;
mod tls_server_cert_valid_time_longer_than_397_days;
mod tls_server_cert_valid_time_longer_than_398_days;

use super::Lint;

/// In the order of their days.
pub(super) const ALL: &[&Lint] = &[
    &tls_server_cert_valid_time_longer_than_398_days::LINT,
    &tls_server_cert_valid_time_longer_than_397_days::LINT,
    &ct_sct_policy_count_unsatisfied::LINT,
];
