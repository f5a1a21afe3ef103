//! An address is not part of a server's name.

use super::ask;
use crate::der::oid;
use crate::lint::{Lint, Meta, Severity, Source, Verdict, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.subject-address-not-recommended",
        title: "A subject that was validated as an organisation or a person has neither streetAddress nor postalCode.",
        why: "No client shows them; they change before the certificate ends, and tell where a person lives.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements sections 7.1.2.7.3 and 7.1.2.7.4",
        severity: Severity::Warning,
        effective: ask::SINCE_PROFILES,
        affects_path: false,
        alias: None,
        hint: "order it without the address",
    },
    applies: |subject| subject.is_subscriber() && subject.has_policy(&[oid::CABF_IV, oid::CABF_OV]),
    judge: |subject| {
        reading::name(subject, |name| {
            let found = name.attributes().find(|one| matches!(one.kind, oid::STREET | oid::POSTAL_CODE));
            Verdict::of(found.map(|attribute| format!("there is {attribute}")))
        })
    },
};
