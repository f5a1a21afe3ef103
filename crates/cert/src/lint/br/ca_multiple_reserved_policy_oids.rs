//! A CA that is bound to policies is bound to one reserved policy.

use super::ask;
use crate::der::oid;
use crate::lint::{Lint, Meta, Severity, Source, Subject, Verdict, midnight, reading};
use crate::x509::extension::{BasicConstraints, CertificatePolicies};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.ca-multiple-reserved-policy-oids",
        title: "A subordinate CA that is bound to policies names one reserved policy. A cross-certified one may name \
                several since 2024-11-14, unless it issues to subscribers itself.",
        why: "What it may validate, and how, follows from that one: with two of them clients cannot tell.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements sections 7.1.2.2.6 and 7.1.2.10.5",
        severity: Severity::Error,
        effective: ask::SINCE_PROFILES,
        affects_path: false,
        alias: Some("zlint:e_ca_multiple_reserved_policy_oids"),
        hint: "issue the CA's certificate again with the one reserved policy that it validates by",
    },
    applies: |subject| subject.is_subordinate_ca() && !ask::has_policy(subject, oid::ANY_POLICY),
    judge: |subject| {
        reading::extension(subject, |policies: Option<CertificatePolicies<'_>>| {
            let listed = policies.iter().flat_map(CertificatePolicies::oids);
            let count = listed.filter(|policy| ask::RESERVED_POLICIES.contains(policy)).count();
            match count {
                0 | 1 => Verdict::Pass,
                _ if may_be_cross_certified(subject) => Verdict::Unknown(format!(
                    "there are {count} of them: whether it is cross-certified, and issues to CAs alone, is not written in it"
                )),
                _ => Verdict::Violated(format!("there are {count} of them")),
            }
        })
    },
};

/// Whether it may be one that ballot SC-079 allows several: of a day since, and with room for a CA below it.
fn may_be_cross_certified(subject: &Subject<'_>) -> bool {
    let basic = subject.readable::<BasicConstraints<'_>>();
    let issues_to_subscribers = basic.is_some_and(|basic| basic.allowed_below() == Some(0));
    !ask::begins_before(subject, midnight((2024, 11, 14))) && !issues_to_subscribers
}
