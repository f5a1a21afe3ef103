//! The certificate of a subscriber has authorityInfoAccess.

use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.sub-cert-aia-missing",
        title: "The certificate of a subscriber has authorityInfoAccess.",
        why: "It tells where the issuer's certificate and OCSP are found.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.7.6",
        severity: Severity::Error,
        effective: Effective::BASELINE_REQUIREMENTS,
        affects_path: false,
        alias: Some("zlint:e_sub_cert_aia_missing"),
        hint: "order it anew from a profile with authorityInfoAccess",
    },
    applies: |subject| !subject.is_ca(),
    judge: |subject| reading::must_be_there(subject, oid::AUTHORITY_INFO_ACCESS),
};
