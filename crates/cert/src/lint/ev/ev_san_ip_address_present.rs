//! The subjectAltName has no address.

use super::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};
use crate::x509::GeneralNames;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "ev.ev-san-ip-address-present",
        title: "The subjectAltName has no address.",
        why: "Extended validation is of names in DNS.",
        source: Source::ExtendedValidation,
        citation: "EV Guidelines section 7.1.2.1",
        severity: Severity::Error,
        effective: Effective::ALWAYS,
        affects_path: false,
        alias: Some("zlint:e_ev_san_ip_address_present"),
        hint: "order it anew with names only",
    },
    applies: |subject| ask::claims_extended_validation(subject),
    judge: |subject| {
        let names = subject.alt_names();
        let address = names.into_iter().flat_map(GeneralNames::iter).find_map(|name| name.address());
        Verdict::of(address.map(|address| format!("{address} is there")))
    },
};
