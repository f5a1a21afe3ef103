//! How results are written.

pub(crate) mod logs;
pub(crate) mod outcome;
pub(crate) mod reader;
pub(crate) mod terminal;
pub(crate) mod transparency;
