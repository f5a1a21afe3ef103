//! The public value of a DSA key lies between 2 and p - 2.

use super::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};
use dashu_int::UBig;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.dsa-unique-correct-representation",
        title: "The public value of a DSA key is at least 2 and at most p - 2.",
        why: "Another value stands for a key that everybody knows, or is written in a way that not all read alike.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements 1.7.0 section 6.1.6",
        severity: Severity::Error,
        effective: Effective::BASELINE_REQUIREMENTS.until(2020, 8, 20),
        affects_path: false,
        alias: Some("zlint:e_dsa_unique_correct_representation"),
        hint: "make a new key, of RSA or of an elliptic curve",
    },
    applies: ask::is_dsa,
    judge: |subject| {
        ask::dsa_domain(subject, |domain, y| {
            let [p, y] = [domain.p, y].map(|number| UBig::from_be_bytes(number.magnitude()));
            let two = UBig::from(2_u8);
            Verdict::holds(y >= two && y + two <= p, || "the public value lies outside of that".to_owned())
        })
    },
};
