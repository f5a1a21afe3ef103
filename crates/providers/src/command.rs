//! External commands: an argument list and never a shell line, a cleared environment, a temporary home, a time limit.
//!
//! What a command claims with its exit code is not believed by those who call it: they look at its effect (design
//! section 8).

use std::collections::VecDeque;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use notafter_cert::{Retry, Span, Trouble};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;

use crate::hands::{Bounds, Denied};

/// The only variable besides `HOME` that a command sees, unless it is told of more.
pub const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// How much of what a command wrote is kept for the error.
const TAIL: usize = 4 * 1024;

/// How long output is still read after the command has ended: a daemon that it left behind may hold the pipe open.
const LINGER: std::time::Duration = std::time::Duration::from_millis(250);

/// A program and its arguments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct CommandLine {
    program: String,
    arguments: Vec<String>,
}

impl CommandLine {
    /// From a program and its arguments.
    #[must_use]
    pub fn new<A: Into<String>>(program: impl Into<String>, arguments: impl IntoIterator<Item = A>) -> Self {
        Self { program: program.into(), arguments: arguments.into_iter().map(Into::into).collect() }
    }
}

impl std::fmt::Display for CommandLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.program)?;
        self.arguments.iter().try_for_each(|argument| write!(f, " {argument}"))
    }
}

/// A list that is no command.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a command is a list of a program and its arguments, such as [\"systemctl\", \"reload\", \"postfix\"]"
)]
pub struct EmptyCommand;

impl TryFrom<Vec<String>> for CommandLine {
    type Error = EmptyCommand;

    fn try_from(mut argv: Vec<String>) -> Result<Self, Self::Error> {
        if argv.first().is_none_or(String::is_empty) {
            return Err(EmptyCommand);
        }
        let arguments = argv.split_off(1);
        Ok(Self { program: argv.remove(0), arguments })
    }
}

impl From<CommandLine> for Vec<String> {
    fn from(command: CommandLine) -> Self {
        let mut argv = vec![command.program];
        argv.extend(command.arguments);
        argv
    }
}

/// Why a command did not do its work.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// It lies outside the bounds.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// It could not be started.
    #[error("`{command}` could not be started")]
    NotStarted {
        /// What was to run.
        command: CommandLine,
        /// Why.
        source: std::io::Error,
    },
    /// It ended with another status than 0.
    #[error("`{command}` ended with {status}{}", said(.output))]
    Failed {
        /// What ran.
        command: CommandLine,
        /// How it ended.
        status: ExitStatus,
        /// The end of what it wrote.
        output: String,
    },
    /// It did not end in time, and was killed with everything it had started.
    #[error("`{command}` did not end within {limit} and was killed{}", said(.output))]
    Hung {
        /// What ran.
        command: CommandLine,
        /// The time that it had.
        limit: Span,
        /// The end of what it wrote.
        output: String,
    },
    /// It wrote more than was agreed.
    #[error("`{command}` wrote more than {limit} bytes")]
    TooLong {
        /// What ran.
        command: CommandLine,
        /// The budget.
        limit: usize,
    },
}

fn said(output: &str) -> String {
    let output = output.trim();
    if output.is_empty() { " and said nothing".to_owned() } else { format!(": {output}") }
}

impl Trouble for CommandError {
    fn code(&self) -> &'static str {
        match self {
            Self::Denied(denied) => denied.code(),
            Self::NotStarted { .. } => "command.not-started",
            Self::Failed { .. } => "command.failed",
            Self::Hung { .. } => "command.hung",
            Self::TooLong { .. } => "command.too-long",
        }
    }

    fn hint(&self) -> String {
        match self {
            Self::Denied(denied) => denied.hint(),
            Self::NotStarted { command, .. } => {
                format!("install {:?}, or write the path of the program; PATH is {PATH}", command.program)
            }
            Self::Failed { command, .. } => format!("run `{command}` by hand and mend what it reports"),
            Self::Hung { command, .. } => {
                format!("find out by hand what `{command}` waits for, or allow it more time")
            }
            Self::TooLong { command, .. } => format!("see what `{command}` writes when run by hand"),
        }
    }

    fn retry(&self) -> Retry {
        Retry::Later
    }
}

/// What a command wrote.
#[derive(Debug)]
pub struct Output {
    /// Its standard output, whole.
    pub stdout: Vec<u8>,
    /// The end of everything that it wrote, as text.
    pub tail: String,
}

/// What a command is told besides its arguments.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// Bytes on its standard input; it may leave them unread.
    pub input: Vec<u8>,
    /// Variables of its environment, beside `PATH` and `HOME`. None has a NUL in it.
    pub variables: Vec<(&'static str, String)>,
}

/// Runs a command to its end where the bounds allow it, with at most `limit` of time and `budget` bytes of standard
/// output.
///
/// When the time is over, or the caller loses interest (the future is dropped), the whole process group is killed.
///
/// # Errors
/// When it may not run, cannot be started, fails, hangs or writes too much.
pub async fn run(
    bounds: &Bounds,
    command: &CommandLine,
    limit: Span,
    budget: usize,
) -> Result<Output, CommandError> {
    execute(bounds, command, None, (limit, budget)).await
}

/// The same with what it is told.
///
/// # Errors
/// As [`run`].
pub async fn run_with(
    bounds: &Bounds,
    command: &CommandLine,
    told: Told,
    limit: Span,
    budget: usize,
) -> Result<Output, CommandError> {
    execute(bounds, command, Some(told), (limit, budget)).await
}

async fn execute(
    bounds: &Bounds,
    command: &CommandLine,
    told: Option<Told>,
    (limit, budget): (Span, usize),
) -> Result<Output, CommandError> {
    bounds.command(command, limit)?;
    let not_started = |source| CommandError::NotStarted { command: command.clone(), source };
    let home = tempfile::Builder::new().prefix("notafter-").tempdir().map_err(not_started)?;
    let (input, variables) = told.map_or((None, Vec::new()), |told| (Some(told.input), told.variables));
    let mut child = Command::new(&command.program)
        .args(&command.arguments)
        .env_clear()
        .envs(variables)
        .env("PATH", PATH)
        .env("HOME", home.path())
        .current_dir("/")
        .stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .map_err(not_started)?;
    let mut group = Group::of(&child);
    feed(&mut child, input);
    let written = Written::collect(&mut child, budget);
    let ended = tokio::time::timeout(limit.to_std(), child.wait()).await;
    if ended.is_err() {
        group.kill();
    } else {
        group.forget();
    }
    let (stdout, tail, complete) = written.finish().await;
    let output = String::from_utf8_lossy(&tail).into_owned();
    match ended {
        Err(_) => Err(CommandError::Hung { command: command.clone(), limit, output }),
        Ok(Err(source)) => Err(not_started(source)),
        Ok(Ok(status)) if !status.success() => {
            Err(CommandError::Failed { command: command.clone(), status, output })
        }
        Ok(Ok(_)) if !complete => Err(CommandError::TooLong { command: command.clone(), limit: budget }),
        Ok(Ok(_)) => Ok(Output { stdout, tail: output }),
    }
}

/// Writes the input beside the wait for the end: a command may write much before it reads.
fn feed(child: &mut Child, input: Option<Vec<u8>>) {
    if let (Some(mut stdin), Some(input)) = (child.stdin.take(), input) {
        tokio::spawn(async move {
            if let Err(error) = stdin.write_all(&input).await {
                tracing::debug!(%error, "a command did not read its whole input");
            }
        });
    }
}

/// Everything that the command started, killed when nobody waits for it any more.
struct Group(Option<rustix::process::Pid>);

impl Group {
    fn of(child: &Child) -> Self {
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        Self(id.and_then(rustix::process::Pid::from_raw))
    }

    fn kill(&mut self) {
        if let Some(id) = self.0.take()
            && let Err(error) = rustix::process::kill_process_group(id, rustix::process::Signal::KILL)
        {
            tracing::warn!(%error, "the process group of a command that hung could not be killed");
        }
    }

    /// Once the leader was waited for, its number may belong to somebody else.
    fn forget(&mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

#[derive(Default)]
struct Heap {
    stdout: Vec<u8>,
    tail: VecDeque<u8>,
    overflow: bool,
}

struct Written {
    heap: Arc<Mutex<Heap>>,
    readers: Vec<JoinHandle<()>>,
}

impl Written {
    fn collect(child: &mut Child, budget: usize) -> Self {
        let heap = Arc::new(Mutex::new(Heap::default()));
        let mut readers = Vec::new();
        if let Some(stdout) = child.stdout.take() {
            readers.push(tokio::spawn(read(stdout, Arc::clone(&heap), Some(budget))));
        }
        if let Some(stderr) = child.stderr.take() {
            readers.push(tokio::spawn(read(stderr, Arc::clone(&heap), None)));
        }
        Self { heap, readers }
    }

    async fn finish(self) -> (Vec<u8>, Vec<u8>, bool) {
        for mut reader in self.readers {
            if tokio::time::timeout(LINGER, &mut reader).await.is_err() {
                reader.abort();
            }
        }
        let mut heap = self.heap.lock().unwrap_or_else(PoisonError::into_inner);
        let stdout = std::mem::take(&mut heap.stdout);
        let tail = std::mem::take(&mut heap.tail).into();
        (stdout, tail, !heap.overflow)
    }
}

async fn read(mut from: impl AsyncRead + Unpin, heap: Arc<Mutex<Heap>>, budget: Option<usize>) {
    let mut buffer = [0; 8 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        let mut heap = heap.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes = &buffer[..length];
        if let Some(budget) = budget {
            let room = budget.saturating_sub(heap.stdout.len());
            heap.overflow |= length > room;
            heap.stdout.extend_from_slice(&bytes[..length.min(room)]);
        }
        heap.tail.extend(bytes);
        let surplus = heap.tail.len().saturating_sub(TAIL);
        heap.tail.drain(..surplus);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str) -> CommandLine {
        CommandLine::new("sh", ["-c", script])
    }

    #[tokio::test]
    async fn sees_only_a_path_and_a_home_that_is_gone_afterwards() {
        let output =
            run(&Bounds::own(), &CommandLine::new("env", [""; 0]), Span::seconds(20), 4096).await.unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let mut names: Vec<&str> = text.lines().filter_map(|line| line.split('=').next()).collect();
        names.sort_unstable();
        assert_eq!(names, ["HOME", "PATH"]);
        let home = text.lines().find_map(|line| line.strip_prefix("HOME=")).unwrap();
        assert!(!std::path::Path::new(home).exists());
    }

    #[tokio::test]
    async fn a_failure_carries_status_and_the_end_of_what_was_said() {
        let error = run(
            &Bounds::own(),
            &sh("head -c 9000 /dev/zero | tr '\\0' x; echo the end >&2; exit 3"),
            Span::seconds(20),
            16384,
        )
        .await
        .unwrap_err();
        let CommandError::Failed { status, output, .. } = &error else { panic!("{error}") };
        assert_eq!(status.code(), Some(3));
        assert_eq!(output.len(), TAIL);
        assert!(output.contains("the end"));
    }

    #[tokio::test]
    async fn one_that_hangs_is_killed_with_its_children() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("child");
        let script = format!("sleep 1000 & echo $! > {}; echo waiting; wait", file.display());
        let error = run(&Bounds::own(), &sh(&script), Span::millis(1500), 4096).await.unwrap_err();
        assert!(matches!(&error, CommandError::Hung { output, .. } if output.contains("waiting")), "{error}");
        let child: i32 = std::fs::read_to_string(&file).unwrap().trim().parse().unwrap();
        let state = std::fs::read_to_string(format!("/proc/{child}/stat")).unwrap_or_default();
        assert!(state.is_empty() || state.contains(") Z "), "the child still lives: {state}");
    }

    #[tokio::test]
    async fn a_daemon_that_keeps_the_pipe_does_not_hold_us() {
        let output = run(&Bounds::own(), &sh("sleep 3 & echo done"), Span::seconds(20), 4096).await.unwrap();
        assert_eq!(output.stdout, b"done\n");
    }

    #[tokio::test]
    async fn too_much_output_and_a_missing_program_are_told_apart() {
        let error =
            run(&Bounds::own(), &sh("head -c 100 /dev/zero"), Span::seconds(20), 10).await.unwrap_err();
        assert_eq!(error.code(), "command.too-long");
        let error = run(&Bounds::own(), &CommandLine::new("/no/such/program", [""; 0]), Span::seconds(1), 10)
            .await
            .unwrap_err();
        assert_eq!(error.code(), "command.not-started");
        assert!(CommandLine::try_from(vec![]).is_err());
        assert!(CommandLine::try_from(vec![String::new()]).is_err());
    }
}
