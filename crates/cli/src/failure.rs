//! Errors as people meet them: what, why, and what to do.

use std::fmt;

use notafter_cert::Trouble;
use notafter_engine::operate::Fault;
use notafter_inventory::model::Severity;

use crate::exit::{self, Exit};
use crate::here::Here;
use crate::output::terminal::{block, visible};

/// A failed command.
#[derive(Debug)]
pub(crate) struct Failure {
    what: String,
    why: Option<String>,
    hint: String,
    code: u8,
    /// The catalogue's code, where an operation gave one.
    fault: Option<String>,
}

impl Failure {
    /// A failure that is known only here, at the face: something was looked up or tried.
    pub(crate) fn new(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { what: what.into(), why: None, hint: hint.into(), code: 2, fault: None }
    }

    /// The command line, or a setting, is wrong as it is written: that is seen without looking at a file, the inventory, a
    /// server or a peer.
    pub(crate) fn usage(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { code: exit::USAGE, ..Self::new(what, hint) }
    }

    /// Ctrl-C, while somebody was asked.
    pub(crate) fn interrupted() -> Self {
        Self { code: exit::INTERRUPTED, ..Self::new("interrupted", "") }.because("nothing was written")
    }

    /// A fault that an operation answered.
    pub(crate) fn of(fault: Fault) -> Self {
        Self { what: fault.what, why: fault.why, hint: fault.hint, code: 2, fault: Some(fault.code) }
    }

    /// Adds the reason.
    pub(crate) fn because(self, why: impl fmt::Display) -> Self {
        Self { why: Some(why.to_string()), ..self }
    }

    /// With commands in its hint that mean this installation.
    pub(crate) fn here(self, here: &Here) -> Self {
        Self { hint: here.in_words(&self.hint), ..self }
    }

    /// What was asked may have come about all the same.
    pub(crate) fn with_unknown_outcome(self) -> Self {
        Self { code: Exit::OutcomeUnknown.code(), ..self }
    }

    /// Whether it is one of these faults of operations.
    pub(crate) fn is_one_of(&self, codes: &[&str]) -> bool {
        self.fault.as_deref().is_some_and(|fault| codes.contains(&fault))
    }

    /// What and why, and what to do: for a report that has a place for each.
    pub(crate) fn in_one_line(self) -> (String, String) {
        let what = match self.why {
            Some(why) => format!("{}: {why}", self.what),
            None => self.what,
        };
        (what, self.hint)
    }

    /// The code for the shell.
    pub(crate) const fn exit_code(&self) -> u8 {
        self.code
    }

    /// The code for a mail server (sysexits.h): what is wrong with the mail goes back to whoever wrote it, and everything
    /// else is tried again.
    pub(crate) fn code_for_a_mail_server(&self) -> u8 {
        match self.fault.as_deref() {
            Some(fault) if fault.starts_with("alert.reply-") => exit::MAIL_REFUSED,
            _ => exit::MAIL_LATER,
        }
    }

    /// The code for the shell where 2 would be read as a verdict: what was not looked at, or not told, is unknown.
    pub(crate) const fn code_instead_of_a_verdict(&self) -> u8 {
        match self.code {
            exit::USAGE => exit::USAGE,
            _ => Severity::Unknown.exit_code(),
        }
    }
}

impl<T: Trouble + 'static> From<T> for Failure {
    fn from(trouble: T) -> Self {
        Self::of(Fault::from(trouble))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The mistakes of a file are lines of our own.
        let own = self.is_one_of(&["inventory.file-invalid"]);
        let what = if own { lines(&self.what) } else { below(&self.what) };
        write!(f, "error: {what}")?;
        if let Some(why) = &self.why {
            write!(f, "\n  why: {}", below(why))?;
        }
        if !self.hint.is_empty() {
            write!(f, "\n hint: {}", lines(&self.hint))?;
        }
        Ok(())
    }
}

/// Several lines as they stand, but for what a terminal would obey.
fn lines(text: &str) -> String {
    text.split('\n').map(visible).collect::<Vec<_>>().join("\n")
}

/// Words of other programs, which may have several lines: the later ones stand below the first.
fn below(text: &str) -> String {
    lines(&block(text, "       ").join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_says_what_why_and_what_to_do() {
        let failure = Failure::new("cannot read shop.pem", "check the path").because("no such file");
        assert_eq!(
            failure.to_string(),
            "error: cannot read shop.pem\n  why: no such file\n hint: check the path"
        );
    }

    /// `alert ack` beside the demo said "see them with `notafter alert list`", which asked another installation.
    #[test]
    fn a_command_in_a_hint_means_the_installation_that_was_named() {
        let here = Here::of(&crate::settings::Global { data: Some("/tmp/demo".into()), config: None });
        let failure =
            Failure::new("there is no such alert", "see them with `notafter alert list`").here(&here);
        assert!(failure.to_string().ends_with("`notafter --data /tmp/demo alert list`"), "{failure}");
    }

    #[test]
    fn what_a_program_said_in_lines_stays_below_its_why() {
        let said = "`nginx -t` ended with exit status: 1: nginx: [emerg] open() failed\nnginx: test failed\n";
        let failure = Failure::new("nginx refuses its configuration", "run `nginx -t`").because(said);
        assert_eq!(
            failure.to_string(),
            "error: nginx refuses its configuration\n  why: `nginx -t` ended with exit status: 1: nginx: [emerg] \
             open() failed\n       nginx: test failed\n hint: run `nginx -t`"
        );
    }

    #[test]
    fn words_of_other_programs_keep_their_lines_and_obey_nobody() {
        let failure = Failure::new("cannot read a\u{202e}b", "").because("\u{1b}[1mnginx:\n\u{1b}[2J");
        assert_eq!(
            failure.to_string(),
            "error: cannot read a\\u{202e}b\n  why: \\u{1b}[1mnginx:\n        [2J",
            "a later line has a space instead"
        );
    }

    #[test]
    fn what_may_have_come_about_ends_as_unknown() {
        let failure = Failure::new("the server ended", "look again").with_unknown_outcome();
        assert_eq!(failure.exit_code(), 3);
    }
}
