//! A certificate that names a person claims that the person was validated.

use super::ask;
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};
use crate::x509::DistinguishedName;
use crate::x509::extension::CertificatePolicies;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.sub-cert-given-name-surname-contains-correct-policy",
        title: "A certificate that names a person claims that the person was validated.",
        why: "Otherwise nobody answers for who that is.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.7.3",
        severity: Severity::Error,
        effective: Effective::from(2016, 9, 7),
        affects_path: false,
        alias: Some("zlint:e_sub_cert_given_name_surname_contains_correct_policy"),
        hint: "order a certificate of individual validation, or leave the person out",
    },
    applies: |subject| {
        let name = subject.anatomy.subject.as_ref();
        let of_person = |name: &DistinguishedName<'_>| {
            ask::has_attribute(name, oid::GIVEN_NAME) || ask::has_attribute(name, oid::SURNAME)
        };
        subject.is_subscriber() && name.is_ok_and(of_person)
    },
    judge: |subject| {
        reading::extension(subject, |policies: Option<CertificatePolicies<'_>>| {
            let claims = policies.is_some_and(|policies| policies.has(oid::CABF_IV));
            Verdict::holds(claims, || {
                "a person is named without the policy of individual validation".to_owned()
            })
        })
    },
};
