//! `notafter serve`: keeps everything alive until it is told to end.

use std::convert::Infallible;
use std::hint::black_box;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use notafter_engine::context::Context;
use notafter_engine::driver::Driver;
use notafter_engine::open;
use notafter_engine::operate::user;
use notafter_engine::rights::Rights;
use notafter_engine::settings::Settings;
use notafter_engine::socket::Door;
use notafter_engine::tasks;
use notafter_server::Server;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::argument;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::logs;
use crate::session::Session;
use crate::settings;
use crate::supervisor;

/// Run the server: look, renew, deploy, prove, tell; metrics and health over HTTP, commands over a socket
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Where to answer HTTP [default: the setting `listen`, 127.0.0.1:8400]
    #[arg(long, value_name = "ADDRESS", value_parser = argument::listen)]
    listen: Option<SocketAddr>,
    /// Answer plain HTTP where other machines reach it, too [default: the setting `plain_http`, no]
    #[arg(long)]
    plain_http: bool,
    /// Where to answer HTTPS, with `tls_lineage` or `tls_certificate` and `tls_key` [default: the setting `tls_listen`, nowhere]
    #[arg(long, value_name = "ADDRESS", value_parser = argument::listen)]
    tls_listen: Option<SocketAddr>,
    /// Where to answer the status page alone [default: the setting `status_listen`, nowhere]
    #[arg(long, value_name = "ADDRESS", value_parser = argument::listen)]
    status_listen: Option<SocketAddr>,
    /// The lineage whose certificate is served at `tls_listen` [default: the setting `tls_lineage`]
    #[arg(long, value_name = "LINEAGE", conflicts_with_all = ["tls_certificate", "tls_key"])]
    tls_lineage: Option<String>,
    /// The chain that is served there instead, a PEM file [default: the setting `tls_certificate`]
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_certificate: Option<PathBuf>,
    /// The PEM file with its key [default: the setting `tls_key`]
    #[arg(long, value_name = "FILE", requires = "tls_certificate")]
    tls_key: Option<PathBuf>,
}

impl Args {
    /// What is said here goes before what the settings say.
    fn over(self, settings: &mut Settings) {
        if let Some(listen) = self.listen {
            settings.listen = listen.to_string();
        }
        settings.plain_http |= self.plain_http;
        if let Some(listen) = self.tls_listen {
            settings.tls_listen = Some(listen.to_string());
        }
        if let Some(listen) = self.status_listen {
            settings.status_listen = Some(listen.to_string());
        }
        if self.tls_lineage.is_some() || self.tls_certificate.is_some() {
            settings.tls_lineage = self.tls_lineage;
            settings.tls_certificate = self.tls_certificate;
            settings.tls_key = self.tls_key;
        }
    }
}

pub(crate) async fn run(args: Args, session: &Session) -> Result<Exit, Failure> {
    logs::begin(&session.settings)?;
    session.warn();
    let mut settings = session.settings.clone();
    args.over(&mut settings);
    settings::make_sense(&settings)?;
    let installation = open::open(&settings, session.clock.clone()).await.map_err(Failure::of)?;
    say_whose_rights(&settings);
    installation.context.stage_drills(super::drill::set_stage);
    serve(Arc::clone(&installation.context)).await
}

/// Who faces the network and who writes keys: said at the start, and by `notafter doctor`.
fn say_whose_rights(settings: &Settings) {
    let rights = Rights::of(settings);
    match rights.hint() {
        Some(hint) => tracing::warn!(hint, "{}", rights.words()),
        None => tracing::info!("{}", rights.words()),
    }
}

/// Runs loops, socket and HTTP side by side until a signal comes. Whatever is under way is in the store: nothing is
/// lost by ending at any instant.
pub(super) async fn serve(context: Arc<Context>) -> Result<Exit, Failure> {
    let mut ending = Ending::watch()?;
    let server = Server::bind(Arc::clone(&context)).await?;
    let door = Door::open(&context.data)?;
    tasks::ensure(&context).await.map_err(Failure::of)?;
    let address = server.address()?;
    match user::first_link(&context).await {
        Ok(Some(link)) => anstream::eprint!("{}", super::user::link(&link)),
        Ok(None) => {}
        Err(fault) => tracing::warn!(code = fault.code, hint = fault.hint, "no sign-in link: {}", fault.what),
    }
    let tls_address = server.tls_address()?.map(tracing::field::display);
    let status_address = server.status_address()?.map(tracing::field::display);
    tracing::info!(%address, tls_address, status_address, data = %context.data.display(), "serving");
    supervisor::ready(&format!("serving at {address}"));
    let driver = Driver::new(Arc::clone(&context));
    tokio::select! {
        () = driver.run() => Ok(Exit::Done),
        never = supervisor::watch(&context) => match never {},
        never = give_back() => match never {},
        () = door.answer(Arc::clone(&context)) => Ok(Exit::Done),
        failed = server.answer() => failed.map(|()| Exit::Done).map_err(Failure::from),
        name = ending.asked() => {
            tracing::info!(signal = name, "ending");
            supervisor::stopping();
            Ok(Exit::Done)
        }
    }
}

/// Has the allocator give back to the system what is free. It does so when it gets or frees a page of its own, a second after
/// what was freed: a process that has nothing to do for a while would keep all that its last work took.
async fn give_back() -> Infallible {
    /// More than fits into a page with others.
    const PAGE: usize = 1 << 20;
    const EVERY: Duration = Duration::from_secs(10);
    let mut turns = tokio::time::interval(EVERY);
    loop {
        turns.tick().await;
        drop(black_box(Vec::<u8>::with_capacity(PAGE)));
    }
}

/// Signals that ask for the end. One that comes while nobody waits for it is kept; what came before they were watched would
/// have ended the process at once.
pub(super) struct Ending {
    terminate: Signal,
    interrupt: Signal,
}

impl Ending {
    /// Watches for them from here on: before anybody can know that the process has begun.
    pub(super) fn watch() -> Result<Self, Failure> {
        let watched = |kind| {
            signal(kind).map_err(|error| Failure::new("cannot wait for signals", "report this").because(error))
        };
        Ok(Self { terminate: watched(SignalKind::terminate())?, interrupt: watched(SignalKind::interrupt())? })
    }

    /// Waits for the first one; its name.
    pub(super) async fn asked(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}
