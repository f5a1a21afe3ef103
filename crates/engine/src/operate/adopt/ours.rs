//! What notafter renews itself, for whoever compares a machine with it.

use notafter_inventory::adopt::fact::Known;
use notafter_inventory::adopt::{Ours, Writes};
use notafter_inventory::model::{Actor, LineageId, Mode, Place};
use notafter_providers::discover::Machine;
use serde::{Deserialize, Serialize};

use crate::context::Context;
use crate::operate::Fault;
use crate::operate::status::Server;
use crate::tasks::renew::{Case, Loaded};

/// All of it.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct OursArgs {}

/// Every lineage that is renewed here, with its plan and what its places write.
pub(super) async fn ours(context: &Context, _: &Actor, _: OursArgs) -> Result<Vec<Ours>, Fault> {
    let mut lineages = context.store.lineages(&context.scope).await?;
    lineages.retain(|lineage| matches!(lineage.mode, Mode::Managed(_)));
    let ids: Vec<LineageId> = lineages.iter().map(|lineage| lineage.id).collect();
    let places = context.store.places_among(&context.scope, &ids).await?;
    let loaded = Case::load_all(context, lineages).await?;
    Ok(loaded.into_iter().map(|loaded| one(context, loaded, &places)).collect())
}

fn one(context: &Context, Loaded { lineage, version, case }: Loaded, places: &[Place]) -> Ours {
    let (next_renewal, why) = match case {
        Ok(Some(case)) => {
            let now = context.clock.now();
            let action = case.plan(now).action;
            (Some(action.not_before.max(now)), action.why)
        }
        Ok(None) => (None, "it is not renewed here any more".to_owned()),
        // One lineage that cannot be decided must not hide the others.
        Err(fault) => (None, fault.what),
    };
    let machine = Machine::new(&context.settings.machine_root, vec![]);
    let places = places.iter().filter(|place| place.lineage_id == lineage.id);
    Ours {
        lineage: lineage.name,
        next_renewal,
        why,
        failures: lineage.renewal.failures.len(),
        current: version.map(|version| version.fingerprint),
        alive: alive(context),
        writes: places.map(|place| writes(&machine, place)).collect(),
    }
}

fn alive(context: &Context) -> Known {
    match Server::of(context) {
        Server::Runs => Known::Yes,
        Server::Absent => Known::No("no server of notafter runs".to_owned()),
        Server::Stalled { loops } => {
            Known::Unknown(format!("the server does not get on with {}", loops.join(", ")))
        }
    }
}

/// By the names that the deployers give to files with a key or a leaf.
fn writes(machine: &Machine, place: &Place) -> Writes {
    let settings = place.settings.as_object();
    let text = |key: &str| settings.and_then(|settings| settings.get(key)?.as_str()).map(str::to_owned);
    let paths = ["key", "certificate", "full_chain", "combined"].into_iter().filter_map(text);
    let pkcs12 = place.settings.pointer("/pkcs12/path").and_then(|path| path.as_str()).map(str::to_owned);
    Writes {
        generations: format!(".notafter-{}", place.id),
        files: paths.chain(pkcs12).map(|path| machine.own(&path)).collect(),
        nginx_site: text("server_name").filter(|_| place.deployer == "nginx"),
    }
}
