//! A subject with organizationIdentifier has it also in the extension of the CA/B Forum.

use super::ask;
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "ev.ev-organization-id-missing",
        title: "A subject with organizationIdentifier has it also in the extension of the CA/B Forum.",
        why: "The extension has the number in parts that programs can read.",
        source: Source::ExtendedValidation,
        citation: "EV Guidelines section 7.1.2.2",
        severity: Severity::Error,
        effective: Effective::from(2020, 1, 31),
        affects_path: false,
        alias: Some("zlint:e_ev_organization_id_missing"),
        hint: "order it anew with cabfOrganizationIdentifier",
    },
    applies: |subject| {
        let name = subject.anatomy.subject.as_ref();
        ask::claims_extended_validation(subject)
            && name.is_ok_and(|name| ask::organization_identifier(name).is_some())
    },
    judge: |subject| {
        let there = subject.anatomy.extension(oid::CABF_ORGANIZATION_IDENTIFIER).is_some();
        Verdict::holds(there, || "there is no cabfOrganizationIdentifier".to_owned())
    },
};
