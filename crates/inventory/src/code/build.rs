//! The values that make a file true.

use std::collections::{BTreeMap, BTreeSet};

use notafter_cert::Time;

use super::Present;
use super::check::Merged;
use super::entry::{EndpointEntry, IssuerEntry, LineageEntry, ModeEntry, PlaceEntry, endpoint_name};
use super::ownership::DEFAULT;
use super::parse::Located;
use crate::model::{
    AcmeIssuer, AcmeTerms, Automation, Channel, ChannelId, CriticalityBy, CriticalityRule, Endpoint,
    EndpointId, Issuer, IssuerId, Lineage, LineageId, Mode, Owner, OwnerId, Place, PlaceId, PrivateIssuer,
    Random, Renewal, Terms,
};
use crate::plan::renew::SHED_FROM;

/// One value to store, or one to remove.
#[derive(Clone, Debug, PartialEq)]
pub enum Write {
    /// Stores a channel.
    PutChannel(Channel),
    /// Stores an owner.
    PutOwner(Owner),
    /// Stores an issuer.
    PutIssuer(Issuer),
    /// Stores a rule on a label.
    PutCriticality(CriticalityRule),
    /// Stores a lineage.
    PutLineage(Box<Lineage>),
    /// Stores an endpoint.
    PutEndpoint(Endpoint),
    /// Stores a place.
    PutPlace(Place),
    /// Removes a place.
    RemovePlace(PlaceId),
    /// Removes an endpoint.
    RemoveEndpoint(EndpointId),
    /// Removes the rule on a label.
    RemoveCriticality(String),
    /// Removes a lineage; its versions and keys stay as evidence.
    RemoveLineage(LineageId),
    /// Removes an issuer.
    RemoveIssuer(IssuerId),
    /// Removes an owner.
    RemoveOwner(OwnerId),
    /// Removes a channel.
    RemoveChannel(ChannelId),
}

/// Makes values from entries; whatever is there keeps its identity and its state.
pub(super) struct Builder<'a> {
    pub(super) present: &'a Present,
    pub(super) now: Time,
    pub(super) random: &'a mut dyn FnMut() -> Random,
}

impl Builder<'_> {
    /// Every value that differs from what is there, in an order in which references lead to what was stored before.
    pub(super) fn writes(mut self, merged: &Merged) -> Vec<Write> {
        let mut writes = self.channels(merged);
        let (owners, mut more) = self.owners(merged);
        writes.append(&mut more);
        writes.append(&mut self.issuers(merged));
        let (lineages, mut more) = self.lineages(merged, &owners);
        writes.append(&mut more);
        writes.append(&mut self.criticalities(merged));
        writes.append(&mut self.endpoints(merged, &owners));
        writes.append(&mut self.places(merged, &lineages));
        writes.append(&mut self.removals(merged));
        writes
    }

    fn channels(&mut self, merged: &Merged) -> Vec<Write> {
        let there = by(&self.present.channels, |channel| channel.name.clone());
        let mut writes = Vec::new();
        for Located { value, .. } in &merged.file.channels {
            let old = there.get(&value.name).copied();
            let id = old.map_or_else(|| ChannelId::new(self.now, (self.random)()), |old| old.id);
            let new = Channel {
                id,
                name: value.name.clone(),
                kind: value.kind.clone(),
                settings: value.settings.clone(),
            };
            writes.extend(differs(old, new).map(Write::PutChannel));
        }
        writes
    }

    fn owners(&mut self, merged: &Merged) -> (BTreeMap<String, OwnerId>, Vec<Write>) {
        let there = by(&self.present.owners, |owner| owner.name.clone());
        let mut ids: BTreeMap<String, OwnerId> =
            there.iter().map(|(name, owner)| (name.clone(), owner.id)).collect();
        let mut writes = Vec::new();
        for Located { value, .. } in &merged.file.owners {
            let old = there.get(&value.name).copied();
            let id = old.map_or_else(|| OwnerId::new(self.now, (self.random)()), |old| old.id);
            ids.insert(value.name.clone(), id);
            let new = Owner {
                id,
                name: value.name.clone(),
                contacts: value.contacts.clone(),
                owns: value.owns.clone(),
                hours: value.hours,
                acknowledge: value.acknowledge,
            };
            writes.extend(differs(old, new).map(Write::PutOwner));
        }
        (ids, writes)
    }

    fn issuers(&mut self, merged: &Merged) -> Vec<Write> {
        let there = by(&self.present.issuers, |issuer| issuer.name().to_owned());
        let mut writes = Vec::new();
        for Located { value, .. } in &merged.file.issuers {
            let old = there.get(&value.name).copied();
            let id = old.map_or_else(|| IssuerId::new(self.now, (self.random)()), Issuer::id);
            writes.extend(differs(old, issuer(id, value, old)).map(Write::PutIssuer));
        }
        writes
    }

    fn lineages(
        &mut self,
        merged: &Merged,
        owners: &BTreeMap<String, OwnerId>,
    ) -> (BTreeMap<String, (LineageId, OwnerId)>, Vec<Write>) {
        let there = by(&self.present.lineages, |lineage| lineage.name.clone());
        let mut ids = BTreeMap::new();
        let mut writes = Vec::new();
        for Located { value, .. } in &merged.file.lineages {
            let old = there.get(&value.name).copied();
            let id = old.map_or_else(|| LineageId::new(self.now, (self.random)()), |old| old.id);
            let owner_id = owner_id(owners, value.owner.as_deref());
            ids.insert(value.name.clone(), (id, owner_id));
            let new = Lineage {
                id,
                owner_id,
                name: value.name.clone(),
                labels: value.labels.clone(),
                mode: mode(value, old),
                current: old.and_then(|old| old.current),
                renewal: old.map_or_else(Renewal::default, |old| old.renewal.clone()),
                rehearsed: value.drill.map(|drill| drill.0),
            };
            writes.extend(differs(old, new).map(|new| Write::PutLineage(Box::new(new))));
        }
        writes.extend(self.apart(&ids));
        (ids, writes)
    }

    /// What notafter keeps apart of a lineage belongs to whom that belongs to.
    fn apart(&self, lineages: &BTreeMap<String, (LineageId, OwnerId)>) -> Vec<Write> {
        let moved = |lineage: &Lineage| {
            let (_, owner_id) = *lineages.get(lineage.labels.get(SHED_FROM)?)?;
            differs(Some(lineage), Lineage { owner_id, ..lineage.clone() })
        };
        self.present.lineages.iter().filter_map(moved).map(|new| Write::PutLineage(Box::new(new))).collect()
    }

    fn criticalities(&self, merged: &Merged) -> Vec<Write> {
        let there = by(&self.present.criticalities, |rule| rule.label.clone());
        let rules = merged.file.criticalities.iter().map(|rule| &rule.value);
        let changed = rules.filter_map(|rule| differs(there.get(&rule.label).copied(), rule.clone()));
        changed.map(Write::PutCriticality).collect()
    }

    fn endpoints(&mut self, merged: &Merged, owners: &BTreeMap<String, OwnerId>) -> Vec<Write> {
        let there = by(&self.present.endpoints, |endpoint| endpoint_name(&endpoint.target));
        let mut writes = Vec::new();
        for Located { value, line } in &merged.file.endpoints {
            let EndpointEntry { target, owner, labels, trust, .. } = value;
            let old = there.get(&endpoint_name(target)).copied();
            let (criticality, by) = value.effective();
            let since_before = old.is_some_and(|old| says_so_since_before(old, value));
            let criticality_by = if since_before { CriticalityBy::Nobody } else { by };
            let id = old.map_or_else(|| EndpointId::new(self.now, (self.random)()), |old| old.id);
            let new = Endpoint {
                id,
                owner_id: owner_id(owners, owner.as_deref()),
                target: target.clone(),
                labels: labels.clone(),
                criticality,
                criticality_by,
                trust: trust.clone(),
                written_by_admin: line.is_some() || old.is_some_and(|old| old.written_by_admin),
            };
            writes.extend(differs(old, new).map(Write::PutEndpoint));
        }
        writes
    }

    fn places(&mut self, merged: &Merged, lineages: &BTreeMap<String, (LineageId, OwnerId)>) -> Vec<Write> {
        let there = by(&self.present.places, |place| (place.lineage_id, place.name.clone()));
        let mut writes = Vec::new();
        for Located { value, .. } in &merged.file.places {
            let PlaceEntry { lineage, name, deployer, settings, endpoints } = value;
            let Some((lineage_id, owner_id)) = lineages.get(lineage).copied() else { continue };
            let old = there.get(&(lineage_id, name.clone())).copied();
            let id = old.map_or_else(|| PlaceId::new(self.now, (self.random)()), |old| old.id);
            let new = Place {
                id,
                owner_id,
                lineage_id,
                name: name.clone(),
                deployer: deployer.clone(),
                settings: settings.clone(),
                endpoints: endpoints.clone(),
            };
            writes.extend(differs(old, new).map(Write::PutPlace));
        }
        writes
    }

    fn removals(&self, merged: &Merged) -> Vec<Write> {
        let file = &merged.file;
        let present = self.present;
        let lineages: BTreeSet<&str> = file.lineages.iter().map(|entry| entry.value.name.as_str()).collect();
        // What notafter keeps apart of a lineage goes with it, and not otherwise.
        let gone = |lineage: &&Lineage| {
            let name = lineage.labels.get(SHED_FROM).unwrap_or(&lineage.name);
            !lineages.contains(name.as_str())
        };
        let names: BTreeMap<LineageId, &Lineage> =
            present.lineages.iter().map(|lineage| (lineage.id, lineage)).collect();
        let places: BTreeSet<(&str, &str)> = file
            .places
            .iter()
            .map(|entry| (entry.value.lineage.as_str(), entry.value.name.as_str()))
            .collect();
        let place_gone = |place: &&Place| {
            names.get(&place.lineage_id).is_some_and(|lineage| {
                !lineage.labels.contains_key(SHED_FROM)
                    && !places.contains(&(lineage.name.as_str(), place.name.as_str()))
            })
        };
        let endpoints: BTreeSet<String> =
            file.endpoints.iter().map(|entry| endpoint_name(&entry.value.target)).collect();
        let issuers: BTreeSet<&str> = file.issuers.iter().map(|entry| entry.value.name.as_str()).collect();
        let owners: BTreeSet<&str> = file.owners.iter().map(|entry| entry.value.name.as_str()).collect();
        let channels: BTreeSet<&str> = file.channels.iter().map(|entry| entry.value.name.as_str()).collect();
        let mut writes = Vec::new();
        let removed = present.places.iter().filter(place_gone);
        writes.extend(removed.map(|place| Write::RemovePlace(place.id)));
        let removed = present.endpoints.iter().filter(|one| !endpoints.contains(&endpoint_name(&one.target)));
        writes.extend(removed.map(|endpoint| Write::RemoveEndpoint(endpoint.id)));
        let labels: BTreeSet<&str> =
            file.criticalities.iter().map(|rule| rule.value.label.as_str()).collect();
        let removed = present.criticalities.iter().filter(|rule| !labels.contains(rule.label.as_str()));
        writes.extend(removed.map(|rule| Write::RemoveCriticality(rule.label.clone())));
        let removed = present.lineages.iter().filter(gone);
        writes.extend(removed.map(|lineage| Write::RemoveLineage(lineage.id)));
        let removed = present.issuers.iter().filter(|issuer| !issuers.contains(issuer.name()));
        writes.extend(removed.map(|issuer| Write::RemoveIssuer(issuer.id())));
        let removed = present.owners.iter().filter(|owner| !owners.contains(owner.name.as_str()));
        writes.extend(removed.map(|owner| Write::RemoveOwner(owner.id)));
        let removed = present.channels.iter().filter(|channel| !channels.contains(channel.name.as_str()));
        writes.extend(removed.map(|channel| Write::RemoveChannel(channel.id)));
        writes
    }
}

fn by<T, K: Ord>(values: &[T], key: impl Fn(&T) -> K) -> BTreeMap<K, &T> {
    values.iter().map(|value| (key(value), value)).collect()
}

/// Whether an endpoint was stored before there were rules, and says as much as its entry does now.
fn says_so_since_before(old: &Endpoint, entry: &EndpointEntry) -> bool {
    old.criticality_by == CriticalityBy::Nobody
        && entry.criticality.is_some()
        && old.criticality_said() == entry.criticality
}

fn differs<T: PartialEq>(old: Option<&T>, new: T) -> Option<T> {
    (old != Some(&new)).then_some(new)
}

fn owner_id(owners: &BTreeMap<String, OwnerId>, name: Option<&str>) -> OwnerId {
    let named = name.and_then(|name| owners.get(name));
    // Opening a store makes the default owner; without one there is nobody else to name.
    named.or_else(|| owners.get(DEFAULT)).copied().unwrap_or_else(|| OwnerId::from_bytes([0; 16]))
}

/// Another directory is another CA: neither the account nor its key goes there.
fn issuer(id: IssuerId, IssuerEntry { name, terms }: &IssuerEntry, old: Option<&Issuer>) -> Issuer {
    let name = name.clone();
    let terms = match terms {
        Terms::Acme(terms) => terms.clone(),
        Terms::Private(practice) => {
            let authority = old.and_then(Issuer::private).and_then(|old| old.authority.clone());
            return PrivateIssuer { id, name, practice: practice.clone(), authority }.into();
        }
    };
    let AcmeTerms { directory, contact, trust, external_account, terms_agreed } = terms;
    let new = AcmeIssuer {
        id,
        name,
        directory,
        contact,
        trust,
        external_account,
        terms_agreed,
        account_key: None,
        account_url: None,
        account_orders: None,
        rollover_key: None,
        rollover: None,
    };
    match old.and_then(Issuer::acme) {
        None => new.into(),
        Some(old) => new.with(old.account()).into(),
    }
}

fn mode(entry: &LineageEntry, old: Option<&Lineage>) -> Mode {
    let watch = match &entry.mode {
        ModeEntry::Managed(spec) => return Mode::Managed(spec.clone()),
        ModeEntry::Watch(watch) => watch.clone(),
    };
    let habit_permille = match old.map(|old| &old.mode) {
        Some(Mode::WatchOnly(before)) => before.habit_permille,
        _ => None,
    };
    Mode::WatchOnly(Automation {
        renewer: watch.renewer,
        identifiers: watch.identifiers,
        chain_file: watch.chain_file,
        key_file: watch.key_file,
        config_file: watch.config_file,
        trigger: watch.trigger,
        habit_permille,
        ping: watch.ping.map(|ping| Box::new(ping.0)),
    })
}
