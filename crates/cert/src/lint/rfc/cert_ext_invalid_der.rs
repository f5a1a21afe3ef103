//! The flag of an extension that is not critical is left out.

use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.cert-ext-invalid-der",
        title: "The flag of an extension that is not critical is left out.",
        why: "DER leaves out what is the default; clients that hold to it take the certificate for broken.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.1; ITU-T X.690 section 11.5",
        severity: Severity::Error,
        effective: Effective::RFC_5280,
        affects_path: true,
        alias: Some("zlint:e_cert_ext_invalid_der"),
        hint: "have it issued anew by a CA that leaves out critical where it is FALSE",
    },
    applies: |_| true,
    judge: |subject| {
        let written = subject.anatomy.extensions().find(|extension| extension.default_written);
        Verdict::of(
            written.map(|extension| format!("critical is written as FALSE in {}", extension.kind.shown())),
        )
    },
};
