//! The label of a registered domain has no underscore.

use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.rfc-dnsname-underscore-in-sld",
        title: "The label of a registered domain has no underscore.",
        why: "No registry gives out such a name: somebody has not looked at what was certified.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.2.1.6; RFC 1034 section 3.5",
        severity: Severity::Error,
        effective: Effective::RFC_5280,
        affects_path: true,
        alias: Some("zlint:e_rfc_dnsname_underscore_in_sld"),
        hint: "ask for the name as it was registered",
    },
    applies: |subject| ask::has_parts(subject),
    judge: |subject| ask::wrong_part(subject, |_, label| label.contains('_')),
};
