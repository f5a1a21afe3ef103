//! The baseline requirements of the CA/Browser Forum for TLS servers.

mod algorithm_identifier_improper_encoding;
mod ask;
mod br_prohibit_dsa_usage;
mod dnsname_label_too_long;
mod organizational_unit_name_prohibited;
mod policy_qualifiers_other_than_cps_not_permitted;
mod public_key_type_not_allowed;
mod root_ca_basic_constraints_path_len_constraint_field_present;
mod root_ca_contains_cert_policy;
mod root_ca_extended_key_usage_present;
mod root_ca_key_usage_must_be_critical;
mod root_ca_key_usage_present;
mod rsa_mod_factors_smaller_than_752;
mod rsa_mod_less_than_2048_bits;
mod rsa_mod_not_odd;
mod rsa_public_exponent_not_in_range;
mod rsa_public_exponent_not_odd;
mod rsa_public_exponent_too_small;
mod san_dns_name_onion_invalid;
mod san_dns_name_onion_not_ev_cert;
mod server_cert_valid_time_longer_than_199_days;
mod server_cert_valid_time_longer_than_46_days;
mod server_cert_valid_time_longer_than_99_days;
mod signature_algorithm_not_supported;
mod state_or_province_name_must_not_contain_control_characters;
mod sub_ca_aia_does_not_contain_issuing_ca_url;
mod sub_ca_aia_marked_critical;
mod sub_ca_aia_missing;
mod sub_ca_certificate_policies_marked_critical;
mod sub_ca_certificate_policies_missing;
mod sub_ca_crl_distribution_points_does_not_contain_url;
mod sub_ca_crl_distribution_points_marked_critical;
mod sub_ca_crl_distribution_points_missing;
mod sub_ca_eku_critical;
mod sub_ca_eku_missing;
mod sub_ca_eku_not_technically_constrained;
mod sub_ca_name_constraints_not_critical;
mod sub_cert_aia_contains_internal_names;
mod sub_cert_aia_does_not_contain_issuing_ca_url;
mod sub_cert_aia_does_not_contain_ocsp_url;
mod sub_cert_aia_marked_critical;
mod sub_cert_aia_missing;
mod sub_cert_basic_constraints_not_critical;
mod sub_cert_cert_policy_empty;
mod sub_cert_certificate_policies_marked_critical;
mod sub_cert_certificate_policies_missing;
mod sub_cert_country_name_must_appear;
mod sub_cert_crl_distribution_points_does_not_contain_url;
mod sub_cert_crl_distribution_points_marked_critical;
mod sub_cert_eku_check;
mod sub_cert_eku_check_warning;
mod sub_cert_eku_extra_values;
mod sub_cert_eku_missing;
mod sub_cert_eku_server_auth_client_auth_missing;
mod sub_cert_given_name_surname_contains_correct_policy;
mod sub_cert_key_usage_cert_sign_bit_set;
mod sub_cert_key_usage_crl_sign_bit_set;
mod sub_cert_locality_name_must_appear;
mod sub_cert_locality_name_must_not_appear;
mod sub_cert_not_is_ca;
mod sub_cert_or_sub_ca_using_sha1;
mod sub_cert_postal_code_must_not_appear;
mod sub_cert_province_must_appear;
mod sub_cert_province_must_not_appear;
mod sub_cert_sha1_expiration_too_long;
mod sub_cert_street_address_should_not_exist;
mod sub_cert_valid_time_longer_than_39_months;
mod sub_cert_valid_time_longer_than_825_days;
mod subj_orgunit_in_ca_cert;
mod subject_common_name_included;
mod subject_common_name_included_warning;
mod subject_common_name_not_exactly_from_san;
mod subject_common_name_not_from_san;
mod subject_contains_malformed_arpa_ip;
mod subject_contains_noninformational_value;
mod subject_contains_organizational_unit_name_and_no_organization_name;
mod subject_contains_reserved_arpa_ip;
mod subject_contains_reserved_ip;
mod subject_country_not_iso;
mod subject_rdns_correct_encoding;
mod underscore_not_permissible_in_dnsname;
mod underscore_permissible_in_dnsname_if_valid_when_replaced;
mod underscore_present_with_too_long_validity;

use super::Lint;

/// In the order of the sections.
pub(super) const ALL: &[&Lint] = &[
    &state_or_province_name_must_not_contain_control_characters::LINT,
    &subject_contains_malformed_arpa_ip::LINT,
    &br_prohibit_dsa_usage::LINT,
    &public_key_type_not_allowed::LINT,
    &rsa_mod_less_than_2048_bits::LINT,
    &rsa_mod_factors_smaller_than_752::LINT,
    &rsa_mod_not_odd::LINT,
    &rsa_public_exponent_not_in_range::LINT,
    &rsa_public_exponent_not_odd::LINT,
    &rsa_public_exponent_too_small::LINT,
    &server_cert_valid_time_longer_than_199_days::LINT,
    &server_cert_valid_time_longer_than_46_days::LINT,
    &server_cert_valid_time_longer_than_99_days::LINT,
    &sub_cert_valid_time_longer_than_39_months::LINT,
    &sub_cert_valid_time_longer_than_825_days::LINT,
    &root_ca_contains_cert_policy::LINT,
    &root_ca_extended_key_usage_present::LINT,
    &root_ca_key_usage_must_be_critical::LINT,
    &root_ca_key_usage_present::LINT,
    &root_ca_basic_constraints_path_len_constraint_field_present::LINT,
    &sub_ca_aia_does_not_contain_issuing_ca_url::LINT,
    &sub_cert_aia_does_not_contain_ocsp_url::LINT,
    &sub_cert_eku_extra_values::LINT,
    &sub_cert_eku_server_auth_client_auth_missing::LINT,
    &sub_ca_aia_marked_critical::LINT,
    &sub_ca_aia_missing::LINT,
    &sub_ca_certificate_policies_marked_critical::LINT,
    &sub_ca_certificate_policies_missing::LINT,
    &sub_ca_crl_distribution_points_marked_critical::LINT,
    &sub_ca_crl_distribution_points_missing::LINT,
    &sub_ca_eku_critical::LINT,
    &sub_ca_eku_missing::LINT,
    &sub_cert_locality_name_must_not_appear::LINT,
    &sub_cert_postal_code_must_not_appear::LINT,
    &sub_cert_province_must_not_appear::LINT,
    &sub_cert_street_address_should_not_exist::LINT,
    &subject_common_name_included_warning::LINT,
    &sub_cert_given_name_surname_contains_correct_policy::LINT,
    &organizational_unit_name_prohibited::LINT,
    &sub_cert_country_name_must_appear::LINT,
    &sub_cert_locality_name_must_appear::LINT,
    &sub_cert_province_must_appear::LINT,
    &subject_contains_noninformational_value::LINT,
    &subject_country_not_iso::LINT,
    &sub_cert_aia_marked_critical::LINT,
    &sub_cert_aia_missing::LINT,
    &sub_cert_basic_constraints_not_critical::LINT,
    &sub_cert_certificate_policies_marked_critical::LINT,
    &sub_cert_certificate_policies_missing::LINT,
    &sub_cert_crl_distribution_points_marked_critical::LINT,
    &sub_cert_eku_missing::LINT,
    &sub_cert_aia_contains_internal_names::LINT,
    &sub_cert_aia_does_not_contain_issuing_ca_url::LINT,
    &sub_cert_not_is_ca::LINT,
    &policy_qualifiers_other_than_cps_not_permitted::LINT,
    &sub_cert_cert_policy_empty::LINT,
    &sub_cert_eku_check::LINT,
    &sub_cert_eku_check_warning::LINT,
    &sub_cert_key_usage_cert_sign_bit_set::LINT,
    &sub_cert_key_usage_crl_sign_bit_set::LINT,
    &subject_contains_reserved_arpa_ip::LINT,
    &underscore_not_permissible_in_dnsname::LINT,
    &subj_orgunit_in_ca_cert::LINT,
    &sub_ca_eku_not_technically_constrained::LINT,
    &sub_ca_name_constraints_not_critical::LINT,
    &sub_ca_crl_distribution_points_does_not_contain_url::LINT,
    &sub_cert_crl_distribution_points_does_not_contain_url::LINT,
    &algorithm_identifier_improper_encoding::LINT,
    &signature_algorithm_not_supported::LINT,
    &sub_cert_or_sub_ca_using_sha1::LINT,
    &dnsname_label_too_long::LINT,
    &subject_rdns_correct_encoding::LINT,
    &san_dns_name_onion_not_ev_cert::LINT,
    &underscore_permissible_in_dnsname_if_valid_when_replaced::LINT,
    &underscore_present_with_too_long_validity::LINT,
    &subject_common_name_included::LINT,
    &subject_common_name_not_from_san::LINT,
    &subject_contains_organizational_unit_name_and_no_organization_name::LINT,
    &subject_common_name_not_exactly_from_san::LINT,
    &subject_contains_reserved_ip::LINT,
    &sub_cert_sha1_expiration_too_long::LINT,
    &san_dns_name_onion_invalid::LINT,
];
