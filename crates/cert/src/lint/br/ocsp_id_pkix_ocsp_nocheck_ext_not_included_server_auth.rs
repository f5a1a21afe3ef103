//! A responder's certificate is not to be checked by OCSP.

use super::ask;
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.ocsp-id-pkix-ocsp-nocheck-ext-not-included-server-auth",
        title: "The certificate of an OCSP responder has the extension OCSP no check.",
        why: "A client that asked whether the responder is revoked would have to ask that responder.",
        source: Source::BaselineRequirementsOfOthers,
        citation: "Baseline Requirements sections 4.9.9 and 7.1.2.8.6; RFC 6960 section 4.2.2.2.1",
        severity: Severity::Error,
        effective: Effective::BASELINE_REQUIREMENTS,
        affects_path: false,
        alias: Some("zlint:e_ocsp_id_pkix_ocsp_nocheck_ext_not_included_server_auth"),
        hint: "issue the responder's certificate again with it",
    },
    applies: ask::is_of_a_responder,
    judge: |subject| {
        let no_check = subject.anatomy.extension(oid::OCSP_NO_CHECK);
        Verdict::holds(no_check.is_some(), || "there is no OCSP no check".to_owned())
    },
};
