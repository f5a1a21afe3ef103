//! Runs the binary as a person or a program does.

use std::process::{Command, Output, Stdio};

/// What came of one run.
pub(crate) struct Ran {
    /// The exit code.
    pub(crate) code: i32,
    /// Standard output.
    pub(crate) out: String,
    /// Standard error.
    pub(crate) err: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// The binary, without the settings of whoever runs the tests.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_notafter"));
    without_settings(&mut command);
    command.args(arguments).env_remove("SSL_CERT_FILE").env_remove("COLUMNS").stdin(Stdio::null());
    command
}

/// Leaves out what the tests themselves are told by such variables.
pub(crate) fn without_settings(command: &mut Command) {
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("NOTAFTER_")) {
        command.env_remove(name);
    }
}

/// Runs it to its end.
pub(crate) fn run(arguments: &[&str]) -> Ran {
    command(arguments).output().unwrap().into()
}
