//! An RSA key of a CA is not for agreeing on keys.

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source};
use crate::x509::extension::KeyUsageBit;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.rsa-allowed-ku-ca",
        title: "An RSA key of a CA is not for agreeing on keys.",
        why: "RSA cannot do it: the profile that wrote this was made for another kind of key.",
        source: Source::Rfc,
        citation: "RFC 3279 section 2.3.1",
        severity: Severity::Error,
        effective: Effective::RFC_3279,
        affects_path: false,
        alias: Some("zlint:e_rsa_allowed_ku_ca"),
        hint: "have it issued anew with uses that fit an RSA key",
    },
    applies: |subject| {
        subject.is_ca() && ask::has_key(subject, oid::RSA_ENCRYPTION) && ask::has(subject, oid::KEY_USAGE)
    },
    judge: |subject| {
        ask::without(
            subject,
            &[KeyUsageBit::KeyAgreement, KeyUsageBit::EncipherOnly, KeyUsageBit::DecipherOnly],
        )
    },
};
