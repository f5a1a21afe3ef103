//! The baseline requirements of the CA/Browser Forum for TLS servers.

mod aia_ca_issuers_must_have_http_only;
mod aia_must_contain_permitted_access_method;
mod aia_ocsp_must_have_http_only;
mod aia_unique_access_locations;
mod algorithm_identifier_improper_encoding;
mod arpa_domain_not_allowed;
mod ask;
mod authority_key_identifier_not_by_key_alone;
mod br_prohibit_dsa_usage;
mod ca_aia_must_contain_permitted_access_method;
mod ca_aia_non_http_url;
mod ca_common_name_missing;
mod ca_country_name_invalid;
mod ca_country_name_missing;
mod ca_crl_sign_not_set;
mod ca_digital_signature_not_set;
mod ca_eku_precertificate_signing;
mod ca_invalid_eku;
mod ca_is_ca;
mod ca_key_cert_sign_not_set;
mod ca_key_usage_missing;
mod ca_key_usage_not_critical;
mod ca_key_usage_not_permitted;
mod ca_multiple_reserved_policy_oids;
mod ca_organization_name_missing;
mod ca_subject_attribute_not_recommended;
mod cab_dv_conflicts_with_locality;
mod cab_dv_conflicts_with_org;
mod cab_dv_conflicts_with_postal;
mod cab_dv_conflicts_with_province;
mod cab_dv_conflicts_with_street;
mod cab_dv_subject_invalid_values;
mod cab_iv_requires_personal_name;
mod cab_iv_requires_personal_name_strict;
mod cab_ov_requires_org;
mod cabf_ecc_allowed_key_usages;
mod cabf_ecc_ku_keyagreement_present;
mod cert_policy_iv_requires_country;
mod cert_policy_iv_requires_province_or_locality;
mod cert_policy_ov_requires_country;
mod cert_policy_ov_requires_province_or_locality;
mod common_name_of_another_host;
mod crl_distrib_points_not_http;
mod crl_distribution_point_not_full_name;
mod crl_distribution_points_several;
mod crlissuer_must_not_be_present_in_cdp;
mod dnsname_bad_character_in_label;
mod dnsname_contains_bare_iana_suffix;
mod dnsname_contains_prohibited_reserved_label;
mod dnsname_empty_label;
mod dnsname_hyphen_in_sld;
mod dnsname_label_too_long;
mod dnsname_left_label_wildcard_correct;
mod dnsname_not_valid_tld;
mod dnsname_underscore_in_sld;
mod dnsname_underscore_in_trd;
mod dnsname_wildcard_left_of_public_suffix;
mod dnsname_wildcard_only_in_left_label;
mod domain_component_order;
mod dsa_correct_order_in_subgroup;
mod dsa_improper_modulus_or_divisor_size;
mod dsa_params_missing;
mod dsa_shorter_than_2048_bits;
mod dsa_unique_correct_representation;
mod duplicate_subject_attribs;
mod ec_improper_curves;
mod eku_critical;
mod excessively_backdated;
mod ext_nc_intersects_reserved_ip;
mod ext_san_contains_reserved_ip;
mod ext_san_critical_with_subject_dn;
mod ext_san_directory_name_present;
mod ext_san_edi_party_name_present;
mod ext_san_missing;
mod ext_san_other_name_present;
mod ext_san_registered_id_present;
mod ext_san_rfc822_name_present;
mod ext_san_uniform_resource_identifier_present;
mod ext_san_x400_address_present;
mod ext_subject_key_identifier_not_recommended_subscriber;
mod ext_tor_service_descriptor_hash_invalid;
mod extra_subject_common_names;
mod invalid_ca_certificate_policies;
mod invalid_certificate_version;
mod invalid_cps_uri;
mod invalid_subject_rdn_order;
mod iv_organization_not_recommended;
mod missing_crl_distrib_point;
mod no_underscores_before_1_6_2;
mod ocsp_cert_aia_other_method;
mod ocsp_cert_aia_present;
mod ocsp_cert_cdp_forbidden;
mod ocsp_cert_cp_forbidden;
mod ocsp_cert_cp_not_recommended;
mod ocsp_cert_eku_other_purposes;
mod ocsp_cert_extension_not_recommended;
mod ocsp_cert_invalid_ku;
mod ocsp_cert_is_ca;
mod ocsp_cert_key_usage_missing;
mod ocsp_cert_no_check_encoding;
mod ocsp_cert_san_present;
mod ocsp_cert_subject_incomplete;
mod ocsp_id_pkix_ocsp_nocheck_ext_not_included_server_auth;
mod old_root_ca_rsa_mod_less_than_2048_bits;
mod old_sub_ca_rsa_mod_less_than_1024_bits;
mod old_sub_cert_rsa_mod_less_than_1024_bits;
mod organizational_unit_name_prohibited;
mod policy_qualifiers_not_recommended;
mod policy_qualifiers_other_than_cps_not_permitted;
mod precertificate_poison_encoding;
mod precertificate_signing_ca_other_purposes;
mod precertificate_signing_ca_prohibited;
mod public_key_type_not_allowed;
mod rdn_with_several_attributes;
mod reserved_policy_not_first;
mod root_ca_authority_key_identifier;
mod root_ca_authority_key_identifier_missing;
mod root_ca_basic_constraints_path_len_constraint_field_present;
mod root_ca_contains_cert_policy;
mod root_ca_crl_distribution_points_present;
mod root_ca_extended_key_usage_present;
mod root_ca_extension_not_recommended;
mod root_ca_key_usage_must_be_critical;
mod root_ca_key_usage_present;
mod root_ca_validity_out_of_range;
mod rsa_key_usage_data_encipherment;
mod rsa_key_usage_no_digital_signature;
mod rsa_key_usage_not_permitted;
mod rsa_mod_factors_smaller_than_752;
mod rsa_mod_less_than_2048_bits;
mod rsa_mod_not_odd;
mod rsa_modulus_not_whole_octets;
mod rsa_public_exponent_not_in_range;
mod rsa_public_exponent_not_odd;
mod rsa_public_exponent_too_small;
mod san_critical_with_subject;
mod san_dns_name_onion_invalid;
mod san_dns_name_onion_not_ev_cert;
mod serial_number_short;
mod server_cert_valid_time_longer_than_100_days;
mod server_cert_valid_time_longer_than_199_days;
mod server_cert_valid_time_longer_than_200_days;
mod server_cert_valid_time_longer_than_398_days;
mod server_cert_valid_time_longer_than_46_days;
mod server_cert_valid_time_longer_than_47_days;
mod server_cert_valid_time_longer_than_99_days;
mod signature_algorithm_not_supported;
mod state_or_province_name_must_not_contain_control_characters;
mod sub_ca_aia_does_not_contain_issuing_ca_url;
mod sub_ca_aia_marked_critical;
mod sub_ca_aia_missing;
mod sub_ca_aia_missing_warning;
mod sub_ca_certificate_policies_marked_critical;
mod sub_ca_certificate_policies_missing;
mod sub_ca_crl_distribution_points_does_not_contain_url;
mod sub_ca_crl_distribution_points_marked_critical;
mod sub_ca_crl_distribution_points_missing;
mod sub_ca_eku_critical;
mod sub_ca_eku_missing;
mod sub_ca_eku_not_recommended;
mod sub_ca_eku_not_technically_constrained;
mod sub_ca_extension_not_recommended;
mod sub_ca_name_constraints_form_not_recommended;
mod sub_ca_name_constraints_not_critical;
mod sub_cert_aia_contains_internal_names;
mod sub_cert_aia_does_not_contain_issuing_ca_url;
mod sub_cert_aia_does_not_contain_ocsp_url;
mod sub_cert_aia_marked_critical;
mod sub_cert_aia_missing;
mod sub_cert_any_policy;
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
mod sub_cert_extension_not_recommended;
mod sub_cert_given_name_surname_contains_correct_policy;
mod sub_cert_key_usage_cert_sign_bit_set;
mod sub_cert_key_usage_crl_sign_bit_set;
mod sub_cert_key_usage_missing;
mod sub_cert_locality_name_must_appear;
mod sub_cert_locality_name_must_not_appear;
mod sub_cert_not_is_ca;
mod sub_cert_not_one_reserved_policy;
mod sub_cert_or_sub_ca_using_sha1;
mod sub_cert_postal_code_must_not_appear;
mod sub_cert_province_must_appear;
mod sub_cert_province_must_not_appear;
mod sub_cert_sha1_expiration_too_long;
mod sub_cert_street_address_should_not_exist;
mod sub_cert_valid_time_longer_than_39_months;
mod sub_cert_valid_time_longer_than_825_days;
mod subj_orgunit_in_ca_cert;
mod subject_address_not_recommended;
mod subject_attribute_not_recommended;
mod subject_attribute_too_long;
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

/// In the order of the sections: names and keys, then profiles of certificates.
pub(super) const ALL: &[&Lint] = &[
    &dnsname_left_label_wildcard_correct::LINT,
    &dnsname_wildcard_only_in_left_label::LINT,
    &dnsname_contains_bare_iana_suffix::LINT,
    &dnsname_not_valid_tld::LINT,
    &dnsname_wildcard_left_of_public_suffix::LINT,
    &arpa_domain_not_allowed::LINT,
    &ext_san_contains_reserved_ip::LINT,
    &ext_nc_intersects_reserved_ip::LINT,
    &ocsp_id_pkix_ocsp_nocheck_ext_not_included_server_auth::LINT,
    &dsa_improper_modulus_or_divisor_size::LINT,
    &dsa_shorter_than_2048_bits::LINT,
    &ec_improper_curves::LINT,
    &old_root_ca_rsa_mod_less_than_2048_bits::LINT,
    &old_sub_ca_rsa_mod_less_than_1024_bits::LINT,
    &old_sub_cert_rsa_mod_less_than_1024_bits::LINT,
    &dsa_params_missing::LINT,
    &dsa_correct_order_in_subgroup::LINT,
    &dsa_unique_correct_representation::LINT,
    &server_cert_valid_time_longer_than_200_days::LINT,
    &server_cert_valid_time_longer_than_100_days::LINT,
    &server_cert_valid_time_longer_than_47_days::LINT,
    &invalid_certificate_version::LINT,
    &ca_key_usage_not_critical::LINT,
    &ca_is_ca::LINT,
    &sub_ca_aia_missing::LINT,
    &excessively_backdated::LINT,
    &cab_dv_subject_invalid_values::LINT,
    &cab_iv_requires_personal_name_strict::LINT,
    &cert_policy_iv_requires_country::LINT,
    &cert_policy_iv_requires_province_or_locality::LINT,
    &cab_ov_requires_org::LINT,
    &cert_policy_ov_requires_country::LINT,
    &cert_policy_ov_requires_province_or_locality::LINT,
    &eku_critical::LINT,
    &ext_subject_key_identifier_not_recommended_subscriber::LINT,
    &aia_ca_issuers_must_have_http_only::LINT,
    &aia_must_contain_permitted_access_method::LINT,
    &aia_ocsp_must_have_http_only::LINT,
    &aia_unique_access_locations::LINT,
    &invalid_cps_uri::LINT,
    &cabf_ecc_allowed_key_usages::LINT,
    &cabf_ecc_ku_keyagreement_present::LINT,
    &ext_san_critical_with_subject_dn::LINT,
    &san_critical_with_subject::LINT,
    &dnsname_contains_prohibited_reserved_label::LINT,
    &ext_san_directory_name_present::LINT,
    &ext_san_edi_party_name_present::LINT,
    &ext_san_other_name_present::LINT,
    &ext_san_registered_id_present::LINT,
    &ext_san_rfc822_name_present::LINT,
    &ext_san_uniform_resource_identifier_present::LINT,
    &ext_san_missing::LINT,
    &dnsname_bad_character_in_label::LINT,
    &dnsname_empty_label::LINT,
    &dnsname_hyphen_in_sld::LINT,
    &dnsname_underscore_in_sld::LINT,
    &dnsname_underscore_in_trd::LINT,
    &dnsname_label_too_long::LINT,
    &ocsp_cert_cdp_forbidden::LINT,
    &ocsp_cert_cp_forbidden::LINT,
    &ocsp_cert_cp_not_recommended::LINT,
    &ocsp_cert_invalid_ku::LINT,
    &ca_common_name_missing::LINT,
    &ca_country_name_invalid::LINT,
    &ca_country_name_missing::LINT,
    &ca_organization_name_missing::LINT,
    &ca_aia_non_http_url::LINT,
    &ca_multiple_reserved_policy_oids::LINT,
    &invalid_ca_certificate_policies::LINT,
    &ca_invalid_eku::LINT,
    &ca_crl_sign_not_set::LINT,
    &ca_digital_signature_not_set::LINT,
    &ca_key_cert_sign_not_set::LINT,
    &ca_key_usage_missing::LINT,
    &crl_distrib_points_not_http::LINT,
    &crlissuer_must_not_be_present_in_cdp::LINT,
    &missing_crl_distrib_point::LINT,
    &duplicate_subject_attribs::LINT,
    &invalid_subject_rdn_order::LINT,
    &no_underscores_before_1_6_2::LINT,
    &extra_subject_common_names::LINT,
    &cab_dv_conflicts_with_locality::LINT,
    &cab_dv_conflicts_with_org::LINT,
    &cab_dv_conflicts_with_postal::LINT,
    &cab_dv_conflicts_with_province::LINT,
    &cab_dv_conflicts_with_street::LINT,
    &cab_iv_requires_personal_name::LINT,
    &ext_tor_service_descriptor_hash_invalid::LINT,
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
    &sub_ca_aia_missing_warning::LINT,
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
    &subject_rdns_correct_encoding::LINT,
    &san_dns_name_onion_not_ev_cert::LINT,
    &underscore_permissible_in_dnsname_if_valid_when_replaced::LINT,
    &underscore_present_with_too_long_validity::LINT,
    &subject_common_name_included::LINT,
    &subject_common_name_not_from_san::LINT,
    &subject_contains_organizational_unit_name_and_no_organization_name::LINT,
    &subject_common_name_not_exactly_from_san::LINT,
    &common_name_of_another_host::LINT,
    &root_ca_authority_key_identifier::LINT,
    &subject_contains_reserved_ip::LINT,
    &sub_cert_sha1_expiration_too_long::LINT,
    &san_dns_name_onion_invalid::LINT,
    &root_ca_validity_out_of_range::LINT,
    &root_ca_authority_key_identifier_missing::LINT,
    &root_ca_crl_distribution_points_present::LINT,
    &root_ca_extension_not_recommended::LINT,
    &ca_key_usage_not_permitted::LINT,
    &ca_subject_attribute_not_recommended::LINT,
    &sub_ca_extension_not_recommended::LINT,
    &sub_ca_eku_not_recommended::LINT,
    &ca_eku_precertificate_signing::LINT,
    &precertificate_signing_ca_other_purposes::LINT,
    &precertificate_signing_ca_prohibited::LINT,
    &sub_ca_name_constraints_form_not_recommended::LINT,
    &ca_aia_must_contain_permitted_access_method::LINT,
    &authority_key_identifier_not_by_key_alone::LINT,
    &crl_distribution_points_several::LINT,
    &crl_distribution_point_not_full_name::LINT,
    &policy_qualifiers_not_recommended::LINT,
    &reserved_policy_not_first::LINT,
    &rdn_with_several_attributes::LINT,
    &subject_attribute_too_long::LINT,
    &domain_component_order::LINT,
    &serial_number_short::LINT,
    &rsa_modulus_not_whole_octets::LINT,
    &sub_cert_not_one_reserved_policy::LINT,
    &sub_cert_any_policy::LINT,
    &sub_cert_extension_not_recommended::LINT,
    &sub_cert_key_usage_missing::LINT,
    &rsa_key_usage_not_permitted::LINT,
    &rsa_key_usage_data_encipherment::LINT,
    &rsa_key_usage_no_digital_signature::LINT,
    &ext_san_x400_address_present::LINT,
    &server_cert_valid_time_longer_than_398_days::LINT,
    &subject_address_not_recommended::LINT,
    &iv_organization_not_recommended::LINT,
    &subject_attribute_not_recommended::LINT,
    &ocsp_cert_eku_other_purposes::LINT,
    &ocsp_cert_is_ca::LINT,
    &ocsp_cert_key_usage_missing::LINT,
    &ocsp_cert_san_present::LINT,
    &ocsp_cert_aia_present::LINT,
    &ocsp_cert_aia_other_method::LINT,
    &ocsp_cert_no_check_encoding::LINT,
    &ocsp_cert_subject_incomplete::LINT,
    &ocsp_cert_extension_not_recommended::LINT,
    &precertificate_poison_encoding::LINT,
];

#[cfg(test)]
mod tests;
