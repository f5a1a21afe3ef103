//! A file laid over the inventory: what stays, what goes, who owns what, and whether every name leads somewhere.

use std::collections::{BTreeMap, BTreeSet};

use super::channel::ChannelEntry;
use super::entry::{
    EndpointEntry, Entry, Kind, LineageEntry, ModeEntry, OwnerEntry, WatchEntry, endpoint_name,
};
use super::issuer;
use super::mistake::Mistake;
use super::ownership::{DEFAULT, Ownership};
use super::parse::{File, Located};
use super::reading::SecretRead;
use super::{Manifest, Prune, owner_said};
use crate::model::{BusinessHours, Contact, CriticalityRule, Lineage, Recipient, SecretRef};
use crate::plan::renew::SHED_FROM;

/// The inventory as it will be. What comes from the file has a line.
pub(super) struct Merged {
    pub(super) file: File,
    kept: Vec<String>,
    /// The things whose owners the file says, by kind and name.
    owners_said: BTreeSet<String>,
}

impl Merged {
    /// The line of each thing that the file describes.
    pub(super) fn lines(&self) -> BTreeMap<String, usize> {
        let File { channels, owners, issuers, criticalities, endpoints, lineages, places, .. } = &self.file;
        let mut lines = BTreeMap::new();
        written(channels, &mut lines);
        written(owners, &mut lines);
        written(issuers, &mut lines);
        written(criticalities, &mut lines);
        written(endpoints, &mut lines);
        written(lineages, &mut lines);
        written(places, &mut lines);
        lines
    }

    /// What the file writes, to be remembered when it is applied.
    pub(super) fn manifest(&self) -> Manifest {
        let owners = self.owners_said.iter().map(|thing| owner_said(thing));
        Manifest(self.lines().into_keys().chain(owners).collect())
    }

    pub(super) fn left_alone(&self) -> Vec<String> {
        self.kept.clone()
    }

    pub(super) fn secrets(&self) -> Vec<SecretRef> {
        let mut secrets: Vec<SecretRef> = secrets(&self.file).into_iter().map(|read| read.secret).collect();
        secrets.sort_by(|one, other| one.0.cmp(&other.0));
        secrets.dedup();
        secrets
    }
}

/// The secrets of what stands in a file.
pub(super) fn secrets(file: &File) -> Vec<SecretRead> {
    let mut secrets = of_written(&file.channels);
    secrets.extend(of_written(&file.issuers));
    secrets.extend(of_written(&file.places));
    secrets
}

/// Lays a file over the inventory, and looks where every name leads.
pub(super) fn merge(
    mut file: File,
    there: &File,
    remembered: &Manifest,
    prune: Prune,
) -> (Merged, Vec<Mistake>) {
    let owners_said = owners_said(&file);
    let nobody = Manifest::default();
    let manifest = if prune == Prune::Nothing { &nobody } else { remembered };
    imply_endpoints(&mut file, there, (manifest, prune));
    let mut kept = Kept { manifest, prune, names: Vec::new() };
    kept.keep(&mut file.channels, &there.channels, |_| true);
    kept.keep(&mut file.owners, &there.owners, |_| true);
    kept.keep(&mut file.issuers, &there.issuers, |_| true);
    kept.keep(&mut file.criticalities, &there.criticalities, |_| true);
    kept.keep(&mut file.endpoints, &there.endpoints, |_| true);
    kept.keep(&mut file.lineages, &there.lineages, |_| true);
    let lineages: BTreeSet<String> = file.lineages.iter().map(|lineage| lineage.value.name.clone()).collect();
    kept.keep(&mut file.places, &there.places, |place| lineages.contains(&place.lineage));
    let kept = kept.names;
    keep_default_owner(&mut file, there);
    remember_what_is_watched(&mut file, there);
    let mut mistakes = references(&file);
    mistakes.extend(issuer::can_issue(&mut file));
    mistakes.extend(rules_are_unique(&file.owners));
    follow_rules(&mut file, remembered);
    resolve_owners(&mut file);
    resolve_criticality(&mut file);
    (Merged { file, kept, owners_said }, mistakes)
}

fn owners_said(file: &File) -> BTreeSet<String> {
    let lineages = file.lineages.iter().filter(|lineage| lineage.value.owner.is_some());
    let endpoints = file.endpoints.iter().filter(|endpoint| endpoint.value.owner.is_some());
    lineages.map(|entry| shown(&entry.value)).chain(endpoints.map(|entry| shown(&entry.value))).collect()
}

/// What stays without having been written keeps no owner that nobody said: it goes by the rules as they are now.
fn follow_rules(file: &mut File, remembered: &Manifest) {
    let by_rule = |line: Option<usize>, thing: &str| line.is_none() && !remembered.said_owner_of(thing);
    for lineage in file.lineages.iter_mut().filter(|one| by_rule(one.line, &shown(&one.value))) {
        lineage.value.owner = None;
    }
    for endpoint in file.endpoints.iter_mut().filter(|one| by_rule(one.line, &shown(&one.value))) {
        endpoint.value.owner = None;
    }
}

/// A lineage that notafter made and looks after by itself is not described by files, and is not made over by one.
pub(super) fn names_of_our_own(file: &File, lineages: &[Lineage]) -> Vec<Mistake> {
    let ours = |name: &str| {
        let named = lineages.iter().find(|lineage| lineage.name == name);
        named.and_then(|lineage| lineage.labels.get(SHED_FROM))
    };
    let mistake = |entry: &Located<LineageEntry>| {
        let name = &entry.value.name;
        let from = ours(name)?;
        Some(Mistake::new(
            entry.line,
            format!("the lineage name {name:?} is taken"),
            format!("notafter keeps there what fails the self-check and is left out of {from}"),
            "choose another name",
        ))
    };
    file.lineages.iter().filter_map(mistake).collect()
}

/// Decides what stays of what the file does not mention.
struct Kept<'a> {
    manifest: &'a Manifest,
    prune: Prune,
    names: Vec<String>,
}

impl Kept<'_> {
    fn keep<T: Entry + Clone>(
        &mut self,
        wanted: &mut Vec<Located<T>>,
        there: &[Located<T>],
        possible: impl Fn(&T) -> bool,
    ) {
        let named: BTreeSet<String> = wanted.iter().map(|entry| entry.value.name()).collect();
        for entry in there.iter().filter(|entry| !named.contains(&entry.value.name())) {
            let shown = shown(&entry.value);
            let by_file = self.manifest.wrote(&shown);
            if self.prune != Prune::Everything && !by_file && possible(&entry.value) {
                if shown != format!("{} {DEFAULT}", Kind::Owner) {
                    self.names.push(shown);
                }
                wanted.push(entry.clone());
            }
        }
    }
}

/// Kind and name.
pub(super) fn shown<T: Entry>(entry: &T) -> String {
    format!("{} {}", T::KIND, entry.name())
}

fn written<T: Entry>(entries: &[Located<T>], lines: &mut BTreeMap<String, usize>) {
    lines.extend(entries.iter().filter_map(|entry| Some((shown(&entry.value), entry.line?))));
}

fn of_written<T: Entry>(entries: &[Located<T>]) -> Vec<SecretRead> {
    let read = |entry: &Located<T>| {
        let (by, line) = (shown(&entry.value), entry.line);
        let secrets = entry.value.secrets().into_iter();
        secrets.map(move |secret| SecretRead { secret, by: by.clone(), line }).collect::<Vec<_>>()
    };
    entries.iter().filter(|entry| entry.line.is_some()).flat_map(read).collect()
}

/// The endpoints of places are endpoints, whether or not the file lists them: what must be proved is also watched. One that
/// somebody entered by hand stays as it was entered, but where the inventory shall be what the file says.
fn imply_endpoints(file: &mut File, there: &File, (manifest, prune): (&Manifest, Prune)) {
    let mut named: BTreeSet<String> = file.endpoints.iter().map(|entry| entry.value.name()).collect();
    let present: BTreeSet<String> = there.endpoints.iter().map(|entry| entry.value.name()).collect();
    for place in &file.places {
        for target in &place.value.endpoints {
            let name = endpoint_name(target);
            let by_hand = prune != Prune::Everything
                && present.contains(&name)
                && !manifest.wrote(&format!("{} {name}", Kind::Endpoint));
            if by_hand || !named.insert(name) {
                continue;
            }
            file.endpoints.push(Located { line: place.line, value: EndpointEntry::implied(target.clone()) });
        }
    }
}

/// The default owner is always there: a file that stops describing it takes its contacts away, not itself.
fn keep_default_owner(file: &mut File, there: &File) {
    let is_default = |owner: &&Located<OwnerEntry>| owner.value.name == DEFAULT;
    if file.owners.iter().find(is_default).is_none() && there.owners.iter().any(|owner| is_default(&owner)) {
        let value = OwnerEntry {
            name: DEFAULT.to_owned(),
            contacts: Vec::new(),
            owns: Vec::new(),
            hours: BusinessHours::default(),
            acknowledge: None,
        };
        file.owners.push(Located { line: None, value });
    }
}

/// A file does not say which names a watched certificate carries; that was observed, and so was what starts its renewal, where
/// the file is silent about it.
fn remember_what_is_watched(file: &mut File, there: &File) {
    let observed: BTreeMap<&str, &LineageEntry> =
        there.lineages.iter().map(|lineage| (lineage.value.name.as_str(), &lineage.value)).collect();
    for lineage in &mut file.lineages {
        let LineageEntry { name, mode: ModeEntry::Watch(watch), .. } = &mut lineage.value else { continue };
        if let Some(before) = observed.get(name.as_str()) {
            watch.identifiers = before.mode.identifiers().to_vec();
            if let (None, ModeEntry::Watch(WatchEntry { trigger, .. })) = (&watch.trigger, &before.mode) {
                watch.trigger.clone_from(trigger);
            }
        }
    }
}

fn references(file: &File) -> Vec<Mistake> {
    let mut known: BTreeMap<Kind, BTreeSet<String>> = BTreeMap::new();
    known.insert(Kind::Channel, names(&file.channels));
    known.insert(Kind::Issuer, names(&file.issuers));
    known.insert(Kind::Owner, names(&file.owners));
    known.entry(Kind::Owner).or_default().insert(DEFAULT.to_owned());
    // What is mistaken otherwise is there by its name.
    for (kind, names) in &file.broken {
        match known.get_mut(kind).filter(|_| !names.contains(&None)) {
            Some(known) => known.extend(names.iter().flatten().cloned()),
            None => drop(known.remove(kind)),
        }
    }
    let mut mistakes = Vec::new();
    // Whether what is not in the file stays as it is, is unknown where something of its kind could not be read.
    let stands = |kind: Kind, line: Option<usize>| line.is_some() || !file.broken.contains_key(&kind);
    for owner in file.owners.iter().filter(|owner| stands(Kind::Owner, owner.line)) {
        for rung in &owner.value.contacts {
            mistakes.extend(leads(owner, Kind::Channel, &rung.channel, &known));
            let everybody = rung.everybody();
            mistakes.extend(everybody.iter().filter_map(|contact| reaches(owner, contact, &file.channels)));
        }
    }
    for lineage in file.lineages.iter().filter(|lineage| stands(Kind::Lineage, lineage.line)) {
        if let ModeEntry::Managed(spec) = &lineage.value.mode {
            mistakes.extend(leads(lineage, Kind::Issuer, &spec.issuer, &known));
        }
        // What is not in the file gets another owner when its own goes.
        let said = lineage.value.owner.as_ref().filter(|_| lineage.line.is_some());
        mistakes.extend(said.and_then(|owner| leads(lineage, Kind::Owner, owner, &known)));
    }
    for endpoint in &file.endpoints {
        let said = endpoint.value.owner.as_ref().filter(|_| endpoint.line.is_some());
        mistakes.extend(said.and_then(|owner| leads(endpoint, Kind::Owner, owner, &known)));
    }
    mistakes
}

fn names<T: Entry>(entries: &[Located<T>]) -> BTreeSet<String> {
    entries.iter().map(|entry| entry.value.name()).collect()
}

fn leads<T: Entry>(
    from: &Located<T>,
    kind: Kind,
    name: &str,
    known: &BTreeMap<Kind, BTreeSet<String>>,
) -> Option<Mistake> {
    let known = known.get(&kind)?;
    if known.contains(name) {
        return None;
    }
    let what = format!("{} refers to {kind} `{name}`, which does not exist", shown(&from.value));
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let why = match known.as_slice() {
        [] => format!("there is no {kind} at all"),
        known => format!("known are: {}", known.join(", ")),
    };
    let hint = match from.line {
        Some(_) => format!("add `[[{kind}]]` with `name = \"{name}\"`, or name another one"),
        None => format!("this file takes {kind} `{name}` away: keep it, or describe the other here as well"),
    };
    Some(Mistake::new(from.line, what, why, hint))
}

/// Whether a contact says whom the channel is to reach, where the channel does not know by itself.
fn reaches(
    owner: &Located<OwnerEntry>,
    contact: &Contact,
    channels: &[Located<ChannelEntry>],
) -> Option<Mistake> {
    let channel = channels.iter().find(|channel| channel.value.name == contact.channel)?;
    let Recipient::Mailbox(check) = channel.value.declared?.to else { return None };
    let why = match contact.to.as_deref().map(check) {
        Some(Ok(())) => return None,
        Some(Err(why)) => why,
        None => "it has no `to`".to_owned(),
    };
    let name = &contact.channel;
    let what = format!("a contact of {} on channel `{name}` reaches nobody", shown(&owner.value));
    let hint = format!("`{{ channel = \"{name}\", to = \"ops@example.org\" }}`");
    Some(Mistake::new(Some(owner.line.or(channel.line)?), what, why, hint))
}

fn rules_are_unique(owners: &[Located<OwnerEntry>]) -> Vec<Mistake> {
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    let mut mistakes = Vec::new();
    for owner in owners {
        for rule in &owner.value.owns {
            match seen.insert(rule, &owner.value.name) {
                Some(other) if other != owner.value.name => mistakes.push(Mistake::new(
                    owner.line,
                    format!("owner `{}` and owner `{other}` both own `{rule}`", owner.value.name),
                    "somebody must answer for it alone",
                    "leave the rule with one of them",
                )),
                _ => {}
            }
        }
    }
    mistakes
}

/// Says every owner: the one that is written, else the one by rule.
fn resolve_owners(file: &mut File) {
    let owners = names(&file.owners);
    let known = |owner: &Option<String>| owner.as_ref().is_some_and(|owner| owners.contains(owner));
    let rules = Ownership::of_rules(&file.owners);
    for lineage in file.lineages.iter_mut().filter(|lineage| !known(&lineage.value.owner)) {
        lineage.value.owner = Some(rules.of_lineage(&lineage.value).to_owned());
    }
    let rules = rules.with_lineages(&file.lineages, &file.places);
    for endpoint in file.endpoints.iter_mut().filter(|endpoint| !known(&endpoint.value.owner)) {
        endpoint.value.owner = Some(rules.of_endpoint(&endpoint.value.target).to_owned());
    }
}

/// Finds for every endpoint, also for those that the file does not describe, the rule by which it matters so much.
fn resolve_criticality(file: &mut File) {
    let rules = || file.criticalities.iter().map(|rule| &rule.value);
    for endpoint in &mut file.endpoints {
        let EndpointEntry { labels, criticality, rule, .. } = &mut endpoint.value;
        *rule = CriticalityRule::of(rules(), labels).filter(|_| criticality.is_none()).cloned();
    }
}
