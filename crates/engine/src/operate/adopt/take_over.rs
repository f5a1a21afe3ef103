//! `adopt --take-over`: a watched lineage becomes ours. Never two renewers: the old automation is off before ours is on,
//! and everything that it takes to go back is stored before the first file is touched.

use std::path::{Path, PathBuf};

use notafter_cert::{Certificate, Fingerprint, KeySpec, pem};
use notafter_inventory::adopt::fact::Known;
use notafter_inventory::adopt::{Reload, TakeOver};
use notafter_inventory::model::{
    AcmeIssuer, Actor, Automation, KeyId, Lineage, LineageSpec, Mode, Origin, Place, Progress, Renewal,
    Shedding, Subject, Version, VersionId, VersionState,
};
use notafter_inventory::rule::is_about_pings;
use notafter_keys::PrivateKey;
use notafter_keys::account::AccountKey;
use notafter_providers::hand_over::{Content, Edit, Old, switch_off};
use notafter_store::{Change, Holds, StoreError, TaskSubject};
use notafter_tls::Target;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::issuer::Chosen;
use super::on_record::alive;
use super::{next_for, record_name, unknown};
use crate::context::Context;
use crate::operate::Fault;
use crate::tasks::renew;

/// What shall be taken over, as `adopt` found it. Paths are those of this process.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TakeOverArgs {
    /// The lineage's name.
    pub lineage: String,
    /// What is needed of the old automation.
    pub plan: TakeOver,
    /// The chain file.
    pub chain_file: PathBuf,
    /// The old program's settings file.
    pub config_file: Option<PathBuf>,
    /// The cron file and line that starts the old program for this certificate alone.
    pub cron_line: Option<(PathBuf, usize)>,
    /// Where the new certificates must be served.
    pub endpoints: Vec<Target>,
    /// Extra trust anchors for the CA's directory.
    pub issuer_trust: Option<String>,
    /// The person agreed that the old automation is switched off.
    pub consent: bool,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakenOver {
    /// The lineage.
    pub lineage: String,
    /// The issuer that holds the imported account.
    pub issuer: String,
    /// Files of the old automation that were changed.
    pub switched_off: Vec<PathBuf>,
    /// What is still to be done by hand.
    pub notes: Vec<String>,
    /// The command to type next; nothing where a server of notafter runs.
    pub next: Option<String>,
}

/// Everything that it takes to go back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Record {
    /// Who renewed it.
    pub(super) automation: Automation,
    /// What was changed, in order.
    pub(super) edits: Vec<Edit>,
    /// Symbolic links of the old program that a deployment will replace.
    pub(super) links: Vec<(PathBuf, Content)>,
    /// The certificate that it had then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) leaf: Option<Fingerprint>,
    /// The issuer that holds its account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) issuer: Option<String>,
    /// Going back has begun: the places that were ours, which are looked at once nobody works on them any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) leaving: Option<Vec<Place>>,
    /// What is given back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) giving: Option<Giving>,
}

/// What is given back to the old automation: settled before the first file is touched.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Giving {
    /// The version of ours that lies where the server reads.
    pub(super) version: Option<VersionId>,
    /// That is the very certificate that was taken over: the old program has it already.
    #[serde(default)]
    pub(super) its_own: bool,
    /// Why it is not worth handing over.
    pub(super) refused: Option<String>,
    /// What our places installed, as their deployers recorded it.
    pub(super) installed: Vec<serde_json::Value>,
    /// Names of the directories that our places leave behind.
    pub(super) left_over: Vec<String>,
    /// Where it stays in place for the old program, outside of that program's own links.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) stays: Option<PathBuf>,
}

/// What was read from the old automation's files.
struct Imported {
    account: AccountKey,
    key: PrivateKey,
    spec: KeySpec,
    chain: Vec<Vec<u8>>,
    leaf: Certificate,
}

pub(super) async fn take_over(
    context: &Context,
    actor: &Actor,
    args: TakeOverArgs,
) -> Result<TakenOver, Fault> {
    let inventory = context.hold_inventory().await?;
    let named = context.store.lineage_named(&context.scope, &args.lineage).await?;
    let lineage = named.ok_or_else(|| unknown(&args.lineage))?;
    let Mode::WatchOnly(automation) = &lineage.mode else {
        let hint = format!("nothing is to be done: notafter status {}", args.lineage);
        return Err(Fault { hint, ..cannot(&args.lineage, "notafter renews it already") });
    };
    if !args.consent {
        return Err(Fault::new(
            "adopt.consent-needed",
            format!("taking {} over switches its present renewal off", args.lineage),
            "say --yes; `notafter adopt --undo` puts everything back",
        ));
    }
    refuse_twins(context, &lineage, automation).await?;
    let imported = import(&args)?;
    let chosen = Chosen::of(context, &args.plan, &imported.account, args.issuer_trust.as_deref()).await?;
    let record = match resumed(context, &lineage).await? {
        // The old program is off already: to be finished is better than to be refused.
        Some(record) => record,
        None => {
            chosen.ask(context, &args.plan, automation.renewer).await?;
            let record = record(&args, automation)?;
            Record {
                leaf: Some(imported.leaf.fingerprint()),
                issuer: Some(chosen.name().to_owned()),
                ..record
            }
        }
    };
    let (issuer, mut prepared) = prepare(context, &args, &lineage, (chosen, &imported, &record)).await?;
    prepared.push(inventory.upon());
    context.apply(None, actor, &prepared).await?;
    for edit in &record.edits {
        edit.make()?;
    }
    while !switched(context, actor, (&args, &lineage), (&imported, &issuer)).await? {}
    let server = alive(context);
    Ok(TakenOver {
        lineage: lineage.name.clone(),
        issuer: issuer.name,
        switched_off: record.edits.iter().map(|edit| edit.path.clone()).collect(),
        notes: notes(&args, &record, &server),
        next: next_for(&server),
    })
}

/// The switch, upon the lineage as it is now: another process may have seen a new certificate of it, and the old program is
/// off already. False where somebody wrote it, or the inventory, in the meantime.
async fn switched(
    context: &Context,
    actor: &Actor,
    (args, known): (&TakeOverArgs, &Lineage),
    found: (&Imported, &AcmeIssuer),
) -> Result<bool, Fault> {
    let upon = Change::Upon(context.store.inventory_revision(&context.scope).await?);
    let lineage = context.store.lineage(&context.scope, known.id).await?;
    let lineage = lineage.ok_or_else(|| unknown(&known.name))?;
    if !super::is_watched(&lineage) {
        return Err(cannot(&lineage.name, "notafter renews it already"));
    }
    let mut changes = manage(context, args, &lineage, found).await?;
    let of_the_job = |code: &str| code.starts_with("automation.") || is_about_pings(code);
    changes.extend(super::findings_end(context, &lineage, of_the_job).await?);
    changes.push(upon);
    match context.apply(None, actor, &changes).await {
        Err(StoreError::Overtaken(_)) => Ok(false),
        applied => Ok(applied.map(|()| true)?),
    }
}

fn cannot(name: &str, why: impl Into<String>) -> Fault {
    Fault::new("adopt.cannot-take-over", format!("{name} cannot be taken over"), "it stays watched")
        .because(why)
}

/// Two renewers of the same names fight over limits and files.
async fn refuse_twins(context: &Context, lineage: &Lineage, automation: &Automation) -> Result<(), Fault> {
    let mut wanted = automation.identifiers.clone();
    wanted.sort();
    for other in context.store.lineages(&context.scope).await? {
        let Mode::Managed(spec) = &other.mode else { continue };
        let mut has = spec.identifiers.clone();
        has.sort();
        if has == wanted {
            return Err(cannot(
                &lineage.name,
                format!("lineage {} is renewed here for the same names", other.name),
            ));
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>, Fault> {
    std::fs::read(path).map_err(|error| {
        let what = format!("cannot read {}", path.display());
        Fault::new("adopt.file-refused", what, "run as a user who may read it (often root)")
            .because(error.to_string())
    })
}

fn import(args: &TakeOverArgs) -> Result<Imported, Fault> {
    let account = AccountKey::from_file_content(&read(Path::new(&args.plan.account.key_file))?)?;
    let key = PrivateKey::from_pem(&read(Path::new(&args.plan.key_file))?)?;
    let chain = pem::chain_from(&read(&args.chain_file)?)?;
    let first = chain.first().map(Vec::as_slice).unwrap_or_default();
    let leaf = Certificate::parse(first)?;
    key.matches(&leaf)?;
    let spec = key
        .spec()
        .ok_or_else(|| cannot(&args.lineage, "its key is of a kind that notafter does not make"))?;
    Ok(Imported { account, key, spec, chain, leaf })
}

/// A take-over that broke off half way is finished with what it stored.
async fn resumed(context: &Context, lineage: &Lineage) -> Result<Option<Record>, Fault> {
    let record = super::undo::record_of(context, lineage).await?;
    // Going back may have begun after that, and broken off in its turn.
    Ok(record.map(|record| Record { leaving: None, giving: None, ..record }))
}

fn record(args: &TakeOverArgs, automation: &Automation) -> Result<Record, Fault> {
    let cron_line = args.cron_line.as_ref().map(|(path, line)| (path.as_path(), *line));
    let old = Old { renewer: automation.renewer, config_file: args.config_file.as_deref(), cron_line };
    let edits = switch_off(&old)?;
    let directory = args.chain_file.parent().unwrap_or(Path::new("/"));
    let mut links = Vec::new();
    for name in ["privkey.pem", "fullchain.pem", "chain.pem", "cert.pem"] {
        let path = directory.join(name);
        let content = Content::read(&path)?;
        if matches!(content, Content::Link(_)) {
            links.push((path, content));
        }
    }
    Ok(Record {
        automation: automation.clone(),
        edits,
        links,
        leaf: None,
        issuer: None,
        leaving: None,
        giving: None,
    })
}

/// Everything but the switch: the record, the account, its key.
async fn prepare(
    context: &Context,
    args: &TakeOverArgs,
    lineage: &Lineage,
    (chosen, imported, record): (Chosen, &Imported, &Record),
) -> Result<(AcmeIssuer, Vec<Change>), Fault> {
    let put = kept(context, lineage, record).await?;
    let (name, trust) = match chosen {
        Chosen::Known(issuer) => return Ok((*issuer, vec![put])),
        Chosen::New { name, trust } => (name, trust),
    };
    let keyring = context.keyring.read().await;
    let account = &args.plan.account;
    let key_id: KeyId = context.new_id();
    let issuer = AcmeIssuer {
        id: context.new_id(),
        name,
        directory: args.plan.directory.clone(),
        contact: account.contact.clone(),
        trust,
        external_account: None,
        terms_agreed: true,
        account_key: Some(key_id),
        account_url: account.url.clone(),
        rollover_key: None,
        account_orders: None,
        rollover: None,
    };
    let sealed = keyring.seal_account(key_id.as_bytes(), &imported.account)?;
    let key = Change::PutKey {
        id: key_id,
        holds: Holds::AccountKey,
        kek_id: sealed.kek_id(),
        sealed: sealed.as_bytes().to_vec(),
    };
    Ok((issuer.clone(), vec![put, key, Change::PutIssuer(issuer.into())]))
}

/// The record, sealed.
pub(super) async fn kept(context: &Context, lineage: &Lineage, record: &Record) -> Result<Change, Fault> {
    let name = record_name(lineage);
    let text = serde_json::to_vec(record).map_err(crate::operate::unreadable)?;
    let sealed = context.keyring.read().await.seal_secret(&name, &text)?;
    Ok(Change::PutSecret { name, kek_id: sealed.kek_id(), sealed: sealed.as_bytes().to_vec() })
}

/// The switch: key, version, place and lineage in one step.
async fn manage(
    context: &Context,
    args: &TakeOverArgs,
    lineage: &Lineage,
    (imported, issuer): (&Imported, &AcmeIssuer),
) -> Result<Vec<Change>, Fault> {
    let key_id: KeyId = context.new_id();
    let sealed = context.keyring.read().await.seal_key(key_id.as_bytes(), &imported.key)?;
    let version_id: VersionId = context.new_id();
    let leaf = &imported.leaf;
    let version = Version {
        id: version_id,
        lineage_id: lineage.id,
        key_id: Some(key_id),
        fingerprint: leaf.fingerprint(),
        chain_pem: pem::chain_to(&imported.chain),
        not_before: leaf.not_before(),
        not_after: leaf.not_after(),
        obtained_at: context.clock.now(),
        origin: Origin::Files { path: args.chain_file.display().to_string(), insisted: false },
        state: VersionState::Current,
    };
    let wishes = &args.plan.wishes;
    let spec = LineageSpec {
        identifiers: leaf.names().to_vec(),
        issuer: issuer.name.clone(),
        key: if wishes.reuse_key { imported.spec } else { wishes.key.unwrap_or(imported.spec) },
        reuse_key: wishes.reuse_key,
        profile: wishes.profile.clone(),
        preferred_chain: wishes.preferred_chain.clone(),
        http01: args.plan.http01.clone(),
        shedding: Shedding::default(),
        keep_versions: 3,
    };
    let ours = Lineage { mode: Mode::Managed(spec), ..lineage.clone() };
    let renewal = Renewal { blocked_keys: lineage.renewal.blocked_keys.clone(), ..Renewal::default() };
    let mut changes = vec![
        Change::PutKey {
            id: key_id,
            holds: Holds::CertificateKey,
            kek_id: sealed.kek_id(),
            sealed: sealed.as_bytes().to_vec(),
        },
        Change::PutVersion(version),
        Change::PutPlace(place(context, args, lineage)),
        Change::PutLineage(ours),
        Change::Advance {
            lineage: lineage.id,
            before: lineage.progress(),
            after: Progress { current: Some(version_id), renewal },
        },
        Change::Schedule {
            task: renew::KIND,
            subject: TaskSubject::of(lineage.id),
            due_at: context.clock.now(),
        },
        Change::Event {
            kind: "notafter.lineage.taken-over.v1".to_owned(),
            subject: Subject::Lineage(lineage.id),
            data: json!({ "lineage": lineage.name, "issuer": issuer.name }),
        },
    ];
    changes.extend(superseded(context, lineage).await?);
    Ok(changes)
}

/// The certificate that was seen last, while somebody else renewed it.
async fn superseded(context: &Context, lineage: &Lineage) -> Result<Option<Change>, Fault> {
    let Some(id) = lineage.current else { return Ok(None) };
    let seen = context.store.version(&context.scope, id).await?;
    let seen = seen.filter(|seen| seen.state == VersionState::Current);
    Ok(seen.map(|seen| Change::PutVersion(Version { state: VersionState::Superseded, ..seen })))
}

/// What certbot keeps beside the pair, which others may read: a key that fits no certificate beside it stops them.
fn besides(args: &TakeOverArgs) -> serde_json::Value {
    let directory = args.chain_file.parent().unwrap_or(Path::new("/"));
    let certbots = match args.chain_file.ends_with("fullchain.pem") {
        true => [("certificate", "cert.pem"), ("chain", "chain.pem")].as_slice(),
        false => &[],
    };
    let files = certbots.iter().map(|(role, name)| (*role, directory.join(name)));
    let there = files.filter(|(_, path)| path.exists()).map(|(role, path)| (role.to_owned(), json!(path)));
    serde_json::Value::Object(there.collect())
}

/// The files stay where the server reads them, which may be copies that the old program installed.
fn place(context: &Context, args: &TakeOverArgs, lineage: &Lineage) -> Place {
    let installs = &args.plan.installs;
    let files = if installs.key.is_some() {
        let all = [
            ("key", &installs.key),
            ("certificate", &installs.certificate),
            ("chain", &installs.chain),
            ("full_chain", &installs.full_chain),
        ];
        let written =
            all.into_iter().filter_map(|(role, path)| Some((role.to_owned(), json!(path.as_ref()?))));
        serde_json::Value::Object(written.collect())
    } else {
        let mut files = besides(args);
        files["key"] = json!(args.plan.key_file);
        files["full_chain"] = json!(args.chain_file);
        files
    };
    let (deployer, settings) = match &args.plan.reload {
        Reload::Nginx { server_name, config } => {
            let mut settings = besides(args);
            settings["server_name"] = json!(server_name);
            if let Some(config) = config {
                settings["config"] = json!(config);
            }
            ("nginx", settings)
        }
        Reload::Command(command) => {
            let mut settings = files;
            settings["reload"] = json!({ "command": command });
            ("files", settings)
        }
        Reload::Nothing => ("files", files),
    };
    Place {
        id: context.new_id(),
        owner_id: lineage.owner_id,
        lineage_id: lineage.id,
        name: "adopted".to_owned(),
        deployer: deployer.to_owned(),
        settings,
        endpoints: args.endpoints.clone(),
    }
}

fn notes(args: &TakeOverArgs, record: &Record, server: &Known) -> Vec<String> {
    let aside = record.edits.iter().filter_map(|edit| Some((edit, edit.aside.as_ref()?)));
    let aside = aside.map(|(edit, aside)| {
        format!("{} lies aside as {} until it is given back", edit.path.display(), aside.path.display())
    });
    let mut notes: Vec<String> = aside.collect();
    if args.plan.reload == Reload::Nothing {
        notes.push("no server is told of new certificates: give the place a reload command".to_owned());
    }
    if args.endpoints.is_empty() {
        notes.push("no endpoint proves the deployment: add one to the place".to_owned());
    }
    match server {
        Known::Yes => {}
        Known::No(why) => notes.push(format!("{why}: until one does, nobody renews it")),
        Known::Unknown(why) => notes.push(format!("nobody may renew it: {why}")),
        Known::Unasked => notes.push("whether a server of notafter runs is not known".to_owned()),
    }
    notes
}
