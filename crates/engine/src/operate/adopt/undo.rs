//! `adopt --undo`: the old automation gets its certificate back: its settings to the byte, and never an older certificate
//! than the one that is served (law 9). What notafter got since is handed over in the old program's own files, where it
//! is still worth serving.

use std::path::{Path, PathBuf};

use notafter_cert::{Fingerprint, Span, pem};
use notafter_inventory::model::{
    Actor, Lineage, LineageId, Mode, Origin, Place, Renewal, Renewer, Subject, Version,
};
use notafter_inventory::plan::deploy::{Circumstances, may_not_be_installed};
use notafter_keys::vault::Sealed;
use notafter_keys::write_out::Tag;
use notafter_providers::deploy::Material;
use notafter_providers::discover::Machine;
use notafter_providers::hand_over::{Content, Edit, HandOverError, NextVersion, TakenBack};
use notafter_providers::installation::{Installation, Role};
use notafter_store::{Change, TaskSubject};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::take_over::{Giving, Record, kept};
use super::{record_name, unknown};
use crate::context::Context;
use crate::draft::{Draft, Stored};
use crate::operate::Fault;
use crate::tasks::{deploy, ping, renew, watch as task};

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
    /// Where the old program keeps the newest certificate of ours now.
    pub handed_over: Option<PathBuf>,
    /// Files that are again as they were.
    pub restored: Vec<PathBuf>,
    /// What stands now, and what is still to be done by hand.
    pub notes: Vec<String>,
}

/// Deployments of one place that are looked at for what is installed there.
const RECENT: u32 = 50;

/// How long a deployment under way is waited for.
const PATIENCE: Span = Span::minutes(5);

/// The pause between two looks at it.
const LOOK_AGAIN: Span = Span::millis(20);

/// Ours is off before the old automation is on again; broken off half way, it is finished by doing it again.
pub(super) async fn undo(context: &Context, actor: &Actor, args: UndoArgs) -> Result<Undone, Fault> {
    let _inventory = context.hold_inventory().await?;
    let named = context.store.lineage_named(&context.scope, &args.lineage).await?;
    let lineage = named.ok_or_else(|| unknown(&args.lineage))?;
    let Some(mut record) = record_of(context, &lineage).await? else {
        return Err(Fault::new(
            "adopt.not-taken-over",
            format!("{} was never taken over from another program", args.lineage),
            "there is nothing to undo",
        ));
    };
    let giving = match record.giving.clone() {
        Some(begun) => begun,
        None => begin(context, actor, &lineage, &mut record).await?,
    };
    let mut undone =
        Undone { lineage: lineage.name.clone(), handed_over: None, restored: Vec::new(), notes: Vec::new() };
    give(context, &lineage, &record, &giving, &mut undone).await?;
    for edit in record.edits.iter().rev() {
        take_back(edit, &mut undone)?;
    }
    let done = [
        Change::RemoveSecret(record_name(&lineage)),
        Change::Schedule { task: task::KIND, subject: TaskSubject::ONLY, due_at: context.clock.now() },
        Change::Schedule {
            task: ping::KIND,
            subject: TaskSubject::of(lineage.id),
            due_at: context.clock.now(),
        },
        Change::Event {
            kind: "notafter.lineage.given-back.v1".to_owned(),
            subject: Subject::Lineage(lineage.id),
            data: json!({
                "lineage": lineage.name, "restored": undone.restored, "handed_over": undone.handed_over,
            }),
        },
    ];
    context.apply(None, actor, &done).await?;
    Ok(undone)
}

/// A file of the old program's, as it was or as somebody has changed it meanwhile.
fn take_back(edit: &Edit, undone: &mut Undone) -> Result<(), HandOverError> {
    let path = edit.path.display();
    let aside = edit.aside.as_ref().map(|aside| aside.path.display().to_string()).unwrap_or_default();
    match edit.take_back()? {
        TakenBack::AsItWas => undone.restored.push(edit.path.clone()),
        TakenBack::AsChanged => {
            undone.notes.push(format!("{path} is back in its place, with what was changed in it meanwhile"));
        }
        TakenBack::Another => undone.notes.push(format!(
            "{path} was written anew meanwhile, and stays so; what it was before lies as {aside}: compare them, and \
             remove that one"
        )),
    }
    Ok(())
}

/// Ours ends, nobody works at our places any more, and what is given back is settled: in this order, for a deployment
/// under way would lay our links over what is given back.
async fn begin(
    context: &Context,
    actor: &Actor,
    lineage: &Lineage,
    record: &mut Record,
) -> Result<Giving, Fault> {
    let places = match record.leaving.clone() {
        Some(places) => places,
        None => leave(context, actor, lineage, record).await?,
    };
    for place in &places {
        left_alone(context, place).await?;
    }
    let giving = giving(context, lineage, record, &places).await?;
    record.giving = Some(giving.clone());
    context.apply(None, actor, &[kept(context, lineage, record).await?]).await?;
    Ok(giving)
}

/// Takes our places away, upon the lineage as it is in that moment.
async fn leave(
    context: &Context,
    actor: &Actor,
    known: &Lineage,
    record: &mut Record,
) -> Result<Vec<Place>, Fault> {
    loop {
        let upon = Change::Upon(context.store.inventory_revision(&context.scope).await?);
        let draft = Draft::load(context, known.id).await?;
        let mut draft = draft.ok_or_else(|| unknown(&known.name))?;
        let places = adopted(context, known.id).await?;
        // What cannot be read now is told before anything is changed.
        giving(context, &draft.lineage, record, &places).await?;
        record.leaving = Some(places.clone());
        let mut changes = ours_ends(context, &draft.lineage, record, &places).await?;
        changes.push(upon);
        let blocked_keys = std::mem::take(&mut draft.lineage.renewal.blocked_keys);
        draft.lineage.renewal = Renewal { blocked_keys, ..Renewal::default() };
        if draft.store(context, None, actor, changes).await? == Stored::Done {
            return Ok(places);
        }
    }
}

/// Waits until nobody works at a place that is no more: whoever begins there now finds nothing to do.
async fn left_alone(context: &Context, place: &Place) -> Result<(), Fault> {
    let begun = context.clock.now();
    loop {
        let now = context.clock.now();
        let planned = context.store.planned(deploy::KIND, &deploy::subject(place.id)).await?;
        // A lease that has lapsed is that of a worker that died.
        if planned.is_none_or(|planned| planned.holder.is_none() || planned.due_at <= now) {
            return Ok(());
        }
        if now >= begun + PATIENCE {
            let what = "a deployment of ours is still under way there";
            return Err(Fault::new("adopt.deployment-under-way", what, "say it again in some minutes"));
        }
        match context.clock.is_staged() {
            true => tokio::task::yield_now().await,
            false => context.clock.sleep_until(now + LOOK_AGAIN).await,
        }
    }
}

/// Whatever notafter would still do for it.
async fn ours_ends(
    context: &Context,
    lineage: &Lineage,
    record: &Record,
    places: &[Place],
) -> Result<Vec<Change>, Fault> {
    let mut changes = vec![kept(context, lineage, record).await?];
    let due_at = context.clock.now();
    for place in places {
        changes.push(Change::RemovePlace(place.id));
        changes.push(Change::Schedule { task: deploy::KIND, subject: deploy::subject(place.id), due_at });
    }
    let mode = Mode::WatchOnly(record.automation.clone());
    changes.push(Change::PutLineage(Lineage { mode, ..lineage.clone() }));
    // Its last run closes what it has under way.
    changes.push(Change::Schedule { task: renew::KIND, subject: renew::subject(lineage.id), due_at });
    changes.extend(super::findings_end(context, lineage, |code| !code.starts_with("automation.")).await?);
    Ok(changes)
}

async fn adopted(context: &Context, lineage: LineageId) -> Result<Vec<Place>, Fault> {
    let mut places = context.store.places_of(&context.scope, lineage).await?;
    places.retain(|place| place.name == "adopted");
    Ok(places)
}

/// What lies where the server reads decides: what was issued and never installed, or put back, is not handed over.
async fn giving(
    context: &Context,
    lineage: &Lineage,
    record: &Record,
    places: &[Place],
) -> Result<Giving, Fault> {
    let mut giving = Giving {
        version: None,
        its_own: false,
        refused: None,
        installed: vec![],
        left_over: vec![],
        stays: None,
    };
    let versions = context.store.versions_of(&context.scope, lineage.id).await?;
    for place in places {
        giving.left_over.push(format!(".notafter-{}", place.id));
        let deployments = context.store.deployments_to(&context.scope, place.id, RECENT).await?;
        let Some(snapshot) = deployments.into_iter().find_map(|deployment| deployment.snapshot) else {
            continue;
        };
        let installation = Installation::from_snapshot(&snapshot)?;
        giving.installed.push(snapshot);
        let live = live_leaf(record, &installation)?;
        let ours = |version: &&Version| version.key_id.is_some() && Some(version.fingerprint) == live;
        if let Some(version) = versions.iter().find(ours) {
            let facts = Circumstances {
                place,
                version,
                versions: &versions,
                blocked_keys: &lineage.renewal.blocked_keys,
            };
            giving.version = Some(version.id);
            giving.its_own = Some(version.fingerprint) == record.leaf;
            giving.refused = may_not_be_installed(facts, context.clock.now());
            giving.stays = giving.stays.or(chain_outside(&installation, record)?);
        }
    }
    Ok(giving)
}

/// The leaf in the files that the server reads.
fn live_leaf(record: &Record, installation: &Installation) -> Result<Option<Fingerprint>, Fault> {
    let certbots = record.links.iter().map(|(path, _)| (Role::FullChain, path.clone()));
    let certbots = certbots.filter(|(_, path)| path.ends_with("fullchain.pem"));
    let mut places = installation.paths()?;
    places.extend(certbots);
    let with_leaf = [Role::FullChain, Role::Certificate, Role::KeyAndFullChain];
    let Some((_, path)) = places.iter().find(|(role, _)| with_leaf.contains(role)) else { return Ok(None) };
    let unknown = |why: String| {
        let what = format!("whose certificate is in {} cannot be seen", path.display());
        let hint = "run as a user who may read it (often root), or mend the file; nothing was changed";
        Fault::new("adopt.file-refused", what, hint).because(why)
    };
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unknown(error.to_string())),
    };
    let chain = pem::chain_from(&bytes).map_err(|error| unknown(error.to_string()))?;
    Ok(chain.first().map(|der| Fingerprint::of(der)))
}

/// Where the server reads the chain, if that is none of the old program's links.
fn chain_outside(installation: &Installation, record: &Record) -> Result<Option<PathBuf>, Fault> {
    let is_link = |path: &PathBuf| record.links.iter().any(|(link, _)| link == path);
    let outside = installation.paths()?.into_iter().find(|(role, path)| *role != Role::Key && !is_link(path));
    Ok(outside.map(|(_, path)| path))
}

/// Files: the newest pair where the old program looks for it, everything else as it was, nothing of ours beside it.
async fn give(
    context: &Context,
    lineage: &Lineage,
    record: &Record,
    giving: &Giving,
    undone: &mut Undone,
) -> Result<(), Fault> {
    let tag: Tag = lineage.id.to_string().parse()?;
    let ours = match giving.version {
        Some(id) => context.store.version(&context.scope, id).await?,
        None => None,
    };
    let links: Vec<PathBuf> = record.links.iter().map(|(path, _)| path.clone()).collect();
    let mut directories: Vec<PathBuf> =
        links.iter().filter_map(|path| path.parent().map(Path::to_owned)).collect();
    if let Some(version) = &ours {
        let material = material(context, version).await?;
        if !giving.its_own {
            let next = match giving.refused {
                None if record.automation.renewer == Renewer::Certbot => NextVersion::after(&record.links)?,
                _ => None,
            };
            let written = next.map(|next| next.write(&tag, &material.key, &material.chain)).transpose()?;
            undone.handed_over = written.or_else(|| giving.stays.clone());
        }
        for snapshot in &giving.installed {
            let installation = Installation::from_snapshot(snapshot)?;
            installation.leave(&tag, &links, &material).await?;
            let paths = installation.paths()?;
            directories.extend(paths.iter().filter_map(|(_, path)| path.parent().map(Path::to_owned)));
        }
    }
    if undone.handed_over.is_none() {
        put_back(record, undone)?;
    }
    directories.sort();
    directories.dedup();
    for directory in directories {
        clear(&directory, &giving.left_over)?;
    }
    undone.notes.push(match ours.filter(|_| !giving.its_own) {
        Some(version) => note(&version, giving, undone),
        None => note_of_its_own(context, lineage, record, giving).await?,
    });
    let kept = |issuer: &String| {
        format!(
            "its account at the CA stays known to notafter, as issuer {issuer}: notafter get issuer {issuer}"
        )
    };
    undone.notes.extend(record.issuer.as_ref().map(kept));
    Ok(())
}

/// The old program's own links, where we replaced them.
fn put_back(record: &Record, undone: &mut Undone) -> Result<(), Fault> {
    for (path, link) in &record.links {
        if Content::read(path)? != *link {
            link.put(path)?;
            undone.restored.push(path.clone());
        }
    }
    Ok(())
}

async fn material(context: &Context, version: &Version) -> Result<Material, Fault> {
    let missing = || Fault::new("vault.no-such-key", "the version has no key of ours", "renew the lineage");
    let key = context.open_key(version.key_id.ok_or_else(missing)?).await?;
    let chain = pem::chain_from(version.chain_pem.as_bytes())?;
    Ok(Material { key, chain, password: None })
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

/// What became of the certificate that notafter got.
fn note(version: &Version, giving: &Giving, undone: &Undone) -> String {
    match (&giving.refused, &undone.handed_over) {
        (None, Some(path)) => format!(
            "the certificate that notafter got, valid until {}, stays in place: the old program has it as {}",
            version.not_after.for_people(),
            path.display()
        ),
        (Some(why), _) => format!(
            "the certificate that notafter got is not worth handing over: {why}; let the old program renew now, then \
             reload the server"
        ),
        (None, None) => {
            "its own last certificate is in place again, older than the one that notafter got: let the old \
                         program renew it now, then reload the server"
                .to_owned()
        }
    }
}

/// What lies where the old program keeps its own, where nothing that notafter got does; and what notafter got, if it did.
async fn note_of_its_own(
    context: &Context,
    lineage: &Lineage,
    record: &Record,
    giving: &Giving,
) -> Result<String, Fault> {
    let versions = context.store.versions_of(&context.scope, lineage.id).await?;
    let own = versions.iter().find(|version| Some(version.fingerprint) == record.leaf);
    let machine = Machine::new(&context.settings.machine_root, vec![]);
    let path = machine.outer(&record.automation.chain_file);
    let place = path.display();
    let in_place = match (leaf_in(&path), own) {
        (Ok(leaf), Some(own)) if leaf == own.fingerprint => format!(
            "in {place} lies the certificate that it had when it was taken over, valid until {}",
            own.not_after.for_people()
        ),
        (Ok(leaf), _) => {
            format!("in {place} lies a certificate that is not from notafter (sha256 {})", leaf.short())
        }
        (Err(why), _) => format!("what lies in {place} cannot be told: {why}"),
    };
    // Versions of an earlier time under notafter's hands tell nothing.
    let since = own.map(|own| own.obtained_at);
    let ordered = |version: &&Version| {
        matches!(version.origin, Origin::Order { .. })
            && since.is_none_or(|since| version.obtained_at >= since)
    };
    let got = match versions.iter().find(ordered) {
        None => "notafter got none meanwhile".to_owned(),
        Some(version) => format!(
            "the one that notafter got, valid until {}, was not where the server reads, and is not handed over",
            version.not_after.for_people()
        ),
    };
    let renew = match &giving.refused {
        Some(why) => {
            format!("; it is not worth serving: {why}; let the old program renew now, then reload the server")
        }
        None => String::new(),
    };
    Ok(format!("{in_place}; {got}{renew}"))
}

fn leaf_in(path: &Path) -> Result<Fingerprint, String> {
    let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
    let chain = pem::chain_from(&bytes).map_err(|error| error.to_string())?;
    chain.first().map(|der| Fingerprint::of(der)).ok_or_else(|| "it holds no certificate".to_owned())
}

/// What was stored when it was taken over; `None` when it was not.
pub(super) async fn record_of(context: &Context, lineage: &Lineage) -> Result<Option<Record>, Fault> {
    let name = record_name(lineage);
    let Some(row) = context.store.secret(&context.scope, &name).await? else { return Ok(None) };
    let sealed = Sealed::from_bytes(row.sealed)?;
    let text = context.keyring.read().await.open_secret(&name, &sealed)?;
    serde_json::from_slice(&text).map(Some).map_err(crate::operate::unreadable)
}
