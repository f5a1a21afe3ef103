//! A CA below another for TLS servers is for nothing that must be kept apart from them.

use crate::der::{Oid, oid};
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.ca-invalid-eku",
        title: "A CA for TLS servers is not for mail, code, time stamps or OCSP answers too.",
        why: "A mistake in one of these must not be able to yield certificates for the others.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements sections 7.1.2.10.6, 7.1.2.2.4 and 7.1.2.2.5",
        severity: Severity::Error,
        effective: Effective::from(2020, 8, 20),
        affects_path: false,
        alias: Some("zlint:e_ca_invalid_eku"),
        hint: "issue a CA of its own for each purpose",
    },
    applies: |subject| {
        subject.is_subordinate_ca()
            && subject.purposes().is_some_and(|purposes| !purposes.purposes.is_empty())
    },
    judge: |subject| {
        let purposes = subject.purposes().map(|purposes| purposes.purposes).unwrap_or_default();
        if purposes.contains(&oid::ANY_EXTENDED_KEY_USAGE) && purposes.len() > 1 {
            return Verdict::Violated("anyExtendedKeyUsage is not the only purpose".to_owned());
        }
        let apart = purposes.iter().find(|purpose| APART.contains(purpose));
        Verdict::of(apart.map(|purpose| format!("it is for {} too", purpose.shown())))
    },
};

const APART: [Oid<'static>; 4] =
    [oid::EMAIL_PROTECTION, oid::CODE_SIGNING, oid::TIME_STAMPING, oid::OCSP_SIGNING];
