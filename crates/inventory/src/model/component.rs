//! What the public is told of: a service by the name that an administrator gave it.

use serde::{Deserialize, Serialize};

use super::Labels;

/// The label that makes an endpoint, or what a lineage is installed for, part of a component; its value is the name that the
/// public reads.
pub const COMPONENT: &str = "component";

/// How a component is, the better first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ComponentState {
    /// Whoever looks is served well.
    #[default]
    Operational,
    /// Somebody works on it, and said so.
    UnderMaintenance,
    /// Nobody has looked, not lately, or without seeing enough (law 6).
    Unknown,
    /// Some programs are not served.
    DegradedPerformance,
    /// A part of it serves nobody.
    PartialOutage,
    /// Nothing of it serves anybody.
    MajorOutage,
}

impl ComponentState {
    /// Those that a person may say an incident brings about.
    pub const TOLD: [Self; 4] =
        [Self::Operational, Self::DegradedPerformance, Self::PartialOutage, Self::MajorOutage];

    /// As programs write it. Statuspage knows all of them but `unknown`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Operational => "operational",
            Self::UnderMaintenance => "under_maintenance",
            Self::Unknown => "unknown",
            Self::DegradedPerformance => "degraded_performance",
            Self::PartialOutage => "partial_outage",
            Self::MajorOutage => "major_outage",
        }
    }

    /// As people read it.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Operational => "Operational",
            Self::UnderMaintenance => "Under maintenance",
            Self::Unknown => "Unknown",
            Self::DegradedPerformance => "Degraded",
            Self::PartialOutage => "Partial outage",
            Self::MajorOutage => "Major outage",
        }
    }
}

/// The name of the component that these labels make something part of: on one line, without what no feed may carry.
#[must_use]
pub fn component_of(labels: &Labels) -> Option<String> {
    let words: Vec<&str> = labels
        .get(COMPONENT)?
        .split(|letter: char| letter.is_whitespace() || letter.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    (!words.is_empty()).then(|| words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_component_has_a_name_on_one_line() {
        for (value, name) in [
            ("Shop", Some("Shop")),
            (" The\tshop\u{1}\n", Some("The shop")),
            ("<Shop & more>", Some("<Shop & more>")),
            (" ", None),
            ("", None),
        ] {
            let labels = Labels::from([(COMPONENT.to_owned(), value.to_owned())]);
            assert_eq!(component_of(&labels).as_deref(), name, "{value:?}");
        }
        assert_eq!(component_of(&Labels::new()), None);
    }
}
