//! Only a CA's certificate has nameConstraints.

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.ext-name-constraints-not-in-ca",
        title: "Only a CA's certificate has nameConstraints.",
        why: "They are about the names of the certificates below, and there are none.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.2.1.10",
        severity: Severity::Error,
        effective: Effective::RFC_2459,
        affects_path: true,
        alias: Some("zlint:e_ext_name_constraints_not_in_ca"),
        hint: "have it issued anew without nameConstraints",
    },
    applies: |subject| ask::has(subject, oid::NAME_CONSTRAINTS),
    judge: |subject| {
        Verdict::holds(subject.is_ca(), || "nameConstraints in a certificate that is no CA's".to_owned())
    },
};
