//! The purposes of a server's key are not critical.

use super::ask;
use crate::der::oid;
use crate::lint::{Lint, Meta, Severity, Source, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.eku-critical",
        title: "The extKeyUsage extension of a server certificate is not critical.",
        why: "Some clients refuse the certificate otherwise, and none gains by it.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.7.6",
        severity: Severity::Error,
        effective: ask::SINCE_PROFILES,
        affects_path: true,
        alias: Some("zlint:e_eku_critical"),
        hint: "ask the CA for a certificate whose extKeyUsage is not critical",
    },
    applies: |subject| {
        subject.is_subscriber() && subject.anatomy.extension(oid::EXTENDED_KEY_USAGE).is_some()
    },
    judge: |subject| reading::must_not_be_critical(subject, oid::EXTENDED_KEY_USAGE),
};
