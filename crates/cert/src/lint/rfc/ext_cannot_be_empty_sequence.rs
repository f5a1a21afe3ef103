//! An extension that is a list has an element.

use crate::der::{Oid, oid};
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.ext-cannot-be-empty-sequence",
        title: "An extension that is a list has an element.",
        why: "An empty list says nothing, or denies everything: clients do not agree, and some take the certificate for broken.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.2 (SIZE (1..MAX))",
        severity: Severity::Error,
        effective: Effective::RFC_2459,
        affects_path: true,
        alias: Some("zlint:e_ext_cannot_be_empty_sequence"),
        hint: "have it issued anew without the empty extension",
    },
    applies: |_| true,
    judge: |subject| {
        let verdicts = LISTS.iter().map(|kind| ask::not_empty(subject, *kind));
        verdicts.into_iter().find(|verdict| *verdict != Verdict::Pass).unwrap_or(Verdict::Pass)
    },
};

/// The extensions that are lists of one element at the least.
const LISTS: [Oid<'static>; 10] = [
    oid::CERTIFICATE_POLICIES,
    oid::POLICY_MAPPINGS,
    oid::SUBJECT_ALT_NAME,
    oid::ISSUER_ALT_NAME,
    oid::SUBJECT_DIRECTORY_ATTRIBUTES,
    oid::EXTENDED_KEY_USAGE,
    oid::CRL_DISTRIBUTION_POINTS,
    oid::AUTHORITY_INFO_ACCESS,
    oid::SUBJECT_INFO_ACCESS,
    oid::FRESHEST_CRL,
];
