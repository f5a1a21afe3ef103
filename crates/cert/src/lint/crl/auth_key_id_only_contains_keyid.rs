//! A CRL names the key that signed it by the key identifier alone.

use crate::lint::crl::CrlLint;
use crate::lint::{Effective, Meta, Severity, Source, Verdict};
use crate::x509::extension::AuthorityKeyIdentifier;

pub(super) const LINT: CrlLint = CrlLint {
    meta: Meta {
        id: "crl.auth-key-id-only-contains-keyid",
        title: "A CRL names the key that signed it by the key identifier alone.",
        why: "Issuer and serial number bind the CRL to one certificate of a CA that may have several for one key.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements sections 7.1.2.11.1 and 7.2.2",
        severity: Severity::Error,
        effective: Effective::from(2024, 3, 15),
        affects_path: false,
        alias: Some("zlint:e_crl_auth_key_id_only_contains_keyid"),
        hint: "write keyIdentifier alone into authorityKeyIdentifier",
    },
    applies: |_| true,
    judge: |crl| match crl.trailer.value::<AuthorityKeyIdentifier<'_>>() {
        None => Verdict::Pass,
        Some(Ok(id)) if id.issuer.is_some() || id.serial.is_some() => {
            Verdict::Violated("it has authorityCertIssuer or authorityCertSerialNumber".to_owned())
        }
        Some(Ok(id)) => Verdict::holds(id.key_id.is_some(), || "it has no keyIdentifier".to_owned()),
        Some(Err(fault)) => Verdict::Violated(fault.to_string()),
    },
};
