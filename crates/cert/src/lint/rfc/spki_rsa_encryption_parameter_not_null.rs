//! The parameters of an RSA key are NULL.

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.spki-rsa-encryption-parameter-not-null",
        title: "The parameters of an RSA key are NULL.",
        why: "Key identifiers and pins are hashes over these octets: the same key gets another name, and strict clients refuse it.",
        source: Source::Rfc,
        citation: "RFC 4055 section 1.2; RFC 3279 section 2.3.1",
        severity: Severity::Error,
        effective: Effective::RFC_5280,
        affects_path: true,
        alias: Some("zlint:e_spki_rsa_encryption_parameter_not_null"),
        hint: "make the request anew with a program that writes NULL as the parameters",
    },
    applies: |subject| ask::has_key(subject, oid::RSA_ENCRYPTION),
    judge: |subject| {
        ask::field(&subject.anatomy.key, |key| {
            Verdict::holds(key.algorithm.has_null(), || {
                "rsaEncryption without NULL as its parameters".to_owned()
            })
        })
    },
};
