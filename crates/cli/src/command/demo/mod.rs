//! `notafter demo`: the whole loop on this machine, in a minute, with nothing installed.

mod stage;
mod story;
mod verdict;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use notafter_cert::Span;
use notafter_engine::context::Context;
use notafter_engine::driver::Driver;
use notafter_engine::open;
use notafter_engine::operate::{self, alert, inventory, lifecycle, user};
use notafter_engine::settings::Settings;
use notafter_engine::socket::Door;
use notafter_engine::tasks;
use notafter_inventory::code::Prune;
use notafter_inventory::model::Actor;
use notafter_lab::tls_server::ask_to_reload;
use notafter_net::Clock;
use notafter_server::Server;
use serde_json::json;
use tempfile::TempDir;

use super::serve::Ending;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{logs, outcome, reader};
use crate::session::Session;

use stage::Stage;
pub(super) use stage::write_pair;

/// Watch dying certificates being found, renewed, deployed and proved, on this machine, in a minute
///
/// Starts TLS servers that misbehave in known ways, a CA, a mail server and notafter itself, all on loopback and in a
/// temporary directory; your own data directory is not touched.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// End when the story is told: 0 only if every expected outcome was seen on the wire
    #[arg(long)]
    once: bool,
    /// Tell the server behind this control address to reload (what the demo's reload command runs)
    #[arg(long, hide = true, value_name = "ADDRESS")]
    reload: Option<SocketAddr>,
}

/// The story is over by then, one way or the other.
const LONGEST: Span = Span::seconds(58);

pub(crate) async fn run(args: Args, session: &Session) -> Result<Exit, Failure> {
    if let Some(control) = args.reload {
        let asked = ask_to_reload(control).await;
        return asked.map(|()| Exit::Done).map_err(|error| {
            Failure::new("the demo's server did not reload", "start the demo again").because(error)
        });
    }
    if session.settings.log_level != Settings::default().log_level {
        logs::begin(&session.settings)?;
    }
    let mut ending = Ending::watch()?;
    let told = AtomicBool::new(false);
    let mut folder = None;
    let exit = tokio::select! {
        biased;
        _ = ending.asked() => Ok(if told.load(Ordering::Relaxed) { Exit::Done } else { Exit::Interrupted }),
        // Nobody watches any more. Whether every outcome comes about stays open.
        () = reader::gone() => Ok(if args.once { Exit::OutcomeUnknown } else { Exit::Done }),
        exit = play(&args, session, &mut folder, &told) => exit,
    };
    if let Some(folder) = folder {
        strike(folder, &session.clock).await?;
    }
    exit
}

/// Times that removing the stage is tried: what plays on it may be writing its last file.
const TRIES: u8 = 20;

/// Removes everything, however the play ended.
async fn strike(folder: TempDir, clock: &Clock) -> Result<(), Failure> {
    let path = folder.keep();
    let mut tries = 1..=TRIES;
    loop {
        match (std::fs::remove_dir_all(&path), tries.next()) {
            (Ok(()), _) => return Ok(()),
            (Err(error), None) => {
                let what = format!("the demo's directory {} cannot be removed", path.display());
                return Err(Failure::new(what, "remove it by hand: it holds keys of the demo").because(error));
            }
            (Err(_), Some(_)) => clock.sleep(Span::millis(50)).await,
        }
    }
}

/// Tells the story in a new `folder`; `told` says that it was told to its end.
async fn play(
    args: &Args,
    session: &Session,
    folder: &mut Option<TempDir>,
    told: &AtomicBool,
) -> Result<Exit, Failure> {
    let stage = Stage::set(&session.clock, folder).await?;
    story::scene(&stage)?;
    let installation = open::open(&stage.settings, session.clock.clone()).await.map_err(Failure::of)?;
    let context = Arc::clone(&installation.context);
    let server = Server::bind(Arc::clone(&context)).await?;
    let address = server.address()?;
    let door = Door::open(&context.data)?;
    let late = session.clock.now() + LONGEST;
    tokio::select! {
        registered = register(&context, &stage) => registered?,
        () = session.clock.sleep_until(late) => return Err(not_ready()),
    }
    tasks::ensure(&context).await.map_err(Failure::of)?;
    let driver = Driver::new(Arc::clone(&context));
    let story = async {
        let deadline = session.clock.now() + LONGEST;
        let expected = story::tell(&context, &stage, deadline).await?;
        story::close(&expected)?;
        if args.once {
            let all = expected.iter().all(|one| one.seen);
            return Ok(if all { Exit::Done } else { Exit::Failed });
        }
        let link = user::first_link(&context).await.map_err(Failure::of)?;
        story::see_for_yourself(&context, &stage, address, link.as_ref())?;
        outcome::print("\nThe server keeps running; Ctrl-C ends it and removes everything.\n")?;
        told.store(true, Ordering::Relaxed);
        std::future::pending().await
    };
    tokio::select! {
        exit = story => exit,
        () = driver.run() => Ok(Exit::Failed),
        () = door.answer(Arc::clone(&context)) => Ok(Exit::Failed),
        failed = server.answer() => failed.map(|()| Exit::Failed).map_err(Failure::from),
    }
}

/// The mailbox, the servers or the CA of the demo cannot be reached on this machine.
fn not_ready() -> Failure {
    let what = format!("the demo's own mail server and servers on 127.0.0.1 did not answer within {LONGEST}");
    Failure::new(what, "is the loopback interface up (ip link set lo up), and does nothing filter it?")
}

/// What a person would do with `notafter apply`, `notafter alert test` and `notafter import`.
async fn register(context: &Arc<Context>, stage: &Stage) -> Result<(), Failure> {
    let actor = Actor::Person("demo".to_owned());
    let text = stage.inventory.clone();
    let file = inventory::File { text, prune: Prune::Written, unread: BTreeMap::new() };
    let apply = inventory::Apply { file, secrets: BTreeMap::new(), upon: None };
    call(context, &actor, "inventory.apply", json!(apply)).await?;
    call(context, &actor, "alert.test", json!(alert::TestArgs::default())).await?;
    let mails = stage.mail.wait_for(1).await;
    let subject = mails.first().and_then(|mail| mail.header("Subject")).unwrap_or_default();
    let code = subject.split_whitespace().last().unwrap_or_default().to_owned();
    call(context, &actor, "alert.confirm", json!(alert::ConfirmArgs { code })).await?;
    let one_mailbox = alert::SilenceArgs {
        code: Some("alert.one-path".to_owned()),
        for_how_long: Some(Span::days(1)),
        why: "the demo has one mailbox".to_owned(),
        ..alert::SilenceArgs::default()
    };
    call(context, &actor, "alert.silence", json!(one_mailbox)).await?;
    let import = lifecycle::Import {
        lineage: stage::BLOG.to_owned(),
        chain: stage.blog_chain.clone(),
        key: stage.blog_key.clone(),
        path: "the demo's disk".to_owned(),
        force: false,
    };
    let background = Arc::clone(context);
    // The import waits for a proof that does not come; the story tells of it.
    tokio::spawn(async move { operate::call(&background, &actor, "lifecycle.import", json!(import)).await });
    while !is_imported(context).await? {
        context.clock.sleep(Span::millis(5)).await;
    }
    Ok(())
}

/// The loops begin only when what lies on the disk is known: else the blog would be renewed once more.
async fn is_imported(context: &Context) -> Result<bool, Failure> {
    let blog = context.store.lineage_named(&context.scope, stage::BLOG).await?;
    Ok(blog.is_some_and(|lineage| lineage.current.is_some()))
}

async fn call(
    context: &Arc<Context>,
    actor: &Actor,
    operation: &str,
    args: serde_json::Value,
) -> Result<serde_json::Value, Failure> {
    operate::call(context, actor, operation, args).await.map_err(Failure::of)
}
