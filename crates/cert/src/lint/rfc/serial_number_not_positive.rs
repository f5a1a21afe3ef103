//! The serial number is above zero.

use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.serial-number-not-positive",
        title: "The serial number is a positive integer.",
        why: "Revocation finds a certificate by its issuer and serial number; programs disagree on how to write a negative one.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.1.2.2",
        severity: Severity::Error,
        effective: Effective::RFC_3280,
        affects_path: true,
        alias: Some("zlint:e_serial_number_not_positive"),
        hint: "have it issued anew with a serial number above zero, 64 random bits of it at least",
    },
    applies: |_| true,
    judge: |subject| match subject.anatomy.serial {
        Ok(serial) => Verdict::holds(serial.is_positive(), || format!("the serial number is {serial}")),
        Err(fault) => Verdict::Unknown(fault.to_string()),
    },
};
