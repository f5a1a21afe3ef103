//! What has no right to sign certificates is not a CA.

use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};
use crate::x509::extension::{BasicConstraints, KeyUsage, KeyUsageBit};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.sub-cert-not-is-ca",
        title: "What has no right to sign certificates is not a CA.",
        why: "A server's certificate that says it is a CA could be used to issue others.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.7.8",
        severity: Severity::Error,
        effective: Effective::BASELINE_REQUIREMENTS,
        affects_path: true,
        alias: Some("zlint:e_sub_cert_not_is_ca"),
        hint: "revoke it, and order one that is no CA",
    },
    applies: |subject| {
        let anatomy = &subject.anatomy;
        let signs =
            subject.readable::<KeyUsage<'_>>().is_some_and(|usage| usage.has(KeyUsageBit::KeyCertSign));
        anatomy.extension(oid::KEY_USAGE).is_some()
            && !signs
            && anatomy.extension(oid::BASIC_CONSTRAINTS).is_some()
    },
    judge: |subject| {
        reading::extension(subject, |basic: Option<BasicConstraints<'_>>| {
            let ca = basic.is_some_and(|basic| basic.ca);
            Verdict::holds(!ca, || "cA is true, and keyCertSign is not set".to_owned())
        })
    },
};
