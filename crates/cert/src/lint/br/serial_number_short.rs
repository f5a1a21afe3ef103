//! A serial number is long enough to be one of 64 random bits.

use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.serial-number-short",
        title: "A serial number is longer than 48 bits, as nearly all numbers of 64 random bits are.",
        why: "It holds 64 random bits, so that nobody can prepare a certificate with the same digest; of such numbers \
              one in 65,536 is as short.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.7",
        severity: Severity::Warning,
        effective: Effective::from(2016, 9, 30),
        affects_path: false,
        alias: None,
        hint: "ask the CA how it makes serial numbers",
    },
    applies: |_| true,
    judge: |subject| match &subject.anatomy.serial {
        Ok(serial) => {
            let bits = serial.bit_length();
            Verdict::holds(bits > 48, || format!("it has {bits} bits"))
        }
        Err(fault) => reading::unreadable("the serial number", *fault),
    },
};
