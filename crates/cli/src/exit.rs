//! How a command ends (design section 5).

use notafter_inventory::model::Severity;

/// Bad usage.
pub(crate) const USAGE: u8 = 64;
/// EX_DATAERR: a mail that is sent back.
pub(crate) const MAIL_REFUSED: u8 = 65;
/// EX_TEMPFAIL: a mail that is handed over again.
pub(crate) const MAIL_LATER: u8 = 75;
/// Ctrl-C.
pub(crate) const INTERRUPTED: u8 = 130;

/// The end of a command that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done what was asked.
    Done,
    /// A verdict was given.
    Verdict(Severity),
    /// Not done; why was told.
    Failed,
    /// It is not known whether what was asked came about.
    OutcomeUnknown,
    /// Ctrl-C; what was finished is kept.
    Interrupted,
}

impl Exit {
    /// The code for the shell.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Verdict(severity) => severity.exit_code(),
            Self::Failed => 2,
            Self::OutcomeUnknown => 3,
            Self::Interrupted => INTERRUPTED,
        }
    }
}
