//! An RSA key can be read.

use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};
use crate::x509::SubjectPublicKeyInfo;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "community.rsa-no-public-key",
        title: "An RSA key can be read.",
        why: "No client can check a signature with a key that it cannot read.",
        source: Source::Community,
        citation: "RFC 3279 section 2.3.1; certlint of awslabs",
        severity: Severity::Error,
        effective: Effective::ALWAYS,
        affects_path: true,
        alias: Some("zlint:e_rsa_no_public_key"),
        hint: "make the key anew, and have a certificate issued for it",
    },
    applies: reading::is_rsa,
    judge: |subject| match subject.anatomy.key.as_ref().ok().and_then(SubjectPublicKeyInfo::rsa) {
        Some(Err(fault)) => Verdict::Violated(fault.to_string()),
        _ => Verdict::Pass,
    },
};
