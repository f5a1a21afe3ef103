//! ETSI's norms of qualified certificates.

mod ask;
mod duplicate_etsi_qcstatement;
mod etsi_natural_person_key_usage_correct_values;
mod etsi_natural_person_key_usage_mandatory;
mod etsi_natural_person_key_usage_preferred_values;
mod qcstatem_etsi_present_qcs_critical;
mod qcstatem_etsi_type_as_statem;
mod qcstatem_mandatory_etsi_statems;
mod qcstatem_pds_must_have_https_only;
mod qcstatem_qccompliance_valid;
mod qcstatem_qclimitvalue_valid;
mod qcstatem_qcpds_lang_case;
mod qcstatem_qcpds_valid;
mod qcstatem_qcretentionperiod_valid;
mod qcstatem_qcsscd_valid;
mod qcstatem_qctype_oneonly;
mod qcstatem_qctype_smime;
mod qcstatem_qctype_valid;
mod qcstatem_qctype_web;

use super::Lint;

/// Those of EN 319 412-5 in the order of its sections, then those of EN 319 412-2.
pub(super) const ALL: &[&Lint] = &[
    &qcstatem_etsi_present_qcs_critical::LINT,
    &duplicate_etsi_qcstatement::LINT,
    &qcstatem_qccompliance_valid::LINT,
    &qcstatem_qcsscd_valid::LINT,
    &qcstatem_etsi_type_as_statem::LINT,
    &qcstatem_qctype_valid::LINT,
    &qcstatem_qctype_oneonly::LINT,
    &qcstatem_qctype_smime::LINT,
    &qcstatem_qctype_web::LINT,
    &qcstatem_qclimitvalue_valid::LINT,
    &qcstatem_qcretentionperiod_valid::LINT,
    &qcstatem_qcpds_valid::LINT,
    &qcstatem_qcpds_lang_case::LINT,
    &qcstatem_pds_must_have_https_only::LINT,
    &qcstatem_mandatory_etsi_statems::LINT,
    &etsi_natural_person_key_usage_mandatory::LINT,
    &etsi_natural_person_key_usage_correct_values::LINT,
    &etsi_natural_person_key_usage_preferred_values::LINT,
];
