//! How results are written.

pub(crate) mod terminal;
