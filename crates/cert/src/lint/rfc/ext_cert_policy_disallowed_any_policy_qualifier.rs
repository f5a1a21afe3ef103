//! anyPolicy has no qualifiers but a statement's URI and a user notice.

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};
use crate::x509::extension::CertificatePolicies;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.ext-cert-policy-disallowed-any-policy-qualifier",
        title: "anyPolicy has no qualifiers but a statement's URI and a user notice.",
        why: "Qualifiers of anyPolicy are given out for every policy; nobody would know what another one means.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.2.1.4",
        severity: Severity::Error,
        effective: Effective::RFC_3280,
        affects_path: false,
        alias: Some("zlint:e_ext_cert_policy_disallowed_any_policy_qualifier"),
        hint: "have it issued anew without the qualifier",
    },
    applies: |subject| {
        let policies = subject.readable::<CertificatePolicies<'_>>();
        policies.is_some_and(|policies| policies.has(oid::ANY_POLICY))
    },
    judge: |subject| {
        ask::value(subject, |policies: &CertificatePolicies<'_>| {
            let any = policies.policies.iter().filter(|policy| policy.policy == oid::ANY_POLICY);
            let odd = any.flat_map(|policy| policy.qualifiers()).find(|qualifier| {
                ![oid::CPS_QUALIFIER, oid::USER_NOTICE_QUALIFIER].contains(&qualifier.kind)
            });
            Verdict::of(
                odd.map(|qualifier| format!("anyPolicy with the qualifier {}", qualifier.kind.shown())),
            )
        })
    },
};
