//! A DSA key comes with its domain.

use super::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};
use crate::x509::DsaDomain;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.dsa-params-missing",
        title: "A DSA key has its domain parameters.",
        why: "Without them clients must guess the group, and may take another than the key was made in.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements 1.7.0 section 6.1.6",
        severity: Severity::Error,
        effective: Effective::BASELINE_REQUIREMENTS.until(2020, 8, 20),
        affects_path: false,
        alias: Some("zlint:e_dsa_params_missing"),
        hint: "make a new key, of RSA or of an elliptic curve",
    },
    applies: ask::is_dsa,
    judge: |subject| {
        ask::dsa(subject, |domain, _| match domain {
            None => Verdict::Violated("there are no domain parameters".to_owned()),
            Some(DsaDomain { p, q, g }) => {
                let is_whole = [p, q, g].iter().all(|number| !number.is_zero());
                Verdict::holds(is_whole, || "a domain parameter is zero".to_owned())
            }
        })
    },
};
