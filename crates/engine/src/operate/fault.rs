//! An error that crosses the socket.

use notafter_cert::{Retry, Trouble};
use serde::{Deserialize, Serialize};

/// What, why, and what to do; a serialisable [`Trouble`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// The catalogue's code.
    pub code: String,
    /// What happened.
    pub what: String,
    /// Why, where it is known.
    pub why: Option<String>,
    /// What to do.
    pub hint: String,
    /// Whether trying again may help.
    pub retry: bool,
}

impl Fault {
    /// A fault known only to an operation.
    #[must_use]
    pub fn new(code: &str, what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { code: code.to_owned(), what: what.into(), why: None, hint: hint.into(), retry: false }
    }

    /// Adds the reason.
    #[must_use]
    pub fn because(self, why: impl Into<String>) -> Self {
        Self { why: Some(why.into()), ..self }
    }
}

impl<T: Trouble + 'static> From<T> for Fault {
    fn from(trouble: T) -> Self {
        let mut why = Vec::new();
        let mut source = std::error::Error::source(&trouble);
        while let Some(cause) = source {
            let text = cause.to_string();
            // Some errors say what is below them themselves.
            if !why.last().is_some_and(|last: &String| last.ends_with(&text)) {
                why.push(text);
            }
            source = cause.source();
        }
        Self {
            code: trouble.code().to_owned(),
            what: trouble.to_string(),
            why: (!why.is_empty()).then(|| why.join(": ")),
            hint: trouble.hint(),
            retry: trouble.retry() == Retry::Later,
        }
    }
}
