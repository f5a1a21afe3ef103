//! authorityInfoAccess of a server certificate offers OCSP and the issuer's certificate, by URI, and nothing else.

use super::ask;
use crate::der::oid;
use crate::lint::{Lint, Meta, Severity, Source, Verdict, reading};
use crate::x509::extension::AuthorityInfoAccess;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.aia-must-contain-permitted-access-method",
        title: "What a server certificate offers for its issuer is OCSP or its certificate, each by a URI.",
        why: "Clients know no other method and no other form of an address, so that whatever else stands there has not been thought through.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.7.7",
        severity: Severity::Error,
        effective: ask::SINCE_PROFILES,
        affects_path: false,
        alias: Some("zlint:e_aia_must_contain_permitted_access_method"),
        hint: "ask the CA for a certificate whose authorityInfoAccess has only OCSP and caIssuers URIs",
    },
    applies: |subject| {
        subject.is_subscriber() && subject.anatomy.extension(oid::AUTHORITY_INFO_ACCESS).is_some()
    },
    judge: |subject| {
        reading::extension(subject, |access: Option<AuthorityInfoAccess<'_>>| {
            Verdict::of(access.iter().flat_map(|access| &access.0).find_map(|one| ask::access_oddity(&one)))
        })
    },
};
