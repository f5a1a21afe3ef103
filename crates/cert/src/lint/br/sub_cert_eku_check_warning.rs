//! The certificate of a subscriber lists no purpose but serverAuth and clientAuth.

use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};
use crate::x509::extension::ExtendedKeyUsage;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.sub-cert-eku-check-warning",
        title: "The certificate of a subscriber lists no purpose but serverAuth and clientAuth.",
        why: "What else it lists was not thought of by those who wrote the profile, and may be a right that nobody meant to give.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.7.10",
        severity: Severity::Warning,
        effective: Effective::from(2023, 9, 15),
        affects_path: false,
        alias: None,
        hint: "order it anew with serverAuth alone",
    },
    applies: |subject| {
        subject.is_subscriber() && subject.anatomy.extension(oid::EXTENDED_KEY_USAGE).is_some()
    },
    judge: |subject| {
        reading::extension(subject, |purposes: Option<ExtendedKeyUsage<'_>>| {
            let usual = [oid::SERVER_AUTH, oid::CLIENT_AUTH];
            let purposes = purposes.map(|purposes| purposes.purposes).unwrap_or_default();
            let other = purposes.iter().find(|purpose| !usual.contains(purpose));
            Verdict::of(other.map(|purpose| format!("{} is listed", purpose.shown())))
        })
    },
};
