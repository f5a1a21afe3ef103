//! OCSP no check is NULL, and not critical.

use super::ask;
use crate::der::oid;
use crate::lint::{Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.ocsp-cert-no-check-encoding",
        title: "The extension OCSP no check holds NULL and is not critical.",
        why: "Clients that compare it octet by octet do not know it otherwise, and those that do not know it at all refuse what is critical.",
        source: Source::BaselineRequirementsOfOthers,
        citation: "Baseline Requirements section 7.1.2.8.6",
        severity: Severity::Error,
        effective: ask::SINCE_PROFILES,
        affects_path: false,
        alias: None,
        hint: "issue the responder's certificate again with the octets 05 00",
    },
    applies: |subject| subject.anatomy.extension(oid::OCSP_NO_CHECK).is_some(),
    judge: |subject| ask::must_be_null(subject, oid::OCSP_NO_CHECK, false),
};
