//! What applying a file changes, for people.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use super::check::Merged;
use super::entry::{Entry, Fields, Follows, Kind};
use super::parse::{File, Located};

/// What happens to a thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    /// It is new.
    Add,
    /// It changes.
    Change,
    /// It goes.
    Remove,
}

/// One thing that is added, changed or removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// What happens.
    pub verb: Verb,
    /// To what kind of thing.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// Field by field; nothing for what goes.
    pub fields: Vec<FieldChange>,
    /// What follows from it that is not plain to see.
    pub note: Option<String>,
}

/// One field, as it is written in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldChange {
    /// Its key.
    pub field: String,
    /// Before.
    pub from: Option<String>,
    /// After.
    pub to: Option<String>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.verb {
            Verb::Add => '+',
            Verb::Change => '~',
            Verb::Remove => '-',
        };
        write!(f, "{sign} {} {}", self.kind, self.name)?;
        for FieldChange { field, from, to } in &self.fields {
            match (from, to) {
                (Some(from), Some(to)) => write!(f, "\n    {field}: {from} -> {to}")?,
                (None, Some(to)) => write!(f, "\n    {field}: {to}")?,
                (Some(from), None) => write!(f, "\n    {field}: {from} -> (default)")?,
                (None, None) => {}
            }
        }
        self.note.iter().try_for_each(|note| write!(f, "\n    note: {note}"))
    }
}

/// Every difference, kind by kind, each by name.
pub(super) fn differences(there: &File, merged: &Merged) -> Vec<Difference> {
    let then = &merged.file;
    let mut all = Vec::new();
    compare(&there.channels, &then.channels, &mut all);
    compare(&there.owners, &then.owners, &mut all);
    compare(&there.issuers, &then.issuers, &mut all);
    compare(&there.criticalities, &then.criticalities, &mut all);
    compare(&there.endpoints, &then.endpoints, &mut all);
    compare(&there.lineages, &then.lineages, &mut all);
    compare(&there.places, &then.places, &mut all);
    all
}

fn compare<T: Entry>(before: &[Located<T>], after: &[Located<T>], all: &mut Vec<Difference>) {
    let before = by_name(before);
    let after = by_name(after);
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for name in names {
        let (verb, fields) = match (before.get(name), after.get(name)) {
            (None, Some(new)) => (Verb::Add, changed(&[], &effective(*new))),
            (Some(_), None) => (Verb::Remove, Vec::new()),
            (Some(old), Some(new)) => (Verb::Change, changed(&effective(*old), &effective(*new))),
            (None, None) => continue,
        };
        if verb == Verb::Change && fields.is_empty() {
            continue;
        }
        let whole = after.get(name).or(before.get(name)).map(|entry| entry.fields()).unwrap_or_default();
        let note = note(T::KIND, verb, &fields, &whole);
        all.push(Difference { verb, kind: T::KIND, name: name.clone(), fields, note });
    }
}

fn by_name<T: Entry>(entries: &[Located<T>]) -> BTreeMap<String, &T> {
    entries.iter().map(|entry| (entry.value.name(), &entry.value)).collect()
}

/// Names, targets and the labels of rules identify a thing: they are said in its headline.
const IDENTITY: [&str; 4] = ["name", "target", "sni", "label"];

/// Every key that has a value, with the value as people read it.
fn effective<T: Entry>(entry: &T) -> Vec<(&'static str, String)> {
    let said = entry.fields().into_iter().map(|(key, value)| (key, value.to_string()));
    let follows = entry.follows().map(|Follows { key, value, by }| (key, format!("{value} (by {by})")));
    said.chain(follows).collect()
}

fn changed(old: &[(&'static str, String)], new: &[(&'static str, String)]) -> Vec<FieldChange> {
    let value = |fields: &[(&'static str, String)], key: &str| {
        fields.iter().find(|(field, _)| *field == key).map(|(_, value)| value.clone())
    };
    let mut keys: Vec<&str> = new.iter().map(|(key, _)| *key).collect();
    keys.extend(old.iter().map(|(key, _)| *key).filter(|key| value(new, key).is_none()));
    keys.into_iter()
        .filter(|key| !IDENTITY.contains(key))
        .map(|key| FieldChange { field: key.to_owned(), from: value(old, key), to: value(new, key) })
        .filter(|change| change.from != change.to)
        .collect()
}

/// `whole` is everything that is said of the thing, changed or not.
fn note(kind: Kind, verb: Verb, fields: &[FieldChange], whole: &Fields) -> Option<String> {
    let touches = |field: &str| fields.iter().any(|change| change.field == field);
    let says = |field: &str| whole.iter().any(|(key, _)| *key == field);
    let note = match (kind, verb) {
        (Kind::Lineage, Verb::Remove) => {
            "it is not looked after any more: installed files stay, its versions and keys stay in the database"
        }
        (Kind::Place, Verb::Remove) => "the files stay; they are not kept fresh any more",
        (Kind::Issuer, Verb::Change) if touches("directory") => {
            "another CA: a new account is made there before the next order"
        }
        (Kind::Issuer, Verb::Add) if says("kind") => {
            "a private CA of this installation: its root is made now, and clients have to trust it (notafter ca show)"
        }
        (Kind::Issuer, Verb::Change) if touches("lifetime") => "what is signed from now on lasts so long",
        (Kind::Issuer, Verb::Remove) if says("kind") => {
            "nothing can be signed below its root any more, not even by an issuer of the same name; its keys stay in the vault"
        }
        (Kind::Issuer, Verb::Remove) => "the account at the CA stays, and its key stays in the vault",
        (Kind::Lineage, Verb::Add) if says("watch") => {
            "its names are read from its certificate: where `owns` of an owner fits them, that one answers for it, unless the file \
             says who does"
        }
        (Kind::Lineage, Verb::Change) if touches("watch") => "who renews it changes; its versions stay",
        (Kind::Lineage, Verb::Change) if touches("identifiers") || touches("key") => {
            "a new certificate is ordered at once"
        }
        (Kind::Lineage, Verb::Change) if touches("issuer") => {
            "the next renewal is ordered from the new issuer"
        }
        _ => return None,
    };
    Some(note.to_owned())
}
