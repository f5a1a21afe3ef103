//! `notafter man`: manual pages, made from what `--help` says.

use std::path::{Path, PathBuf};

use clap_mangen::Man;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::outcome::print;
use crate::session::Session;

/// Print a manual page, or write all of them
///
/// The package installs them. By hand: notafter man check | man -l -
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// The page of this command, such as: alert silence; without one, that of notafter itself
    #[arg(value_name = "COMMAND")]
    command: Vec<String>,
    /// Write every page into this directory instead: notafter.1, notafter-check.1 ...
    #[arg(long, value_name = "DIR", conflicts_with = "command")]
    to: Option<PathBuf>,
}

#[expect(clippy::unused_async, reason = "as every command")]
pub(crate) async fn run(args: Args, _session: &Session) -> Result<Exit, Failure> {
    let mut all = super::described().disable_help_subcommand(true);
    all.build();
    if let Some(directory) = &args.to {
        std::fs::create_dir_all(directory).map_err(|error| cannot_write(directory, &error))?;
        write(&all, directory)?;
        return Ok(Exit::Done);
    }
    let mut page = &all;
    for name in &args.command {
        page = page.find_subcommand(name).ok_or_else(|| {
            let hint = format!("{} --help lists them", page.get_bin_name().unwrap_or("notafter"));
            Failure::usage(format!("there is no command {}", args.command.join(" ")), hint)
        })?;
    }
    print(&String::from_utf8_lossy(&rendered(page)))?;
    Ok(Exit::Done)
}

/// A page for the command, and one for each below it.
fn write(command: &clap::Command, directory: &Path) -> Result<(), Failure> {
    let path = directory.join(format!("{}.1", page_name(command)));
    std::fs::write(&path, rendered(command)).map_err(|error| cannot_write(&path, &error))?;
    command.get_subcommands().try_for_each(|below| write(below, directory))
}

fn rendered(command: &clap::Command) -> Vec<u8> {
    let mut page = Vec::new();
    let of = concat!("notafter ", env!("CARGO_PKG_VERSION"));
    let man = Man::new(command.clone()).title(page_name(command)).source(of).manual("notafter");
    // Memory takes whatever is written into it.
    drop(man.render(&mut page));
    page
}

/// `notafter alert silence` is `notafter-alert-silence`.
fn page_name(command: &clap::Command) -> String {
    command.get_bin_name().unwrap_or_else(|| command.get_name()).replace(' ', "-")
}

fn cannot_write(path: &Path, error: &std::io::Error) -> Failure {
    let hint = "name a directory that you may write";
    Failure::new(format!("cannot write {}", path.display()), hint).because(error)
}
