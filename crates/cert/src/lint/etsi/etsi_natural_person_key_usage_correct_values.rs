//! A qualified certificate of a person has one of the settings of keyUsage that are allowed.

use super::ask;
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source};
use crate::x509::extension::KeyUsageBit::{
    ContentCommitment, DigitalSignature, KeyAgreement, KeyEncipherment,
};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "etsi.etsi-natural-person-key-usage-correct-values",
        title: "A qualified certificate of a person has one of the settings of keyUsage that are allowed.",
        why: "A key that signs, logs in and decrypts at will leaves in doubt what its holder meant.",
        source: Source::Etsi,
        citation: "ETSI EN 319 412-2 section 4.3.2 table 1",
        severity: Severity::Error,
        effective: Effective::from(2020, 7, 1),
        affects_path: false,
        alias: Some("zlint:e_etsi_natural_person_key_usage_correct_values"),
        hint: "have the CA issue it with nonRepudiation alone for signatures, with digitalSignature alone for \
               logging in",
    },
    applies: |subject| {
        ask::is_of_person(subject)
            && subject.is_subscriber()
            && subject.anatomy.extension(oid::KEY_USAGE).is_some()
    },
    judge: |subject| {
        ask::usage_is_one_of(
            subject,
            &[
                &[ContentCommitment],
                &[DigitalSignature, ContentCommitment],
                &[DigitalSignature],
                &[DigitalSignature, KeyEncipherment],
                &[DigitalSignature, KeyAgreement],
                &[KeyEncipherment],
                &[KeyAgreement],
                &[DigitalSignature, ContentCommitment, KeyEncipherment],
                &[DigitalSignature, ContentCommitment, KeyAgreement],
            ],
        )
    },
};
