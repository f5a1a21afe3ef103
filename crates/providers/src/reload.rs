//! How a product is told to read its files again.

use std::path::PathBuf;

use notafter_cert::{Retry, Span, Trouble};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::command::{self, CommandError, CommandLine};
use crate::deploy::Meta;
use crate::hands::{Bounds, Denied};
use crate::settings::SettingsReader;

/// What a reload may take when nothing else is written.
const LIMIT: Span = Span::seconds(30);

/// How a product is told to read its files again.
#[derive(Clone, Debug)]
pub enum Reload {
    /// A command that does it.
    Command {
        /// What runs.
        command: CommandLine,
        /// How long it may take.
        limit: Span,
    },
    /// A signal to the process whose number is in a file.
    Signal {
        /// The file.
        pid_file: PathBuf,
        /// The signal.
        signal: Signal,
    },
}

impl Reload {
    /// As written in a place's settings: `{"command": [...], "timeout": "30s"}` or `{"pid_file": "...", "signal": "HUP"}`.
    pub(crate) fn read(reader: &mut SettingsReader) -> Option<Self> {
        let (by_command, by_signal) = (reader.says("command"), reader.says("pid_file"));
        let (has_timeout, has_signal) = (reader.says("timeout"), reader.says("signal"));
        let command: Option<CommandLine> = reader.optional("command");
        let limit: Option<Span> = reader.parsed("timeout");
        let pid_file = reader.file("pid_file");
        let signal_named: Option<String> = reader.optional("signal");
        let signal = signal(signal_named.as_deref().unwrap_or("HUP"));
        let signal = signal.map_err(|error| reader.wrong("signal", error)).ok();
        match (by_command, by_signal) {
            (true, false) if !has_signal => {
                Some(Self::Command { command: command?, limit: limit.unwrap_or(LIMIT) })
            }
            (false, true) if !has_timeout => Some(Self::Signal { pid_file: pid_file?, signal: signal? }),
            _ => {
                let hint = "`reload = { command = [\"systemctl\", \"reload\", \"postfix\"] }`, or `reload = { pid_file = \
                            \"/run/postfix.pid\" }`";
                reader.amiss("must have either command (with timeout) or pid_file (with signal)", hint);
                None
            }
        }
    }

    /// The reload that the settings of a place name, where they name one that can be read.
    pub(crate) fn of(deployer: &'static Meta, settings: &Value) -> Option<Self> {
        SettingsReader::new(deployer, settings).table("reload", Self::read)
    }
}

/// The signal of this name, with or without `SIG`.
pub(crate) fn signal(name: &str) -> Result<Signal, String> {
    match name.strip_prefix("SIG").unwrap_or(name) {
        "HUP" => Ok(Signal::HUP),
        "USR1" => Ok(Signal::USR1),
        "USR2" => Ok(Signal::USR2),
        _ => Err(format!("signal {name:?} is not one of HUP, USR1, USR2")),
    }
}

/// Its name without `SIG`, as bounds have it.
pub(crate) const fn signal_name(signal: Signal) -> &'static str {
    match signal {
        Signal::USR1 => "USR1",
        Signal::USR2 => "USR2",
        _ => "HUP",
    }
}

/// Why a product was not told.
#[derive(Debug, thiserror::Error)]
pub enum ReloadError {
    /// It lies outside the bounds.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The command failed or hung.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// The file with the process number cannot be used.
    #[error("{} does not hold the number of a process: {why}", .path.display())]
    PidFile {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// The process cannot be signalled.
    #[error("process {pid} of {} cannot be signalled", .path.display())]
    Process {
        /// The file.
        path: PathBuf,
        /// The number in it.
        pid: i32,
        /// Why.
        source: std::io::Error,
    },
}

impl Trouble for ReloadError {
    fn code(&self) -> &'static str {
        match self {
            Self::Denied(denied) => denied.code(),
            Self::Command(error) => error.code(),
            Self::PidFile { .. } => "reload.pid-file",
            Self::Process { .. } => "reload.no-process",
        }
    }

    fn hint(&self) -> String {
        match self {
            Self::Denied(denied) => denied.hint(),
            Self::Command(error) => error.hint(),
            Self::PidFile { path, .. } => format!("check that the server runs and writes {}", path.display()),
            Self::Process { .. } => "check that the server runs, and that notafter may signal it".to_owned(),
        }
    }

    fn retry(&self) -> Retry {
        Retry::Later
    }
}

impl Reload {
    /// Whether the product may be told this way: asked before anything is touched.
    ///
    /// # Errors
    /// It may not.
    pub fn within(&self, bounds: &Bounds) -> Result<(), Denied> {
        match self {
            Self::Command { command, limit } => bounds.command(command, *limit),
            Self::Signal { pid_file, signal } => bounds.signal(pid_file, signal_name(*signal)),
        }
    }

    /// Tells the product. Whether it obeyed is for the wire to show.
    ///
    /// # Errors
    /// When it could not be told.
    pub async fn tell(&self, bounds: &Bounds) -> Result<(), ReloadError> {
        self.within(bounds)?;
        match self {
            Self::Command { command, limit } => {
                command::run(bounds, command, *limit, usize::MAX).await?;
                Ok(())
            }
            Self::Signal { pid_file, signal } => {
                let bad = |why: String| ReloadError::PidFile { path: pid_file.clone(), why };
                let text = std::fs::read_to_string(pid_file).map_err(|error| bad(error.to_string()))?;
                let number: i32 =
                    text.trim().parse().map_err(|_| bad(format!("it says {:?}", text.trim())))?;
                // Zero and negative numbers mean groups, one is the system's own first process.
                let pid = Some(number).filter(|number| *number > 1).and_then(Pid::from_raw);
                let pid = pid.ok_or_else(|| bad(format!("it says {number}")))?;
                kill_process(pid, *signal).map_err(|error| ReloadError::Process {
                    path: pid_file.clone(),
                    pid: number,
                    source: error.into(),
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Option<Reload> {
        let settings = serde_json::json!({ "reload": serde_json::from_str::<Value>(json).unwrap() });
        Reload::of(crate::deploy::find("files").unwrap().meta(), &settings)
    }

    #[test]
    fn settings_are_one_of_two_shapes() {
        assert!(
            matches!(read(r#"{"command":["true"],"timeout":"5s"}"#), Some(Reload::Command { limit, .. }) if limit == Span::seconds(5))
        );
        assert!(matches!(
            read(r#"{"pid_file":"/run/x.pid"}"#),
            Some(Reload::Signal { signal: Signal::HUP, .. })
        ));
        for wrong in [
            "{}",
            r#"{"command":[]}"#,
            r#"{"command":["true"],"pid_file":"/x"}"#,
            r#"{"pid_file":"/x","signal":"KILL"}"#,
            r#"{"command":["true"],"timeout":"soon"}"#,
            r#"{"comand":["true"]}"#,
            r#"{"pid_file":"x.pid"}"#,
            r#"{"command":["true"],"signal":"HUP"}"#,
            "\"systemctl reload postfix\"",
        ] {
            assert!(read(wrong).is_none(), "{wrong}");
        }
    }

    #[tokio::test]
    async fn a_pid_file_is_not_trusted_blindly() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let reload = Reload::Signal { pid_file: file.path().to_owned(), signal: Signal::HUP };
        for (content, code) in [
            ("", "reload.pid-file"),
            ("-1", "reload.pid-file"),
            ("1", "reload.pid-file"),
            ("2147483647", "reload.no-process"),
        ] {
            std::fs::write(file.path(), content).unwrap();
            assert_eq!(reload.tell(&Bounds::own()).await.unwrap_err().code(), code, "{content:?}");
        }
    }

    #[tokio::test]
    async fn the_process_gets_the_signal() {
        let script = "trap 'echo told; exit 0' HUP; echo ready; while :; do read line || exit 1; done";
        let mut child = std::process::Command::new("sh")
            .args(["-c", script])
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = std::io::BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        std::io::BufRead::read_line(&mut output, &mut line).unwrap();
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), format!("{}\n", child.id())).unwrap();
        Reload::Signal { pid_file: file.path().to_owned(), signal: Signal::HUP }
            .tell(&Bounds::own())
            .await
            .unwrap();
        // The shell runs its trap once `read` returns.
        drop(child.stdin.take());
        line.clear();
        std::io::BufRead::read_line(&mut output, &mut line).unwrap();
        assert_eq!(line, "told\n");
        child.wait().unwrap();
    }
}
