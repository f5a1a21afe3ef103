//! Only a CA's key signs certificates.

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};
use crate::x509::extension::{KeyUsage, KeyUsageBit};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.ext-key-usage-cert-sign-without-ca",
        title: "Only a CA's key signs certificates.",
        why: "A client that looks only at keyUsage would take it for a CA.",
        source: Source::Rfc,
        citation: "RFC 5280 sections 4.2.1.3 and 4.2.1.9",
        severity: Severity::Error,
        effective: Effective::RFC_3280,
        affects_path: true,
        alias: Some("zlint:e_ext_key_usage_cert_sign_without_ca"),
        hint: "have it issued anew without keyCertSign; a CA needs cA in basicConstraints",
    },
    applies: |subject| ask::has(subject, oid::KEY_USAGE),
    judge: |subject| {
        ask::value(subject, |usage: &KeyUsage<'_>| {
            Verdict::holds(subject.is_ca() || !usage.has(KeyUsageBit::KeyCertSign), || {
                "keyCertSign, but cA is not asserted".to_owned()
            })
        })
    },
};
