//! What people ask for, one file per operation: the same function answers the command line and the server's socket.

mod fault;

pub use fault::Fault;
