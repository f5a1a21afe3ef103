//! A responder's certificate says that its key signs.

use super::ask;
use crate::der::oid;
use crate::lint::{Lint, Meta, Severity, Source, Verdict, reading};
use crate::x509::extension::KeyUsageBit;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.ocsp-cert-key-usage-missing",
        title: "The certificate of an OCSP responder has keyUsage, and digitalSignature in it.",
        why: "Clients that are strict take no answer from a key that may not sign.",
        source: Source::BaselineRequirementsOfOthers,
        citation: "Baseline Requirements section 7.1.2.8.7",
        severity: Severity::Error,
        effective: ask::SINCE_PROFILES,
        affects_path: false,
        alias: None,
        hint: "issue the responder's certificate again with digitalSignature",
    },
    applies: ask::is_of_a_responder,
    judge: |subject| match reading::must_be_there(subject, oid::KEY_USAGE) {
        Verdict::Pass => reading::must_set(subject, KeyUsageBit::DigitalSignature),
        missing => missing,
    },
};
