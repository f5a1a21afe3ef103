//! The baseline requirements of the CA/Browser Forum for code signing.

mod ask;
mod cs_aia_missing_ca_issuers_http_url;
mod cs_aia_ocsp_not_http;
mod cs_authority_information_access;
mod cs_crl_distribution_points;
mod cs_ecdsa_prohibited_curve;
mod cs_eku_required;
mod cs_key_usage_only_signature;
mod cs_key_usage_required;
mod cs_max_validity_period_39_months;
mod cs_max_validity_period_460_days;
mod cs_requires_org;
mod cs_rsa_key_size;
mod cs_signature_algorithm_not_supported;
mod cs_subject_country_name;
mod cs_subject_locality_or_province_required;
mod cs_subject_prohibited;

pub(super) use ask::covers;

use super::Lint;

/// In the order of the sections.
pub(super) const ALL: &[&Lint] = &[
    &cs_ecdsa_prohibited_curve::LINT,
    &cs_rsa_key_size::LINT,
    &cs_max_validity_period_39_months::LINT,
    &cs_max_validity_period_460_days::LINT,
    &cs_authority_information_access::LINT,
    &cs_aia_missing_ca_issuers_http_url::LINT,
    &cs_aia_ocsp_not_http::LINT,
    &cs_crl_distribution_points::LINT,
    &cs_key_usage_required::LINT,
    &cs_key_usage_only_signature::LINT,
    &cs_eku_required::LINT,
    &cs_signature_algorithm_not_supported::LINT,
    &cs_subject_prohibited::LINT,
    &cs_requires_org::LINT,
    &cs_subject_locality_or_province_required::LINT,
    &cs_subject_country_name::LINT,
];
