//! Files below the document root of a web server that runs anyway.

use std::fs::File;
use std::io::Write;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use notafter_acme::challenge::Challenge;
use rustix::fs::{
    Access, AtFlags, CWD, Mode, OFlags, ResolveFlags, access, fchmod, mkdirat, openat, openat2, renameat,
    unlinkat,
};
use rustix::io::Errno;

use super::{Meta, SolveError, Solver};
use crate::swap::no_directory;

pub(super) static META: Meta =
    Meta { name: "webroot", title: "files below the document root of a web server that runs anyway" };

/// What is done with the root.
const USE: &str = "use the document root";

/// Below the root, each with its parents.
const DIRECTORIES: [&str; 2] = [".well-known", ".well-known/acme-challenge"];

/// The solver.
pub(super) struct Webroot {
    root: PathBuf,
}

impl Webroot {
    pub(super) fn new(root: PathBuf) -> Result<Self, SolveError> {
        if root.is_absolute() { Ok(Self { root }) } else { Err(SolveError::Relative(root)) }
    }

    /// The directory of the answers, made where it is missing. The kernel refuses every way out of the root.
    fn directory(&self) -> Result<OwnedFd, SolveError> {
        let flags = OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = openat(CWD, &self.root, flags, Mode::empty())
            .map_err(|error| io(USE, &self.root)(error.into()))?;
        let [parent, answers] = DIRECTORIES;
        self.enter(&root, parent)?;
        self.enter(&root, answers)
    }

    fn enter(&self, base: &OwnedFd, path: &'static str) -> Result<OwnedFd, SolveError> {
        let flags = OFlags::DIRECTORY | OFlags::CLOEXEC;
        let open = || openat2(base, path, flags, Mode::empty(), ResolveFlags::BENEATH);
        let failed = |doing| {
            move |error: Errno| match error {
                Errno::XDEV | Errno::LOOP => SolveError::Escapes { root: self.root.clone(), path },
                other => io(doing, &self.root.join(path))(other.into()),
            }
        };
        match open() {
            Err(Errno::NOENT) => {
                match mkdirat(base, path, Mode::from_raw_mode(0o755)) {
                    Ok(()) | Err(Errno::EXIST) => {}
                    Err(error) => return Err(failed("make the directory")(error)),
                }
                let made = open().map_err(failed("open"))?;
                // The process's umask must not hide it from the web server.
                fchmod(&made, Mode::from_raw_mode(0o755)).map_err(failed("set the mode of"))?;
                Ok(made)
            }
            result => result.map_err(failed("open")),
        }
    }

    fn write(&self, directory: &OwnedFd, challenge: &Challenge) -> Result<(), SolveError> {
        let path = self.root.join(DIRECTORIES[1]).join(&challenge.token);
        let failed = |doing| {
            let path = path.clone();
            move |error: Errno| io(doing, &path)(error.into())
        };
        let beside = format!(".{}.notafter", challenge.token);
        absent_is_fine(unlinkat(directory, &beside, AtFlags::empty())).map_err(failed("replace"))?;
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = openat(directory, &beside, flags, Mode::from_raw_mode(0o644)).map_err(failed("create"))?;
        fchmod(&file, Mode::from_raw_mode(0o644)).map_err(failed("set the mode of"))?;
        File::from(file).write_all(challenge.key_authorization.as_bytes()).map_err(io("write", &path))?;
        renameat(directory, &beside, directory, &challenge.token).map_err(failed("put in place"))
    }
}

impl Solver for Webroot {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn ready(&self) -> BoxFuture<'_, Result<String, SolveError>> {
        async {
            let found = std::fs::metadata(&self.root).map_err(io(USE, &self.root))?;
            if !found.is_dir() {
                return Err(io(USE, &self.root)(no_directory()));
            }
            let deepest =
                DIRECTORIES.iter().rev().map(|path| self.root.join(path)).find(|path| path.is_dir());
            let directory = deepest.unwrap_or_else(|| self.root.clone());
            let wanted = Access::WRITE_OK | Access::EXEC_OK;
            access(&directory, wanted).map_err(|error| io("write at", &directory)(error.into()))?;
            Ok(format!("{} can be written", directory.display()))
        }
        .boxed()
    }

    fn present<'a>(&'a self, challenges: &'a [Challenge]) -> BoxFuture<'a, Result<(), SolveError>> {
        async {
            let directory = self.directory()?;
            challenges.iter().try_for_each(|challenge| self.write(&directory, challenge))
        }
        .boxed()
    }

    fn clear<'a>(&'a self, challenges: &'a [Challenge]) -> BoxFuture<'a, Result<(), SolveError>> {
        async move {
            let directory = self.directory()?;
            for challenge in challenges {
                let path = self.root.join(DIRECTORIES[1]).join(&challenge.token);
                absent_is_fine(unlinkat(&directory, &challenge.token, AtFlags::empty()))
                    .map_err(|error| io("remove", &path)(error.into()))?;
            }
            Ok(())
        }
        .boxed()
    }
}

fn absent_is_fine(outcome: Result<(), Errno>) -> Result<(), Errno> {
    match outcome {
        Err(Errno::NOENT) => Ok(()),
        other => other,
    }
}

fn io<'a>(doing: &'static str, path: &'a Path) -> impl FnOnce(std::io::Error) -> SolveError + 'a {
    move |source| SolveError::Io { doing, path: path.to_owned(), source }
}
