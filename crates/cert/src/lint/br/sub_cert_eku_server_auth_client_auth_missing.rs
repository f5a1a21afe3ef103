//! The purposes of a certificate that begins before 15 September 2023 include serverAuth or clientAuth.

use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};
use crate::x509::extension::ExtendedKeyUsage;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.sub-cert-eku-server-auth-client-auth-missing",
        title: "The purposes of a certificate that begins before 15 September 2023 include serverAuth or clientAuth.",
        why: "A certificate for neither is not one for TLS, and clients refuse it.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements 1.8.7 section 7.1.2.3",
        severity: Severity::Error,
        effective: Effective::BASELINE_REQUIREMENTS.until(2023, 9, 15),
        affects_path: true,
        alias: Some("zlint:e_sub_cert_eku_server_auth_client_auth_missing"),
        hint: "order it anew with serverAuth",
    },
    applies: |subject| subject.purposes().is_some_and(|it| !it.purposes.is_empty()),
    judge: |subject| {
        reading::extension(subject, |purposes: Option<ExtendedKeyUsage<'_>>| {
            let tls = purposes.is_some_and(|it| it.has(oid::SERVER_AUTH) || it.has(oid::CLIENT_AUTH));
            Verdict::holds(tls, || "neither serverAuth nor clientAuth is listed".to_owned())
        })
    },
};
