//! The parameters of an RSA signature algorithm are NULL.

use crate::der::{Oid, oid};
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.tbs-signature-rsa-encryption-parameter-not-null",
        title: "The parameters of an RSA signature algorithm are NULL.",
        why: "Clients that compare the whole identifier, as they should, do not know it in another form.",
        source: Source::Rfc,
        citation: "RFC 4055 section 5; RFC 3279 section 2.2.1",
        severity: Severity::Error,
        effective: Effective::RFC_5280,
        affects_path: true,
        alias: Some("zlint:e_tbs_signature_rsa_encryption_parameter_not_null"),
        hint: "have it issued anew by a CA that writes NULL as the parameters",
    },
    applies: |subject| {
        subject.anatomy.tbs_signature.as_ref().is_ok_and(|algorithm| WITH_NULL.contains(&algorithm.oid))
    },
    judge: |subject| {
        ask::field(&subject.anatomy.tbs_signature, |algorithm| {
            Verdict::holds(algorithm.has_null(), || {
                format!("{} without NULL as its parameters", algorithm.oid.shown())
            })
        })
    },
};

/// The algorithms of which this is asked; RSASSA-PSS has parameters of its own.
const WITH_NULL: [Oid<'static>; 8] = [
    oid::RSA_ENCRYPTION,
    oid::RSA_MD2,
    oid::RSA_MD5,
    oid::RSA_SHA1,
    oid::RSA_SHA224,
    oid::RSA_SHA256,
    oid::RSA_SHA384,
    oid::RSA_SHA512,
];
