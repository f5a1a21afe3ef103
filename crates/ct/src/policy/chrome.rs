//! Chrome.

use std::collections::BTreeSet;

use notafter_cert::{Span, Time};

use super::evidence::logs;
use super::{Evidence, Policy, Promise, Way, lack};
use crate::Source;

pub(super) const POLICY: Policy = Policy {
    id: "chrome",
    name: "Chrome",
    rule: "In the certificate: SCTs of 2 distinct logs, of 3 where it is valid for more than 180 days, by at least 2 operators; \
           one log must be qualified, usable or read-only now, the others may have been retired after they promised. Or over \
           TLS: SCTs of 2 logs that are qualified, usable or read-only now, by 2 operators. SCTs in OCSP answers have not \
           counted since Chrome 148.",
    source: "https://googlechrome.github.io/CertificateTransparency/ct_policy.html, \"CT Compliant Certificates\"",
    // 2022-04-15.
    since: Some(Time::from_unix_seconds(1_649_980_800)),
    ways: |evidence| {
        vec![embedded(evidence, operator), beside(evidence, &[Source::Tls], "SCTs over TLS", operator)]
    },
};

/// A log may change hands: its operator is the one at the instant of the promise.
fn operator<'a>(promise: &Promise<'a>) -> &'a str {
    promise.log.operator_at(promise.time)
}

/// Who runs a log, by a promise of it.
pub(super) type Operator = for<'a> fn(&Promise<'a>) -> &'a str;

/// What is missing in the certificate.
pub(super) fn embedded(evidence: &Evidence<'_>, operator: Operator) -> Way {
    let issued = evidence.issued();
    // As its code has it: the promise, and the certificate, must be older than the retirement. Without a log that is
    // admissible nothing tells the certificate's age, and that is what is lacking.
    let counted = evidence
        .embedded(|promise, retired| promise.time < retired && issued.is_none_or(|issued| issued < retired));
    let admissible = counted.iter().filter(|promise| promise.is_admissible(evidence.at)).count();
    // As its code has it: without the last second that RFC 5280 counts.
    let needed = if evidence.lifetime() > Span::days(180) { 3 } else { 2 };
    let lacks = [
        lack("SCTs of distinct logs in the certificate", logs(&counted), needed),
        lack("SCTs in the certificate of logs that are qualified, usable or read-only now", admissible, 1)
            .filter(|_| !counted.is_empty()),
        operators_lack(&counted, operator),
    ];
    Way { is_tried: evidence.has(&[Source::Certificate]), lacks: lacks.into_iter().flatten().collect() }
}

/// What is missing of the promises that came beside the certificate, from these sources.
pub(super) fn beside(evidence: &Evidence<'_>, sources: &[Source], what: &str, operator: Operator) -> Way {
    let counted = evidence.admissible(sources);
    let what = format!("{what} of logs that are qualified, usable or read-only now");
    let lacks = [lack(what, logs(&counted), 2), operators_lack(&counted, operator)];
    Way { is_tried: evidence.has(sources), lacks: lacks.into_iter().flatten().collect() }
}

/// Nothing is said of operators where there are not even two logs.
fn operators_lack(promises: &[Promise<'_>], operator: Operator) -> Option<String> {
    let operators: BTreeSet<&str> = promises.iter().map(operator).collect();
    let only = operators.first().filter(|_| operators.len() == 1 && logs(promises) > 1)?;
    lack(format!("operators of their logs, which is {only} alone"), 1, 2)
}
