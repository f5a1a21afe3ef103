//! Who answers for a name where nothing else is said.

use std::collections::BTreeMap;

use notafter_cert::Identifier;
use notafter_tls::Target;

use super::Manifest;
use super::entry::{Entry, Kind, LineageEntry, OwnerEntry, PlaceEntry};
use super::parse::Located;
use crate::model::{Lineage, Owner};

/// The owner whose rule fits best: the exact name before a pattern, the longer pattern before the shorter one. `*.pay.example`
/// stands for every name below `pay.example`, however deep, and not for `pay.example` itself.
#[must_use]
pub fn owner_of<'a>(owners: &'a [Owner], name: &Identifier) -> Option<&'a Owner> {
    let rules = owners.iter().flat_map(|owner| owner.owns.iter().map(move |rule| (rule.as_str(), owner)));
    best(rules, name)
}

/// Who answers for a lineage once the names of its certificate are known, which were not when it was applied: by rule, where no
/// file said who does. `None` where nothing changes.
#[must_use]
pub fn settled_owner<'a>(
    owners: &'a [Owner],
    manifest: &Manifest,
    lineage: &Lineage,
    names: &[Identifier],
) -> Option<&'a Owner> {
    if manifest.said_owner_of(&format!("{} {}", Kind::Lineage, lineage.name)) {
        return None;
    }
    let default = || owners.iter().find(|owner| owner.name == DEFAULT);
    let by_rule = names.iter().find_map(|name| owner_of(owners, name)).or_else(default);
    by_rule.filter(|owner| owner.id != lineage.owner_id)
}

/// The name of the owner that always exists.
pub(super) const DEFAULT: &str = "default";

/// Who answers for what in a file, where the file does not say.
pub(super) struct Ownership<'a> {
    rules: Vec<(&'a str, &'a str)>,
    /// Owners of lineages, by the endpoints that their places name.
    by_place: BTreeMap<&'a Target, &'a str>,
}

impl<'a> Ownership<'a> {
    /// By rules alone.
    pub(super) fn of_rules(owners: &'a [Located<OwnerEntry>]) -> Self {
        let rules = owners.iter().flat_map(|owner| {
            let owner = &owner.value;
            owner.owns.iter().map(|rule| (rule.as_str(), owner.name.as_str()))
        });
        Self { rules: rules.collect(), by_place: BTreeMap::new() }
    }

    /// By rules, and by lineages whose owners are said.
    pub(super) fn with_lineages(
        self,
        lineages: &'a [Located<LineageEntry>],
        places: &'a [Located<PlaceEntry>],
    ) -> Self {
        let owners: BTreeMap<&str, &str> = lineages
            .iter()
            .filter_map(|lineage| Some((lineage.value.name.as_str(), lineage.value.owner.as_deref()?)))
            .collect();
        // Of several places that name an endpoint the first by name counts, wherever it stands in the file.
        let mut places: Vec<&Located<PlaceEntry>> = places.iter().collect();
        places.sort_by_key(|place| std::cmp::Reverse(place.value.name()));
        let by_place = places.into_iter().flat_map(|place| {
            let owner = owners.get(place.value.lineage.as_str()).copied();
            place.value.endpoints.iter().filter_map(move |target| Some((target, owner?)))
        });
        Self { by_place: by_place.collect(), ..self }
    }

    pub(super) fn of_lineage(&self, lineage: &LineageEntry) -> &'a str {
        let mut names = lineage.mode.identifiers().iter();
        names.find_map(|name| best(self.rules.iter().copied(), name)).unwrap_or(DEFAULT)
    }

    pub(super) fn of_endpoint(&self, target: &Target) -> &'a str {
        best(self.rules.iter().copied(), &target.expected_name())
            .or_else(|| self.by_place.get(target).copied())
            .unwrap_or(DEFAULT)
    }
}

/// The best of some rules, each with what it stands for.
fn best<'r, T>(rules: impl Iterator<Item = (&'r str, T)>, name: &Identifier) -> Option<T> {
    let name = name.to_string();
    rules
        .filter_map(|(rule, owner)| fit(rule, &name).map(|fit| (fit, owner)))
        .max_by_key(|(fit, _)| *fit)
        .map(|(_, owner)| owner)
}

/// How well a rule fits: nothing, or more for the more specific one.
fn fit(rule: &str, name: &str) -> Option<usize> {
    if rule == name {
        return Some(usize::MAX);
    }
    let suffix = rule.strip_prefix('*').filter(|suffix| suffix.starts_with('.'))?;
    name.ends_with(suffix).then_some(suffix.len())
}

#[cfg(test)]
mod tests {
    use super::super::owner_said;
    use super::*;
    use crate::model::OwnerId;
    use crate::plan::renew::stage::{lineage, spec};

    /// Applying the same file again moved it: at the first time its names were not known yet.
    #[test]
    fn a_watched_lineage_is_its_owners_once_its_names_are_known() {
        let owner = |number: u8, name: &str, owns: &[&str]| Owner {
            id: OwnerId::from_bytes([number; 16]),
            name: name.to_owned(),
            contacts: Vec::new(),
            owns: owns.iter().map(ToString::to_string).collect(),
            hours: crate::model::BusinessHours::default(),
            acknowledge: None,
        };
        let owners = [
            owner(1, DEFAULT, &[]),
            owner(2, "shop", &["*.shop.example"]),
            owner(3, "pay", &["pay.example"]),
        ];
        let said = Manifest([owner_said("lineage shop")].into());
        for (present, manifest, name, expected) in [
            (1, &Manifest::default(), "blog.shop.example", Some("shop")),
            (1, &Manifest::default(), "other.example", None),
            (2, &Manifest::default(), "pay.example", Some("pay")),
            (2, &Manifest::default(), "other.example", Some(DEFAULT)),
            (2, &Manifest::default(), "www.shop.example", None),
            (1, &said, "blog.shop.example", None),
        ] {
            let lineage = Lineage { owner_id: OwnerId::from_bytes([present; 16]), ..lineage(spec()) };
            let settled = settled_owner(&owners, manifest, &lineage, &[name.parse().unwrap()]);
            assert_eq!(settled.map(|owner| owner.name.as_str()), expected, "{present} {name}");
        }
    }

    #[test]
    fn the_most_specific_rule_wins() {
        let rules = [("*.example", 1), ("*.pay.example", 2), ("a.pay.example", 3), ("127.0.0.1", 4)];
        let table = [
            ("a.pay.example", Some(3)),
            ("b.pay.example", Some(2)),
            ("x.y.pay.example", Some(2)),
            ("pay.example", Some(1)),
            ("notpay.example", Some(1)),
            ("pay.example.org", None),
            ("127.0.0.1", Some(4)),
        ];
        for (name, owner) in table {
            assert_eq!(best(rules.into_iter(), &name.parse().unwrap()), owner, "{name}");
        }
    }
}
