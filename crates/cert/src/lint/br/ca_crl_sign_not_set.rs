//! A CA's key may sign CRLs.

use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, reading};
use crate::x509::extension::KeyUsageBit;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.ca-crl-sign-not-set",
        title: "The keyUsage of a CA has cRLSign.",
        why: "A CRL that its key signs is not to be believed otherwise, so that nobody learns what it has revoked.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.10.7",
        severity: Severity::Error,
        effective: Effective::BASELINE_REQUIREMENTS,
        affects_path: false,
        alias: Some("zlint:e_ca_crl_sign_not_set"),
        hint: "issue the CA's certificate again with cRLSign in keyUsage",
    },
    applies: |subject| subject.is_ca() && subject.anatomy.extension(oid::KEY_USAGE).is_some(),
    judge: |subject| reading::must_set(subject, KeyUsageBit::CrlSign),
};
