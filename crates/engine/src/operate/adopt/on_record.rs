//! What is on record here, for whoever compares a machine with it: what notafter renews itself, and what it remembers of
//! what others renew.

use notafter_cert::Time;
use notafter_inventory::adopt::fact::Known;
use notafter_inventory::adopt::{Ours, Remembered, Writes};
use notafter_inventory::model::{Actor, LineageId, Mode, Place};
use notafter_providers::discover::Machine;
use notafter_store::{Scope, Store};
use serde::{Deserialize, Serialize};

use crate::adopt::remembered;
use crate::context::Context;
use crate::open;
use crate::operate::Fault;
use crate::operate::status::Server;
use crate::settings::Settings;
use crate::tasks::renew::{Case, Loaded, Source};

/// All of it.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct OnRecordArgs {}

/// What an installation has on record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnRecord {
    /// Every lineage that is renewed here, with its plan and what its places write.
    pub ours: Vec<Ours>,
    /// What is remembered of every lineage that somebody else renews.
    pub theirs: Vec<Remembered>,
}

/// What is on record here.
pub(super) async fn on_record(context: &Context, _: &Actor, _: OnRecordArgs) -> Result<OnRecord, Fault> {
    all(&context.store, &context.settings, context.clock.now(), &alive(context)).await
}

/// The same, where no server answers: read from the database as it stands. `alive` is what is known of a server.
///
/// # Errors
/// As [`open::to_read`].
pub async fn on_record_as_stored(settings: &Settings, now: Time, alive: Known) -> Result<OnRecord, Fault> {
    let store = open::to_read(settings).await?;
    let found = all(&store, settings, now, &alive).await;
    store.close().await;
    found
}

async fn all(store: &Store, settings: &Settings, now: Time, alive: &Known) -> Result<OnRecord, Fault> {
    let scope = &Scope::EVERYTHING;
    let theirs = remembered(store, scope).await?;
    let mut lineages = store.lineages(scope).await?;
    lineages.retain(|lineage| matches!(lineage.mode, Mode::Managed(_)));
    let ids: Vec<LineageId> = lineages.iter().map(|lineage| lineage.id).collect();
    let places = store.places_among(scope, &ids).await?;
    let machine = Machine::new(&settings.machine_root, vec![]);
    let source = Source { store, scope, now, http01_port: settings.http01_port };
    let loaded = Case::load_all(&source, lineages).await?;
    let ours = loaded
        .into_iter()
        .map(|loaded| {
            let places = places.iter().filter(|place| place.lineage_id == loaded.lineage.id);
            let writes = places.map(|place| writes(&machine, place)).collect();
            Ours { alive: alive.clone(), writes, ..planned(loaded, now) }
        })
        .collect();
    Ok(OnRecord { ours, theirs })
}

/// As far as it can be told without its places.
fn planned(Loaded { lineage, version, case }: Loaded, now: Time) -> Ours {
    let (next_renewal, why) = match case {
        Ok(Some(case)) => {
            let action = case.plan(now).action;
            (Some(action.not_before.max(now)), action.why)
        }
        Ok(None) => (None, "it is not renewed here any more".to_owned()),
        // One lineage that cannot be decided must not hide the others.
        Err(fault) => (None, fault.what),
    };
    Ours {
        lineage: lineage.name,
        next_renewal,
        why,
        failures: lineage.renewal.failures.len(),
        current: version.map(|version| version.fingerprint),
        alive: Known::Unasked,
        writes: vec![],
    }
}

/// Whether a server is there that does what is planned.
pub(super) fn alive(context: &Context) -> Known {
    match Server::of(context) {
        Server::Runs => Known::Yes,
        Server::Absent => Known::No("no server of notafter runs".to_owned()),
        Server::Stalled { loops, .. } => {
            Known::Unknown(format!("the server does not get on with {}", loops.join(", ")))
        }
    }
}

/// By the names that the deployers give to files with a key or a leaf.
fn writes(machine: &Machine, place: &Place) -> Writes {
    let settings = place.settings.as_object();
    let text = |key: &str| settings.and_then(|settings| settings.get(key)?.as_str()).map(str::to_owned);
    let paths = ["key", "certificate", "chain", "full_chain", "combined"].into_iter().filter_map(text);
    let pkcs12 = place.settings.pointer("/pkcs12/path").and_then(|path| path.as_str()).map(str::to_owned);
    Writes {
        generations: format!(".notafter-{}", place.id),
        files: paths.chain(pkcs12).map(|path| machine.own(&path)).collect(),
        nginx_site: text("server_name").filter(|_| place.deployer == "nginx"),
    }
}
