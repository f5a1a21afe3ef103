//! A subordinate CA that lists purposes lists those of TLS.

use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};
use crate::x509::extension::ExtendedKeyUsage;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.sub-ca-eku-not-technically-constrained",
        title: "A subordinate CA that lists purposes lists those of TLS.",
        why: "Otherwise it is not a CA for servers, and what it issues for them is refused.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.10.6",
        severity: Severity::Notice,
        effective: Effective::from(2013, 7, 29),
        affects_path: false,
        alias: Some("zlint:n_sub_ca_eku_not_technically_constrained"),
        hint: "use a CA whose extKeyUsage has serverAuth",
    },
    applies: |subject| {
        subject.is_subordinate_ca() && subject.anatomy.extension(oid::EXTENDED_KEY_USAGE).is_some()
    },
    judge: |subject| {
        reading::extension(subject, |purposes: Option<ExtendedKeyUsage<'_>>| {
            let tls = purposes.is_some_and(|it| it.has(oid::SERVER_AUTH) || it.has(oid::CLIENT_AUTH));
            Verdict::holds(tls, || "neither serverAuth nor clientAuth is listed".to_owned())
        })
    },
};
