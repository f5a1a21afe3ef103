//! A wildcard for a whole domain does not stand beside many other names.

use super::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "operator.wildcard-breadth",
        title: "A wildcard for a whole domain does not stand beside many other names.",
        why: "Its key stands for every host of the domain, and so many servers seldom are in one pair of hands: the \
              weakest of them gives all away.",
        source: Source::Operator,
        citation: "NSA CSI U/OO/201094-21 (Avoid dangers of wildcard TLS certificates)",
        severity: Severity::Notice,
        effective: Effective::ALWAYS,
        affects_path: false,
        alias: None,
        hint: "ask for the names that the server has, and give each service a certificate of its own",
    },
    applies: |subject| {
        ask::is_of_server(subject) && ask::dns_names(subject).iter().any(|name| name.starts_with("*."))
    },
    judge: |subject| Verdict::of(broad(&ask::dns_names(subject))),
};

/// So many names beside the wildcard and its own domain are many.
const MANY: usize = 10;

/// A wildcard directly below a registrable name that is not alone.
fn broad(names: &[String]) -> Option<String> {
    let domain =
        names.iter().filter_map(|name| name.strip_prefix("*.")).find(|it| ask::is_registrable(it))?;
    let others = names.iter().filter(|name| name.strip_prefix("*.").unwrap_or(name) != domain).count();
    (others >= MANY).then(|| format!("*.{domain} stands beside {others} others"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wildcard_of_a_domain_is_broad_beside_ten_others() {
        let with = |wildcard: &str, others: usize| {
            let others = (0..others).map(|number| format!("host{number}.example.net"));
            let names: Vec<String> =
                ["example.com".to_owned(), wildcard.to_owned()].into_iter().chain(others).collect();
            broad(&names)
        };
        assert_eq!(with("*.example.com", 9), None);
        assert_eq!(with("*.example.com", 10).as_deref(), Some("*.example.com stands beside 10 others"));
        assert_eq!(with("*.dev.example.com", 10), None);
    }
}
