//! Names of hosts are letters, digits, hyphens, underscores and stars.

use super::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.dnsname-bad-character-in-label",
        title: "The labels of a host's name are of letters, digits, hyphens, underscores and stars.",
        why: "Such a name does not exist in DNS: nobody can have validated it, and no client can look it up.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements sections 7.1.2.7.12 and 7.1.4.3",
        severity: Severity::Error,
        effective: Effective::BASELINE_REQUIREMENTS,
        affects_path: false,
        alias: Some("zlint:e_dnsname_bad_character_in_label"),
        hint: "ask for a name as it is written in DNS, and leave other names out of commonName",
    },
    applies: ask::is_of_a_host,
    judge: |subject| ask::none_is(ask::hosts(subject), "has another letter", |name| !is_proper(name)),
};

/// A wildcard may stand in front, and question marks for labels that a log must not see; the last dot may end the name.
fn is_proper(name: &str) -> bool {
    let mut rest = name.strip_prefix("*.").unwrap_or(name);
    while let Some(hidden) = rest.strip_prefix("?.") {
        rest = hidden;
    }
    let is_of_letters =
        |label: &str| label.bytes().all(|letter| letter.is_ascii_alphanumeric() || b"*_-".contains(&letter));
    match rest.rsplit_once('.') {
        Some((head, last)) => {
            head.split('.').all(|label| !label.is_empty() && is_of_letters(label)) && is_of_letters(last)
        }
        None => is_of_letters(rest),
    }
}
