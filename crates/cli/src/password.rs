//! Passwords of files: from a file, from a variable, or asked at the terminal; never from the command line, which everybody
//! on the machine can read.

use std::fs::File;
use std::io::{self, IsTerminal, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::file;
use crate::session::Session;

/// Where a password comes from.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    /// The first line of a file.
    File(PathBuf),
    /// A variable of the environment.
    Variable(String),
}

impl Source {
    /// Of the two options of a command.
    pub(crate) fn of(file: Option<PathBuf>, variable: Option<String>) -> Option<Self> {
        file.map(Self::File).or(variable.map(Self::Variable))
    }

    /// Reads it.
    pub(crate) fn read(&self, session: &Session) -> Result<Zeroizing<String>, Failure> {
        Ok(self.read_all(session)?.swap_remove(0))
    }

    /// Reads it, and behind it the second line of a file: the password of a key that has another than its container.
    pub(crate) fn read_all(&self, session: &Session) -> Result<Vec<Zeroizing<String>>, Failure> {
        match self {
            Self::File(path) => lines(path),
            Self::Variable(name) => {
                session.strangers.refer(&format!("env:{name}"));
                let value = std::env::var(name).map(|value| vec![Zeroizing::new(value)]);
                value.map_err(|error| {
                    Failure::new(format!("there is no password in the variable {name}"), "set it")
                        .because(error)
                })
            }
        }
    }
}

/// A pipe is as private as whoever writes into it; a file must be.
fn lines(path: &Path) -> Result<Vec<Zeroizing<String>>, Failure> {
    let failed = |why: String, hint: &str| {
        Failure::new(format!("cannot read the password from {}", path.display()), hint.to_owned())
            .because(why)
    };
    if let Ok(about) = std::fs::metadata(path)
        && about.is_file()
        && about.mode() & 0o077 != 0
    {
        let why = format!("it can be read by others (mode {:o})", about.mode() & 0o777);
        return Err(failed(why, &format!("chmod 600 {}", path.display())));
    }
    let bytes = file::read(path).map_err(|error| failed(format!("it {error}"), error.hint()))?;
    let bytes = Zeroizing::new(bytes);
    let text = std::str::from_utf8(&bytes)
        .map_err(|error| failed(error.to_string(), "write the password as UTF-8"))?;
    let line = |line: &str| Zeroizing::new(line.to_owned());
    let first = line(text.lines().next().unwrap_or_default());
    let second = text.lines().nth(1).filter(|second| !second.is_empty());
    Ok(std::iter::once(first).chain(second.map(line)).collect())
}

/// One under which something is sealed: an empty one would only look like it.
pub(crate) fn for_sealing(password: Zeroizing<String>) -> Result<Zeroizing<String>, Failure> {
    if password.is_empty() {
        return Err(Failure::new("the password is empty", "write one, or leave the option out"));
    }
    Ok(password)
}

/// What came of a question.
pub(crate) enum Asked {
    /// Somebody typed it.
    Typed(Zeroizing<String>),
    /// There is no terminal to ask at.
    Nobody,
}

/// Asks at the terminal, without showing what is typed.
pub(crate) async fn ask(question: &str) -> Result<Asked, Failure> {
    if !io::stdin().is_terminal() {
        return Ok(Asked::Nobody);
    }
    let Ok(terminal) = File::options().read(true).write(true).open("/dev/tty") else {
        return Ok(Asked::Nobody);
    };
    let failed = |error: io::Error| {
        Failure::new("cannot ask for the password", "give it with --password-file").because(error)
    };
    let quiet = Quiet::begin(&terminal).map_err(failed)?;
    (&terminal).write_all(format!("{question}: ").as_bytes()).map_err(failed)?;
    let reading = tokio::task::spawn_blocking(move || line_of(&terminal));
    let typed = tokio::select! {
        typed = reading => typed.map_err(io::Error::other).flatten().map_err(failed)?,
        _ = tokio::signal::ctrl_c() => return Err(Failure::interrupted()),
    };
    drop(quiet);
    Ok(Asked::Typed(typed))
}

/// Asks twice, for one that shall be.
pub(crate) async fn ask_for_new(question: &str) -> Result<Asked, Failure> {
    let Asked::Typed(first) = ask(question).await? else { return Ok(Asked::Nobody) };
    let Asked::Typed(again) = ask("the same again").await? else { return Ok(Asked::Nobody) };
    if first != again {
        return Err(Failure::new("the two passwords are not the same", "do it again"));
    }
    Ok(Asked::Typed(first))
}

/// Byte by byte: a buffer would read what is meant for the shell.
fn line_of(mut terminal: &File) -> io::Result<Zeroizing<String>> {
    let mut line = Zeroizing::new(Vec::with_capacity(1024));
    let mut byte = [0];
    loop {
        match terminal.read(&mut byte)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            _ if byte == *b"\n" || line.len() == line.capacity() => break,
            _ => line.extend_from_slice(&byte),
        }
    }
    let text = std::str::from_utf8(&line).map_err(io::Error::other)?;
    Ok(Zeroizing::new(text.to_owned()))
}

/// A terminal that shows nothing of what is typed, until this is dropped.
struct Quiet {
    terminal: File,
    before: Termios,
}

impl Quiet {
    fn begin(terminal: &File) -> io::Result<Self> {
        let terminal = terminal.try_clone()?;
        let before = tcgetattr(&terminal)?;
        let mut quiet = before.clone();
        quiet.local_modes.remove(LocalModes::ECHO);
        quiet.local_modes.insert(LocalModes::ECHONL);
        // What was typed ahead is kept: it may be the answer.
        tcsetattr(&terminal, OptionalActions::Drain, &quiet)?;
        Ok(Self { terminal, before })
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        // Nobody could be told otherwise.
        tcsetattr(&self.terminal, OptionalActions::Now, &self.before).ok();
    }
}
