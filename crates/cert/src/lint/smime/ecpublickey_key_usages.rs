//! The bits of keyUsage are those of what the elliptic key does: sign, agree on keys, or both.

use super::ask;
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "smime.ecpublickey-key-usages",
        title: "The bits of keyUsage are those of what the elliptic key does: sign, agree on keys, or both.",
        why: "A bit that belongs to neither lets the key be used for what nobody has looked at.",
        source: Source::Smime,
        citation: "S/MIME Baseline Requirements section 7.1.2.3 e",
        severity: Severity::Error,
        effective: Effective::from(2023, 9, 1),
        affects_path: false,
        alias: Some("zlint:e_ecpublickey_key_usages"),
        hint: "have the CA issue it with digitalSignature for signing and keyAgreement for encrypting",
    },
    applies: |subject| {
        ask::is_subscriber(subject)
            && ask::has_usage_of(subject, oid::EC_PUBLIC_KEY)
            && ask::has_role(subject, &ask::ELLIPTIC)
    },
    judge: |subject| ask::no_other_usage(subject, &ask::ELLIPTIC),
};
