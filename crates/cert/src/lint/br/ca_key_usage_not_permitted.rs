//! A CA's key signs, and does nothing else.

use super::ask;
use crate::lint::{Lint, Meta, Severity, Source, reading};
use crate::x509::extension::KeyUsageBit;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.ca-key-usage-not-permitted",
        title: "The keyUsage of a CA has nothing but keyCertSign, cRLSign and digitalSignature.",
        why: "A key that signs certificates must not be used where others choose what it works on.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.10.7",
        severity: Severity::Error,
        effective: ask::SINCE_PROFILES,
        affects_path: false,
        alias: None,
        hint: "issue the CA's certificate again without the other uses",
    },
    applies: |subject| subject.is_ca(),
    judge: |subject| {
        let permitted = [KeyUsageBit::DigitalSignature, KeyUsageBit::KeyCertSign, KeyUsageBit::CrlSign];
        reading::only_usages(subject, &permitted)
    },
};
