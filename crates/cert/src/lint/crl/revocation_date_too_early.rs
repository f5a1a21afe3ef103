//! No certificate was revoked before there was a profile of CRLs.

use crate::lint::crl::CrlLint;
use crate::lint::crl::ask;
use crate::lint::midnight;
use crate::lint::{Effective, Meta, Severity, Source};

pub(super) const LINT: CrlLint = CrlLint {
    meta: Meta {
        id: "crl.revocation-date-too-early",
        title: "No certificate was revoked before there was a profile of CRLs.",
        why: "Such a date is one that a program never set: the true one is lost.",
        source: Source::Community,
        citation: "RFC 2459 (January 1999)",
        severity: Severity::Error,
        effective: Effective::ALWAYS,
        affects_path: false,
        alias: Some("zlint:e_crl_revocation_date_too_early"),
        hint: "have the entry made anew with the day of the revocation",
    },
    applies: |crl| crl.entries().next().is_some(),
    judge: |crl| {
        ask::entries(crl, |entry| {
            let is_early = entry.date.time < midnight((1999, 1, 1));
            is_early.then(|| format!("{} was revoked at {}", entry.serial, entry.date.time))
        })
    },
};
