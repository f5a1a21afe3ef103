//! A server certificate has no subjectKeyIdentifier.

use super::ask;
use crate::der::oid;
use crate::lint::{Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.ext-subject-key-identifier-not-recommended-subscriber",
        title: "A server certificate has no subjectKeyIdentifier.",
        why: "It makes each handshake longer, and nothing is built below such a certificate that would need it.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.7.6",
        severity: Severity::Warning,
        effective: ask::SINCE_PROFILES,
        affects_path: false,
        alias: Some("zlint:w_ext_subject_key_identifier_not_recommended_subscriber"),
        hint: "nothing needs to be done; the CA can leave it out",
    },
    applies: |subject| subject.is_subscriber(),
    judge: |subject| {
        let identifier = subject.anatomy.extension(oid::SUBJECT_KEY_IDENTIFIER);
        Verdict::holds(identifier.is_none(), || "there is a subjectKeyIdentifier".to_owned())
    },
};
