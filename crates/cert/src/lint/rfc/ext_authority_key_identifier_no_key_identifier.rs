//! A certificate names the key of its issuer, unless it is a root's.

use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};
use crate::x509::extension::AuthorityKeyIdentifier;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.ext-authority-key-identifier-no-key-identifier",
        title: "A certificate names the key of its issuer, unless it is a root's.",
        why: "An issuer may have several keys under one name; without this clients must try them all, and some do not.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.2.1.1",
        severity: Severity::Error,
        effective: Effective::RFC_2459,
        affects_path: true,
        alias: Some("zlint:e_ext_authority_key_identifier_no_key_identifier"),
        hint: "have it issued anew with authorityKeyIdentifier and its keyIdentifier",
    },
    applies: |_| true,
    judge: |subject| {
        if subject.is_root() {
            return Verdict::Pass;
        }
        let missing = || Verdict::Violated("no keyIdentifier of the issuer's key".to_owned());
        let value = subject.anatomy.value::<AuthorityKeyIdentifier<'_>>();
        value.map_or_else(missing, |value| {
            ask::field(&value, |value| if value.key_id.is_some() { Verdict::Pass } else { missing() })
        })
    },
};
