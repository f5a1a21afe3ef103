//! The common name is a mailbox or the organisation where an organisation was validated.

use super::ask::{self, Validated};
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "smime.org-validated-invalid-cn",
        title: "The common name is a mailbox or the organisation where an organisation was validated.",
        why: "Another name there is read as that of the sender, and nobody has validated it.",
        source: Source::Smime,
        citation: "S/MIME Baseline Requirements section 7.1.4.2.2 a",
        severity: Severity::Error,
        effective: Effective::from(2023, 9, 1),
        affects_path: false,
        alias: Some("zlint:e_org_validated_invalid_cn"),
        hint: "have the CA issue it with the organisation for a common name",
    },
    applies: |subject| subject.is_subscriber() && ask::has_validated(subject, &[Validated::Organization]),
    judge: |subject| {
        reading::name(subject, |name| {
            let organization = ask::texts(name, oid::ORGANIZATION).into_iter().next();
            let is_odd = |text: &String| !ask::is_mailbox(text) && organization.as_ref() != Some(text);
            let odd = ask::texts(name, oid::COMMON_NAME).into_iter().find(is_odd);
            Verdict::of(odd.map(|text| format!("CN is {text:?}")))
        })
    },
};
