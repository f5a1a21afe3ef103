//! How results are written.
