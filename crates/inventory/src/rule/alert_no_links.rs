//! Whoever is told of something on a phone could take it there, if the links led anywhere.

use serde_json::json;

use super::{Kind, Meta, OwnerFacts, Rule, Said};
use crate::model::Severity;

/// The rule. Where the setting is missing, nobody said that pages can be reached from elsewhere, and messages say what to
/// type: that is no finding. Where it names this machine, somebody meant to.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "alert.no-links",
        title: "links in messages would lead nowhere",
        why: "The setting base_url names this machine alone, so that messages about alerts carry no links: whoever is told on a phone, at night, has to find a keyboard before the alert stops climbing.",
        source: "notafter: docs/alerts.md",
        severity: Severity::Warning,
        hint: "Set base_url in notafter.toml to the address at which people reach the pages from elsewhere (https://notafter.example.org), or leave it out, and start the server anew.",
        clients: None,
        marks: &[],
    },
    kind: Kind::Owner(violated),
};

fn violated(facts: &OwnerFacts<'_>) -> Vec<Said> {
    // One setting is one cause: the default owner hears of it.
    let Some(site) = facts.loopback_site.filter(|_| facts.is_last) else { return Vec::new() };
    let text = format!("messages carry no links: base_url is {site}, which is this machine alone");
    vec![Said::new(Severity::Warning, "", text, json!({ "base_url": site }))]
}

#[cfg(test)]
mod tests {
    use notafter_cert::Time;

    use super::*;
    use crate::rule::owner_unreachable::stage::owner;

    #[test]
    fn the_default_owner_hears_of_it_and_nobody_else() {
        let owner = owner(1);
        let said = |is_last, loopback_site| {
            let now = Time::from_unix_seconds(1_796_000_000);
            violated(&OwnerFacts {
                owner: &owner,
                paths: Vec::new(),
                is_last,
                loopback_site,
                resting: None,
                ownership: None,
                now,
            })
        };
        let said_of = said(true, Some("http://127.0.0.1:8400"));
        assert_eq!(said_of.len(), 1);
        assert_eq!(
            said_of[0].text,
            "messages carry no links: base_url is http://127.0.0.1:8400, which is this machine alone"
        );
        assert_eq!(said(false, Some("http://127.0.0.1:8400")), []);
        assert_eq!(said(true, None), []);
    }
}
