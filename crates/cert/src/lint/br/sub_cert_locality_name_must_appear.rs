//! A subject that is an organisation or a person has a locality, where it has no province.

use super::ask;
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.sub-cert-locality-name-must-appear",
        title: "A subject that is an organisation or a person has a locality, where it has no province.",
        why: "The name of a firm or a person means something only at a place.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.7.4",
        severity: Severity::Error,
        effective: Effective::from(2016, 9, 7),
        affects_path: false,
        alias: Some("zlint:e_sub_cert_locality_name_must_appear"),
        hint: "order it anew with the locality",
    },
    applies: |subject| subject.is_subscriber(),
    judge: |subject| reading::name(subject, |name| ask::identity_needs(name, &[oid::LOCALITY, oid::STATE])),
};
