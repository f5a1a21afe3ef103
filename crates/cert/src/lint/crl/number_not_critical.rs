//! cRLNumber is not critical.

use crate::der::oid;
use crate::lint::crl::CrlLint;
use crate::lint::{Effective, Meta, Severity, Source, Verdict};

pub(super) const LINT: CrlLint = CrlLint {
    meta: Meta {
        id: "crl.number-not-critical",
        title: "The cRLNumber of a CRL is not critical.",
        why: "A reader that does not know the extension must refuse the whole CRL.",
        source: Source::Rfc,
        citation: "RFC 5280 section 5.2.3",
        severity: Severity::Error,
        effective: Effective::RFC_5280,
        affects_path: true,
        alias: None,
        hint: "write cRLNumber without the critical flag",
    },
    applies: |crl| crl.trailer.extension(oid::CRL_NUMBER).is_some(),
    judge: |crl| {
        let critical = crl.trailer.extension(oid::CRL_NUMBER).is_some_and(|extension| extension.critical);
        Verdict::holds(!critical, || "it is critical".to_owned())
    },
};
