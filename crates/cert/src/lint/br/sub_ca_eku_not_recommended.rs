//! A CA for TLS servers is for nothing that the profile does not name.

use super::ask;
use crate::der::{Oid, oid};
use crate::lint::{Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.sub-ca-eku-not-recommended",
        title: "A TLS CA lists no purpose but serverAuth and clientAuth.",
        why: "Each further purpose is one more world whose rules the CA has to follow.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.10.6",
        severity: Severity::Warning,
        effective: ask::SINCE_PROFILES,
        affects_path: false,
        alias: None,
        hint: "issue a CA of its own for the other purpose",
    },
    applies: |subject| subject.is_subordinate_ca() && subject.purposes().is_some(),
    judge: |subject| {
        let purposes = subject.purposes().map(|purposes| purposes.purposes).unwrap_or_default();
        let other = purposes.iter().find(|purpose| !PROFILE.contains(purpose));
        Verdict::of(other.map(|purpose| format!("it is for {} too", purpose.shown())))
    },
};

/// Those of the profile, and those that are an error, on which there are lints of their own.
const PROFILE: [Oid<'static>; 8] = [
    oid::SERVER_AUTH,
    oid::CLIENT_AUTH,
    oid::ANY_EXTENDED_KEY_USAGE,
    oid::EMAIL_PROTECTION,
    oid::CODE_SIGNING,
    oid::TIME_STAMPING,
    oid::OCSP_SIGNING,
    oid::PRECERTIFICATE_SIGNING,
];
