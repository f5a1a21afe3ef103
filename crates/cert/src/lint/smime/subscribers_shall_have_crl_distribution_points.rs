//! A certificate for mail says where its CRL is.

use super::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "smime.subscribers-shall-have-crl-distribution-points",
        title: "A certificate for mail says where its CRL is.",
        why: "A mail is read years after it was written, and only the CRL then tells whether the key was stolen.",
        source: Source::Smime,
        citation: "S/MIME Baseline Requirements section 7.1.2.3 b",
        severity: Severity::Error,
        effective: Effective::from(2023, 9, 1),
        affects_path: false,
        alias: Some("zlint:e_subscribers_shall_have_crl_distribution_points"),
        hint: "have the CA issue it with cRLDistributionPoints",
    },
    applies: ask::is_subscriber,
    judge: |subject| match subject.crl_uris() {
        Ok(uris) => Verdict::holds(!uris.is_empty(), || "there is no URI of a CRL".to_owned()),
        Err(fault) => reading::unreadable("cRLDistributionPoints", fault),
    },
};
