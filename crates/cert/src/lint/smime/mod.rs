//! The baseline requirements of the CA/Browser Forum for S/MIME.

mod adobe_extensions_legacy_multipurpose_criticality;
mod adobe_extensions_strict_presence;
mod ask;
mod authority_key_identifier_correct;
mod commonname_mailbox_validated;
mod ec_other_key_usages;
mod ecpublickey_key_usages;
mod edwardspublickey_key_usages;
mod exactly_one_smime_policy;
mod invalid_individual_identity;
mod invalid_legacy_spki_algoid;
mod invalid_spki_algoid;
mod key_usage_criticality;
mod key_usage_presence;
mod legacy_generation_deprecated;
mod legal_entity_identifier;
mod mailbox_address_shall_contain_an_rfc822_name;
mod mailbox_validated_allowed_subjectdn_attributes;
mod mailbox_validated_enforce_subject_field_restrictions;
mod org_validated_invalid_cn;
mod registration_scheme_id_matches_subject_country;
mod rsa_key_usage_legacy_multipurpose;
mod rsa_key_usage_strict;
mod rsa_other_key_usages;
mod san_shall_be_present;
mod san_should_not_be_critical;
mod single_email_if_present;
mod single_email_subject_if_present;
mod smime_aia_contains_internal_names;
mod smime_legacy_aia_shall_have_one_http;
mod smime_legacy_multipurpose_eku_check;
mod smime_qc_statements_must_not_be_critical;
mod smime_strict_aia_shall_have_http_only;
mod smime_strict_eku_check;
mod strict_multipurpose_smime_ext_subject_directory_attr;
mod subject_country_name;
mod subscribers_crl_distribution_points_are_http;
mod subscribers_shall_have_crl_distribution_points;

pub(super) use ask::{covers, is_smime};

use super::Lint;

/// In the order of the sections.
pub(super) const ALL: &[&Lint] = &[
    &exactly_one_smime_policy::LINT,
    &legacy_generation_deprecated::LINT,
    &subscribers_shall_have_crl_distribution_points::LINT,
    &subscribers_crl_distribution_points_are_http::LINT,
    &smime_strict_aia_shall_have_http_only::LINT,
    &smime_legacy_aia_shall_have_one_http::LINT,
    &smime_aia_contains_internal_names::LINT,
    &key_usage_presence::LINT,
    &key_usage_criticality::LINT,
    &rsa_key_usage_legacy_multipurpose::LINT,
    &rsa_key_usage_strict::LINT,
    &rsa_other_key_usages::LINT,
    &ecpublickey_key_usages::LINT,
    &ec_other_key_usages::LINT,
    &edwardspublickey_key_usages::LINT,
    &smime_legacy_multipurpose_eku_check::LINT,
    &smime_strict_eku_check::LINT,
    &authority_key_identifier_correct::LINT,
    &san_shall_be_present::LINT,
    &san_should_not_be_critical::LINT,
    &strict_multipurpose_smime_ext_subject_directory_attr::LINT,
    &smime_qc_statements_must_not_be_critical::LINT,
    &legal_entity_identifier::LINT,
    &adobe_extensions_legacy_multipurpose_criticality::LINT,
    &adobe_extensions_strict_presence::LINT,
    &invalid_legacy_spki_algoid::LINT,
    &invalid_spki_algoid::LINT,
    &mailbox_address_shall_contain_an_rfc822_name::LINT,
    &single_email_if_present::LINT,
    &single_email_subject_if_present::LINT,
    &commonname_mailbox_validated::LINT,
    &org_validated_invalid_cn::LINT,
    &subject_country_name::LINT,
    &mailbox_validated_allowed_subjectdn_attributes::LINT,
    &mailbox_validated_enforce_subject_field_restrictions::LINT,
    &invalid_individual_identity::LINT,
    &registration_scheme_id_matches_subject_country::LINT,
];
