//! Since March 2026 no CA signs precertificates for another.

use super::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.precertificate-signing-ca-prohibited",
        title: "No CA is made for signing precertificates in the name of another.",
        why: "Logs of today do not need it, and no client would find out who promised what.",
        source: Source::BaselineRequirementsOfOthers,
        citation: "Baseline Requirements section 7.1.2.4",
        severity: Severity::Error,
        effective: Effective::from(2026, 3, 15),
        affects_path: false,
        alias: None,
        hint: "sign precertificates with the CA that issues the certificate",
    },
    applies: |subject| subject.is_ca(),
    judge: |subject| {
        let is_such = ask::is_for_precertificates(subject);
        Verdict::holds(!is_such, || "it is for signing precertificates".to_owned())
    },
};
