//! Mozilla's root store policy.

mod ask;
mod mp_allowed_eku;
mod mp_authority_key_identifier_correct;
mod mp_ecdsa_pub_key_encoding_correct;
mod mp_ecdsa_signature_encoding_correct;
mod mp_exponent_cannot_be_one;
mod mp_modulus_must_be_2048_bits_or_more;
mod mp_modulus_must_be_divisible_by_8;
mod mp_rsassa_pss_in_spki;
mod mp_rsassa_pss_parameters_encoding_in_signature_algorithm_correct;
mod prohibit_dsa_usage;

use super::Lint;

/// In the order of the sections.
pub(super) const ALL: &[&Lint] = &[
    &prohibit_dsa_usage::LINT,
    &mp_modulus_must_be_2048_bits_or_more::LINT,
    &mp_modulus_must_be_divisible_by_8::LINT,
    &mp_exponent_cannot_be_one::LINT,
    &mp_rsassa_pss_in_spki::LINT,
    &mp_rsassa_pss_parameters_encoding_in_signature_algorithm_correct::LINT,
    &mp_ecdsa_pub_key_encoding_correct::LINT,
    &mp_ecdsa_signature_encoding_correct::LINT,
    &mp_authority_key_identifier_correct::LINT,
    &mp_allowed_eku::LINT,
];
