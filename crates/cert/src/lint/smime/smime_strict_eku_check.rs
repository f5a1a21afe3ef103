//! A certificate of the strict profile is for mail alone.

use super::ask::{self, Generation::Strict};
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};
use crate::x509::extension::ExtendedKeyUsage;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "smime.smime-strict-eku-check",
        title: "A certificate of the strict profile is for mail alone.",
        why: "That is what the strict profile promises.",
        source: Source::Smime,
        citation: "S/MIME Baseline Requirements section 7.1.2.3 f",
        severity: Severity::Error,
        effective: Effective::from(2023, 9, 1),
        affects_path: false,
        alias: Some("zlint:e_smime_strict_eku_check"),
        hint: "have the CA issue it with emailProtection alone, or by the multipurpose profile",
    },
    applies: |subject| ask::is_of(subject, &[Strict]),
    judge: |subject| {
        reading::extension(subject, |purposes: Option<ExtendedKeyUsage<'_>>| {
            let purposes = purposes.map(|purposes| purposes.purposes).unwrap_or_default();
            match purposes.iter().find(|purpose| *purpose != oid::EMAIL_PROTECTION) {
                Some(other) => Verdict::Violated(format!("it is for {}", other.shown())),
                None => Verdict::holds(!purposes.is_empty(), || "it is not for mail".to_owned()),
            }
        })
    },
};
