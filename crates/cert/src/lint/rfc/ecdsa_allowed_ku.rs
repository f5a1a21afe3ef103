//! An elliptic key does not encrypt.

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source};
use crate::x509::extension::KeyUsageBit;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.ecdsa-allowed-ku",
        title: "An elliptic key does not encrypt.",
        why: "It cannot: some clients refuse such a certificate, and the profile that wrote this was made for RSA.",
        source: Source::Rfc,
        citation: "RFC 8813 section 3",
        severity: Severity::Error,
        effective: Effective::from(2020, 8, 1),
        affects_path: false,
        alias: Some("zlint:e_ecdsa_allowed_ku"),
        hint: "have it issued anew with digitalSignature, and keyAgreement where something needs it",
    },
    applies: |subject| ask::has_key(subject, oid::EC_PUBLIC_KEY) && ask::has(subject, oid::KEY_USAGE),
    judge: |subject| ask::without(subject, &[KeyUsageBit::KeyEncipherment, KeyUsageBit::DataEncipherment]),
};
