//! `adopt --undo`: the old automation gets its certificate back, to the byte.

use std::path::{Path, PathBuf};

use notafter_inventory::model::{Actor, Lineage, Mode, Origin, Renewal, Subject};
use notafter_keys::vault::Sealed;
use notafter_providers::hand_over::Content;
use notafter_store::{Change, TaskSubject};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::take_over::Record;
use super::{record_name, unknown};
use crate::context::Context;
use crate::operate::Fault;
use crate::tasks::{renew, watch as task};

/// What shall be given back.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct UndoArgs {
    /// The lineage's name.
    pub lineage: String,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undone {
    /// The lineage.
    pub lineage: String,
    /// Files that are again as they were.
    pub restored: Vec<PathBuf>,
    /// What is still to be done by hand.
    pub notes: Vec<String>,
}

/// Ours is off before the old automation is on again; broken off half way, it is finished by doing it again.
pub(super) async fn undo(context: &Context, actor: &Actor, args: UndoArgs) -> Result<Undone, Fault> {
    let named = context.store.lineage_named(&context.scope, &args.lineage).await?;
    let lineage = named.ok_or_else(|| unknown(&args.lineage))?;
    let Some(record) = record_of(context, &lineage).await? else {
        return Err(Fault::new(
            "adopt.not-taken-over",
            format!("{} was never taken over from another program", args.lineage),
            "there is nothing to undo",
        ));
    };
    let mut changes = Vec::new();
    let mut left_over = Vec::new();
    for place in context.store.places_of(&context.scope, lineage.id).await? {
        if place.name == "adopted" {
            changes.push(Change::RemovePlace(place.id));
            left_over.push(format!(".notafter-{}", place.id));
        }
    }
    let watched = Lineage {
        mode: Mode::WatchOnly(record.automation.clone()),
        renewal: Renewal::default(),
        ..lineage.clone()
    };
    changes.push(Change::PutLineage(watched));
    changes.push(Change::Unschedule { task: renew::KIND, subject: TaskSubject::of(lineage.id) });
    changes.extend(super::findings_end(context, &lineage, |code| !code.starts_with("automation.")).await?);
    let notes = notes(context, &lineage).await?;
    context.apply(None, actor, &changes).await?;
    let mut restored = Vec::new();
    for (path, link) in &record.links {
        if Content::read(path)? != *link {
            link.put(path)?;
            restored.push(path.clone());
        }
    }
    for directory in record.links.iter().filter_map(|(path, _)| path.parent()) {
        clear(directory, &left_over)?;
    }
    for edit in record.edits.iter().rev() {
        edit.take_back()?;
        restored.push(edit.path.clone());
    }
    let done = [
        Change::RemoveSecret(record_name(&lineage)),
        Change::Schedule { task: task::KIND, subject: TaskSubject::ONLY, due_at: context.clock.now() },
        Change::Event {
            kind: "notafter.lineage.given-back.v1".to_owned(),
            subject: Subject::Lineage(lineage.id),
            data: json!({ "lineage": lineage.name, "restored": restored }),
        },
    ];
    context.apply(None, actor, &done).await?;
    Ok(Undone { lineage: lineage.name, restored, notes })
}

/// What our deployer kept beside the links, keys among it, is of no use to anybody any more.
fn clear(directory: &Path, left_over: &[String]) -> Result<(), Fault> {
    for name in left_over {
        let path = directory.join(name);
        match std::fs::remove_dir_all(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                let what = format!("cannot remove {}", path.display());
                let hint = "remove it by hand: it holds keys that are not used any more";
                return Err(Fault::new("adopt.file-refused", what, hint).because(error.to_string()));
            }
            _ => {}
        }
    }
    let refused = |error: std::io::Error| {
        Fault::new("adopt.file-refused", format!("cannot clear {}", directory.display()), "run as root")
            .because(error.to_string())
    };
    // Links to what was there before a deployment (`.key.pem.dp_0193...-before`).
    for entry in std::fs::read_dir(directory).map_err(refused)? {
        let entry = entry.map_err(refused)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') && name.contains(".dp_") && name.ends_with("-before") {
            std::fs::remove_file(entry.path()).map_err(refused)?;
        }
    }
    Ok(())
}

/// The old program does not have what was issued here: it starts again from its own last certificate.
async fn notes(context: &Context, lineage: &Lineage) -> Result<Vec<String>, Fault> {
    let current = match lineage.current {
        Some(id) => context.store.version(&context.scope, id).await?,
        None => None,
    };
    let ours = current.is_some_and(|version| matches!(version.origin, Origin::Order { .. }));
    let note = "its own last certificate is in place again, older than the one that notafter got: let the old program \
                renew it now, then reload the server";
    Ok(if ours { vec![note.to_owned()] } else { vec![] })
}

/// What was stored when it was taken over; `None` when it was not.
pub(super) async fn record_of(context: &Context, lineage: &Lineage) -> Result<Option<Record>, Fault> {
    let name = record_name(lineage);
    let Some(row) = context.store.secret(&context.scope, &name).await? else { return Ok(None) };
    let sealed = Sealed::from_bytes(row.sealed)?;
    let text = context.keyring.read().await.open_secret(&name, &sealed)?;
    serde_json::from_slice(&text).map(Some).map_err(crate::operate::unreadable)
}
