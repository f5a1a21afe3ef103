//! authorityInfoAccess is not critical.

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.ext-aia-marked-critical",
        title: "authorityInfoAccess is not critical.",
        why: "It tells where more is found; a client that does without must refuse the certificate.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.2.2.1",
        severity: Severity::Error,
        effective: Effective::RFC_2459,
        affects_path: true,
        alias: Some("zlint:e_ext_aia_marked_critical"),
        hint: "have it issued anew with this extension not critical",
    },
    applies: |subject| ask::has(subject, oid::AUTHORITY_INFO_ACCESS),
    judge: |subject| reading::must_not_be_critical(subject, oid::AUTHORITY_INFO_ACCESS),
};
