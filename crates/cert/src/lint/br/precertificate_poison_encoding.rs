//! The poison of a precertificate is critical, and NULL.

use super::ask;
use crate::der::oid;
use crate::lint::{Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.precertificate-poison-encoding",
        title: "The poison of a precertificate is critical and holds NULL.",
        why: "A client that need not know it takes the precertificate for a certificate.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.9.3",
        severity: Severity::Error,
        effective: ask::SINCE_PROFILES,
        affects_path: false,
        alias: None,
        hint: "sign the precertificate with the octets 05 00 in a critical extension",
    },
    applies: |subject| subject.anatomy.extension(oid::PRECERTIFICATE_POISON).is_some(),
    judge: |subject| ask::must_be_null(subject, oid::PRECERTIFICATE_POISON, true),
};
