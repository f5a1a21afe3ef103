//! The inventory as a file.

use std::collections::BTreeMap;

use notafter_cert::Time;
use notafter_tls::Target;
use toml::Value;

use super::check::shown;
use super::entry::{EndpointEntry, Entry, Follows, Kind, LineageEntry, OwnerEntry, PlaceEntry};
use super::ownership::DEFAULT;
use super::parse::{File, Located};
use super::{Manifest, Present, describe};
use crate::model::{self, ChannelKind, Criticality, Labels};
use crate::words;

/// A line longer than this is broken, where it is a list.
const WIDTH: usize = 100;

/// A comment longer than this is cut.
const LONGEST_COMMENT: usize = 400;

/// What is no part of the inventory, and stands beside it in comments.
#[derive(Clone, Copy, Debug)]
pub struct Aside<'a> {
    /// At which instant: somebody is on duty then.
    pub now: Time,
    /// Which owners said that they still answer.
    pub ownerships: &'a [model::Ownership],
}

/// Writes the inventory as a file: applying it changes nothing. Owners that follow by rule are left out.
#[must_use]
pub fn print(present: &Present, kinds: &[&'static ChannelKind], aside: Aside<'_>) -> String {
    let mut file = described(present, kinds);
    file.owners.retain(|owner| !says_nothing(&owner.value));
    let mut text = String::new();
    section(&mut text, &file.channels);
    owners(&mut text, present, &file.owners, (None, aside));
    section(&mut text, &file.issuers);
    section(&mut text, &file.criticalities);
    section(&mut text, &file.endpoints);
    let places = by_lineage(&file.places, None);
    for lineage in &file.lineages {
        lineage_with(&mut text, lineage, places.get(lineage.value.name.as_str()));
    }
    text
}

/// Writes the things of one kind, or those of this name (`shop/web` for a place; `web` for that place of every lineage). A
/// place stands below its lineage, or the text could not be applied.
#[must_use]
pub fn describe_one(
    present: &Present,
    kinds: &[&'static ChannelKind],
    (kind, name): (Kind, Option<&str>),
    aside: Aside<'_>,
) -> Option<String> {
    let file = described(present, kinds);
    let mut text = String::new();
    match kind {
        Kind::Channel => named(&mut text, &file.channels, name),
        Kind::Owner => owners(&mut text, present, &file.owners, (name, aside)),
        Kind::Issuer => named(&mut text, &file.issuers, name),
        Kind::Criticality => named(&mut text, &file.criticalities, name),
        Kind::Endpoint => named(&mut text, &file.endpoints, name),
        Kind::Lineage => named(&mut text, &file.lineages, name),
        Kind::Place => {
            let places = by_lineage(&file.places, name);
            for lineage in &file.lineages {
                let fitting = places.get(lineage.value.name.as_str());
                if fitting.is_some() {
                    lineage_with(&mut text, lineage, fitting);
                }
            }
        }
    }
    (name.is_none() || !text.is_empty()).then_some(text)
}

/// An endpoint as a table of a file.
#[must_use]
pub fn endpoint_entry(
    target: &Target,
    owner: Option<&str>,
    labels: &Labels,
    criticality: Option<Criticality>,
    trust: Option<&str>,
) -> String {
    let endpoint = EndpointEntry {
        target: target.clone(),
        owner: owner.map(str::to_owned),
        labels: labels.clone(),
        criticality,
        rule: None,
        trust: trust.map(str::to_owned),
    };
    let mut text = String::new();
    entry(&mut text, "[[endpoint]]", &endpoint);
    text
}

fn described(present: &Present, kinds: &[&'static ChannelKind]) -> File {
    let mut file = describe::inventory(present, kinds);
    file.channels.sort_by_key(|entry| entry.value.name());
    file.owners.sort_by_key(|entry| entry.value.name());
    file.issuers.sort_by_key(|entry| entry.value.name());
    file.criticalities.sort_by_key(|entry| entry.value.name());
    file.endpoints.sort_by_key(|entry| entry.value.name());
    file.lineages.sort_by_key(|entry| entry.value.name());
    file.places.sort_by_key(|entry| entry.value.name());
    hide_owners_by_rule(&mut file, &present.manifest);
    file
}

/// Only an owner that a file said is written again: any other would be pinned by being read back.
fn hide_owners_by_rule(file: &mut File, manifest: &Manifest) {
    for lineage in file.lineages.iter_mut().filter(|one| !manifest.said_owner_of(&shown(&one.value))) {
        lineage.value.owner = None;
    }
    for endpoint in file.endpoints.iter_mut().filter(|one| !manifest.said_owner_of(&shown(&one.value))) {
        endpoint.value.owner = None;
    }
}

/// The default owner is there without being written.
fn says_nothing(owner: &OwnerEntry) -> bool {
    owner.name == DEFAULT && owner.fields().len() == 1
}

fn section<T: Entry>(text: &mut String, entries: &[Located<T>]) {
    named(text, entries, None);
}

fn named<T: Entry>(text: &mut String, entries: &[Located<T>], name: Option<&str>) {
    for one in entries.iter().filter(|one| fits(&one.value, name)) {
        entry(text, &format!("[[{}]]", T::KIND), &one.value);
    }
}

/// Owners, with who is on duty now and whether they still answer: for people, and no part of the file.
fn owners(
    text: &mut String,
    present: &Present,
    owners: &[Located<OwnerEntry>],
    (name, aside): (Option<&str>, Aside<'_>),
) {
    for owner in owners.iter().filter(|one| fits(&one.value, name)) {
        entry(text, "[[owner]]", &owner.value);
        let on_duty = owner.value.contacts.iter().filter_map(|rung| rung.duty_for_people(aside.now));
        let answers = present.owners.iter().find(|known| known.name == owner.value.name).and_then(|known| {
            let said = aside.ownerships.iter().find(|said| said.owner_id == known.id);
            model::Ownership::for_people(known, said, aside.now)
        });
        for comment in on_duty.chain(answers) {
            text.push_str(&format!("# {}\n", words::one_line(&comment, LONGEST_COMMENT)));
        }
    }
}

fn fits<T: Entry>(entry: &T, name: Option<&str>) -> bool {
    let full = entry.name();
    name.is_none_or(|name| {
        full == name || full.rsplit_once('/').is_some_and(|(_, last)| T::KIND == Kind::Place && last == name)
    })
}

/// The places of this name, or all, by the name of their lineage.
fn by_lineage<'a>(
    places: &'a [Located<PlaceEntry>],
    name: Option<&str>,
) -> BTreeMap<&'a str, Vec<&'a PlaceEntry>> {
    let mut found: BTreeMap<&str, Vec<&PlaceEntry>> = BTreeMap::new();
    for place in places.iter().filter(|place| fits(&place.value, name)) {
        found.entry(&place.value.lineage).or_default().push(&place.value);
    }
    found
}

fn lineage_with(text: &mut String, lineage: &Located<LineageEntry>, places: Option<&Vec<&PlaceEntry>>) {
    entry(text, "[[lineage]]", &lineage.value);
    for place in places.into_iter().flatten() {
        entry(text, "[[lineage.place]]", *place);
    }
}

fn entry<T: Entry>(text: &mut String, header: &str, thing: &T) {
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(header);
    text.push('\n');
    for (key, value) in thing.fields() {
        text.push_str(&line(key, &value));
        text.push('\n');
    }
    // Written, it would be said by the thing itself, and not follow any more.
    if let Some(Follows { key, value, by }) = thing.follows() {
        text.push_str(&format!("# {}, by {}\n", line(key, &value), words::one_line(&by, WIDTH)));
    }
}

fn line(key: &str, value: &Value) -> String {
    let line = format!("{key} = {value}");
    match value {
        Value::Array(values) if line.len() > WIDTH => {
            let values: String = values.iter().map(|value| format!("    {value},\n")).collect();
            format!("{key} = [\n{values}]")
        }
        _ => line,
    }
}
