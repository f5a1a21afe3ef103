//! There are no unique identifiers.

use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.cert-contains-unique-identifier",
        title: "There are no unique identifiers.",
        why: "They were meant for names that are given to somebody else later, which no CA may do; hardly a client looks at them.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.1.2.8",
        severity: Severity::Error,
        effective: Effective::RFC_5280,
        affects_path: false,
        alias: Some("zlint:e_cert_contains_unique_identifier"),
        hint: "have it issued anew without issuerUniqueID and subjectUniqueID",
    },
    applies: |_| true,
    judge: |subject| {
        let anatomy = &subject.anatomy;
        let found = match (&anatomy.issuer_unique_id, &anatomy.subject_unique_id) {
            (None, None) => return Verdict::Pass,
            (Some(_), _) => "issuerUniqueID",
            _ => "subjectUniqueID",
        };
        Verdict::Violated(format!("{found} is there"))
    },
};
