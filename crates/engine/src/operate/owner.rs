//! Owners by hand: somebody says that one still answers for what it owns.

use notafter_cert::{Span, Time};
use notafter_inventory::code::Kind;
use notafter_inventory::model::{Actor, Given, Owner, Subject};
use notafter_store::{Acknowledging, Change, TaskSubject};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Fault, Operation, near, operation};
use crate::context::Context;
use crate::findings::ALERT;

/// The operations of this file.
pub const OPERATIONS: &[Operation] = &[operation!("owner.acknowledge", acknowledge)];

/// Which owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AcknowledgeArgs {
    /// Its name.
    pub owner: String,
}

/// An owner that answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledged {
    /// Its name.
    pub owner: String,
    /// When somebody said so.
    pub at: Time,
    /// Who.
    pub by: Actor,
    /// Until when that counts.
    pub until: Time,
}

/// Somebody says that an owner still answers for what it owns.
///
/// # Errors
/// There is no such owner, it is not asked, or the store failed.
pub async fn acknowledge(
    context: &Context,
    actor: &Actor,
    AcknowledgeArgs { owner: name }: AcknowledgeArgs,
) -> Result<Acknowledged, Fault> {
    let found = context.store.owner_named(&context.scope, &name).await?;
    let kept = context.scope.kept_to();
    let Some(owner) = found.filter(|owner| kept.is_none_or(|kept| kept == owner.id)) else {
        let hint = near::hint(context, Kind::Owner, &name).await;
        return Err(Fault::new("owner.unknown", format!("there is no owner named {name:?}"), hint));
    };
    let Some(every) = owner.acknowledge else { return Err(not_asked(&owner)) };
    say(context, actor, (&owner, every)).await
}

fn not_asked(owner: &Owner) -> Fault {
    let name = &owner.name;
    Fault::new(
        "owner.not-asked",
        format!("{name} is not asked whether it still answers, and nothing was written down"),
        format!(
            "add acknowledge = \"180d\" to the owner {name} in the inventory file, and `notafter apply` it"
        ),
    )
}

/// Writes it down, and has the finding that asked for it judged anew.
pub(crate) async fn say(
    context: &Context,
    actor: &Actor,
    (owner, every): (&Owner, Span),
) -> Result<Acknowledged, Fault> {
    let at = context.clock.now();
    let until = at + every;
    let given = Given { at, by: actor.clone() };
    let changes = [
        Acknowledging::Give(owner.id, given).into(),
        Change::Event {
            kind: "notafter.owner.acknowledged.v1".to_owned(),
            subject: Subject::Owner(owner.id),
            data: json!({ "owner": owner.name, "until": until }),
        },
        Change::Schedule { task: ALERT, subject: TaskSubject::of(owner.id), due_at: at },
    ];
    context.apply(None, actor, &changes).await?;
    Ok(Acknowledged { owner: owner.name.clone(), at, by: actor.clone(), until })
}
