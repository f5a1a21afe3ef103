//! No constraint should be about the name form registeredID.

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.name-constraint-on-registered-id",
        title: "No constraint should be about the name form registeredID.",
        why: "How such names are compared is not defined: clients must refuse what lies below, or ignore the constraint.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.2.1.10",
        severity: Severity::Warning,
        effective: Effective::RFC_5280,
        affects_path: false,
        alias: Some("zlint:w_name_constraint_on_registered_id"),
        hint: "have the CA's certificate issued anew with constraints for the forms that are in use",
    },
    applies: |subject| ask::has(subject, oid::NAME_CONSTRAINTS),
    judge: |subject| ask::without_form(subject, 8),
};
