//! A responder's certificate names no CRL.

use super::ask;
use crate::der::oid;
use crate::lint::{Lint, Meta, Severity, Source, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.ocsp-cert-cdp-forbidden",
        title: "The certificate of an OCSP responder has no distribution points of CRLs.",
        why: "It is not to be revoked: it is short-lived instead, and says so by OCSP no check.",
        source: Source::BaselineRequirementsOfOthers,
        citation: "Baseline Requirements section 7.1.2.8.2",
        severity: Severity::Error,
        effective: ask::SINCE_PROFILES,
        affects_path: false,
        alias: Some("zlint:e_ocsp_cert_cdp_forbidden"),
        hint: "issue the responder's certificate again without them",
    },
    applies: ask::is_of_a_responder,
    judge: |subject| reading::must_not_be_there(subject, oid::CRL_DISTRIBUTION_POINTS),
};
