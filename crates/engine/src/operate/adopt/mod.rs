//! Watching and taking over what other people's automation renews.

mod issuer;
mod on_record;
mod take_over;
mod undo;
mod watch;

use notafter_cert::Identifier;
use notafter_inventory::adopt::fact::Known;
use notafter_inventory::model::{Lineage, Mode, OwnerId, Subject, Violation};
use notafter_store::Change;

pub use on_record::{OnRecord, OnRecordArgs, on_record_as_stored};
pub use take_over::{TakeOverArgs, TakenOver};
pub use undo::{UndoArgs, Undone};
pub use watch::{Found, LeftOut, WatchArgs, Watching};

use super::{Fault, Operation, operation};
use crate::context::Context;
use crate::findings;

/// The operations of this file.
pub const OPERATIONS: &[Operation] = &[
    operation!("adopt.on-record", on_record::on_record),
    operation!("adopt.watch", watch::watch, Begun),
    operation!("adopt.take-over", take_over::take_over, Begun),
    operation!("adopt.undo", undo::undo),
];

/// Who answers for what bears these names: by the rule for the first that has one, else the default owner.
async fn owner_of(context: &Context, names: &[Identifier]) -> Result<OwnerId, Fault> {
    let owners = context.store.owners(&context.scope).await?;
    let by_rule = names.iter().find_map(|name| notafter_inventory::code::owner_of(&owners, name));
    let default = || owners.iter().find(|owner| owner.name == "default");
    by_rule.or_else(default).map(|owner| owner.id).ok_or_else(|| {
        Fault::new(
            "store.no-default-owner",
            "the default owner is missing",
            "restore a backup of the database",
        )
    })
}

/// Where the record of a take-over is kept: sealed, because the files may name credentials.
fn record_name(lineage: &Lineage) -> String {
    format!("take-over/{}", lineage.id)
}

/// Whether an `adopt --undo` of it was begun and did not end: it goes on from what is stored of our time with it.
///
/// # Errors
/// The store failed.
pub(crate) async fn is_being_given_back(context: &Context, lineage: &Lineage) -> Result<bool, Fault> {
    Ok(is_watched(lineage) && context.store.secret(&context.scope, &record_name(lineage)).await?.is_some())
}

/// What to type where nobody is there to do what was asked for from now on.
fn next_for(server: &Known) -> Option<String> {
    match server {
        Known::Yes => None,
        Known::No(_) => Some("notafter serve".to_owned()),
        Known::Unknown(_) | Known::Unasked => Some("notafter doctor".to_owned()),
    }
}

fn unknown(name: &str) -> Fault {
    Fault::new(
        "adopt.unknown-lineage",
        format!("no lineage {name:?} is watched"),
        "`notafter adopt` lists what is on this machine, `notafter adopt --watch` watches it",
    )
}

/// Findings that nobody judges any more once the lineage has changed hands.
async fn findings_end(
    context: &Context,
    lineage: &Lineage,
    ends: impl Fn(&str) -> bool + Sync,
) -> Result<Vec<Change>, Fault> {
    let judged = |violation: &Violation| ends(&violation.code);
    let subject = Subject::Lineage(lineage.id);
    Ok(findings::of_subject(context, lineage.owner_id, &subject, vec![], &judged).await?)
}

/// A lineage that somebody else renews.
const fn is_watched(lineage: &Lineage) -> bool {
    matches!(lineage.mode, Mode::WatchOnly(_))
}
