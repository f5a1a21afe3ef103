//! Server certificates that end before 2014 have RSA keys of 1024 bits at least.

use super::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, midnight, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.old-sub-cert-rsa-mod-less-than-1024-bits",
        title: "The RSA key of a server certificate that ends before 2014 has at least 1024 bits.",
        why: "Such keys have long been broken, by whoever is rich enough or by anybody.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements 1.7.0 section 6.1.5",
        severity: Severity::Error,
        effective: Effective::ALWAYS,
        affects_path: false,
        alias: Some("zlint:e_old_sub_cert_rsa_mod_less_than_1024_bits"),
        hint: "make a new key of at least 2048 bits",
    },
    applies: |subject| {
        reading::is_rsa(subject) && !subject.is_ca() && ask::ends_before(subject, midnight((2014, 1, 1)))
    },
    judge: |subject| ask::rsa_has_at_least(subject, 1024),
};
