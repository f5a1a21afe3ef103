//! A certificate for mail has no attributes of a directory.

use super::ask::{
    self,
    Generation::{Multipurpose, Strict},
};
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "smime.strict-multipurpose-smime-ext-subject-directory-attr",
        title: "A certificate for mail has no attributes of a directory.",
        why: "They tell of the person what no mail needs, to everybody who gets one.",
        source: Source::Smime,
        citation: "S/MIME Baseline Requirements section 7.1.2.3 j",
        severity: Severity::Error,
        effective: Effective::from(2023, 9, 1),
        affects_path: false,
        alias: Some("zlint:e_strict_multipurpose_smime_ext_subject_directory_attr"),
        hint: "have the CA issue it without subjectDirectoryAttributes",
    },
    applies: |subject| ask::is_of(subject, &[Strict, Multipurpose]),
    judge: |subject| {
        let has = subject.anatomy.extension(oid::SUBJECT_DIRECTORY_ATTRIBUTES).is_some();
        Verdict::holds(!has, || "subjectDirectoryAttributes is there".to_owned())
    },
};
