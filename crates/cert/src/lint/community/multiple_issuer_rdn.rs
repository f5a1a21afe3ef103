//! Every part of the issuer's name has one attribute.

use super::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "community.multiple-issuer-rdn",
        title: "Every part of the issuer's name has one attribute.",
        why: "Many programs show and compare only the first attribute of a part.",
        source: Source::Community,
        citation: "certlint of awslabs",
        severity: Severity::Warning,
        effective: Effective::ALWAYS,
        affects_path: false,
        alias: Some("zlint:w_multiple_issuer_rdn"),
        hint: "ask the CA for an issuer whose name has one attribute in each part",
    },
    applies: |_| true,
    judge: |subject| ask::no_crowded_part(&subject.anatomy.issuer),
};
