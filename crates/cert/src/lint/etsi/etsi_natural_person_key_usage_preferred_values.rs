//! The key of a qualified certificate of a person does one thing.

use super::ask;
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source};
use crate::x509::extension::KeyUsageBit::{
    ContentCommitment, DigitalSignature, KeyAgreement, KeyEncipherment,
};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "etsi.etsi-natural-person-key-usage-preferred-values",
        title: "The key of a qualified certificate of a person does one thing.",
        why: "A key that also does another could be made to sign what its holder never saw.",
        source: Source::Etsi,
        citation: "ETSI EN 319 412-2 section 4.3.2 table 1",
        severity: Severity::Warning,
        effective: Effective::from(2020, 7, 1),
        affects_path: false,
        alias: Some("zlint:w_etsi_natural_person_key_usage_preferred_values"),
        hint: "have the CA issue one certificate for each use",
    },
    applies: |subject| {
        ask::is_of_person(subject)
            && subject.is_subscriber()
            && subject.anatomy.extension(oid::KEY_USAGE).is_some()
    },
    judge: |subject| {
        ask::usage_is_one_of(
            subject,
            &[&[ContentCommitment], &[DigitalSignature], &[KeyEncipherment], &[KeyAgreement]],
        )
    },
};
