//! A CA has a name.

use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.ca-subject-field-empty",
        title: "A CA has a name.",
        why: "It is the issuer of the certificates below, which are found by this name.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.1.2.6",
        severity: Severity::Error,
        effective: Effective::RFC_2459,
        affects_path: true,
        alias: Some("zlint:e_ca_subject_field_empty"),
        hint: "give the CA a distinguished name",
    },
    applies: |subject| subject.is_ca(),
    judge: |subject| {
        ask::field(&subject.anatomy.subject, |name| {
            Verdict::holds(!name.is_empty(), || "the subject has no name".to_owned())
        })
    },
};
