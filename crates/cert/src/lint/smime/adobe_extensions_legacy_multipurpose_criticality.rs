//! The extensions of Adobe are not critical in a certificate for mail.

use super::ask::{
    self,
    Generation::{Legacy, Multipurpose},
};
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "smime.adobe-extensions-legacy-multipurpose-criticality",
        title: "The extensions of Adobe are not critical in a certificate for mail.",
        why: "No mail program knows them: they would have to refuse the certificate.",
        source: Source::Smime,
        citation: "S/MIME Baseline Requirements section 7.1.2.3 m",
        severity: Severity::Error,
        effective: Effective::from(2023, 9, 1),
        affects_path: false,
        alias: Some("zlint:e_adobe_extensions_legacy_multipurpose_criticality"),
        hint: "have the CA issue it with them not critical",
    },
    applies: |subject| {
        let kinds = [oid::ADOBE_TIME_STAMP, oid::ADOBE_ARCHIVE_REVOCATION_INFO];
        let is_there = kinds.into_iter().any(|kind| subject.anatomy.extension(kind).is_some());
        is_there && ask::is_of(subject, &[Legacy, Multipurpose])
    },
    judge: |subject| {
        let kinds = [oid::ADOBE_TIME_STAMP, oid::ADOBE_ARCHIVE_REVOCATION_INFO];
        let mut extensions = kinds.into_iter().filter_map(|kind| subject.anatomy.extension(kind));
        let critical = extensions.find(|extension| extension.critical);
        Verdict::of(critical.map(|extension| format!("{} is critical", extension.kind.shown())))
    },
};
