//! Roots of before 2011 have RSA keys of 2048 bits at least.

use super::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, midnight, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.old-root-ca-rsa-mod-less-than-2048-bits",
        title: "The RSA key of a root that begins before 2011 has at least 2048 bits.",
        why: "Such keys have long been broken, by whoever is rich enough or by anybody.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements 1.7.0 section 6.1.5",
        severity: Severity::Error,
        effective: Effective::ALWAYS,
        affects_path: false,
        alias: Some("zlint:e_old_root_ca_rsa_mod_less_than_2048_bits"),
        hint: "make a new key of at least 2048 bits",
    },
    applies: |subject| {
        reading::is_rsa(subject) && subject.is_root() && ask::begins_before(subject, midnight((2011, 1, 1)))
    },
    judge: |subject| ask::rsa_has_at_least(subject, 2048),
};
