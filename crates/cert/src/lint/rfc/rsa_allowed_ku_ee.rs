//! An RSA key of a subscriber signs and encrypts, and does nothing else.

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source};
use crate::x509::extension::KeyUsageBit;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.rsa-allowed-ku-ee",
        title: "An RSA key of a subscriber signs and encrypts, and does nothing else.",
        why: "RSA cannot agree on keys, and a subscriber's key signs neither certificates nor CRLs.",
        source: Source::Rfc,
        citation: "RFC 3279 section 2.3.1",
        severity: Severity::Error,
        effective: Effective::RFC_3279,
        affects_path: false,
        alias: Some("zlint:e_rsa_allowed_ku_ee"),
        hint: "have it issued anew with digitalSignature, and keyEncipherment where an old protocol needs it",
    },
    applies: |subject| {
        subject.is_subscriber()
            && ask::has_key(subject, oid::RSA_ENCRYPTION)
            && ask::has(subject, oid::KEY_USAGE)
    },
    judge: |subject| {
        ask::without(
            subject,
            &[
                KeyUsageBit::KeyAgreement,
                KeyUsageBit::KeyCertSign,
                KeyUsageBit::CrlSign,
                KeyUsageBit::EncipherOnly,
                KeyUsageBit::DecipherOnly,
            ],
        )
    },
};
