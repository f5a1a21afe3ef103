//! What notafter renews itself, for whoever compares a machine with it.

use notafter_cert::Fingerprint;
use notafter_inventory::adopt::fact::Known;
use notafter_inventory::adopt::{Ours, Writes};
use notafter_inventory::model::{Actor, Lineage, Mode, Place};
use notafter_providers::discover::Machine;
use serde::{Deserialize, Serialize};

use crate::context::Context;
use crate::operate::Fault;
use crate::operate::status::Server;
use crate::tasks::renew::Case;

/// All of it.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct OursArgs {}

/// Every lineage that is renewed here, with its plan and what its places write.
pub(super) async fn ours(context: &Context, _: &Actor, _: OursArgs) -> Result<Vec<Ours>, Fault> {
    let mut all = Vec::new();
    for lineage in context.store.lineages(&context.scope).await? {
        if matches!(lineage.mode, Mode::Managed(_)) {
            all.push(one(context, &lineage).await?);
        }
    }
    Ok(all)
}

async fn one(context: &Context, lineage: &Lineage) -> Result<Ours, Fault> {
    let (next_renewal, why) = match Case::load(context, lineage.id).await {
        Ok(Some(case)) => {
            let now = context.clock.now();
            let action = case.plan(now).action;
            (Some(action.not_before.max(now)), action.why)
        }
        Ok(None) => (None, "it is not renewed here any more".to_owned()),
        // One lineage that cannot be decided must not hide the others.
        Err(fault) => (None, fault.what),
    };
    let places = context.store.places_of(&context.scope, lineage.id).await?;
    let current = current(context, lineage).await?;
    let machine = Machine::new(&context.settings.machine_root, vec![]);
    Ok(Ours {
        lineage: lineage.name.clone(),
        next_renewal,
        why,
        failures: lineage.renewal.failures.len(),
        current,
        alive: alive(context),
        writes: places.iter().map(|place| writes(&machine, place)).collect(),
    })
}

async fn current(context: &Context, lineage: &Lineage) -> Result<Option<Fingerprint>, Fault> {
    let Some(id) = lineage.current else { return Ok(None) };
    Ok(context.store.version(&context.scope, id).await?.map(|version| version.fingerprint))
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
