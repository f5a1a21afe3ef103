//! An RSA key for mail signs or decrypts.

use super::ask;
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "smime.rsa-other-key-usages",
        title: "An RSA key for mail signs or decrypts.",
        why: "With other bits alone no mail program can use it.",
        source: Source::Smime,
        citation: "S/MIME Baseline Requirements section 7.1.2.3 e",
        severity: Severity::Error,
        effective: Effective::from(2023, 9, 1),
        affects_path: false,
        alias: Some("zlint:e_rsa_other_key_usages"),
        hint: "have the CA issue it with digitalSignature for signing and keyEncipherment for encrypting",
    },
    applies: |subject| {
        ask::is_subscriber(subject)
            && ask::has_usage_of(subject, oid::RSA_ENCRYPTION)
            && ask::sets_a_bit(subject)
    },
    judge: |subject| ask::has_known_usage(subject, &ask::RSA),
};
