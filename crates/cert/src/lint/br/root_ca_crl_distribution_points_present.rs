//! A root says nothing of where it would be revoked.

use super::ask;
use crate::der::oid;
use crate::lint::{Lint, Meta, Severity, Source, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.root-ca-crl-distribution-points-present",
        title: "A root has no distribution points of CRLs.",
        why: "A root cannot revoke itself: clients drop one by taking it out of their stores, and never ask for a CRL.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.11.2",
        severity: Severity::Warning,
        effective: ask::SINCE_PROFILES,
        affects_path: false,
        alias: None,
        hint: "leave cRLDistributionPoints out of roots",
    },
    applies: |subject| subject.is_root(),
    judge: |subject| reading::must_not_be_there(subject, oid::CRL_DISTRIBUTION_POINTS),
};
