//! An Ed25519 key for mail signs, and does nothing else.

use super::ask;
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};
use crate::x509::extension::{KeyUsage, KeyUsageBit};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "smime.edwardspublickey-key-usages",
        title: "An Ed25519 key for mail signs, and does nothing else.",
        why: "It cannot do anything else: whoever tries to encrypt for it fails.",
        source: Source::Smime,
        citation: "S/MIME Baseline Requirements section 7.1.2.3 e",
        severity: Severity::Error,
        effective: Effective::from(2023, 9, 1),
        affects_path: false,
        alias: Some("zlint:e_edwardspublickey_key_usages"),
        hint: "have the CA issue it with digitalSignature",
    },
    applies: |subject| ask::is_subscriber(subject) && ask::has_usage_of(subject, oid::ED25519),
    judge: |subject| {
        reading::extension(subject, |usage: Option<KeyUsage<'_>>| {
            let bits: Vec<KeyUsageBit> = usage.iter().flat_map(KeyUsage::set).collect();
            let signs = bits.contains(&KeyUsageBit::DigitalSignature);
            let is_other = |bit: &&KeyUsageBit| {
                !matches!(bit, KeyUsageBit::DigitalSignature | KeyUsageBit::ContentCommitment)
            };
            match bits.iter().find(is_other) {
                Some(bit) => Verdict::Violated(format!("{} is set", bit.name())),
                None => Verdict::holds(signs, || "digitalSignature is not set".to_owned()),
            }
        })
    },
};
