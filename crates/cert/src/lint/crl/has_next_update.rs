//! A CRL says when the next one will be there.

use crate::lint::crl::CrlLint;
use crate::lint::{Effective, Meta, Severity, Source, Verdict};

pub(super) const LINT: CrlLint = CrlLint {
    meta: Meta {
        id: "crl.has-next-update",
        title: "A CRL says when the next one will be there.",
        why: "Without it, an old CRL counts for ever: whoever replays it hides every revocation since.",
        source: Source::Rfc,
        citation: "RFC 5280 section 5.1.2.5",
        severity: Severity::Error,
        effective: Effective::RFC_5280,
        affects_path: false,
        alias: Some("zlint:e_crl_has_next_update"),
        hint: "set nextUpdate",
    },
    applies: |_| true,
    judge: |crl| Verdict::holds(crl.header.next_update.is_some(), || "it has no nextUpdate".to_owned()),
};
