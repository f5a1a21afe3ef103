//! A qualified certificate for mail is one for signatures or for seals.

use super::ask;
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, smime};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "etsi.qcstatem-qctype-smime",
        title: "A qualified certificate for mail is one for signatures or for seals.",
        why: "A mail is signed by a person or sealed by an organisation: a certificate for a web site does neither.",
        source: Source::Etsi,
        citation: "ETSI EN 319 412-5 section 4.2.3",
        severity: Severity::Error,
        effective: Effective::from(2017, 11, 1),
        affects_path: false,
        alias: Some("zlint:e_qcstatem_qctype_smime"),
        hint: "have the CA issue it with the type esign or eseal",
    },
    applies: |subject| ask::has(subject, oid::QCS_TYPE) && smime::is_smime(subject),
    judge: |subject| ask::has_type_of(subject, &[oid::QCT_ESEAL, oid::QCT_ESIGN]),
};
