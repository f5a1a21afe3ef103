//! A policy that is mapped should be asserted.

use std::collections::BTreeSet;

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};
use crate::x509::extension::{CertificatePolicies, PolicyMappings};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.ext-policy-map-not-in-cert-policy",
        title: "A policy that is mapped should be asserted.",
        why: "The mapping of a policy that the CA itself does not have leads nowhere.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.2.1.5",
        severity: Severity::Warning,
        effective: Effective::RFC_3280,
        affects_path: false,
        alias: Some("zlint:w_ext_policy_map_not_in_cert_policy"),
        hint: "have the CA's certificate issued anew with every mapped policy in certificatePolicies",
    },
    applies: |subject| ask::has(subject, oid::POLICY_MAPPINGS),
    judge: |subject| {
        let mut asserted = BTreeSet::new();
        match subject.anatomy.value::<CertificatePolicies<'_>>() {
            Some(Ok(policies)) => asserted.extend(policies.oids()),
            Some(Err(fault)) => return reading::unreadable("certificatePolicies", fault),
            None => {}
        }
        ask::value(subject, |mappings: &PolicyMappings<'_>| {
            let odd = mappings.pairs.iter().find(|(from, _)| !asserted.contains(from));
            Verdict::of(odd.map(|(from, _)| format!("{} is mapped and not asserted", from.shown())))
        })
    },
};
