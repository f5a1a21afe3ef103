//! An elliptic key of a subscriber signs or agrees on keys.

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source};
use crate::x509::extension::KeyUsageBit;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.ecdsa-ee-invalid-ku",
        title: "An elliptic key of a subscriber signs or agrees on keys.",
        why: "The other uses mean nothing for such a key: the profile that wrote them was made for RSA.",
        source: Source::Rfc,
        citation: "RFC 5480 section 3",
        severity: Severity::Notice,
        effective: Effective::BASELINE_REQUIREMENTS,
        affects_path: false,
        alias: Some("zlint:n_ecdsa_ee_invalid_ku"),
        hint: "ask for a profile for elliptic keys: digitalSignature is enough for TLS",
    },
    applies: |subject| {
        subject.is_subscriber()
            && ask::has_key(subject, oid::EC_PUBLIC_KEY)
            && ask::has(subject, oid::KEY_USAGE)
    },
    judge: |subject| {
        ask::without(
            subject,
            &[
                KeyUsageBit::KeyEncipherment,
                KeyUsageBit::DataEncipherment,
                KeyUsageBit::KeyCertSign,
                KeyUsageBit::CrlSign,
                KeyUsageBit::EncipherOnly,
                KeyUsageBit::DecipherOnly,
            ],
        )
    },
};
