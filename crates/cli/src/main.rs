//! The `notafter` binary: reads the command line, hands over to one command, turns its end into an exit code.

mod argument;
mod command;
mod exit;
mod failure;
mod file;
mod here;
mod made;
mod opened;
mod output;
mod password;
mod path;
mod remote;
mod session;
mod settings;
mod supervisor;
mod variables;

use std::process::ExitCode;

/// Handshakes and documents of JSON are many small allocations on several threads.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    ExitCode::from(command::main(std::env::args_os().collect()))
}
