//! Labels with hyphens in the third and fourth place are those of IDNA.

use super::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.dnsname-contains-prohibited-reserved-label",
        title: "A label with hyphens as its third and fourth letter begins with xn--.",
        why: "Such labels are kept for meanings that are still to come, and may then stand for another name.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.7.12; RFC 5890 section 2.3.1",
        severity: Severity::Error,
        effective: Effective::from(2021, 10, 1),
        affects_path: false,
        alias: Some("zlint:e_dnsname_contains_prohibited_reserved_label"),
        hint: "ask for a name without such a label",
    },
    applies: ask::is_of_a_host,
    judge: |subject| {
        ask::none_is(subject.dns_names(), "has such a label", |name| name.split('.').any(is_reserved))
    },
};

fn is_reserved(label: &str) -> bool {
    let mut letters = label.chars();
    let [first, second, third, fourth] = [(); 4].map(|()| letters.next());
    let begins_with_xn = first.is_some_and(|it| it.eq_ignore_ascii_case(&'x'))
        && second.is_some_and(|it| it.eq_ignore_ascii_case(&'n'));
    [third, fourth] == [Some('-'); 2] && !begins_with_xn
}
