//! The running nginx: its configuration, its own test of it, its reload. Used by the deployer, the solver and discovery.

pub mod config;
pub mod syntax;
pub mod workers;

use std::path::{Path, PathBuf};

use notafter_cert::{Retry, Span, Trouble};

pub use config::{Config, ConfigError};
use workers::Workers;

use crate::command::{self, CommandError, CommandLine};
use crate::hands::{Bounds, Denied};

/// The most that a configuration may print; a million lines are more than anybody has.
const LARGEST_DUMP: usize = 64 * 1024 * 1024;

/// nginx replaces its workers in a moment; on a busy machine, in some.
const REPLACED_WITHIN: Span = Span::seconds(10);

/// What to do where the usual main configuration file is not the one that the running nginx has.
pub(crate) const ELSEWHERE: &str =
    "another main file than /etc/nginx/nginx.conf is named by `config` in the place's settings";

const READ: &[&str] = &["-T"];
const TEST: &[&str] = &["-t"];
const RELOAD: &[&str] = &["-s", "reload"];

/// How a certain nginx is called.
#[derive(Clone, Debug)]
pub struct Nginx {
    /// The program: a name in the path, or a path.
    pub program: String,
    /// Its main configuration file, where it is not the usual one.
    pub config: Option<PathBuf>,
    /// How long one call may take.
    pub limit: Span,
    /// Within which bounds it is called.
    pub bounds: Bounds,
}

/// Why nginx could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum NginxError {
    /// The configuration does not pass nginx's own test.
    #[error("nginx refuses its configuration")]
    Refused(#[source] CommandError),
    /// The reload did not work.
    #[error("nginx could not be told to reload")]
    Reload(#[source] CommandError),
    /// Its pid file leads to no process, or to one of another program.
    #[error("nginx does not run: {} names no process of it", .0.display())]
    NotRunning(PathBuf),
    /// The configuration could not be read.
    #[error("nginx's configuration could not be read")]
    Unreadable(#[source] CommandError),
    /// The configuration could not be understood.
    #[error("nginx's configuration could not be understood")]
    NotUnderstood(#[from] ConfigError),
}

impl Trouble for NginxError {
    fn code(&self) -> &'static str {
        match self {
            Self::Refused(_) => "nginx.config-refused",
            Self::Reload(_) => "nginx.reload-failed",
            Self::NotRunning(_) => "nginx.not-running",
            Self::Unreadable(_) | Self::NotUnderstood(_) => "nginx.config-unreadable",
        }
    }

    fn hint(&self) -> String {
        match self {
            Self::Refused(_) => "run `nginx -t` and mend the line that it names".to_owned(),
            Self::Reload(error) | Self::Unreadable(error) => error.hint(),
            Self::NotRunning(_) => format!(
                "start nginx, and let the system start it at boot: systemctl enable --now nginx; {ELSEWHERE}"
            ),
            Self::NotUnderstood(_) => {
                "write the paths of certificate and key into the place's settings instead of server_name"
                    .to_owned()
            }
        }
    }

    fn retry(&self) -> Retry {
        Retry::Later
    }
}

impl Nginx {
    /// The nginx of this machine, or the one with this main configuration file.
    #[must_use]
    pub fn new(config: Option<PathBuf>) -> Self {
        Self { program: "nginx".to_owned(), config, limit: Span::seconds(30), bounds: Bounds::own() }
    }

    /// What it is configured to do. nginx tests the configuration first.
    ///
    /// # Errors
    /// When nginx refuses it or it cannot be understood.
    pub async fn read(&self) -> Result<Config, NginxError> {
        let output = self.call(READ, LARGEST_DUMP).await.map_err(|error| match error {
            CommandError::Failed { .. } => NginxError::Refused(error),
            _ => NginxError::Unreadable(error),
        })?;
        Ok(Config::from_dump(&String::from_utf8_lossy(&output.stdout))?)
    }

    /// nginx's own test of its configuration, certificates and keys included.
    ///
    /// # Errors
    /// When it does not pass.
    pub async fn test(&self) -> Result<(), NginxError> {
        self.call(TEST, 0).await.map(drop).map_err(NginxError::Refused)
    }

    /// Tells the running nginx to read its configuration again, and waits until none of its workers of before takes
    /// connections any more. Whether the new ones serve what they should, only the wire shows.
    ///
    /// # Errors
    /// When it does not run, or may not be told.
    pub async fn reload(&self) -> Result<(), NginxError> {
        let config = self.read().await.ok();
        // `nginx -s reload` signals whatever process its pid file names.
        config.as_ref().map_or(Ok(()), |config| self.runs(config))?;
        // Who cannot be found is not waited for.
        let before = config.as_ref().map(Workers::of).unwrap_or_default();
        self.call(RELOAD, 0).await.map_err(NginxError::Reload)?;
        before.leave(REPLACED_WITHIN).await;
        Ok(())
    }

    /// Whether a process is there to be told, as far as its pid file says; where that cannot be known, the reload tells.
    ///
    /// # Errors
    /// It does not run.
    pub fn runs(&self, config: &Config) -> Result<(), NginxError> {
        // Another program may be the way into a container, whose processes have numbers of their own.
        if Path::new(&self.program).file_name() != Some("nginx".as_ref()) {
            return Ok(());
        }
        workers::pid_file_of_nobody(config).map_or(Ok(()), |file| Err(NginxError::NotRunning(file)))
    }

    /// Whether its configuration may be read and tested within the bounds.
    ///
    /// # Errors
    /// It may not.
    pub fn may_be_asked(&self) -> Result<(), Denied> {
        [READ, TEST].into_iter().try_for_each(|call| self.bounds.command(&self.line(call), self.limit))
    }

    /// Whether it may also be told to reload within the bounds.
    ///
    /// # Errors
    /// It may not.
    pub fn may_be_told(&self) -> Result<(), Denied> {
        self.calls().iter().try_for_each(|call| self.bounds.command(call, self.limit))
    }

    /// Every command that asks or tells this nginx: to read, to test, to reload.
    #[must_use]
    pub fn calls(&self) -> [CommandLine; 3] {
        [READ, TEST, RELOAD].map(|arguments| self.line(arguments))
    }

    async fn call(&self, arguments: &[&str], budget: usize) -> Result<command::Output, CommandError> {
        command::run(&self.bounds, &self.line(arguments), self.limit, budget).await
    }

    fn line(&self, arguments: &[&str]) -> CommandLine {
        let config =
            self.config.iter().flat_map(|path| ["-c".to_owned(), path.to_string_lossy().into_owned()]);
        CommandLine::new(&self.program, config.chain(arguments.iter().map(ToString::to_string)))
    }
}
