//! Policies are qualified by the address of a practice statement and by nothing else.

use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};
use crate::x509::extension::CertificatePolicies;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.policy-qualifiers-other-than-cps-not-permitted",
        title: "Policies are qualified by the address of a practice statement and by nothing else.",
        why: "User notices and other qualifiers make certificates larger, and no client shows them.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements sections 7.1.2.7.9 and 7.1.2.10.5",
        severity: Severity::Error,
        effective: Effective::from(2023, 9, 15),
        affects_path: false,
        alias: Some("zlint:e_policy_qualifiers_other_than_cps_not_permitted"),
        hint: "use a profile without user notices",
    },
    applies: |subject| subject.anatomy.extension(oid::CERTIFICATE_POLICIES).is_some(),
    judge: |subject| {
        reading::extension(subject, |policies: Option<CertificatePolicies<'_>>| {
            let other = policies
                .iter()
                .flat_map(CertificatePolicies::qualifiers)
                .find(|it| it.kind != oid::CPS_QUALIFIER);
            Verdict::of(other.map(|it| format!("a policy is qualified by {}", it.kind.shown())))
        })
    },
};
