//! The first minute on a real machine: what was found is put together with what is served.

pub mod fact;
