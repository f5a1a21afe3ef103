//! The address of a practice statement is an http or https URL.

use super::ask;
use crate::der::oid;
use crate::lint::{Lint, Meta, Severity, Source, Verdict, reading};
use crate::x509::extension::CertificatePolicies;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.invalid-cps-uri",
        title: "The address of a certification practice statement is an http or https URL.",
        why: "Whoever wants to read what the CA promises does not find it otherwise.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements sections 7.1.2.7.9 and 7.1.2.10.5",
        severity: Severity::Error,
        effective: ask::SINCE_PROFILES,
        affects_path: false,
        alias: Some("zlint:e_invalid_cps_uri"),
        hint: "ask the CA for a certificate with the right address, or with none",
    },
    applies: |subject| subject.anatomy.extension(oid::CERTIFICATE_POLICIES).is_some(),
    judge: |subject| {
        reading::extension(subject, |policies: Option<CertificatePolicies<'_>>| {
            let qualifiers = policies.iter().flat_map(CertificatePolicies::qualifiers);
            let mut statements = qualifiers.filter(|qualifier| qualifier.kind == oid::CPS_QUALIFIER);
            let wrong = statements.find(|statement| !is_web(statement.value.content));
            let shown = wrong.map(|statement| String::from_utf8_lossy(statement.value.content));
            Verdict::of(shown.map(|text| format!("{text:?} is no http or https URL")))
        })
    },
};

fn is_web(uri: &[u8]) -> bool {
    matches!(ask::scheme(uri).as_deref(), Some("http" | "https"))
}
