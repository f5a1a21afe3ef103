//! A CRL names the key that signed it.

use crate::der::oid;
use crate::lint::crl::CrlLint;
use crate::lint::{Effective, Meta, Severity, Source, Verdict};

pub(super) const LINT: CrlLint = CrlLint {
    meta: Meta {
        id: "crl.has-authority-key-identifier",
        title: "A CRL names the key that signed it.",
        why: "Where an issuer has several keys, a reader cannot tell otherwise which one the signature is to be checked with.",
        source: Source::Rfc,
        citation: "RFC 5280 section 5.2.1",
        severity: Severity::Error,
        effective: Effective::RFC_5280,
        affects_path: false,
        alias: Some("zlint:e_crl_has_authority_key_identifier"),
        hint: "add authorityKeyIdentifier to the CRL",
    },
    applies: |_| true,
    judge: |crl| {
        let found = crl.trailer.extension(oid::AUTHORITY_KEY_IDENTIFIER);
        Verdict::holds(found.is_some(), || "it has no authorityKeyIdentifier".to_owned())
    },
};
