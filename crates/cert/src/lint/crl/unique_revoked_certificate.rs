//! A certificate is on a CRL once.

use std::collections::HashSet;

use crate::der::Fault;
use crate::lint::crl::CrlLint;
use crate::lint::{Effective, Meta, Severity, Source, Verdict};

pub(super) const LINT: CrlLint = CrlLint {
    meta: Meta {
        id: "crl.unique-revoked-certificate",
        title: "A certificate is on a CRL once.",
        why: "Two entries may give two reasons and two dates, and nobody can tell which one counts.",
        source: Source::Community,
        citation: "RFC 5280 section 5.1.2.6",
        severity: Severity::Warning,
        effective: Effective::ALWAYS,
        affects_path: false,
        alias: Some("zlint:e_crl_unique_revoked_certificate"),
        hint: "leave out the second entry",
    },
    applies: |_| true,
    judge: |crl| {
        let (mut seen, mut fault) = (HashSet::new(), None);
        for entry in crl.entries() {
            match entry {
                Ok(entry) if !seen.insert(entry.serial.shortest()) => {
                    return Verdict::Violated(format!("{} is on it twice", entry.serial));
                }
                Ok(_) => {}
                Err(other) => fault = fault.or(Some(other)),
            }
        }
        fault.map_or(Verdict::Pass, |fault: Fault| Verdict::Unknown(fault.to_string()))
    },
};
