//! A server's RSA key does not encrypt data.

use super::ask;
use crate::lint::{Lint, Meta, Severity, Source, reading};
use crate::x509::extension::KeyUsageBit;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.rsa-key-usage-data-encipherment",
        title: "The keyUsage of a server's RSA key has no dataEncipherment.",
        why: "No version of TLS encrypts data with it, and it is to be forbidden.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.7.11",
        severity: Severity::Warning,
        effective: ask::SINCE_PROFILES,
        affects_path: false,
        alias: None,
        hint: "ask the CA for a certificate without dataEncipherment",
    },
    applies: |subject| subject.is_subscriber() && reading::is_rsa(subject),
    judge: |subject| reading::must_not_set(subject, KeyUsageBit::DataEncipherment),
};
