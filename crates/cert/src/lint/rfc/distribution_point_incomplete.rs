//! A distribution point has a name or an issuer.

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};
use crate::x509::extension::CrlDistributionPoints;

pub(super) const LINT: Lint =
    Lint {
        meta: Meta {
            id: "rfc.distribution-point-incomplete",
            title: "A distribution point has a name or an issuer.",
            why: "Reasons alone lead to no CRL.",
            source: Source::Rfc,
            citation: "RFC 5280 section 4.2.1.13",
            severity: Severity::Error,
            effective: Effective::RFC_3280,
            affects_path: true,
            alias: Some("zlint:e_distribution_point_incomplete"),
            hint: "have it issued anew with the URI of the CRL",
        },
        applies: |subject| ask::has(subject, oid::CRL_DISTRIBUTION_POINTS),
        judge: |subject| {
            ask::value(subject, |points: &CrlDistributionPoints<'_>| {
                let bare = points.0.iter().find(|point| point.name.is_none() && point.crl_issuer.is_none());
                Verdict::of(bare.map(|point| {
                    format!("byte {}: a distribution point with neither name nor issuer", point.at)
                }))
            })
        },
    };
