//! A CA's key may sign OCSP answers where it does so itself.

use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, reading};
use crate::x509::extension::KeyUsageBit;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.ca-digital-signature-not-set",
        title: "The keyUsage of a CA that signs OCSP answers itself has digitalSignature.",
        why: "Without it the CA must delegate OCSP to a responder with a certificate of its own.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.10.7",
        severity: Severity::Notice,
        effective: Effective::BASELINE_REQUIREMENTS,
        affects_path: false,
        alias: Some("zlint:n_ca_digital_signature_not_set"),
        hint: "give OCSP to a responder with its own certificate, or set digitalSignature",
    },
    applies: |subject| subject.is_ca() && subject.anatomy.extension(oid::KEY_USAGE).is_some(),
    judge: |subject| reading::must_set(subject, KeyUsageBit::DigitalSignature),
};
