//! No policy is mapped to anyPolicy or from it.

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};
use crate::x509::extension::PolicyMappings;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.ext-policy-map-any-policy",
        title: "No policy is mapped to anyPolicy or from it.",
        why: "One such mapping would make every policy below as good as the best.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.2.1.5",
        severity: Severity::Error,
        effective: Effective::RFC_3280,
        affects_path: true,
        alias: Some("zlint:e_ext_policy_map_any_policy"),
        hint: "have the CA's certificate issued anew with mappings of single policies",
    },
    applies: |subject| ask::has(subject, oid::POLICY_MAPPINGS),
    judge: |subject| {
        ask::value(subject, |mappings: &PolicyMappings<'_>| {
            let odd = mappings.pairs.iter().find(|(from, to)| [*from, *to].contains(&oid::ANY_POLICY));
            Verdict::of(odd.map(|(from, to)| format!("{} is mapped to {}", from.shown(), to.shown())))
        })
    },
};
