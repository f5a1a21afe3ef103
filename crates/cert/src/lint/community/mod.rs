//! Mistakes that people have found, and that no document names.

mod ask;
mod contains_redacted_dnsname;
mod ian_bare_wildcard;
mod ian_dns_name_includes_null_char;
mod ian_dns_name_starts_with_period;
mod ian_iana_pub_suffix_empty;
mod ian_wildcard_not_first;
mod issuer_dn_leading_whitespace;
mod issuer_dn_trailing_whitespace;
mod multiple_issuer_rdn;
mod multiple_subject_rdn;
mod rsa_exp_negative;
mod rsa_fermat_factorization;
mod rsa_no_public_key;
mod san_bare_wildcard;
mod san_dns_name_duplicate;
mod san_dns_name_includes_null_char;
mod san_dns_name_starts_with_period;
mod san_iana_pub_suffix_empty;
mod san_wildcard_not_first;
mod subj_contains_html_entities;
mod subj_country_not_uppercase;
mod subject_dn_leading_whitespace;
mod subject_dn_trailing_whitespace;
mod utf8_latin1_mixup;
mod validity_time_not_positive;

use super::Lint;

/// From the outer fields to the extensions.
pub(super) const ALL: &[&Lint] = &[
    &validity_time_not_positive::LINT,
    &issuer_dn_leading_whitespace::LINT,
    &issuer_dn_trailing_whitespace::LINT,
    &subject_dn_leading_whitespace::LINT,
    &subject_dn_trailing_whitespace::LINT,
    &multiple_issuer_rdn::LINT,
    &multiple_subject_rdn::LINT,
    &subj_contains_html_entities::LINT,
    &subj_country_not_uppercase::LINT,
    &utf8_latin1_mixup::LINT,
    &rsa_no_public_key::LINT,
    &rsa_exp_negative::LINT,
    &rsa_fermat_factorization::LINT,
    &san_bare_wildcard::LINT,
    &san_wildcard_not_first::LINT,
    &san_dns_name_includes_null_char::LINT,
    &san_dns_name_starts_with_period::LINT,
    &san_dns_name_duplicate::LINT,
    &san_iana_pub_suffix_empty::LINT,
    &contains_redacted_dnsname::LINT,
    &ian_bare_wildcard::LINT,
    &ian_wildcard_not_first::LINT,
    &ian_dns_name_includes_null_char::LINT,
    &ian_dns_name_starts_with_period::LINT,
    &ian_iana_pub_suffix_empty::LINT,
];
