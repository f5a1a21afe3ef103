//! A server certificate names no X.400 address.

use super::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source};
use crate::x509::GeneralName;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.ext-san-x400-address-present",
        title: "subjectAltName has no x400Address.",
        why: "No server has such an address, and no client can compare one.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.7.12",
        severity: Severity::Error,
        effective: Effective::BASELINE_REQUIREMENTS,
        affects_path: false,
        alias: None,
        hint: "order the certificate with DNS names and addresses alone",
    },
    applies: |subject| subject.is_subscriber(),
    judge: |subject| ask::must_lack_form(subject, |name| matches!(name, GeneralName::X400(_))),
};
