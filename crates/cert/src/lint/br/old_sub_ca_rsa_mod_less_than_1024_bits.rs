//! CAs below others of before 2011 that end before 2014 have RSA keys of 1024 bits at least.

use super::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, midnight, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.old-sub-ca-rsa-mod-less-than-1024-bits",
        title: "The RSA key of a subordinate CA that begins before 2011 and ends before 2014 has at least 1024 bits.",
        why: "Such keys have long been broken, by whoever is rich enough or by anybody.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements 1.7.0 section 6.1.5",
        severity: Severity::Error,
        effective: Effective::ALWAYS,
        affects_path: false,
        alias: Some("zlint:e_old_sub_ca_rsa_mod_less_than_1024_bits"),
        hint: "make a new key of at least 2048 bits",
    },
    applies: |subject| {
        let is_old = ask::begins_before(subject, midnight((2011, 1, 1)))
            && ask::ends_before(subject, midnight((2014, 1, 1)));
        is_old && reading::is_rsa(subject) && subject.is_subordinate_ca()
    },
    judge: |subject| ask::rsa_has_at_least(subject, 1024),
};
