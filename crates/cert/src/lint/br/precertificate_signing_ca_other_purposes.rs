//! A CA that signs precertificates for another does nothing else.

use super::ask;
use crate::der::oid;
use crate::lint::{Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.precertificate-signing-ca-other-purposes",
        title: "A CA for signing precertificates has no other purpose.",
        why: "It speaks for its issuer towards logs; whatever else it could sign would be bound to nobody's rules.",
        source: Source::BaselineRequirementsOfOthers,
        citation: "Baseline Requirements section 7.1.2.4.2",
        severity: Severity::Error,
        effective: ask::SINCE_PROFILES.until(2026, 3, 15),
        affects_path: false,
        alias: None,
        hint: "issue it with that purpose alone",
    },
    applies: |subject| subject.is_ca() && ask::is_for_precertificates(subject),
    judge: |subject| {
        let purposes = subject.purposes().map(|purposes| purposes.purposes).unwrap_or_default();
        let other = purposes.iter().find(|purpose| *purpose != oid::PRECERTIFICATE_SIGNING);
        Verdict::of(other.map(|purpose| format!("it is for {} too", purpose.shown())))
    },
};
