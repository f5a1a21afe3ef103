//! A user notice should not refer to a numbered text.

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};
use crate::x509::extension::CertificatePolicies;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.ext-cert-policy-contains-noticeref",
        title: "A user notice should not refer to a numbered text.",
        why: "Clients would have to have the texts of every organization; none has.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.2.1.4",
        severity: Severity::Warning,
        effective: Effective::RFC_5280,
        affects_path: false,
        alias: Some("zlint:w_ext_cert_policy_contains_noticeref"),
        hint: "ask for a profile that has the text itself, or a URI",
    },
    applies: |subject| ask::has(subject, oid::CERTIFICATE_POLICIES),
    judge: |subject| {
        ask::value(subject, |policies: &CertificatePolicies<'_>| {
            let mut notices = policies.qualifiers().filter_map(|qualifier| qualifier.user_notice()?.ok());
            Verdict::holds(notices.all(|notice| notice.reference.is_none()), || {
                "a user notice has noticeRef".to_owned()
            })
        })
    },
};
