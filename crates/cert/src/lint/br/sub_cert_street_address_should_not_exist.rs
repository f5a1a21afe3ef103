//! A subject that is neither organisation nor person has no street.

use super::ask;
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.sub-cert-street-address-should-not-exist",
        title: "A subject that is neither organisation nor person has no street.",
        why: "Where only a domain was validated, nobody has checked where its owner sits.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.7.2",
        severity: Severity::Error,
        effective: Effective::from(2016, 9, 7),
        affects_path: false,
        alias: Some("zlint:e_sub_cert_street_address_should_not_exist"),
        hint: "order it anew without the street",
    },
    applies: |subject| subject.is_subscriber(),
    judge: |subject| reading::name(subject, |name| ask::only_with_identity(name, oid::STREET)),
};
