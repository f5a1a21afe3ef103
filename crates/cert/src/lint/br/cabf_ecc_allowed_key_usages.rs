//! An elliptic key signs, and may agree on keys, and does nothing else.

use super::ask;
use crate::der::oid;
use crate::lint::{Lint, Meta, Severity, Source, Verdict, reading};
use crate::x509::extension::{KeyUsage, KeyUsageBit};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.cabf-ecc-allowed-key-usages",
        title: "The keyUsage of a server's elliptic key has digitalSignature, and nothing else but keyAgreement.",
        why: "In TLS such a key signs: clients refuse a handshake that its keyUsage does not allow.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.7.11",
        severity: Severity::Error,
        effective: ask::SINCE_PROFILES,
        affects_path: false,
        alias: Some("zlint:e_cabf_ecc_allowed_key_usages"),
        hint: "ask the CA for a certificate with digitalSignature alone",
    },
    applies: |subject| {
        ask::is_elliptic(subject)
            && subject.is_subscriber()
            && subject.anatomy.extension(oid::KEY_USAGE).is_some()
    },
    judge: |subject| {
        reading::extension(subject, |usage: Option<KeyUsage<'_>>| {
            if usage.is_some_and(|usage| !usage.has(KeyUsageBit::DigitalSignature)) {
                return Verdict::Violated("digitalSignature is not set".to_owned());
            }
            let allowed = [KeyUsageBit::DigitalSignature, KeyUsageBit::KeyAgreement];
            let other = usage.iter().flat_map(KeyUsage::set).find(|bit| !allowed.contains(bit));
            Verdict::of(other.map(|bit| format!("{} is set", bit.name())))
        })
    },
};
