//! A certificate for code says where its CRL is, by HTTP, not critical.

use super::ask;
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading, uri};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "code-signing.cs-crl-distribution-points",
        title: "A certificate for code says where its CRL is, by HTTP, not critical.",
        why: "A program is checked long after it was signed, and only the CRL then tells whether the key was stolen.",
        source: Source::CodeSigning,
        citation: "Baseline Requirements for Code Signing section 7.1.2.3 b",
        severity: Severity::Error,
        effective: Effective::from(2019, 8, 13),
        affects_path: false,
        alias: Some("zlint:e_cs_crl_distribution_points"),
        hint: "have the CA issue it with an http URI of its CRL",
    },
    applies: ask::is_below_root,
    judge: |subject| match (subject.anatomy.extension(oid::CRL_DISTRIBUTION_POINTS), subject.crl_uris()) {
        (None, _) => Verdict::Violated("cRLDistributionPoints is missing".to_owned()),
        (Some(points), _) if points.critical => {
            Verdict::Violated("cRLDistributionPoints is critical".to_owned())
        }
        (Some(_), Ok(uris)) => {
            let other = uris.into_iter().find(|uri| !uri::is_http(uri));
            Verdict::of(other.map(|uri| uri.escape_ascii().to_string()))
        }
        (Some(_), Err(fault)) => reading::unreadable("cRLDistributionPoints", fault),
    },
};
