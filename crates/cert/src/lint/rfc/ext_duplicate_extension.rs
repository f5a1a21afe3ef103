//! No extension is there twice.

use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};
use crate::x509::Version;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.ext-duplicate-extension",
        title: "No extension is there twice.",
        why: "One client takes the first, another the last: what the certificate allows depends on who looks.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.2",
        severity: Severity::Error,
        effective: Effective::RFC_2459,
        affects_path: true,
        alias: Some("zlint:e_ext_duplicate_extension"),
        hint: "have it issued anew with each extension once",
    },
    applies: |subject| subject.anatomy.version.is_ok_and(Version::is_3),
    judge: |subject| {
        let twice = reading::repeated(|| subject.anatomy.extensions().map(|extension| extension.kind));
        Verdict::of(twice.map(|kind| format!("{} is there twice", kind.shown())))
    },
};
