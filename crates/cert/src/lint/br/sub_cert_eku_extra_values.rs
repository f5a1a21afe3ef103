//! The purposes of a certificate that begins before 15 September 2023 are TLS and the protection of mail.

use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};
use crate::x509::extension::ExtendedKeyUsage;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.sub-cert-eku-extra-values",
        title: "The purposes of a certificate that begins before 15 September 2023 are TLS and the protection of mail.",
        why: "What else is listed may be a right that nobody meant to give.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements 1.8.7 section 7.1.2.3",
        severity: Severity::Warning,
        effective: Effective::BASELINE_REQUIREMENTS.until(2023, 9, 15),
        affects_path: false,
        alias: Some("zlint:w_sub_cert_eku_extra_values"),
        hint: "order it anew with serverAuth alone",
    },
    applies: |subject| {
        subject.is_subscriber() && subject.purposes().is_some_and(|it| !it.purposes.is_empty())
    },
    judge: |subject| {
        reading::extension(subject, |purposes: Option<ExtendedKeyUsage<'_>>| {
            let usual = [oid::SERVER_AUTH, oid::CLIENT_AUTH, oid::EMAIL_PROTECTION];
            let purposes = purposes.map(|purposes| purposes.purposes).unwrap_or_default();
            let other = purposes.iter().find(|purpose| !usual.contains(purpose));
            Verdict::of(other.map(|purpose| format!("{} is listed", purpose.shown())))
        })
    },
};
