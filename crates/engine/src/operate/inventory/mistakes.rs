//! What is wrong with a file, from everybody who knows something about it: its own reader, the deployers of its places, and
//! the vault. A person hears all of it at once.

use std::collections::BTreeMap;
use std::path::PathBuf;

use notafter_cert::Trouble;
use notafter_inventory::code::{self, Changes, Mistake, Mistakes, PlaceRead, Present, Reading};
use notafter_providers::deploy::DeployError;
use notafter_providers::{deploy, notify};

use super::File;
use crate::context::Context;
use crate::operate::Fault;

/// What a file would change, or every mistake in it.
///
/// # Errors
/// The store failed.
pub(super) async fn plan(
    context: &Context,
    present: &Present,
    file: &File,
) -> Result<Result<Changes, Mistakes>, Fault> {
    let mut reading = code::read(&file.text, (present, &notify::kinds()), file.prune);
    let mut mistakes: Vec<Mistake> =
        reading.places().filter(|place| place.differs).flat_map(settings_mistakes).collect();
    mistakes.extend(shared_files(&reading));
    mistakes.extend(unread_secrets(context, &reading, &file.unread).await?);
    reading.tell(mistakes);
    Ok(reading.changes(context.clock.now(), &mut || context.random()))
}

fn shown(place: &PlaceRead<'_>) -> String {
    format!("place {}/{}", place.lineage, place.name)
}

/// Each deployer checks the settings of its places.
fn settings_mistakes(place: PlaceRead<'_>) -> Vec<Mistake> {
    let what = format!("{} is set up wrongly", shown(&place));
    let mistake = |why: String, hint: String| Mistake::new(place.line, &what, why, hint);
    match deploy::find(place.deployer).and_then(|deployer| deployer.check(place.settings)) {
        Ok(()) => Vec::new(),
        Err(DeployError::Settings { wrong, .. }) => {
            wrong.into_iter().map(|wrong| mistake(wrong.what, wrong.hint)).collect()
        }
        Err(error) => vec![mistake(error.to_string(), error.hint())],
    }
}

/// Two places that write one file would replace each other's pair, renewal by renewal.
fn shared_files(reading: &Reading<'_>) -> Vec<Mistake> {
    let mut taken: BTreeMap<PathBuf, String> = BTreeMap::new();
    let mut mistakes = Vec::new();
    // What stays as it is was there first; then the file's order says which came first.
    let mut places: Vec<PlaceRead<'_>> = reading.places().collect();
    places.sort_by_key(|place| (place.differs, place.line, shown(place)));
    for place in places {
        let named = deploy::find(place.deployer).map(|deployer| deployer.named(place.settings));
        let name = shown(&place);
        for path in named.unwrap_or_default().files {
            match taken.get(&path).filter(|_| place.differs) {
                // One that is there twice is told as such.
                Some(other) if *other == name => {}
                Some(other) => mistakes.push(Mistake::new(
                    place.line,
                    format!("{name} writes {}", path.display()),
                    format!("{other} writes it already: each would replace the other's pair"),
                    "give it a path of its own, or make one place of both",
                )),
                None => drop(taken.insert(path, name.clone())),
            }
        }
    }
    mistakes
}

/// A secret that can be read neither where the command runs nor in the vault.
async fn unread_secrets(
    context: &Context,
    reading: &Reading<'_>,
    unread: &BTreeMap<String, String>,
) -> Result<Vec<Mistake>, Fault> {
    let mut mistakes = Vec::new();
    for read in reading.secrets() {
        let name = &read.secret.0;
        let Some(why) = unread.get(name) else { continue };
        if context.store.secret(&context.scope, name).await?.is_none() {
            let what = format!("the secret {name} of {} cannot be read", read.by);
            let hint = "set the variable, or make the file readable, where `notafter apply` runs";
            mistakes.push(Mistake::new(read.line, what, why.clone(), hint));
        }
    }
    Ok(mistakes)
}
