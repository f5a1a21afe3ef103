//! RSA with SHA-2 has NULL as its parameters.

use crate::der::oid;
use crate::lint::crl::CrlLint;
use crate::lint::{Effective, Meta, Severity, Source, Verdict};

pub(super) const LINT: CrlLint = CrlLint {
    meta: Meta {
        id: "crl.sigalgo-missing-null-params",
        title: "RSA with SHA-2 has NULL as its parameters.",
        why: "Libraries that compare algorithms octet by octet do not know one without it, and refuse the CRL.",
        source: Source::Rfc,
        citation: "RFC 4055 section 5",
        severity: Severity::Error,
        effective: Effective::RFC_5280,
        affects_path: false,
        alias: Some("zlint:e_crl_sigalgo_missing_null_params"),
        hint: "write NULL after the object identifier of the signature algorithm",
    },
    applies: |_| true,
    judge: |crl| match crl.trailer.signature_algorithm {
        Ok(algorithm) => {
            let is_rsa = matches!(
                algorithm.oid,
                oid::RSA_SHA224 | oid::RSA_SHA256 | oid::RSA_SHA384 | oid::RSA_SHA512
            );
            Verdict::holds(!is_rsa || algorithm.has_null(), || {
                format!("{} without NULL", algorithm.oid.shown())
            })
        }
        Err(fault) => Verdict::Unknown(fault.to_string()),
    },
};
