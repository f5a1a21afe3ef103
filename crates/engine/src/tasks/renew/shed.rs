//! What fails the self-check is left out of a lineage's certificate and kept in a lineage of its own, which the engine
//! makes, changes and removes. It is found again by its label: its name may be anybody's.

use notafter_cert::Identifier;
use notafter_inventory::model::{Actor, Lineage, Subject};
use notafter_inventory::plan::renew::{SHED_FROM, free_name};
use notafter_store::{Change, Lease, TaskSubject};

use super::{Case, KIND};
use crate::context::Context;
use crate::draft::{Draft, Stored};
use crate::findings;
use crate::operate::Fault;

/// Remembers what is left out. Its own lineage keeps its certificate, its failures and their pauses while the same
/// identifiers are left out; when none is, it goes.
pub(super) async fn leave_out(
    context: &Context,
    lease: &Lease,
    case: &mut Case,
    own: Vec<Identifier>,
) -> Result<(), Fault> {
    loop {
        let inventory = context.hold_inventory().await?;
        let mut changes = lineage_apart(context, case, &own).await?;
        if !changes.is_empty() {
            changes.push(inventory.upon());
        }
        let Some(mut draft) = Draft::load(context, case.lineage.id).await? else { return Ok(()) };
        draft.lineage.renewal.shed.clone_from(&own);
        if draft.store(context, Some(lease), &Actor::Engine, changes).await? == Stored::Done {
            case.lineage.renewal = draft.lineage.renewal;
            return Ok(());
        }
    }
}

async fn lineage_apart(context: &Context, case: &Case, own: &[Identifier]) -> Result<Vec<Change>, Fault> {
    let lineages = context.store.lineages(&context.scope).await?;
    let name = &case.lineage.name;
    let known = lineages.iter().find(|lineage| lineage.labels.get(SHED_FROM) == Some(name));
    let apart = match (known, own.is_empty()) {
        (None, true) => return Ok(Vec::new()),
        (Some(known), true) => {
            let mut changes = vec![Change::RemoveLineage(known.id), now(context, known)];
            changes.extend(findings::end_of(context, &Subject::Lineage(known.id), |_| true).await?);
            return Ok(changes);
        }
        (Some(known), false) => {
            let wanted = Lineage { name: known.name.clone(), id: known.id, ..case.apart(own) };
            if (&wanted.mode, wanted.owner_id) == (&known.mode, known.owner_id) {
                return Ok(Vec::new());
            }
            wanted
        }
        (None, false) => {
            let taken = |name: &str| lineages.iter().any(|lineage| lineage.name == name);
            Lineage { name: free_name(name, taken), id: context.new_id(), ..case.apart(own) }
        }
    };
    let look = now(context, &apart);
    Ok(vec![Change::PutLineage(apart), look])
}

fn now(context: &Context, lineage: &Lineage) -> Change {
    Change::Schedule { task: KIND, subject: TaskSubject::of(lineage.id), due_at: context.clock.now() }
}
