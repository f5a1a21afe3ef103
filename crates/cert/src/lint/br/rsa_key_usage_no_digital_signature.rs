//! A server's RSA key signs.

use super::ask;
use crate::lint::{Lint, Meta, Severity, Source, reading};
use crate::x509::extension::KeyUsageBit;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.rsa-key-usage-no-digital-signature",
        title: "The keyUsage of a server's RSA key has digitalSignature.",
        why: "TLS 1.3 and every suite with forward secrecy need it: without it only the suites remain that clients have given up.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.7.11",
        severity: Severity::Warning,
        effective: ask::SINCE_PROFILES,
        affects_path: false,
        alias: None,
        hint: "ask the CA for a certificate with digitalSignature",
    },
    applies: |subject| subject.is_subscriber() && reading::is_rsa(subject),
    judge: |subject| reading::must_set(subject, KeyUsageBit::DigitalSignature),
};
