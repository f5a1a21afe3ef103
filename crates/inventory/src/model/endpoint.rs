//! Where certificates are served.

use std::collections::BTreeMap;
use std::fmt;

use notafter_cert::Span;
use notafter_tls::Target;
use serde::{Deserialize, Serialize};

use super::{EndpointId, OwnerId};

/// Free-form marks: `service = "checkout"`.
pub type Labels = BTreeMap<String, String>;

/// A label that is looked for: `service` with any value, or `service=checkout`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Label<'a> {
    /// Its key.
    pub key: &'a str,
    /// Its value; nothing where any will do.
    pub value: Option<&'a str>,
}

impl<'a> Label<'a> {
    /// As people write it; nothing where they wrote nothing.
    #[must_use]
    pub fn read(text: &'a str) -> Option<Self> {
        let (key, value) = match text.split_once('=') {
            Some((key, value)) => (key.trim(), Some(value.trim())),
            None => (text.trim(), None),
        };
        (!key.is_empty()).then_some(Self { key, value })
    }

    /// Whether it is among these.
    #[must_use]
    pub fn is_among(&self, labels: &Labels) -> bool {
        labels.get(self.key).is_some_and(|value| self.value.is_none_or(|wanted| wanted == value))
    }
}

/// A host, port, SNI and dialogue that is looked at regularly.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// Identity.
    pub id: EndpointId,
    /// Who answers for it.
    pub owner_id: OwnerId,
    /// Where it is; unique.
    pub target: Target,
    /// Marks.
    pub labels: Labels,
    /// How much it matters: sets interval and escalation.
    pub criticality: Criticality,
    /// Who says so.
    #[serde(default)]
    pub criticality_by: CriticalityBy,
    /// Private trust anchors (PEM file) that this endpoint is judged by, instead of the installation's.
    pub trust: Option<String>,
    /// Whether an administrator wrote it (law 10: only then may the server reach private addresses).
    pub written_by_admin: bool,
}

impl Endpoint {
    /// How much it matters by its own entry; nothing where the entry says nothing.
    #[must_use]
    pub fn criticality_said(&self) -> Option<Criticality> {
        match self.criticality_by {
            CriticalityBy::Endpoint => Some(self.criticality),
            CriticalityBy::Label(_) => None,
            // Before there were rules, whatever was not normal had been said.
            CriticalityBy::Nobody => Some(self.criticality).filter(|level| *level != Criticality::default()),
        }
    }

    /// How much it matters and why, for people: `critical, by the rule on label service=checkout`.
    #[must_use]
    pub fn criticality_for_people(&self) -> String {
        match &self.criticality_by {
            CriticalityBy::Label(label) => format!("{}, by the rule on label {label}", self.criticality),
            _ if self.criticality_said().is_some() => format!("{}, as its entry says", self.criticality),
            _ => format!("{}, as nobody says otherwise", self.criticality),
        }
    }
}

/// How much an endpoint matters: how often it is looked at, and how fast alerts about it climb.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Criticality {
    /// Looked at less often.
    Low,
    /// The default.
    #[default]
    Normal,
    /// Looked at more often.
    High,
    /// Looked at all the time, before everything else.
    Critical,
}

impl Criticality {
    /// The word in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Normal => "normal",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// The longest time between two looks. Of what is critical it is short enough for one that suddenly never answers: the time,
    /// the ten seconds that a look waits for an answer, and another look make less than 35 seconds.
    #[must_use]
    pub const fn longest_interval(self) -> Span {
        match self {
            Self::Low => Span::hours(24),
            Self::Normal => Span::hours(6),
            Self::High => Span::hours(1),
            Self::Critical => Span::seconds(20),
        }
    }
}

impl fmt::Display for Criticality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Who says how much an endpoint matters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CriticalityBy {
    /// Its own entry, which counts before every rule.
    Endpoint,
    /// The rule on this label, as the rule is written.
    Label(String),
    /// Nobody: it has the default.
    #[default]
    Nobody,
}

/// A rule: endpoints with a label matter so much, unless they say themselves how much they do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CriticalityRule {
    /// The label, `service=checkout`, or `service` with any value; unique.
    pub label: String,
    /// How much they matter.
    pub level: Criticality,
}

impl CriticalityRule {
    /// The rule that counts for whatever has these labels: of several that fit the one with the highest level, then the first
    /// by its label.
    #[must_use]
    pub fn of<'a>(rules: impl IntoIterator<Item = &'a Self>, labels: &Labels) -> Option<&'a Self> {
        let fits = |rule: &&Self| Label::read(&rule.label).is_some_and(|label| label.is_among(labels));
        rules
            .into_iter()
            .filter(fits)
            .max_by(|one, other| one.level.cmp(&other.level).then_with(|| other.label.cmp(&one.label)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_looked_for_with_any_value_or_with_one() {
        let labels = Labels::from([("service".to_owned(), "checkout".to_owned())]);
        for (text, is) in [
            ("service", true),
            (" service = checkout ", true),
            ("service=shop", false),
            ("service=", false),
            ("checkout", false),
            ("Service", false),
        ] {
            assert_eq!(Label::read(text).unwrap().is_among(&labels), is, "{text}");
        }
        for nothing in ["", " ", "=checkout"] {
            assert_eq!(Label::read(nothing), None, "{nothing}");
        }
        assert_eq!(Label::read("a=b=c").unwrap().value, Some("b=c"));
    }

    #[test]
    fn of_several_rules_on_labels_the_highest_level_counts() {
        let rule = |label: &str, level| CriticalityRule { label: label.to_owned(), level };
        let rules = [
            rule("service", Criticality::Low),
            rule("service=checkout", Criticality::Critical),
            rule("tier=1", Criticality::Critical),
            rule("tier", Criticality::High),
        ];
        let table: [(&[(&str, &str)], _); 6] = [
            (&[], None),
            (&[("room", "7")], None),
            (&[("service", "blog")], Some("service")),
            (&[("service", "checkout")], Some("service=checkout")),
            (&[("service", "checkout"), ("tier", "2")], Some("service=checkout")),
            (&[("tier", "1"), ("service", "checkout")], Some("service=checkout")),
        ];
        for (labels, counts) in table {
            let labels = labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
            let found = CriticalityRule::of(&rules, &labels).map(|rule| rule.label.as_str());
            assert_eq!(found, counts, "{labels:?}");
        }
    }

    /// What was stored before there were rules had said whatever was not normal.
    #[test]
    fn an_endpoint_that_was_stored_before_there_were_rules_says_what_it_said() {
        for (level, said) in
            [("low", Some(Criticality::Low)), ("normal", None), ("high", Some(Criticality::High))]
        {
            let text = format!(
                r#"{{"id":"ep_00000000000000000000000000000001","owner_id":"ow_00000000000000000000000000000001",
                    "target":"shop.example:443","labels":{{}},
                    "criticality":"{level}","trust":null,"written_by_admin":true}}"#
            );
            let stored: Result<Endpoint, _> = serde_json::from_str(&text);
            let stored = stored.unwrap();
            assert_eq!(stored.criticality_said(), said, "{level}");
        }
    }
}
