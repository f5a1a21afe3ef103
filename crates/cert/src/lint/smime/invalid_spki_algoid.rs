//! The key is one of RSA, P-256, P-384, P-521, Ed25519, Ed448, ML-DSA or ML-KEM, and says so in the one exact way.

use super::ask;
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Subject, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "smime.invalid-spki-algoid",
        title: "The key is one of RSA, P-256, P-384, P-521, Ed25519, Ed448, ML-DSA or ML-KEM, and says so in the one \
                exact way.",
        why: "Mail programs know these keys, and compare the octets.",
        source: Source::Smime,
        citation: "S/MIME Baseline Requirements section 7.1.3.1",
        severity: Severity::Error,
        effective: Effective::from(2025, 8, 22),
        affects_path: false,
        alias: Some("zlint:e_invalid_spki_algoid"),
        hint: "make a key of RSA or on P-256 or P-384",
    },
    applies: |_| true,
    judge: |subject| {
        Verdict::holds(ask::is_classical(subject) || is_of_lattice(subject), || ask::shown_algorithm(subject))
    },
};

/// ML-DSA and ML-KEM, which have no parameters.
fn is_of_lattice(subject: &Subject<'_>) -> bool {
    let known =
        [oid::ML_DSA_44, oid::ML_DSA_65, oid::ML_DSA_87, oid::ML_KEM_512, oid::ML_KEM_768, oid::ML_KEM_1024];
    let key = subject.anatomy.key.as_ref();
    key.is_ok_and(|key| known.contains(&key.algorithm.oid) && key.algorithm.parameters.is_none())
}
