//! Apple: Safari, and every connection of an app on its platforms.

use std::collections::{BTreeMap, BTreeSet};

use notafter_cert::{Span, Time};

use super::evidence::logs;
use super::{Evidence, Policy, Promise, Way, lack};
use crate::{LogId, Source};

pub(super) const POLICY: Policy = Policy {
    id: "apple",
    name: "Apple",
    rule: "In the certificate: SCTs of 2 distinct logs, of 3 where it is valid for more than 180 days, of which one operator \
           counts at most once, or twice where 3 are needed; one log must be approved now, the others may have been once. Or \
           SCTs of 2 logs that are approved now, at least one of them over TLS or in an OCSP answer. Either way one SCT must \
           be of a log as RFC 6962 has it. Apple has a list of its own, which names other logs as approved now and then.",
    source: "https://support.apple.com/103214, \"Policy requirements\"",
    // 2021-04-21.
    since: Some(Time::from_unix_seconds(1_618_963_200)),
    ways: |evidence| vec![embedded(evidence), beside(evidence)],
};

const BESIDE: [Source; 2] = [Source::Tls, Source::Ocsp];
const ANYWHERE: [Source; 3] = [Source::Certificate, Source::Tls, Source::Ocsp];

fn embedded(evidence: &Evidence<'_>) -> Way {
    // A day is 86,400 seconds, and what is longer is another day; both ends count (footnote 2 of the policy). The table ends
    // at 398 days, beyond which Apple trusts nothing.
    let is_long = evidence.lifetime() + Span::seconds(1) > Span::days(180);
    let (needed, most) = if is_long { (3, 2) } else { (2, 1) };
    let counted = evidence.embedded(|promise, retired| promise.time < retired);
    let approved = counted.iter().filter(|promise| promise.is_admissible(evidence.at)).count();
    let each = if most == 1 { "one" } else { "two" };
    let what = format!("SCTs of distinct logs in the certificate, {each} per operator");
    let lacks = [
        lack(what, counted_per_operator(&counted, most), needed),
        lack("SCTs in the certificate of logs that are approved now", approved, 1)
            .filter(|_| !counted.is_empty()),
        classic_lack(&counted),
    ];
    Way { is_tried: evidence.has(&[Source::Certificate]), lacks: lacks.into_iter().flatten().collect() }
}

fn beside(evidence: &Evidence<'_>) -> Way {
    let (approved, delivered) = (evidence.admissible(&ANYWHERE), evidence.admissible(&BESIDE));
    let lacks = [
        lack("SCTs of distinct logs that are approved now, from anywhere", logs(&approved), 2),
        lack("SCTs over TLS or OCSP of logs that are approved now", delivered.len(), 1),
        classic_lack(&approved),
    ];
    Way { is_tried: evidence.has(&BESIDE), lacks: lacks.into_iter().flatten().collect() }
}

/// How many logs count where of one operator only some do.
fn counted_per_operator(promises: &[Promise<'_>], most: usize) -> usize {
    let mut logs: BTreeMap<&str, BTreeSet<LogId>> = BTreeMap::new();
    for promise in promises {
        logs.entry(promise.log.operator_at(promise.time)).or_default().insert(promise.log.id);
    }
    logs.values().map(|logs| logs.len().min(most)).sum()
}

/// Nothing is said of the kind of logs where there is none.
fn classic_lack(promises: &[Promise<'_>]) -> Option<String> {
    let classic = promises.iter().filter(|promise| promise.log.is_rfc6962()).count();
    lack("SCTs of a log as RFC 6962 has it", classic, 1).filter(|_| !promises.is_empty())
}
