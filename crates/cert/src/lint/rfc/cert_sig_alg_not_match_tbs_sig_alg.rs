//! The algorithm of the signature is the same inside and outside of what is signed.

use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.cert-sig-alg-not-match-tbs-sig-alg",
        title: "The algorithm of the signature is the same inside and outside of what is signed.",
        why: "The outer one is not signed: whoever changes it could make a client check with a weaker algorithm.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.1.1.2",
        severity: Severity::Error,
        effective: Effective::RFC_5280,
        affects_path: true,
        alias: Some("zlint:e_cert_sig_alg_not_match_tbs_sig_alg"),
        hint: "have it issued anew by a CA that writes the same algorithm in both places",
    },
    applies: |_| true,
    judge: |subject| {
        ask::field(&subject.anatomy.tbs_signature, |inner| {
            ask::field(&subject.anatomy.signature_algorithm, |outer| {
                Verdict::holds(inner.der() == outer.der(), || {
                    format!("{} inside, {} outside", inner.oid.shown(), outer.oid.shown())
                })
            })
        })
    },
};
