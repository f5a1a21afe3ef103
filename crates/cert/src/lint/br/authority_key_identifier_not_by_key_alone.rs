//! authorityKeyIdentifier names the issuer's key by its identifier alone.

use super::ask;
use crate::lint::{Lint, Meta, Severity, Source, Verdict, reading};
use crate::x509::extension::AuthorityKeyIdentifier;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.authority-key-identifier-not-by-key-alone",
        title: "The authorityKeyIdentifier has neither authorityCertIssuer nor authorityCertSerialNumber.",
        why: "They tie a certificate to one certificate of its issuer: when that is issued anew, clients find no path.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.11.1",
        severity: Severity::Error,
        effective: ask::SINCE_PROFILES,
        affects_path: false,
        alias: None,
        hint: "ask the CA for a certificate that names the issuer's key by keyIdentifier alone",
    },
    applies: |subject| !subject.is_root(),
    judge: |subject| {
        reading::extension(subject, |key: Option<AuthorityKeyIdentifier<'_>>| {
            let issuer = key.as_ref().and_then(|key| key.issuer.as_ref()).map(|_| "authorityCertIssuer");
            let serial = key.as_ref().and_then(|key| key.serial).map(|_| "authorityCertSerialNumber");
            Verdict::of(issuer.or(serial).map(|field| format!("there is {field}")))
        })
    },
};
