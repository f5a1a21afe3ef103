//! How results are written.

pub(crate) mod logs;
pub(crate) mod outcome;
pub(crate) mod terminal;
