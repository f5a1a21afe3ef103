//! `adopt --undo`: the old automation gets its certificate back: its settings to the byte, and never an older certificate
//! than the one that is served (law 9). What notafter got since is handed over in the old program's own files, where it
//! is still worth serving.

use std::path::{Path, PathBuf};

use notafter_cert::{Fingerprint, pem};
use notafter_inventory::model::{Actor, Lineage, LineageId, Mode, Place, Renewal, Renewer, Subject, Version};
use notafter_inventory::plan::deploy::{Circumstances, may_not_be_installed};
use notafter_keys::vault::Sealed;
use notafter_keys::write_out::Tag;
use notafter_providers::deploy::Material;
use notafter_providers::hand_over::{Content, NextVersion};
use notafter_providers::installation::{Installation, Role};
use notafter_store::{Change, TaskSubject};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::take_over::{Giving, Record, kept};
use super::{record_name, unknown};
use crate::context::Context;
use crate::draft::amend;
use crate::operate::Fault;
use crate::tasks::{deploy, renew, watch as task};

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
    /// What is still to be done by hand.
    pub notes: Vec<String>,
}

/// Deployments of one place that are looked at for what is installed there.
const RECENT: u32 = 50;

/// Ours is off before the old automation is on again; broken off half way, it is finished by doing it again.
pub(super) async fn undo(context: &Context, actor: &Actor, args: UndoArgs) -> Result<Undone, Fault> {
    let _inventory = context.inventory.lock().await;
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
        None => {
            let giving = giving(context, &lineage, &record).await?;
            record.giving = Some(giving.clone());
            let changes = ours_ends(context, &lineage, &record).await?;
            let given_back = amend(context, None, actor, lineage.id, |lineage| {
                let blocked_keys = std::mem::take(&mut lineage.renewal.blocked_keys);
                lineage.renewal = Renewal { blocked_keys, ..Renewal::default() };
                Some(changes.clone())
            });
            given_back.await?.ok_or_else(|| unknown(&args.lineage))?;
            giving
        }
    };
    let mut undone =
        Undone { lineage: lineage.name.clone(), handed_over: None, restored: Vec::new(), notes: Vec::new() };
    give(context, &lineage, &record, &giving, &mut undone).await?;
    for edit in record.edits.iter().rev() {
        edit.take_back()?;
        undone.restored.push(edit.path.clone());
    }
    let done = [
        Change::RemoveSecret(record_name(&lineage)),
        Change::Schedule { task: task::KIND, subject: TaskSubject::ONLY, due_at: context.clock.now() },
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

/// Whatever notafter would still do for it.
async fn ours_ends(context: &Context, lineage: &Lineage, record: &Record) -> Result<Vec<Change>, Fault> {
    let mut changes = vec![kept(context, lineage, record).await?];
    let due_at = context.clock.now();
    for place in adopted(context, lineage.id).await? {
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
async fn giving(context: &Context, lineage: &Lineage, record: &Record) -> Result<Giving, Fault> {
    let mut giving = Giving { version: None, refused: None, installed: vec![], left_over: vec![] };
    let versions = context.store.versions_of(&context.scope, lineage.id).await?;
    for place in adopted(context, lineage.id).await? {
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
                place: &place,
                version,
                versions: &versions,
                blocked_keys: &lineage.renewal.blocked_keys,
            };
            giving.version = Some(version.id);
            giving.refused = may_not_be_installed(facts, context.clock.now());
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
    let file = places.iter().find(|(role, _)| with_leaf.contains(role));
    let leaf =
        file.and_then(|(_, path)| pem::chain_from(&std::fs::read(path).ok()?).ok()?.into_iter().next());
    Ok(leaf.map(|der| Fingerprint::of(&der)))
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
        let next = match giving.refused {
            None if record.automation.renewer == Renewer::Certbot => NextVersion::after(&record.links)?,
            _ => None,
        };
        undone.handed_over = next.map(|next| next.write(&tag, &material.key, &material.chain)).transpose()?;
        for snapshot in &giving.installed {
            let installation = Installation::from_snapshot(snapshot)?;
            let left = installation.leave(&tag, &links, &material).await?;
            undone.handed_over = undone.handed_over.take().or_else(|| chain_among(&installation, &left));
            let paths = installation.paths()?;
            directories.extend(paths.iter().filter_map(|(_, path)| path.parent().map(Path::to_owned)));
        }
    }
    if links.is_empty() || undone.handed_over.is_none() {
        put_back(record, undone)?;
    }
    directories.sort();
    directories.dedup();
    for directory in directories {
        clear(&directory, &giving.left_over)?;
    }
    undone.notes.extend(ours.map(|version| note(&version, giving, undone)));
    Ok(())
}

fn chain_among(installation: &Installation, left: &[PathBuf]) -> Option<PathBuf> {
    let paths = installation.paths().ok()?;
    let chain = paths.into_iter().find(|(role, path)| *role != Role::Key && left.contains(path));
    chain.map(|(_, path)| path)
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

/// What was stored when it was taken over; `None` when it was not.
pub(super) async fn record_of(context: &Context, lineage: &Lineage) -> Result<Option<Record>, Fault> {
    let name = record_name(lineage);
    let Some(row) = context.store.secret(&context.scope, &name).await? else { return Ok(None) };
    let sealed = Sealed::from_bytes(row.sealed)?;
    let text = context.keyring.read().await.open_secret(&name, &sealed)?;
    serde_json::from_slice(&text).map(Some).map_err(crate::operate::unreadable)
}
