//! A server's RSA key signs and takes keys.

use super::ask;
use crate::lint::{Lint, Meta, Severity, Source, reading};
use crate::x509::extension::KeyUsageBit;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.rsa-key-usage-not-permitted",
        title: "The keyUsage of a server's RSA key has nothing but digitalSignature, keyEncipherment and dataEncipherment.",
        why: "An RSA key cannot do the others, or must not: contentCommitment is for what people sign.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.7.11",
        severity: Severity::Error,
        effective: ask::SINCE_PROFILES,
        affects_path: false,
        alias: None,
        hint: "ask the CA for a certificate with digitalSignature alone",
    },
    applies: |subject| subject.is_subscriber() && reading::is_rsa(subject),
    judge: |subject| {
        let permitted =
            [KeyUsageBit::DigitalSignature, KeyUsageBit::KeyEncipherment, KeyUsageBit::DataEncipherment];
        reading::only_usages(subject, &permitted)
    },
};
