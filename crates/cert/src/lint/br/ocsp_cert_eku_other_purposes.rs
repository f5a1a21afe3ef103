//! A responder's certificate is for signing OCSP answers alone.

use super::ask;
use crate::der::oid;
use crate::lint::{Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.ocsp-cert-eku-other-purposes",
        title: "The certificate of an OCSP responder has no purpose but OCSPSigning.",
        why: "Its key lies on a server that is always in reach, and its certificate cannot be revoked.",
        source: Source::BaselineRequirementsOfOthers,
        citation: "Baseline Requirements section 7.1.2.8.5",
        severity: Severity::Error,
        effective: ask::SINCE_PROFILES,
        affects_path: false,
        alias: None,
        hint: "issue the responder's certificate again for OCSPSigning alone",
    },
    applies: ask::is_of_a_responder,
    judge: |subject| {
        let purposes = subject.purposes().map(|purposes| purposes.purposes).unwrap_or_default();
        let other = purposes.iter().find(|purpose| *purpose != oid::OCSP_SIGNING);
        Verdict::of(other.map(|purpose| format!("it is for {} too", purpose.shown())))
    },
};
