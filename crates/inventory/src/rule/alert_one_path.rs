//! A critical alert would go out on one path alone: what breaks that one keeps everybody from hearing of anything.

use serde_json::json;

use super::{Kind, Mark, Meta, OwnerFacts, Rule, Said};
use crate::model::Severity;

/// The rule. One contact beside the default owner's is enough for everybody: it is one finding, however many owners rest
/// on one path, and none where nothing that is dear rests on it.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "alert.one-path",
        title: "critical alerts have no second path",
        why: "A critical alert is told at once on two paths that share nothing, where there are two. With one alone, a mail server that fails or drops, or a provider's outage, keeps everybody from hearing of a certificate that ends that night.",
        source: "notafter: design, laws 11 and 12",
        severity: Severity::Warning,
        hint: "Give the owner `default` a second contact: a [[channel]] of another kind, or through another server. Where one path is enough, leave it: it is told once.",
        clients: None,
        marks: &[Mark::Advice],
    },
    kind: Kind::Owner(violated),
};

fn violated(facts: &OwnerFacts<'_>) -> Vec<Said> {
    let Some(resting) = facts.resting.filter(|resting| facts.is_last && resting.is_something()) else {
        return Vec::new();
    };
    let paths: Vec<String> = resting.channels.iter().map(|channel| format!("channel {channel}")).collect();
    let text = format!(
        "critical alerts go out on one path alone ({}): {} on it",
        paths.join(", "),
        resting.in_words()
    );
    let hint = "add a second way to the inventory, such as [[channel]] name = \"phone\", kind = \"ntfy\", url = \"https://ntfy.example.org/TOPIC\", and { channel = \"phone\" } to the contacts of the owner default, and prove it: `notafter alert test phone`; where one is enough, leave it: it is told once";
    let evidence = json!({
        "channels": resting.channels,
        "owners": resting.owners,
        "lineages": resting.lineages,
        "critical_endpoints": resting.endpoints,
    });
    vec![Said::new(Severity::Warning, "", text, evidence).with_hint(hint.to_owned())]
}

/// What would be told on one path alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resting {
    /// The names of the owners who would hear so.
    pub owners: Vec<String>,
    /// The channels that share one fate.
    pub channels: Vec<String>,
    /// How many lineages those owners answer for.
    pub lineages: u64,
    /// How many endpoints of high or critical criticality.
    pub endpoints: u64,
}

impl Resting {
    /// Whether anything does that is worth a second path.
    #[must_use]
    pub const fn is_something(&self) -> bool {
        self.lineages > 0 || self.endpoints > 0
    }

    /// `3 lineages and 1 critical endpoint rest`.
    fn in_words(&self) -> String {
        let counted = |count: u64, one: &str| match count {
            0 => None,
            1 => Some(format!("1 {one}")),
            many => Some(format!("{many} {one}s")),
        };
        let parts = [counted(self.lineages, "lineage"), counted(self.endpoints, "critical endpoint")];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        let verb = if self.lineages + self.endpoints == 1 { "rests" } else { "rest" };
        format!("{} {verb}", parts.join(" and "))
    }
}

#[cfg(test)]
mod tests {
    use notafter_cert::Time;

    use super::*;
    use crate::rule::owner_unreachable::stage::owner;

    fn said(is_last: bool, lineages: u64, endpoints: u64) -> Vec<Said> {
        let owner = owner(1);
        let resting = Resting {
            owners: vec!["default".to_owned(), "shop".to_owned()],
            channels: vec!["mail".to_owned()],
            lineages,
            endpoints,
        };
        violated(&OwnerFacts {
            owner: &owner,
            paths: Vec::new(),
            is_last,
            loopback_site: None,
            resting: Some(&resting),
            ownership: None,
            now: Time::from_unix_seconds(1_796_000_000),
        })
    }

    #[test]
    fn it_says_how_much_rests_on_the_one_path() {
        let texts: Vec<String> = [(3, 2), (1, 0), (0, 1)]
            .map(|(lineages, endpoints)| said(true, lineages, endpoints)[0].text.clone())
            .to_vec();
        insta::assert_snapshot!(texts.join("\n"), @r"
        critical alerts go out on one path alone (channel mail): 3 lineages and 2 critical endpoints rest on it
        critical alerts go out on one path alone (channel mail): 1 lineage rests on it
        critical alerts go out on one path alone (channel mail): 1 critical endpoint rests on it
        ");
        assert!(said(true, 1, 0)[0].hint.as_ref().is_some_and(|hint| hint.chars().count() <= 300));
    }

    #[test]
    fn nobody_is_bothered_where_nothing_rests_on_it_and_only_the_default_owner_is() {
        assert_eq!(said(true, 0, 0), []);
        assert_eq!(said(false, 3, 2), [], "one cause is one finding");
    }
}
