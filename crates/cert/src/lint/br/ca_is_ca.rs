//! Whoever may sign certificates is a CA.

use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};
use crate::x509::extension::{BasicConstraints, KeyUsage, KeyUsageBit};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.ca-is-ca",
        title: "A certificate whose key may sign certificates says in basicConstraints that it is a CA's.",
        why: "Clients refuse what such a key has signed, and its two extensions contradict each other.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements sections 7.1.2.1.4 and 7.1.2.10.4; RFC 5280 section 4.2.1.9",
        severity: Severity::Error,
        effective: Effective::BASELINE_REQUIREMENTS,
        affects_path: true,
        alias: Some("zlint:e_ca_is_ca"),
        hint: "issue the certificate again with cA, or without keyCertSign where it is a server's",
    },
    applies: |subject| {
        let signs =
            subject.readable::<KeyUsage<'_>>().is_some_and(|usage| usage.has(KeyUsageBit::KeyCertSign));
        signs && subject.anatomy.extension(oid::BASIC_CONSTRAINTS).is_some()
    },
    judge: |subject| {
        reading::extension(subject, |basic: Option<BasicConstraints<'_>>| {
            let is_ca = basic.is_none_or(|basic| basic.ca);
            Verdict::holds(is_ca, || "keyCertSign is set, and cA is not".to_owned())
        })
    },
};
