//! No attribute of the issuer's name begins with white space.

use super::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "community.issuer-dn-leading-whitespace",
        title: "No attribute of the issuer's name begins with white space.",
        why: "It cannot be seen, and programs that compare names octet by octet take it for another name.",
        source: Source::Community,
        citation: "certlint of awslabs",
        severity: Severity::Warning,
        effective: Effective::ALWAYS,
        affects_path: false,
        alias: Some("zlint:w_issuer_dn_leading_whitespace"),
        hint: "have the name written without it",
    },
    applies: |_| true,
    judge: |subject| ask::no_text(&subject.anatomy.issuer, |text| text.starts_with(char::is_whitespace)),
};
