//! authorityInfoAccess of a responder offers nothing but OCSP.

use super::ask;
use crate::der::oid;
use crate::lint::{Lint, Meta, Severity, Source, Verdict, reading};
use crate::x509::extension::AuthorityInfoAccess;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.ocsp-cert-aia-other-method",
        title: "What the certificate of an OCSP responder offers for its issuer is OCSP alone.",
        why: "The profile knows nothing else there, caIssuers among it: whoever asks has the issuer's certificate.",
        source: Source::BaselineRequirementsOfOthers,
        citation: "Baseline Requirements section 7.1.2.8.3",
        severity: Severity::Error,
        effective: ask::SINCE_PROFILES,
        affects_path: false,
        alias: None,
        hint: "issue the responder's certificate again without authorityInfoAccess",
    },
    applies: ask::is_of_a_responder,
    judge: |subject| {
        reading::extension(subject, |access: Option<AuthorityInfoAccess<'_>>| {
            let mut methods = access.iter().flat_map(|access| &access.0).map(|access| access.method);
            Verdict::of(
                methods
                    .find(|method| *method != oid::AD_OCSP)
                    .map(|method| format!("it offers {}", method.shown())),
            )
        })
    },
};
