//! A qualified certificate for servers is one for web sites.

use super::ask;
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "etsi.qcstatem-qctype-web",
        title: "A qualified certificate for servers is one for web sites.",
        why: "Browsers show a web site as qualified only where the type says so.",
        source: Source::Etsi,
        citation: "ETSI EN 319 412-5 section 4.2.3",
        severity: Severity::Error,
        effective: Effective::from(2017, 11, 1),
        affects_path: false,
        alias: Some("zlint:e_qcstatem_qctype_web"),
        hint: "have the CA issue it with the type web",
    },
    applies: |subject| {
        ask::has(subject, oid::QCS_TYPE)
            && subject.purposes().is_some_and(|purposes| purposes.has(oid::SERVER_AUTH))
    },
    judge: |subject| ask::has_type_of(subject, &[oid::QCT_WEB]),
};
