//! `adopt --undo`: the old automation gets its certificate back, to the byte.

use std::path::PathBuf;

use notafter_inventory::model::{Actor, Lineage, Mode, Renewal, Subject};
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
    for place in context.store.places_of(&context.scope, lineage.id).await? {
        if place.name == "adopted" {
            changes.push(Change::RemovePlace(place.id));
        }
    }
    let watched = Lineage {
        mode: Mode::WatchOnly(record.automation.clone()),
        renewal: Renewal::default(),
        ..lineage.clone()
    };
    changes.push(Change::PutLineage(watched));
    changes.push(Change::Unschedule { task: renew::KIND, subject: TaskSubject::of(lineage.id) });
    context.apply(None, actor, &changes).await?;
    let mut restored = Vec::new();
    for (path, link) in &record.links {
        if Content::read(path)? != *link {
            link.put(path)?;
            restored.push(path.clone());
        }
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
    Ok(Undone { lineage: lineage.name, restored })
}

/// What was stored when it was taken over; `None` when it was not.
pub(super) async fn record_of(context: &Context, lineage: &Lineage) -> Result<Option<Record>, Fault> {
    let name = record_name(lineage);
    let Some(row) = context.store.secret(&context.scope, &name).await? else { return Ok(None) };
    let sealed = Sealed::from_bytes(row.sealed)?;
    let text = context.keyring.read().await.open_secret(&name, &sealed)?;
    serde_json::from_slice(&text).map(Some).map_err(crate::operate::unreadable)
}
