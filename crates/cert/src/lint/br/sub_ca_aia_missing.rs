//! A CA below another says where its issuer's answers are.

use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.sub-ca-aia-missing",
        title: "The certificate of a subordinate CA has authorityInfoAccess.",
        why: "Clients learned from it where to ask whether the CA has been revoked.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements 1.7.0 section 7.1.2.2",
        severity: Severity::Error,
        effective: Effective::BASELINE_REQUIREMENTS.until(2020, 8, 20),
        affects_path: false,
        alias: Some("zlint:e_sub_ca_aia_missing"),
        hint: "issue the CA's certificate again with authorityInfoAccess",
    },
    applies: |subject| subject.is_subordinate_ca(),
    judge: |subject| reading::must_be_there(subject, oid::AUTHORITY_INFO_ACCESS),
};
