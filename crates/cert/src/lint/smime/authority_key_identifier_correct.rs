//! The issuer's key is named by its identifier alone, in an extension that is not critical.

use super::ask;
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};
use crate::x509::extension::AuthorityKeyIdentifier;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "smime.authority-key-identifier-correct",
        title: "The issuer's key is named by its identifier alone, in an extension that is not critical.",
        why: "Mail programs find the issuer by it; issuer and serial number lead astray once the CA has a new \
              certificate.",
        source: Source::Smime,
        citation: "S/MIME Baseline Requirements section 7.1.2.3 g",
        severity: Severity::Error,
        effective: Effective::from(2023, 9, 1),
        affects_path: false,
        alias: Some("zlint:e_authority_key_identifier_correct"),
        hint: "have the CA issue it with the identifier of its key",
    },
    applies: ask::is_subscriber,
    judge: |subject| {
        let critical = subject
            .anatomy
            .extension(oid::AUTHORITY_KEY_IDENTIFIER)
            .is_some_and(|extension| extension.critical);
        reading::extension(subject, |key: Option<AuthorityKeyIdentifier<'_>>| {
            let found = match key {
                None => Some("authorityKeyIdentifier is missing"),
                Some(_) if critical => Some("authorityKeyIdentifier is critical"),
                Some(key) if key.key_id.is_none_or(<[u8]>::is_empty) => Some("the identifier is missing"),
                Some(key) if key.issuer.is_some() => Some("authorityCertIssuer is there"),
                Some(key) if key.serial.is_some() => Some("authorityCertSerialNumber is there"),
                Some(_) => None,
            };
            Verdict::of(found.map(str::to_owned))
        })
    },
};
