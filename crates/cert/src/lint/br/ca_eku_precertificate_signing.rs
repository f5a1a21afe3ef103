//! A CA for TLS servers signs no precertificates for another.

use super::ask;
use crate::der::oid;
use crate::lint::{Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.ca-eku-precertificate-signing",
        title: "A TLS CA is not for signing precertificates in the name of another.",
        why: "Logs take what such a CA signs for the promise of its issuer; with serverAuth it could issue the certificate as well.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.10.6",
        severity: Severity::Error,
        effective: ask::SINCE_PROFILES,
        affects_path: false,
        alias: None,
        hint: "issue the CA's certificate again without that purpose",
    },
    applies: |subject| subject.is_subordinate_ca() && subject.purposes().is_some(),
    judge: |subject| {
        let has = subject.purposes().is_some_and(|purposes| purposes.has(oid::PRECERTIFICATE_SIGNING));
        Verdict::holds(!has, || "it is for signing precertificates too".to_owned())
    },
};
