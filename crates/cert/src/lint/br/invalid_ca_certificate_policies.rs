//! A CA below another names anyPolicy alone, or a reserved policy.

use super::ask;
use crate::der::oid;
use crate::lint::{Lint, Meta, Severity, Source, Verdict, reading};
use crate::x509::extension::CertificatePolicies;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.invalid-ca-certificate-policies",
        title: "A subordinate CA names anyPolicy alone, or at least one reserved policy.",
        why: "Otherwise nothing below it can be valid under a policy of the baseline requirements.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.10.5",
        severity: Severity::Error,
        effective: ask::SINCE_PROFILES,
        affects_path: false,
        alias: Some("zlint:e_invalid_ca_certificate_policies"),
        hint: "issue the CA's certificate again with anyPolicy alone, or with the reserved policy that it validates by",
    },
    applies: |subject| subject.is_subordinate_ca(),
    judge: |subject| {
        reading::extension(subject, |policies: Option<CertificatePolicies<'_>>| match policies {
            None => Verdict::Violated("there is no certificatePolicies".to_owned()),
            Some(policies) if policies.has(oid::ANY_POLICY) => {
                Verdict::holds(policies.policies.len() == 1, || "anyPolicy is not alone".to_owned())
            }
            Some(_) => {
                let is_bound = ask::reserved_policies(subject) > 0;
                Verdict::holds(is_bound, || "there is no reserved policy".to_owned())
            }
        })
    },
};
