//! Distribution points of CRLs have neither an issuer nor reasons.

use super::ask;
use crate::lint::{Lint, Meta, Severity, Source, Verdict};
use crate::x509::extension::{CrlDistributionPoints, DistributionPoint};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.crlissuer-must-not-be-present-in-cdp",
        title: "No distribution point of CRLs has cRLIssuer or reasons.",
        why: "Clients skip CRLs of another issuer, and those that do not tell every reason.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.11.2",
        severity: Severity::Error,
        effective: ask::SINCE_PROFILES,
        affects_path: false,
        alias: Some("zlint:e_crlissuer_must_not_be_present_in_cdp"),
        hint: "ask the CA for a certificate whose CRLs are whole and its own",
    },
    applies: |subject| !ask::crl_uris(subject).is_empty(),
    judge: |subject| {
        let points = subject.readable::<CrlDistributionPoints<'_>>();
        let odd = points.iter().flat_map(|points| &points.0).find_map(|point| oddity(&point));
        Verdict::of(odd.map(|what| format!("a distribution point has {what}")))
    },
};

fn oddity(point: &DistributionPoint<'_>) -> Option<&'static str> {
    match point {
        _ if point.crl_issuer.as_ref().is_some_and(|names| !names.0.is_empty()) => Some("cRLIssuer"),
        _ if point.reasons.is_some_and(|reasons| !reasons.is_empty()) => Some("reasons"),
        _ => None,
    }
}
