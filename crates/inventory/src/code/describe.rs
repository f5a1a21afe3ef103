//! The inventory as it is, in the words of a file.

use std::collections::{BTreeMap, BTreeSet};

use super::Present;
use super::channel::ChannelEntry;
use super::entry::{
    DrillEntry, EndpointEntry, IssuerEntry, LineageEntry, ModeEntry, OwnerEntry, PingEntry, PlaceEntry,
    WatchEntry,
};
use super::parse::{File, Located};
use crate::model::{
    Automation, ChannelKind, CriticalityBy, CriticalityRule, Endpoint, Issuer, Lineage, LineageId, Mode,
    OwnerId,
};
use crate::plan::renew::SHED_FROM;

/// Everything but what notafter made for itself (lineages of shed names); every owner is said.
pub(super) fn inventory(present: &Present, kinds: &[&'static ChannelKind]) -> File {
    let owners: BTreeMap<OwnerId, &str> =
        present.owners.iter().map(|owner| (owner.id, owner.name.as_str())).collect();
    let owner_name = |id: &OwnerId| owners.get(id).map(|name| (*name).to_owned());
    let lineages: BTreeMap<LineageId, &Lineage> = present
        .lineages
        .iter()
        .filter(|lineage| !lineage.labels.contains_key(SHED_FROM))
        .map(|lineage| (lineage.id, lineage))
        .collect();
    let private: BTreeSet<&str> =
        present.issuers.iter().filter(|issuer| issuer.private().is_some()).map(Issuer::name).collect();
    File {
        broken: BTreeMap::new(),
        channels: all(present.channels.iter().map(|channel| ChannelEntry {
            name: channel.name.clone(),
            kind: channel.kind.clone(),
            settings: channel.settings.clone(),
            declared: kinds.iter().find(|kind| kind.name == channel.kind).copied(),
        })),
        owners: all(present.owners.iter().map(|owner| OwnerEntry {
            name: owner.name.clone(),
            contacts: owner.contacts.clone(),
            owns: owner.owns.clone(),
            hours: owner.hours,
            acknowledge: owner.acknowledge,
        })),
        issuers: all(present
            .issuers
            .iter()
            .map(|issuer| IssuerEntry { name: issuer.name().to_owned(), terms: issuer.terms() })),
        criticalities: all(present.criticalities.iter().cloned()),
        endpoints: all(present.endpoints.iter().map(|endpoint| EndpointEntry {
            target: endpoint.target.clone(),
            owner: owner_name(&endpoint.owner_id),
            labels: endpoint.labels.clone(),
            criticality: endpoint.criticality_said(),
            rule: rule_of(endpoint),
            trust: endpoint.trust.clone(),
        })),
        lineages: all(lineages.values().map(|lineage| LineageEntry {
            name: lineage.name.clone(),
            owner: owner_name(&lineage.owner_id),
            labels: lineage.labels.clone(),
            mode: mode(&lineage.mode),
            drill: lineage.rehearsed.map(DrillEntry),
            identifiers_line: None,
            signed_here: signed_here(&lineage.mode, &private),
        })),
        places: all(present.places.iter().filter_map(|place| {
            Some(PlaceEntry {
                lineage: lineages.get(&place.lineage_id)?.name.clone(),
                name: place.name.clone(),
                deployer: place.deployer.clone(),
                settings: place.settings.clone(),
                endpoints: place.endpoints.clone(),
            })
        })),
    }
}

/// The rule by which an endpoint matters so much now, as it was when the endpoint was stored.
fn rule_of(endpoint: &Endpoint) -> Option<CriticalityRule> {
    match &endpoint.criticality_by {
        CriticalityBy::Label(label) => {
            Some(CriticalityRule { label: label.clone(), level: endpoint.criticality })
        }
        CriticalityBy::Endpoint | CriticalityBy::Nobody => None,
    }
}

fn signed_here(mode: &Mode, private: &BTreeSet<&str>) -> bool {
    matches!(mode, Mode::Managed(spec) if private.contains(spec.issuer.as_str()))
}

fn all<T>(entries: impl Iterator<Item = T>) -> Vec<Located<T>> {
    entries.map(|value| Located { line: None, value }).collect()
}

fn mode(mode: &Mode) -> ModeEntry {
    match mode {
        Mode::Managed(spec) => ModeEntry::Managed(spec.clone()),
        Mode::WatchOnly(automation) => {
            let Automation { renewer, identifiers, chain_file, key_file, config_file, trigger, ping, .. } =
                automation.clone();
            let ping = ping.map(|expected| PingEntry(*expected));
            ModeEntry::Watch(WatchEntry {
                renewer,
                chain_file,
                key_file,
                config_file,
                trigger,
                ping,
                identifiers,
            })
        }
    }
}
