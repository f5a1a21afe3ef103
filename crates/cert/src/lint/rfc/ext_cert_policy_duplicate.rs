//! No policy is there twice.

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};
use crate::x509::extension::CertificatePolicies;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.ext-cert-policy-duplicate",
        title: "No policy is there twice.",
        why: "Clients cannot tell whose qualifiers count; strict ones take the extension for broken.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.2.1.4",
        severity: Severity::Error,
        effective: Effective::RFC_5280,
        affects_path: true,
        alias: Some("zlint:e_ext_cert_policy_duplicate"),
        hint: "have it issued anew with each policy once",
    },
    applies: |subject| ask::has(subject, oid::CERTIFICATE_POLICIES),
    judge: |subject| {
        ask::value(subject, |policies: &CertificatePolicies<'_>| {
            let twice = reading::repeated(|| policies.oids());
            Verdict::of(twice.map(|policy| format!("{} is there twice", policy.shown())))
        })
    },
};
