//! Legal entity identifiers stand where an organisation was validated, and are not critical.

use super::ask::{self, Validated};
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "smime.legal-entity-identifier",
        title: "Legal entity identifiers stand where an organisation was validated, and are not critical.",
        why: "In the certificate of a mailbox or a person nobody has validated them.",
        source: Source::Smime,
        citation: "S/MIME Baseline Requirements section 7.1.2.3 l",
        severity: Severity::Error,
        effective: Effective::from(2023, 9, 1),
        affects_path: false,
        alias: Some("zlint:e_legal_entity_identifier"),
        hint: "have the CA issue it without them, or by the profile of an organisation or a sponsor",
    },
    applies: ask::is_subscriber,
    judge: |subject| {
        let (entity, role) = (oid::LEGAL_ENTITY_IDENTIFIER, oid::LEGAL_ENTITY_IDENTIFIER_ROLE);
        let is_there = |kind| subject.anatomy.extension(kind).is_some();
        let is_critical = |kind| subject.anatomy.extension(kind).is_some_and(|extension| extension.critical);
        let of_nobody = ask::has_validated(subject, &[Validated::Mailbox, Validated::Individual]);
        let of_sponsor = ask::has_validated(subject, &[Validated::Sponsor]);
        let found = if of_nobody {
            is_there(entity).then_some("an identifier is there")
        } else if is_critical(entity) || is_critical(role) {
            Some("an identifier is critical")
        } else {
            (!of_sponsor && is_there(role)).then_some("a role is there")
        };
        Verdict::of(found.map(str::to_owned))
    },
};
