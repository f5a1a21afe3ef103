//! A distribution point of CRLs is a full name of URIs.

use super::ask;
use crate::lint::{Lint, Meta, Severity, Source, Verdict, reading};
use crate::x509::GeneralName;
use crate::x509::extension::{CrlDistributionPoints, DistributionPoint};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.crl-distribution-point-not-full-name",
        title: "Each distribution point of CRLs has a full name, and that has URIs alone.",
        why: "Clients fetch what has an address; a name within a directory, or none, leads them nowhere.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.11.2",
        severity: Severity::Error,
        effective: ask::SINCE_PROFILES,
        affects_path: false,
        alias: None,
        hint: "ask the CA for a certificate with http addresses of CRLs alone",
    },
    applies: |_| true,
    judge: |subject| {
        reading::extension(subject, |points: Option<CrlDistributionPoints<'_>>| {
            Verdict::of(points.iter().flat_map(|points| &points.0).find_map(|point| oddity(&point)))
        })
    },
};

fn oddity(point: &DistributionPoint<'_>) -> Option<String> {
    let Some(names) = point.full_name() else { return Some("a point has no full name".to_owned()) };
    let other = names.iter().find(|name| !matches!(name, GeneralName::Uri(_)));
    other.map(|name| format!("a point is at the {} {name}", name.form()))
}
