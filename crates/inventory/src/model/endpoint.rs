//! Where certificates are served.

use std::collections::BTreeMap;

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
    /// Private trust anchors (PEM file) that this endpoint is judged by, instead of the installation's.
    pub trust: Option<String>,
    /// Whether an administrator wrote it (law 10: only then may the server reach private addresses).
    pub written_by_admin: bool,
}

/// How much an endpoint matters.
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
}

impl Criticality {
    /// The longest time between two looks.
    #[must_use]
    pub const fn longest_interval(self) -> Span {
        match self {
            Self::Low => Span::hours(24),
            Self::Normal => Span::hours(6),
            Self::High => Span::hours(1),
        }
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
}
