//! cA is left out of basicConstraints where it is false.

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};
use crate::x509::extension::BasicConstraints;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.basic-constr-invalid-der",
        title: "cA is left out of basicConstraints where it is false.",
        why: "DER leaves out what is the default; clients that hold to it take the certificate for broken.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.2.1.9; ITU-T X.690 section 11.5",
        severity: Severity::Error,
        effective: Effective::RFC_2459,
        affects_path: true,
        alias: Some("zlint:e_basic_constr_invalid_der"),
        hint: "have it issued anew by a CA that leaves cA out",
    },
    applies: |subject| ask::has(subject, oid::BASIC_CONSTRAINTS),
    judge: |subject| {
        ask::value(subject, |basic: &BasicConstraints<'_>| {
            Verdict::holds(!basic.default_written, || "cA is written as FALSE".to_owned())
        })
    },
};
