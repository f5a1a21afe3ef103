//! An elliptic key does not agree on keys.

use super::ask;
use crate::der::oid;
use crate::lint::{Lint, Meta, Severity, Source, reading};
use crate::x509::extension::KeyUsageBit;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.cabf-ecc-ku-keyagreement-present",
        title: "The keyUsage of a server's elliptic key has no keyAgreement.",
        why: "Nothing that is still in use needs it, and the CA/B Forum is about to forbid it.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.7.11",
        severity: Severity::Warning,
        effective: ask::SINCE_PROFILES,
        affects_path: false,
        alias: Some("zlint:w_cabf_ecc_ku_keyagreement_present"),
        hint: "ask the CA for a certificate with digitalSignature alone",
    },
    applies: |subject| {
        ask::is_elliptic(subject)
            && subject.is_subscriber()
            && subject.anatomy.extension(oid::KEY_USAGE).is_some()
    },
    judge: |subject| reading::must_not_set(subject, KeyUsageBit::KeyAgreement),
};
