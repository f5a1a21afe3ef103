//! A certificate of the strict profile has no extensions of Adobe.

use super::ask::{self, Generation::Strict};
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "smime.adobe-extensions-strict-presence",
        title: "A certificate of the strict profile has no extensions of Adobe.",
        why: "They are for signed documents, which the strict profile is not for.",
        source: Source::Smime,
        citation: "S/MIME Baseline Requirements section 7.1.2.3 m",
        severity: Severity::Error,
        effective: Effective::from(2023, 9, 1),
        affects_path: false,
        alias: Some("zlint:e_adobe_extensions_strict_presence"),
        hint: "have the CA issue it without them, or by the multipurpose profile",
    },
    applies: |subject| ask::is_of(subject, &[Strict]),
    judge: |subject| {
        let kinds = [oid::ADOBE_TIME_STAMP, oid::ADOBE_ARCHIVE_REVOCATION_INFO];
        let found = kinds.into_iter().find(|kind| subject.anatomy.extension(*kind).is_some());
        Verdict::of(found.map(|kind| format!("{} is there", kind.shown())))
    },
};
