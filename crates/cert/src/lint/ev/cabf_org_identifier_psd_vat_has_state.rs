//! An organisation is in a register of VAT or of payment services without a province.

use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};
use crate::x509::extension::CabfOrganizationIdentifier;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "ev.cabf-org-identifier-psd-vat-has-state",
        title: "An organisation is in a register of VAT or of payment services without a province.",
        why: "These registers are those of a country; a province makes another number of it.",
        source: Source::ExtendedValidation,
        citation: "EV Guidelines section 7.1.2.2",
        severity: Severity::Error,
        effective: Effective::from(2019, 6, 21),
        affects_path: false,
        alias: Some("zlint:e_cabf_org_identifier_psd_vat_has_state"),
        hint: "order it anew without referenceStateOrProvince",
    },
    applies: |subject| {
        let identifier = subject.readable::<CabfOrganizationIdentifier>();
        identifier.is_some_and(|it| matches!(it.scheme.as_str(), "PSD" | "VAT"))
    },
    judge: |subject| {
        reading::extension(subject, |identifier: Option<CabfOrganizationIdentifier>| {
            let state = identifier.and_then(|it| it.state).filter(|state| !state.is_empty());
            Verdict::of(state.map(|state| format!("the province is {state}")))
        })
    },
};
