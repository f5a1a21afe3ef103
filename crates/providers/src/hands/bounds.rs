//! What a step may touch: everything that its process may, or what an administrator granted to the helper.
//!
//! The bounds travel with the job, and are asked at the doors through which every deployer goes: the installation of
//! files, the running of a command, the sending of a signal. A deployer knows nothing of them.

use std::fs;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use notafter_cert::{Retry, Span, Trouble};

use super::grants::Grants;
use super::way::{self, Bendable};
use crate::command::CommandLine;

/// What a step may touch.
#[derive(Clone, Debug, Default)]
pub struct Bounds(Option<Arc<Grants>>);

/// Something that was not granted.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct Denied {
    what: NotGranted,
    /// The file of the grants.
    grants: PathBuf,
}

#[derive(Debug, thiserror::Error)]
enum NotGranted {
    #[error("the helper was not granted to write {}", .0.display())]
    Destination(PathBuf),
    #[error("the helper does not write {}: {why}", .path.display())]
    Bendable { path: PathBuf, why: String },
    #[error("the helper was not granted to give files to {kind} {number}")]
    Account { kind: &'static str, number: u32 },
    #[error("the helper was not granted to give files the mode {0:04o}")]
    Mode(u32),
    #[error("the helper does not let everybody read a private key (mode {0:04o})")]
    OpenKey(u32),
    #[error("the helper was not granted to run `{0}`")]
    Command(CommandLine),
    #[error("the helper was not granted to wait {limit} for `{command}`, only {longest}")]
    Wait { command: CommandLine, limit: Span, longest: Span },
    #[error("the helper was not granted to send {signal} to the process of {}", .pid_file.display())]
    Signal { pid_file: PathBuf, signal: String },
    #[error("the helper was asked for a step of another deployment than the snapshot's")]
    Snapshot,
}

impl Trouble for Denied {
    fn code(&self) -> &'static str {
        "hands.not-granted"
    }

    fn hint(&self) -> String {
        let key = match &self.what {
            NotGranted::Destination(_) => "directories",
            NotGranted::Account { kind: "user", .. } => "owners",
            NotGranted::Account { .. } => "groups",
            NotGranted::Mode(_) => "modes",
            NotGranted::Command(_) => "commands or nginx",
            NotGranted::Wait { .. } => "longest_command",
            NotGranted::Signal { .. } => "signals",
            NotGranted::OpenKey(_) => {
                return "write mode = \"0640\" or \"0600\" in the place's settings".to_owned();
            }
            NotGranted::Bendable { .. } => {
                return "let the directory and those above it belong to root and be writable by nobody else"
                    .to_owned();
            }
            NotGranted::Snapshot => return "begin a new deployment: notafter deploy LINEAGE".to_owned(),
        };
        format!(
            "if this is meant, add it to {key} in {} and start the helper again; else mend the place's settings",
            self.grants.display()
        )
    }

    fn retry(&self) -> Retry {
        Retry::Later
    }
}

impl Bounds {
    /// Whatever this process may do.
    #[must_use]
    pub const fn own() -> Self {
        Self(None)
    }

    /// What was granted, and nothing else.
    #[must_use]
    pub const fn granted(grants: Arc<Grants>) -> Self {
        Self(Some(grants))
    }

    /// The path as it is to be written: without links above its last name, where there are bounds.
    ///
    /// # Errors
    /// It lies outside.
    pub fn destination(&self, path: PathBuf) -> Result<PathBuf, Denied> {
        self.ask(|grants| place(grants, &path)).map(|real| real.unwrap_or(path))
    }

    /// Whether a file may get this owner, group and mode.
    ///
    /// # Errors
    /// It may not.
    pub fn ownership(
        &self,
        owner: Option<u32>,
        group: Option<u32>,
        mode: u32,
        is_secret: bool,
    ) -> Result<(), Denied> {
        let judge = |grants: &Grants| {
            let foreign =
                |number: &u32, granted: &[u32], own: u32| *number != own && !granted.contains(number);
            let me = rustix::process::geteuid().as_raw();
            if let Some(number) = owner.filter(|number| foreign(number, &grants.owners, me)) {
                return Err(NotGranted::Account { kind: "user", number });
            }
            let mine = rustix::process::getegid().as_raw();
            if let Some(number) = group.filter(|number| foreign(number, &grants.groups, mine)) {
                return Err(NotGranted::Account { kind: "group", number });
            }
            match mode {
                _ if is_secret && mode & 0o007 != 0 => Err(NotGranted::OpenKey(mode)),
                _ if !grants.modes.contains(&mode) => Err(NotGranted::Mode(mode)),
                _ => Ok(()),
            }
        };
        self.ask(judge).map(drop)
    }

    /// Whether this very command may run, and for so long.
    ///
    /// # Errors
    /// It may not.
    pub fn command(&self, command: &CommandLine, limit: Span) -> Result<(), Denied> {
        let judge = |grants: &Grants| {
            let command = || command.clone();
            match grants.longest_command {
                _ if !grants.commands.contains(&command()) => Err(NotGranted::Command(command())),
                longest if limit > longest => Err(NotGranted::Wait { command: command(), limit, longest }),
                _ => Ok(()),
            }
        };
        self.ask(judge).map(drop)
    }

    /// Whether the process of this file may be sent this signal.
    ///
    /// # Errors
    /// It may not.
    pub fn signal(&self, pid_file: &Path, signal: &str) -> Result<(), Denied> {
        let judge = |grants: &Grants| {
            let granted = grants.signals.iter().any(|(path, name)| path == pid_file && name == signal);
            let denied = || NotGranted::Signal { pid_file: pid_file.to_owned(), signal: signal.to_owned() };
            if granted { Ok(()) } else { Err(denied()) }
        };
        self.ask(judge).map(drop)
    }

    /// Within bounds, a snapshot comes from outside: `fits` says whether it is this deployment's.
    pub(crate) fn snapshot(&self, fits: impl FnOnce() -> bool) -> Result<(), Denied> {
        self.ask(|_| if fits() { Ok(()) } else { Err(NotGranted::Snapshot) }).map(drop)
    }

    fn ask<T>(&self, judge: impl FnOnce(&Grants) -> Result<T, NotGranted>) -> Result<Option<T>, Denied> {
        let Some(grants) = &self.0 else { return Ok(None) };
        judge(grants).map(Some).map_err(|what| Denied { what, grants: grants.path.clone() })
    }
}

/// The real path of a file to be written. Of what lies outside nothing is told, not even whether it exists.
fn place(grants: &Grants, path: &Path) -> Result<PathBuf, NotGranted> {
    let outside = || NotGranted::Destination(path.to_owned());
    let bendable = |why: String| NotGranted::Bendable { path: path.to_owned(), why };
    let is_plain = path.components().all(|part| matches!(part, Component::RootDir | Component::Normal(_)));
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { return Err(outside()) };
    if !path.is_absolute() || !is_plain {
        return Err(outside());
    }
    let real = match fs::canonicalize(parent) {
        Ok(real) => real,
        Err(error) if grants.directories.iter().any(|granted| parent.starts_with(granted)) => {
            return Err(bendable(format!("{} cannot be used: {error}", parent.display())));
        }
        Err(_) => return Err(outside()),
    };
    let holds = |granted: &PathBuf| fs::canonicalize(granted).is_ok_and(|granted| real.starts_with(granted));
    if !grants.directories.iter().any(holds) {
        return Err(outside());
    }
    way::held(&real).map_err(|Bendable(why)| bendable(why))?;
    Ok(real.join(name))
}
