//! An elliptic key for mail signs or agrees on keys.

use super::ask;
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "smime.ec-other-key-usages",
        title: "An elliptic key for mail signs or agrees on keys.",
        why: "With other bits alone no mail program can use it.",
        source: Source::Smime,
        citation: "S/MIME Baseline Requirements section 7.1.2.3 e",
        severity: Severity::Error,
        effective: Effective::from(2023, 9, 1),
        affects_path: false,
        alias: Some("zlint:e_ec_other_key_usages"),
        hint: "have the CA issue it with digitalSignature for signing and keyAgreement for encrypting",
    },
    applies: |subject| {
        ask::is_subscriber(subject)
            && ask::has_usage_of(subject, oid::EC_PUBLIC_KEY)
            && ask::sets_a_bit(subject)
    },
    judge: |subject| ask::has_known_usage(subject, &ask::ELLIPTIC),
};
