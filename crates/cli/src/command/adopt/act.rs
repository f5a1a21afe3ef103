//! What the installation is asked: what it renews, and with `--watch`, `--take-over`, `--undo`, to change something.

use std::io::{self, BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};

use notafter_cert::Span;
use notafter_engine::adopt::Examined;
use notafter_engine::open::data_of;
use notafter_engine::operate::adopt::{
    Found, OnRecord, OnRecordArgs, TakeOverArgs, TakenOver, UndoArgs, Undone, WatchArgs, Watching,
    on_record_as_stored,
};
use notafter_inventory::adopt::fact::{Known, TriggerKind, Unseen};
use notafter_inventory::adopt::{Case, Obstacle, Reload, Remembered, TakeOver, take_over};
use notafter_inventory::model::{Http01, Renewer};
use notafter_net::trust::Trust;
use notafter_providers::discover::Machine;
use notafter_store::DataDir;

use super::Args;
use crate::failure::Failure;
use crate::here::Here;
use crate::path::absolute;
use crate::session::{Asked, Session};

/// What notafter renews itself, and remembers of what others renew: asked of its server, or read from its database as it
/// stands where none answers within the limit. Where nothing was ever installed, nothing is asked; what cannot be read is
/// not seen.
pub(super) async fn on_record(session: &Session, within: Span) -> Result<OnRecord, Unseen> {
    let Ok(data) = data_of(&session.settings) else { return Ok(OnRecord::default()) };
    // A directory that may not be looked into may hold an installation.
    let is_absent = matches!(data.try_exists(), Ok(false));
    let begun = session.settings.database.is_some() || !matches!(DataDir::is_begun(data), Ok(false));
    if is_absent || !begun {
        return Ok(OnRecord::default());
    }
    let found = asked_or_read(session, within).await;
    found.map_err(|failure| {
        let (why, hint) = failure.in_one_line();
        Unseen { what: format!("what notafter itself renews ({})", data.display()), why: format!("{why} ({hint})") }
    })
}

async fn asked_or_read(session: &Session, within: Span) -> Result<OnRecord, Failure> {
    let alive = match session.ask("adopt.on-record", OnRecordArgs {}, within).await? {
        Asked::Answer(found) => return Ok(found),
        Asked::Nobody => Known::No("no server of notafter runs".to_owned()),
        Asked::Silence => Known::Unknown(format!("its server did not answer within {within}")),
    };
    on_record_as_stored(&session.settings, session.clock.now(), alive).await.map_err(Failure::of)
}

/// Registers everything that is served or kept.
pub(super) async fn watch(session: &Session, examined: &Examined) -> Result<Watching, Failure> {
    let found = examined.cases.iter().map(found).collect();
    session.operate("adopt.watch", WatchArgs { found }).await
}

fn found(case: &Case) -> Found {
    Found { name: case.name.clone(), automation: case.automation(), endpoints: case.targets() }
}

/// Makes one lineage ours.
pub(super) async fn make_ours(session: &Session, args: &Args, case: &Case) -> Result<TakenOver, Failure> {
    let name = case.name.as_str();
    let plan = take_over(case).map_err(|obstacles| {
        let why: Vec<String> = obstacles.iter().map(ToString::to_string).collect();
        let hint = match obstacles.as_slice() {
            [Obstacle::NobodyKeeps] => "where a program does that was not found, name its directory: --look-in DIR",
            _ => "it stays with its present automation; `notafter adopt --watch` watches that",
        };
        let failure = Failure::new(format!("{name} cannot be taken over"), hint).because(why.join("; "));
        failure.here(&args.again())
    })?;
    let mut request = request(args.root(session), args, case, plan);
    request.issuer_trust = args.issuer_trust.as_deref().map(anchors_at).transpose()?;
    if !request.consent && !asked(case, &request)? {
        return Err(Failure::new(
            format!("{name} was not taken over: its present renewal is switched off only with consent"),
            "say --yes; `notafter adopt --undo` puts everything back",
        ));
    }
    let watching: Watching = session.operate("adopt.watch", WatchArgs { found: vec![found(case)] }).await?;
    let registered = watching.lineages.into_iter().chain(watching.renewed).next();
    let lineage = registered.unwrap_or_else(|| name.to_owned());
    session.operate("adopt.take-over", TakeOverArgs { lineage, consent: true, ..request }).await
}

/// Gives one lineage back.
pub(super) async fn give_back(session: &Session, lineage: &str) -> Result<Undone, Failure> {
    session.operate("adopt.undo", UndoArgs { lineage: lineage.to_owned() }).await
}

/// With commands that mean the installation of this run.
pub(super) fn watching_here(watching: Watching, here: &Here) -> Watching {
    Watching { next: watching.next.map(|next| here.in_words(&next)), ..watching }
}

/// With commands that mean the installation of this run.
pub(super) fn taken_here(taken: TakenOver, here: &Here) -> TakenOver {
    TakenOver {
        next: taken.next.map(|next| here.in_words(&next)),
        notes: taken.notes.iter().map(|note| here.in_words(note)).collect(),
        ..taken
    }
}

/// With commands that mean the installation of this run.
pub(super) fn undone_here(undone: Undone, here: &Here) -> Undone {
    Undone { notes: undone.notes.iter().map(|note| here.in_words(note)).collect(), ..undone }
}

/// The certificate of this name in the table, or of this name among what is watched, which may be another one.
pub(super) fn named<'a>(
    examined: &'a Examined,
    theirs: &[Remembered],
    name: &str,
) -> Result<&'a Case, Failure> {
    let fitting: Vec<&Case> = examined.cases.iter().filter(|case| case.name == name).collect();
    let kept = fitting.iter().find(|case| case.renewer != Renewer::Unknown).or(fitting.first());
    let watched = theirs.iter().find(|remembered| remembered.lineage == name);
    let is_watched = |case: &&Case| watched.is_some_and(|watched| watched.chain_file == case.chain_file);
    kept.copied().or_else(|| examined.cases.iter().find(is_watched)).ok_or_else(|| {
        Failure::new(format!("there is no certificate {name:?} on this machine"), "`notafter adopt` lists what there is")
    })
}

/// In the paths of this process, wherever the machine's root lies.
fn request(root: &Path, args: &Args, case: &Case, plan: TakeOver) -> TakeOverArgs {
    let machine = Machine::new(root, vec![]);
    let outer = |path: &str| machine.outer(path);
    let text = |path: &str| outer(path).to_string_lossy().into_owned();
    let kept = case.kept.as_ref();
    let mut plan = plan;
    plan.key_file = text(&plan.key_file);
    plan.account.key_file = text(&plan.account.key_file);
    let installs = &mut plan.installs;
    for file in [&mut installs.key, &mut installs.certificate, &mut installs.chain, &mut installs.full_chain] {
        *file = file.as_deref().map(text);
    }
    // nginx is started with paths of this process: where the root lies elsewhere, so does its usual configuration.
    let usual = (!machine.is_this_one()).then_some("/etc/nginx/nginx.conf");
    let nginx = |config: Option<&str>| config.or(usual).map(text);
    match &mut plan.http01 {
        Http01::Nginx { config } => *config = nginx(config.as_deref()),
        Http01::Webroot { root } => *root = text(root),
        Http01::Listener { .. } => {}
    }
    if let Reload::Nginx { config, .. } = &mut plan.reload {
        *config = nginx(config.as_deref());
    }
    TakeOverArgs {
        lineage: case.name.clone(),
        plan,
        chain_file: outer(&case.chain_file),
        config_file: kept.and_then(|kept| kept.config_file.as_deref()).map(outer),
        cron_line: cron_line(case).map(|(file, line)| (outer(&file), line)),
        endpoints: case.targets(),
        issuer_trust: None,
        consent: args.yes,
    }
}

/// Where the anchors lie for a server that has another working directory, and every renewal needs them: seen to be
/// readable before anything is handed over.
fn anchors_at(path: &Path) -> Result<String, Failure> {
    Trust::file(path)?;
    absolute(path)
}

/// The one cron line that starts the program for this name and no other.
fn cron_line(case: &Case) -> Option<(String, usize)> {
    let [trigger] = case.triggers.as_slice() else { return None };
    let names = trigger.command.matches(" -d ").count() + trigger.command.matches(" --domains ").count();
    let alone = names == 1 && trigger.command.contains(&case.name);
    let (file, line) = trigger.name.rsplit_once(':')?;
    (trigger.kind == TriggerKind::Cron && alone).then_some((file.to_owned(), line.parse().ok()?))
}

/// Asks the person, where there is one.
fn asked(case: &Case, request: &TakeOverArgs) -> Result<bool, Failure> {
    if !io::stdin().is_terminal() {
        return Ok(false);
    }
    let file: Option<&PathBuf> = request.config_file.as_ref().or(request.cron_line.as_ref().map(|(file, _)| file));
    let place = file.map(|file| format!(" in {}", file.display())).unwrap_or_default();
    let broken = |error: io::Error| Failure::new("cannot ask", "say --yes").because(error);
    let mut out = io::stderr();
    write!(out, "The present renewal of {} will be switched off{place}. Go on? [y/N] ", case.name).map_err(broken)?;
    out.flush().map_err(broken)?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer).map_err(broken)?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}
