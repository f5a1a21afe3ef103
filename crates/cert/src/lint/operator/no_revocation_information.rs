//! It says where its revocation is told, or is short-lived.

use super::ask;
use crate::Span;
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "operator.no-revocation-information",
        title: "It says where its revocation is told, or is short-lived.",
        why: "If the key is stolen nobody can learn that it is no longer good, until it ends.",
        source: Source::Operator,
        citation: "Baseline Requirements sections 7.1.2.11.2 and 1.6.1 (short-lived)",
        severity: Severity::Warning,
        effective: Effective::ALWAYS,
        affects_path: false,
        alias: None,
        hint: "have the CA issue it with the place of its CRL, or for seven days at most",
    },
    applies: ask::is_of_server,
    judge: |subject| {
        let (points, responders) = match (subject.crl_uris(), subject.access_uris(oid::AD_OCSP)) {
            (Ok(points), Ok(responders)) => (points, responders),
            (Err(fault), _) => return reading::unreadable("cRLDistributionPoints", fault),
            (_, Err(fault)) => return reading::unreadable("authorityInfoAccess", fault),
        };
        reading::validity(subject, |begins, ends| {
            let holds = !points.is_empty() || !responders.is_empty() || subject.is_short_lived();
            let lifetime = ends.since(begins) + Span::seconds(1);
            Verdict::holds(holds, || format!("neither CRL nor OCSP, for {lifetime}"))
        })
    },
};
