//! The number of a CRL is at least zero and below 2 to the power of 159.

use crate::lint::crl::CrlLint;
use crate::lint::{Effective, Meta, Severity, Source, Verdict};
use crate::x509::extension::CrlNumber;

pub(super) const LINT: CrlLint = CrlLint {
    meta: Meta {
        id: "crl.number-out-of-range",
        title: "The number of a CRL is at least zero and below 2 to the power of 159.",
        why: "Readers keep it in twenty octets; a longer or negative one is refused, or compared wrongly.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.2.2",
        severity: Severity::Error,
        effective: Effective::ALWAYS,
        affects_path: false,
        alias: Some("zlint:e_crl_number_out_of_range"),
        hint: "begin with 1, and raise it with every CRL",
    },
    applies: |_| true,
    judge: |crl| match crl.trailer.value::<CrlNumber<'_>>() {
        None => Verdict::Violated("it has no number".to_owned()),
        Some(Ok(CrlNumber { number, .. })) => {
            let is_in_range = !number.is_negative() && number.bit_length() <= 159;
            Verdict::holds(is_in_range, || format!("it is {number}"))
        }
        Some(Err(fault)) => Verdict::Unknown(fault.to_string()),
    },
};
