//! The organizationIdentifier is of a register that the guidelines know.

use super::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "ev.ev-invalid-orgid-reg-scheme",
        title: "The organizationIdentifier is of a register that the guidelines know.",
        why: "The first three letters tell where the number is to be looked up.",
        source: Source::ExtendedValidation,
        citation: "EV Guidelines section 7.1.4.2.8",
        severity: Severity::Error,
        effective: Effective::from(2020, 1, 31),
        affects_path: false,
        alias: Some("zlint:e_ev_invalid_orgid_reg_scheme"),
        hint: "order it anew with NTR, VAT or PSD",
    },
    applies: |subject| {
        let name = subject.anatomy.subject.as_ref();
        ask::is_subscribers(subject) && name.is_ok_and(|name| ask::organization_identifier(name).is_some())
    },
    judge: |subject| {
        reading::name(subject, |name| {
            let text = ask::organization_identifier(name).unwrap_or_default();
            let known = ["NTR", "VAT", "PSD"].iter().any(|scheme| text.starts_with(scheme));
            Verdict::holds(known, || format!("{text} is of another register"))
        })
    },
};
