//! A file as far as it could be read. Who knows more about what it says tells what is wrong with that, so that a person
//! hears everything at once.

use std::collections::BTreeSet;

use notafter_cert::Time;

use super::check::{self, Merged};
use super::entry::Kind;
use super::mistake::{Mistake, Mistakes};
use super::parse::{self, File};
use super::{Changes, Present, Prune, build, describe, diff, issuer};
use crate::model::{ChannelKind, Random, SecretRef};

/// A file, laid over the inventory.
pub struct Reading<'a> {
    present: &'a Present,
    prune: Prune,
    there: File,
    merged: Merged,
    mistakes: Vec<Mistake>,
}

/// A place as it will be.
#[derive(Clone, Copy, Debug)]
pub struct PlaceRead<'a> {
    /// The lineage.
    pub lineage: &'a str,
    /// Its name within the lineage.
    pub name: &'a str,
    /// Its line; nothing for what the file does not describe.
    pub line: Option<usize>,
    /// How it is installed.
    pub deployer: &'a str,
    /// The deployer's settings.
    pub settings: &'a serde_json::Value,
    /// Whether it is new, or installed otherwise than before.
    pub differs: bool,
}

/// A secret that the file refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretRead {
    /// The reference.
    pub secret: SecretRef,
    /// Kind and name of what refers to it.
    pub by: String,
    /// The line of that.
    pub line: Option<usize>,
}

/// Reads a file and lays it over the inventory; `kinds` are those of channels that there are.
#[must_use]
pub fn read<'a>(
    text: &str,
    (present, kinds): (&'a Present, &[&'static ChannelKind]),
    prune: Prune,
) -> Reading<'a> {
    let (wanted, mut mistakes) = parse::file(text, kinds);
    let there = describe::inventory(present, kinds);
    mistakes.extend(check::names_of_our_own(&wanted, &present.lineages));
    mistakes.extend(issuer::made_for_good(&wanted, &present.issuers));
    let (merged, more) = check::merge(wanted, &there, &present.manifest, prune);
    mistakes.extend(more);
    Reading { present, prune, there, merged, mistakes }
}

/// Every secret that a file refers to, as far as it can be read.
#[must_use]
pub fn secrets(text: &str, kinds: &[&'static ChannelKind]) -> BTreeSet<String> {
    let (file, _) = parse::file(text, kinds);
    check::secrets(&file).into_iter().map(|read| read.secret.0).collect()
}

impl Reading<'_> {
    /// The places as they will be, as far as that is known: of those that the file does not describe nothing is known
    /// where a place or a lineage could not be read.
    pub fn places(&self) -> impl Iterator<Item = PlaceRead<'_>> {
        let File { places, broken, .. } = &self.merged.file;
        let whole = !broken.contains_key(&Kind::Place) && !broken.contains_key(&Kind::Lineage);
        places.iter().filter(move |place| whole || place.line.is_some()).map(|place| {
            let value = &place.value;
            let mut before = self.there.places.iter().map(|place| &place.value);
            let same = before.any(|before| {
                (&before.lineage, &before.name) == (&value.lineage, &value.name)
                    && (&before.deployer, &before.settings) == (&value.deployer, &value.settings)
            });
            PlaceRead {
                lineage: &value.lineage,
                name: &value.name,
                line: place.line,
                deployer: &value.deployer,
                settings: &value.settings,
                differs: !same,
            }
        })
    }

    /// The secrets that the file refers to, with what refers to them.
    #[must_use]
    pub fn secrets(&self) -> Vec<SecretRead> {
        check::secrets(&self.merged.file)
    }

    /// Takes along what somebody else found wrong with the file.
    pub fn tell(&mut self, mistakes: impl IntoIterator<Item = Mistake>) {
        self.mistakes.extend(mistakes);
    }

    /// What applying the file would do. `random` gives the bytes of new identifiers.
    ///
    /// # Errors
    /// Every mistake in the file, with its line.
    pub fn changes(self, now: Time, random: &mut dyn FnMut() -> Random) -> Result<Changes, Mistakes> {
        let Self { present, prune, there, merged, mut mistakes } = self;
        if !mistakes.is_empty() {
            mistakes.sort();
            return Err(Mistakes(mistakes));
        }
        let builder = build::Builder { present, now, random };
        Ok(Changes {
            differences: diff::differences(&there, &merged),
            writes: builder.writes(&merged),
            secrets: merged.secrets(),
            manifest: match prune {
                Prune::Nothing => present.manifest.clone(),
                Prune::Written | Prune::Everything => merged.manifest(),
            },
            lines: merged.lines(),
            left_alone: merged.left_alone(),
        })
    }
}
