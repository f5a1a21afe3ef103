//! A CA's certificate has a subjectKeyIdentifier.

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.ext-subject-key-identifier-missing-ca",
        title: "A CA's certificate has a subjectKeyIdentifier.",
        why: "Clients tell the keys of one CA by it, when the certificates below name theirs.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.2.1.2",
        severity: Severity::Error,
        effective: Effective::RFC_2459,
        affects_path: true,
        alias: Some("zlint:e_ext_subject_key_identifier_missing_ca"),
        hint: "have the CA's certificate issued anew with a subjectKeyIdentifier",
    },
    applies: |subject| subject.is_ca(),
    judge: |subject| {
        Verdict::holds(ask::has(subject, oid::SUBJECT_KEY_IDENTIFIER), || {
            "no subjectKeyIdentifier".to_owned()
        })
    },
};
