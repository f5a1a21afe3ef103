//! No certificate was revoked after the CRL was made.

use crate::lint::crl::CrlLint;
use crate::lint::crl::ask;
use crate::lint::{Effective, Meta, Severity, Source, Verdict};

pub(super) const LINT: CrlLint = CrlLint {
    meta: Meta {
        id: "crl.revocation-time-after-this-update",
        title: "No certificate was revoked after the CRL was made.",
        why: "A CRL tells what was known at thisUpdate; a later revocation on it shows that one of the two instants is wrong.",
        source: Source::Rfc,
        citation: "RFC 5280 sections 5.1.2.4 and 5.1.2.6",
        severity: Severity::Error,
        effective: Effective::RFC_5280,
        affects_path: false,
        alias: Some("zlint:e_crl_revocation_time_after_this_update"),
        hint: "look at the clock of the machine that makes CRLs, and have the CRL made anew",
    },
    applies: |crl| crl.entries().next().is_some(),
    judge: |crl| match crl.header.this_update {
        Ok(made) => ask::entries(crl, |entry| {
            (entry.date.time > made.time)
                .then(|| format!("{} was revoked at {}", entry.serial, entry.date.time))
        }),
        Err(fault) => Verdict::Unknown(fault.to_string()),
    },
};
