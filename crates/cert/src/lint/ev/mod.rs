//! The guidelines of the CA/Browser Forum for extended validation.

pub(super) mod ask;
mod cabf_org_identifier_psd_vat_has_state;
mod ev_business_category_missing;
mod ev_country_name_missing;
mod ev_extra_subject_attribs;
mod ev_invalid_business_category;
mod ev_invalid_orgid_reg_scheme;
mod ev_not_wildcard;
mod ev_organization_id_missing;
mod ev_organization_name_missing;
mod ev_orgid_inconsistent_subj_and_ext;
mod ev_san_ip_address_present;
mod ev_serial_number_missing;
mod ev_valid_time_too_long;
mod jurisdiction_country_missing;
mod onion_subject_validity_time_too_large;

use super::Lint;

/// In the order of the sections.
pub(super) const ALL: &[&Lint] = &[
    &ev_not_wildcard::LINT,
    &ev_san_ip_address_present::LINT,
    &cabf_org_identifier_psd_vat_has_state::LINT,
    &ev_organization_id_missing::LINT,
    &ev_organization_name_missing::LINT,
    &ev_business_category_missing::LINT,
    &ev_invalid_business_category::LINT,
    &ev_serial_number_missing::LINT,
    &ev_country_name_missing::LINT,
    &ev_invalid_orgid_reg_scheme::LINT,
    &ev_orgid_inconsistent_subj_and_ext::LINT,
    &ev_extra_subject_attribs::LINT,
    &ev_valid_time_too_long::LINT,
    &onion_subject_validity_time_too_large::LINT,
    &jurisdiction_country_missing::LINT,
];
