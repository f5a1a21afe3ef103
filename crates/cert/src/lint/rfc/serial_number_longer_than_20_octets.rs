//! The serial number has at most 20 octets.

use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.serial-number-longer-than-20-octets",
        title: "The serial number has at most 20 octets.",
        why: "Clients need not keep longer ones, so such a certificate may never be found on a CRL.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.1.2.2",
        severity: Severity::Error,
        effective: Effective::RFC_3280,
        affects_path: true,
        alias: Some("zlint:e_serial_number_longer_than_20_octets"),
        hint: "have it issued anew with a serial number of at most 159 bits; one octet is gone where the first bit is set",
    },
    applies: |_| true,
    judge: |subject| {
        ask::field(&subject.anatomy.serial, |serial| {
            let octets = serial.bytes().len();
            Verdict::holds(octets <= 20, || format!("a serial number of {octets} octets"))
        })
    },
};
