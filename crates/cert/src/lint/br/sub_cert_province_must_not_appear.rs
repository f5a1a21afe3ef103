//! A subject that is neither organisation nor person has no province.

use super::ask;
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.sub-cert-province-must-not-appear",
        title: "A subject that is neither organisation nor person has no province.",
        why: "Where only a domain was validated, nobody has checked where its owner sits.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.7.2",
        severity: Severity::Error,
        effective: Effective::from(2016, 9, 7),
        affects_path: false,
        alias: Some("zlint:e_sub_cert_province_must_not_appear"),
        hint: "order it anew without the province",
    },
    applies: |subject| subject.is_subscriber(),
    judge: |subject| reading::name(subject, |name| ask::only_with_identity(name, oid::STATE)),
};
