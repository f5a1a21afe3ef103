//! A responder's key signs, and does nothing else.

use super::ask;
use crate::lint::{Lint, Meta, Severity, Source, reading};
use crate::x509::extension::KeyUsageBit;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.ocsp-cert-invalid-ku",
        title: "The keyUsage of an OCSP responder has nothing but digitalSignature.",
        why: "A key that lies on a server that is always in reach must not be good for anything else.",
        source: Source::BaselineRequirementsOfOthers,
        citation: "Baseline Requirements section 7.1.2.8.7",
        severity: Severity::Error,
        effective: ask::SINCE_PROFILES,
        affects_path: false,
        alias: Some("zlint:e_ocsp_cert_invalid_ku"),
        hint: "issue the responder's certificate again with digitalSignature alone",
    },
    applies: ask::is_of_a_responder,
    judge: |subject| reading::only_usages(subject, &[KeyUsageBit::DigitalSignature]),
};
