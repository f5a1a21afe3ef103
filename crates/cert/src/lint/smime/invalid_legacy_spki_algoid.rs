//! The key is one of RSA, P-256, P-384, P-521, Ed25519 or Ed448, and says so in the one exact way.

use super::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "smime.invalid-legacy-spki-algoid",
        title: "The key is one of RSA, P-256, P-384, P-521, Ed25519 or Ed448, and says so in the one exact way.",
        why: "Mail programs know these keys, and compare the octets.",
        source: Source::Smime,
        citation: "S/MIME Baseline Requirements section 7.1.3.1 (V1.0.0)",
        severity: Severity::Error,
        effective: Effective::from(2023, 9, 1).until(2025, 8, 22),
        affects_path: false,
        alias: Some("zlint:e_invalid_legacy_spki_algoid"),
        hint: "make a key of RSA or on P-256 or P-384",
    },
    applies: |_| true,
    judge: |subject| Verdict::holds(ask::is_classical(subject), || ask::shown_algorithm(subject)),
};
