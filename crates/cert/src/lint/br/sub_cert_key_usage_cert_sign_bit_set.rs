//! The keyUsage of what is no CA has no keyCertSign.

use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, reading};
use crate::x509::extension::KeyUsageBit;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.sub-cert-key-usage-cert-sign-bit-set",
        title: "The keyUsage of what is no CA has no keyCertSign.",
        why: "A key that may sign certificates is a CA's: whoever has it could make some for any name.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.7.11",
        severity: Severity::Error,
        effective: Effective::BASELINE_REQUIREMENTS,
        affects_path: true,
        alias: Some("zlint:e_sub_cert_key_usage_cert_sign_bit_set"),
        hint: "order it anew without keyCertSign",
    },
    applies: |subject| !subject.is_ca() && subject.anatomy.extension(oid::KEY_USAGE).is_some(),
    judge: |subject| reading::must_not_set(subject, KeyUsageBit::KeyCertSign),
};
