//! A precertificate has no SCT list.

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.precert-with-sct-list",
        title: "A precertificate has no SCT list.",
        why: "SCTs are what a log gives for the precertificate: nothing can be promised before.",
        source: Source::Rfc,
        citation: "RFC 6962 sections 3.1 and 3.3",
        severity: Severity::Error,
        effective: Effective::RFC_6962,
        affects_path: false,
        alias: Some("zlint:e_precert_with_sct_list"),
        hint: "tell the CA; what counts for clients is the certificate that follows",
    },
    applies: |subject| ask::has(subject, oid::PRECERTIFICATE_POISON),
    judge: |subject| {
        Verdict::holds(!ask::has(subject, oid::SCT_LIST), || "a precertificate with an SCT list".to_owned())
    },
};
