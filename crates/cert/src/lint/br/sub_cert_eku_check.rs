//! The certificate of a subscriber is for TLS servers, and for none of the purposes that do not go with them.

use crate::der::{Oid, oid};
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};
use crate::x509::extension::ExtendedKeyUsage;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.sub-cert-eku-check",
        title: "The certificate of a subscriber is for TLS servers, and for none of the purposes that do not go with them.",
        why: "A key that also signs code, mail or OCSP answers turns the loss of a server's key into a larger loss.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.7.10",
        severity: Severity::Error,
        effective: Effective::from(2023, 9, 15),
        affects_path: true,
        alias: Some("zlint:e_sub_cert_eku_check"),
        hint: "order it anew with serverAuth alone",
    },
    applies: |subject| {
        subject.is_subscriber() && subject.anatomy.extension(oid::EXTENDED_KEY_USAGE).is_some()
    },
    judge: |subject| {
        reading::extension(subject, |purposes: Option<ExtendedKeyUsage<'_>>| {
            let purposes = purposes.map(|purposes| purposes.purposes).unwrap_or_default();
            if let Some(bad) = purposes.iter().find(|purpose| FORBIDDEN.contains(purpose)) {
                return Verdict::Violated(format!("{} is listed", bad.shown()));
            }
            Verdict::holds(purposes.contains(&oid::SERVER_AUTH), || "serverAuth is not listed".to_owned())
        })
    },
};

const FORBIDDEN: &[Oid<'static>] = &[
    oid::CODE_SIGNING,
    oid::EMAIL_PROTECTION,
    oid::TIME_STAMPING,
    oid::OCSP_SIGNING,
    oid::ANY_EXTENDED_KEY_USAGE,
    oid::PRECERTIFICATE_SIGNING,
];
