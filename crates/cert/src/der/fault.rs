//! What is wrong with bytes, and where.

use std::fmt;

use super::Tag;

/// A value, or why and where there is none.
pub type Field<T> = Result<T, Fault>;

/// Something that could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("byte {at}: {what}")]
pub struct Fault {
    /// The offset in the document, in bytes from its beginning.
    pub at: usize,
    /// What is wrong there.
    pub what: Broken,
}

/// Kinds of faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Broken {
    /// The document, or the element around, ends before the element does.
    Truncated {
        /// How many bytes it should still have.
        needed: usize,
        /// How many there are.
        left: usize,
    },
    /// An element of another kind.
    Tag {
        /// What must stand there.
        expected: Tag,
        /// What does.
        found: Tag,
    },
    /// Nothing is left where this field must be.
    Missing(&'static str),
    /// So many bytes follow where nothing may.
    Trailing(usize),
    /// Octets of a tag or length that have no meaning.
    Header(&'static str),
    /// Content that is no value of its type, or not of the form that the field allows.
    Value(&'static str),
    /// DER has another form for this; BER does not mind (X.690 sections 10 and 11).
    NotDer(&'static str),
    /// More levels than any honest document has.
    TooDeep,
}

impl Fault {
    /// A fault at this offset.
    #[must_use]
    pub const fn new(at: usize, what: Broken) -> Self {
        Self { at, what }
    }

    /// A value that the field does not allow.
    #[must_use]
    pub const fn value(at: usize, why: &'static str) -> Self {
        Self { at, what: Broken::Value(why) }
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated { needed, left } => {
                write!(f, "cut short: {needed} bytes announced, {left} there")
            }
            Self::Tag { expected, found } => write!(f, "{found} where {expected} must be"),
            Self::Missing(what) => write!(f, "{what} is missing"),
            Self::Trailing(count) => write!(f, "{count} bytes too many"),
            Self::Header(why) | Self::Value(why) | Self::NotDer(why) => f.write_str(why),
            Self::TooDeep => f.write_str("nested too deeply"),
        }
    }
}
