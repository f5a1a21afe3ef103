//! The bits of keyUsage are those of what the RSA key does: sign, encrypt, or both.

use super::ask::{
    self,
    Generation::{Legacy, Multipurpose},
};
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "smime.rsa-key-usage-legacy-multipurpose",
        title: "The bits of keyUsage are those of what the RSA key does: sign, encrypt, or both.",
        why: "A bit that belongs to neither lets the key be used for what nobody has looked at.",
        source: Source::Smime,
        citation: "S/MIME Baseline Requirements section 7.1.2.3 e",
        severity: Severity::Error,
        effective: Effective::from(2023, 9, 1),
        affects_path: false,
        alias: Some("zlint:e_rsa_key_usage_legacy_multipurpose"),
        hint: "have the CA issue it with digitalSignature for signing and keyEncipherment for encrypting",
    },
    applies: |subject| {
        ask::is_of(subject, &[Legacy, Multipurpose])
            && ask::has_usage_of(subject, oid::RSA_ENCRYPTION)
            && ask::has_role(subject, &ask::RSA)
    },
    judge: |subject| ask::no_other_usage(subject, &ask::RSA),
};
