//! Certificates are of version 3.

use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.invalid-certificate-version",
        title: "A certificate is of version 3.",
        why: "Older ones have no extensions, so that nothing says what the key is for.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.1",
        severity: Severity::Error,
        effective: Effective::from(2015, 4, 16),
        affects_path: true,
        alias: Some("zlint:e_invalid_certificate_version"),
        hint: "issue the certificate again, as one of version 3",
    },
    applies: |_| true,
    judge: |subject| match subject.anatomy.version {
        Ok(version) => {
            Verdict::holds(version.is_3(), || format!("its version is {}", version.number.saturating_add(1)))
        }
        Err(fault) => Verdict::Unknown(format!("the version cannot be read: {fault}")),
    },
};
