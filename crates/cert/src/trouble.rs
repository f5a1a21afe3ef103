//! What an error owes the person who reads it, and the program that meets it.

/// Whether doing the same again can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// The fault may pass by itself: try again, with backoff.
    Later,
    /// Nothing will change until somebody changes something.
    Never,
}

/// An error that names what happened (its `Display`), why (its `source`), what to do, and whether to retry.
///
/// Every error enum of a library crate implements it; the faces print the three lines
/// `error: what`, `why: ...` and `hint: ...` from it.
pub trait Trouble: std::error::Error {
    /// The code in the catalogue that is shared with findings, such as `acme.rate-limited`.
    fn code(&self) -> &'static str;

    /// What the reader can do about it, in the imperative.
    fn hint(&self) -> String;

    /// Whether the same call may succeed later without anybody's help.
    fn retry(&self) -> Retry;
}
