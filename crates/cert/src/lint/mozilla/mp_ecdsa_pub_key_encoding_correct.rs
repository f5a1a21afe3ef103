//! An ECDSA key says in one of three exact ways on which curve it is.

use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};
use crate::x509::SubjectPublicKeyInfo;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "mozilla.mp-ecdsa-pub-key-encoding-correct",
        title: "An ECDSA key says in one of three exact ways on which curve it is.",
        why: "Only P-256, P-384 and P-521 are allowed, by their names: curves that are spelt out have been used to \
              deceive clients (CVE-2020-0601).",
        source: Source::Mozilla,
        citation: "Mozilla Root Store Policy section 5.1.2",
        severity: Severity::Error,
        effective: Effective::from(2025, 3, 15),
        affects_path: true,
        alias: Some("zlint:e_mp_ecdsa_pub_key_encoding_correct"),
        hint: "make a key on P-256 or P-384",
    },
    applies: |subject| subject.anatomy.key.as_ref().is_ok_and(|key| key.algorithm.oid == oid::EC_PUBLIC_KEY),
    judge: |subject| match subject.anatomy.key.as_ref().map(SubjectPublicKeyInfo::curve) {
        Ok(Some(Ok(curve))) => {
            let allowed = [oid::P256, oid::P384, oid::P521];
            Verdict::holds(allowed.contains(&curve), || format!("it is on {}", curve.shown()))
        }
        Ok(Some(Err(fault))) => Verdict::Violated(fault.to_string()),
        Ok(None) => Verdict::Pass,
        Err(fault) => reading::unreadable("the key", *fault),
    },
};
