//! The bare name and the one with www are both there.

use std::collections::BTreeSet;

use super::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "operator.www-and-bare-name",
        title: "The bare name and the one with www are both there.",
        why: "People type either: the one that is missing is a warning of the browser, and a redirect cannot help, \
              for it comes after the handshake.",
        source: Source::Operator,
        citation: "RFC 9525 section 6.3 (a wildcard stands for one label, and not for none)",
        severity: Severity::Notice,
        effective: Effective::ALWAYS,
        affects_path: false,
        alias: None,
        hint: "ask for both names, if both lead to this server",
    },
    applies: |subject| ask::is_of_server(subject) && !bare_names(&ask::dns_names(subject)).is_empty(),
    judge: |subject| {
        let names = ask::dns_names(subject);
        Verdict::of(bare_names(&names).into_iter().find_map(|bare| half(&names, &bare)))
    },
};

/// The registrable names of two labels that are there by themselves, with `www` or with a wildcard.
fn bare_names(names: &[String]) -> BTreeSet<String> {
    let bare = names
        .iter()
        .map(|name| name.strip_prefix("www.").or_else(|| name.strip_prefix("*.")).unwrap_or(name).to_owned());
    bare.filter(|name| name.split('.').count() == 2 && ask::is_registrable(name)).collect()
}

/// What is missing of a pair.
fn half(names: &[String], bare: &str) -> Option<String> {
    let has = |wanted: &str| names.iter().any(|name| name == wanted);
    let other = [format!("www.{bare}"), format!("*.{bare}")].into_iter().find(|name| has(name));
    match (has(bare), other) {
        (true, None) => Some(format!("{bare} is there without www.{bare}")),
        (false, Some(other)) => Some(format!("{other} is there without {bare}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_told_for_names_that_can_be_registered() {
        let table: [(&[&str], Option<&str>); 9] = [
            (&["example.com", "www.example.com"], None),
            (&["example.com", "*.example.com"], None),
            (&["example.com"], Some("example.com is there without www.example.com")),
            (&["www.example.com", "a.example.com"], Some("www.example.com is there without example.com")),
            (&["*.example.com"], Some("*.example.com is there without example.com")),
            (&["a.example.com"], None),
            (&["example.co.uk"], None),
            (&["co.uk", "localhost", "host.internal"], None),
            (&[], None),
        ];
        for (names, missing) in table {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            let told = bare_names(&names).into_iter().find_map(|bare| half(&names, &bare));
            assert_eq!(told.as_deref(), missing, "{names:?}");
        }
    }
}
