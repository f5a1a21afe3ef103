//! A subordinate CA has authorityInfoAccess.

use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.sub-ca-aia-missing-warning",
        title: "A subordinate CA has authorityInfoAccess.",
        why: "A client that was not sent the whole path finds the issuer there.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.6.1",
        severity: Severity::Warning,
        effective: Effective::from(2020, 8, 20),
        affects_path: false,
        alias: Some("zlint:w_sub_ca_aia_missing"),
        hint: "issue the CA anew with authorityInfoAccess",
    },
    applies: |subject| subject.is_subordinate_ca(),
    judge: |subject| reading::must_be_there(subject, oid::AUTHORITY_INFO_ACCESS),
};
