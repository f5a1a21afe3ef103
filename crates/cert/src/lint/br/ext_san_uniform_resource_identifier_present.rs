//! No name of a server is a URI.

use super::ask;
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source};
use crate::x509::GeneralName;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.ext-san-uniform-resource-identifier-present",
        title: "subjectAltName has no uniformResourceIdentifier.",
        why: "Clients of TLS match names of hosts and addresses only: nobody has validated anything else.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.7.12",
        severity: Severity::Error,
        effective: Effective::BASELINE_REQUIREMENTS,
        affects_path: false,
        alias: Some("zlint:e_ext_san_uniform_resource_identifier_present"),
        hint: "order the certificate with names of hosts and addresses only",
    },
    applies: |subject| subject.anatomy.extension(oid::SUBJECT_ALT_NAME).is_some(),
    judge: |subject| ask::must_lack_form(subject, |name| matches!(name, GeneralName::Uri(_))),
};
