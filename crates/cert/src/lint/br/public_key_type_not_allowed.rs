//! The key is of a kind that certificates of servers may have.

use crate::der::{Oid, oid};
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.public-key-type-not-allowed",
        title: "The key is of a kind that certificates of servers may have.",
        why: "A key of a kind that clients do not know ends every handshake.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 6.1.5",
        severity: Severity::Error,
        effective: Effective::BASELINE_REQUIREMENTS,
        affects_path: true,
        alias: Some("zlint:e_public_key_type_not_allowed"),
        hint: "make an ECDSA or RSA key and order a new certificate",
    },
    applies: |_| true,
    judge: |subject| match &subject.anatomy.key {
        Ok(key) => Verdict::holds(KNOWN.contains(&key.algorithm.oid), || {
            format!("the key is one of {}", key.algorithm.oid.shown())
        }),
        Err(fault) => reading::unreadable("the key", *fault),
    },
};

/// The kinds of keys that have a name in the field at all; DSA, the lengths and the curves have lints of their own.
const KNOWN: &[Oid<'static>] =
    &[oid::RSA_ENCRYPTION, oid::EC_PUBLIC_KEY, oid::DSA, oid::ED25519, oid::X25519];
