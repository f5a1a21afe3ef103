//! A certificate that is no CA's should have a subjectKeyIdentifier.

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::subject::RESERVED_POLICIES;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Subject, Verdict, midnight};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.ext-subject-key-identifier-missing-sub-cert",
        title: "A certificate that is no CA's should have a subjectKeyIdentifier.",
        why: "Programs find all certificates of one key by it. Server certificates of public CAs are spared since 2023-09-15, \
              when the Baseline Requirements began to advise against it.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.2.1.2",
        severity: Severity::Warning,
        effective: Effective::RFC_2459,
        affects_path: false,
        alias: Some("zlint:w_ext_subject_key_identifier_missing_sub_cert"),
        hint: "ask the CA for a profile with this extension; nothing need be done for a TLS server",
    },
    applies: |subject| !subject.is_ca() && !is_better_without(subject),
    judge: |subject| {
        Verdict::holds(ask::has(subject, oid::SUBJECT_KEY_IDENTIFIER), || {
            "no subjectKeyIdentifier".to_owned()
        })
    },
};

/// Whether section 7.1.2.7.6 of the Baseline Requirements advises against it: since version 2.0.0, where a reserved policy says
/// that they are followed.
fn is_better_without(subject: &Subject<'_>) -> bool {
    let begins = subject.anatomy.not_before.as_ref().map(|moment| moment.time);
    begins.is_ok_and(|begins| begins >= midnight((2023, 9, 15))) && subject.has_policy(&RESERVED_POLICIES)
}
