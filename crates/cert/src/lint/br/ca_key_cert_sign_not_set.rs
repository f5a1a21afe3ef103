//! A CA's key may sign certificates.

use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, reading};
use crate::x509::extension::KeyUsageBit;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.ca-key-cert-sign-not-set",
        title: "The keyUsage of a CA has keyCertSign.",
        why: "Clients refuse every certificate that such a key has signed.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.10.7",
        severity: Severity::Error,
        effective: Effective::BASELINE_REQUIREMENTS,
        affects_path: true,
        alias: Some("zlint:e_ca_key_cert_sign_not_set"),
        hint: "issue the CA's certificate again with keyCertSign in keyUsage",
    },
    applies: |subject| subject.is_ca() && subject.anatomy.extension(oid::KEY_USAGE).is_some(),
    judge: |subject| reading::must_set(subject, KeyUsageBit::KeyCertSign),
};
