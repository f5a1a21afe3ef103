//! What is wrong with a file: all of it at once, each with its line and what to do.

use std::fmt;

use notafter_cert::{Retry, Trouble};
use serde::{Deserialize, Serialize};

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Mistake {
    /// The line, from 1; none where the mistake lies in what the file leaves out.
    pub line: Option<usize>,
    /// What is wrong.
    pub what: String,
    /// Why that cannot be.
    pub why: String,
    /// What to do.
    pub hint: String,
}

impl Mistake {
    /// From its parts.
    pub fn new(
        line: Option<usize>,
        what: impl Into<String>,
        why: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self { line, what: what.into(), why: why.into(), hint: hint.into() }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: {}", self.what)?,
            None => f.write_str(&self.what)?,
        }
        write!(f, "\n   why: {}\n  hint: {}", self.why, self.hint)
    }
}

/// Every mistake of a file, in the order of its lines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mistakes(pub Vec<Mistake>);

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.len() {
            1 => write!(f, "the inventory file has a mistake; nothing was applied")?,
            count => write!(f, "the inventory file has {count} mistakes; nothing was applied")?,
        }
        self.0.iter().try_for_each(|mistake| write!(f, "\n{mistake}"))
    }
}

impl std::error::Error for Mistakes {}

impl Trouble for Mistakes {
    fn code(&self) -> &'static str {
        "inventory.file-invalid"
    }

    fn hint(&self) -> String {
        "mend these lines; docs/inventory.md describes every key".to_owned()
    }

    fn retry(&self) -> Retry {
        Retry::Never
    }
}
