//! No label below a registered domain has an underscore.

use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.rfc-dnsname-underscore-in-trd",
        title: "No label below a registered domain has an underscore.",
        why: "It is no host name: some clients refuse to connect to one, and CAs may not certify it any more.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.2.1.6; RFC 1034 section 3.5",
        severity: Severity::Warning,
        effective: Effective::RFC_5280,
        affects_path: true,
        alias: Some("zlint:w_rfc_dnsname_underscore_in_trd"),
        hint: "give the host a name of letters, digits and hyphens",
    },
    applies: |subject| ask::has_parts(subject),
    judge: |subject| ask::wrong_part(subject, |below, _| below.contains('_')),
};
