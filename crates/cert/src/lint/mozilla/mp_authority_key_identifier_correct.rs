//! The issuer's key is named by its identifier or by issuer and serial number, not by both.

use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};
use crate::x509::extension::AuthorityKeyIdentifier;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "mozilla.mp-authority-key-identifier-correct",
        title: "The issuer's key is named by its identifier or by issuer and serial number, not by both.",
        why: "Where both are there and one of them changes, clients no longer find the issuer that is meant.",
        source: Source::Mozilla,
        citation: "Mozilla Root Store Policy section 5.2",
        severity: Severity::Error,
        effective: Effective::from(2013, 7, 26),
        affects_path: false,
        alias: Some("zlint:e_mp_authority_key_identifier_correct"),
        hint: "have the CA name its key by the identifier alone",
    },
    applies: |subject| subject.anatomy.extension(oid::AUTHORITY_KEY_IDENTIFIER).is_some(),
    judge: |subject| {
        reading::extension(subject, |key: Option<AuthorityKeyIdentifier<'_>>| {
            let has_both = key.is_some_and(|key| key.key_id.is_some() && key.issuer.is_some());
            Verdict::holds(!has_both, || "both are there".to_owned())
        })
    },
};
