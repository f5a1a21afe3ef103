//! Where stapling is demanded there is an OCSP responder.

use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};
use crate::x509::extension::TlsFeature;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "operator.must-staple-without-ocsp",
        title: "Where stapling is demanded there is an OCSP responder.",
        why: "The server cannot staple an answer that nobody gives: clients that heed the demand, as Firefox does, \
              refuse every connection.",
        source: Source::Operator,
        citation: "RFC 7633 section 4.2.3; RFC 6960 section 3.1",
        severity: Severity::Warning,
        effective: Effective::ALWAYS,
        affects_path: false,
        alias: None,
        hint: "ask for a certificate without the TLS feature: most CAs have no OCSP any more",
    },
    applies: |subject| {
        subject.is_subscriber()
            && subject.readable::<TlsFeature>().is_some_and(|feature| feature.must_staple())
    },
    judge: |subject| match subject.access_uris(oid::AD_OCSP) {
        Ok(uris) => {
            Verdict::holds(!uris.is_empty(), || "it demands stapling and names no responder".to_owned())
        }
        Err(fault) => reading::unreadable("authorityInfoAccess", fault),
    },
};
