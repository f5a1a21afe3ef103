//! The keyUsage of what is no CA has no cRLSign.

use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, reading};
use crate::x509::extension::KeyUsageBit;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.sub-cert-key-usage-crl-sign-bit-set",
        title: "The keyUsage of what is no CA has no cRLSign.",
        why: "A key that may sign CRLs could take back certificates, or call revoked ones good.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.7.11",
        severity: Severity::Error,
        effective: Effective::BASELINE_REQUIREMENTS,
        affects_path: false,
        alias: Some("zlint:e_sub_cert_key_usage_crl_sign_bit_set"),
        hint: "order it anew without cRLSign",
    },
    applies: |subject| !subject.is_ca() && subject.anatomy.extension(oid::KEY_USAGE).is_some(),
    judge: |subject| reading::must_not_set(subject, KeyUsageBit::CrlSign),
};
