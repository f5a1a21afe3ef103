//! What a command needs from its surroundings: settings, clock, and the engine behind a socket or in this process.

use notafter_cert::Span;
use notafter_engine::open::{self, Installation};
use notafter_engine::operate::{self, Without};
use notafter_engine::settings::Settings;
use notafter_engine::socket::{self, SocketError};
use notafter_inventory::model::Actor;
use notafter_net::Clock;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::runtime::Builder;
use tokio::sync::OnceCell;

use crate::command;
use crate::failure::Failure;
use crate::here::Here;
use crate::settings::{self, Global};
use crate::variables::Strangers;

/// One run of the binary.
pub(crate) struct Session {
    /// The settings in force.
    pub(crate) settings: Settings,
    /// The one clock value (law 1: everything below takes instants from it).
    pub(crate) clock: Clock,
    /// What every further command has to say to mean the same installation.
    pub(crate) here: Here,
    /// `NOTAFTER_` variables that nothing has a use for.
    pub(crate) strangers: Strangers,
    /// Opened by the first operation that no server answers, and kept for those that follow it.
    opened: OnceCell<Installation>,
}

/// What came of a question to a server.
pub(crate) enum Asked<R> {
    /// It answered.
    Answer(R),
    /// No server is there.
    Nobody,
    /// One is there and said nothing in time.
    Silence,
}

impl Session {
    pub(crate) fn begin(global: Global) -> Result<Self, Failure> {
        let strangers = Strangers::here()?;
        let settings = settings::load(&global)?;
        if let Some(source) = &settings.key_encryption_key {
            strangers.refer(&source.to_string_lossy());
        }
        if let Some(source) = &settings.openid_secret {
            strangers.refer(source);
        }
        let here = Here::of(&global);
        Ok(Self { settings, clock: Clock::system(), here, strangers, opened: OnceCell::new() })
    }

    /// Says into the log of a process that goes on what a command says at its end.
    pub(crate) fn warn(&self) {
        if let Some(strangers) = self.strangers.told() {
            tracing::warn!("{strangers}");
        }
    }

    /// One that uses all processors, or this thread alone.
    pub(crate) fn runtime(on_all_processors: bool) -> Result<tokio::runtime::Runtime, Failure> {
        let mut builder = match on_all_processors {
            true => Builder::new_multi_thread(),
            false => Builder::new_current_thread(),
        };
        builder.enable_all().build().map_err(|error| {
            Failure::new("cannot start the runtime", "check the limits on threads").because(error)
        })
    }

    /// Carries out an operation: in the running server if one answers, else in this process under the directory's lock.
    pub(crate) async fn operate<R: DeserializeOwned>(
        &self,
        operation: &str,
        args: impl Serialize,
    ) -> Result<R, Failure> {
        let args = serde_json::to_value(args).map_err(unreadable)?;
        let value = if self.opened.initialized() {
            self.operate_here(operation, args).await?
        } else {
            self.operate_anywhere(operation, args).await?
        };
        serde_json::from_value(value).map_err(unreadable)
    }

    /// Asks the running server, and nobody else: nothing is opened in this process.
    pub(crate) async fn ask<R: DeserializeOwned>(
        &self,
        operation: &str,
        args: impl Serialize,
        within: Span,
    ) -> Result<Asked<R>, Failure> {
        let args = serde_json::to_value(args).map_err(unreadable)?;
        let path = open::data_of(&self.settings).map_err(Failure::of)?.join(socket::FILE_NAME);
        match tokio::time::timeout(within.to_std(), socket::call(&path, operation, args)).await {
            Ok(Ok(answer)) => {
                let answer = answer.map_err(Failure::of)?;
                serde_json::from_value(answer).map(Asked::Answer).map_err(unreadable)
            }
            Ok(Err(SocketError::Nobody(_))) => Ok(Asked::Nobody),
            Ok(Err(SocketError::Ended { .. })) | Err(_) => Ok(Asked::Silence),
            Ok(Err(error)) => Err(error.into()),
        }
    }

    async fn operate_anywhere(
        &self,
        operation: &str,
        args: serde_json::Value,
    ) -> Result<serde_json::Value, Failure> {
        let path = open::data_of(&self.settings).map_err(Failure::of)?.join(socket::FILE_NAME);
        match socket::call(&path, operation, args.clone()).await {
            Ok(answer) => answer.map_err(Failure::of),
            Err(SocketError::Nobody(_)) => self.operate_here(operation, args).await,
            Err(error @ SocketError::Ended { .. }) => Err(Failure::from(error).with_unknown_outcome()),
            Err(error) => Err(error.into()),
        }
    }

    /// As [`Session::operate`], in this process, on an installation that was opened otherwise.
    pub(crate) async fn operate_on<R: DeserializeOwned>(
        &self,
        installation: &Installation,
        operation: &str,
        args: impl Serialize,
    ) -> Result<R, Failure> {
        let args = serde_json::to_value(args).map_err(unreadable)?;
        serde_json::from_value(carry_out(installation, operation, args).await?).map_err(unreadable)
    }

    async fn operate_here(
        &self,
        operation: &str,
        args: serde_json::Value,
    ) -> Result<serde_json::Value, Failure> {
        if !self.opened.initialized()
            && let Err(absent) = open::has_begun(&self.settings)
        {
            match operate::find(operation).map(|found| found.without) {
                Some(Without::Refused) => return Err(Failure::of(absent)),
                Some(Without::Rehearsed) => return self.rehearse(operation, args).await,
                Some(Without::Begun) | None => {}
            }
        }
        let installation = self.opened.get_or_try_init(|| self.open()).await?;
        carry_out(installation, operation, args).await
    }

    /// On an empty installation in a temporary directory, which goes when this returns.
    async fn rehearse(&self, operation: &str, args: serde_json::Value) -> Result<serde_json::Value, Failure> {
        let folder = tempfile::tempdir().map_err(|error| {
            Failure::new(
                "cannot make a temporary directory",
                "look at TMPDIR: is there space, and may it be written?",
            )
            .because(error)
        })?;
        let settings = Settings {
            data: Some(folder.path().join("data")),
            key_encryption_key: Some(folder.path().join("key-encryption-key")),
            ..self.settings.clone()
        };
        carry_out(&self.open_with(&settings).await?, operation, args).await
    }

    /// Ends without closing the database. Everything is on the disk already; closing would fold SQLite's log of writes into
    /// it, two more syncs for whoever waits for the command. The next one that opens it does so when the log is long.
    pub(crate) fn leave(self) {
        std::mem::forget(self);
    }

    /// Opens the installation in this process, for this command.
    async fn open(&self) -> Result<Installation, Failure> {
        self.open_with(&self.settings).await
    }

    /// As [`Session::open`], with other settings.
    pub(crate) async fn open_with(&self, settings: &Settings) -> Result<Installation, Failure> {
        let opened = open::for_a_command(settings, self.clock.clone()).await.map_err(Failure::of)?;
        opened.context.stage_drills(command::drill_stage);
        Ok(opened)
    }
}

async fn carry_out(
    installation: &Installation,
    operation: &str,
    args: serde_json::Value,
) -> Result<serde_json::Value, Failure> {
    let actor = Actor::Person(socket::user_name(rustix::process::getuid().as_raw()));
    operate::call(&installation.context, &actor, operation, args).await.map_err(Failure::of)
}

fn unreadable(error: serde_json::Error) -> Failure {
    Failure::new(
        "the request or its answer cannot be read",
        "make sure that command and server are of the same version",
    )
    .because(error)
}
