//! `notafter completions`: what a shell completes.

use clap_complete::Shell;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::outcome::print;
use crate::session::Session;

/// Print what a shell needs to complete commands, options and their values
///
/// The package installs them. By hand, for this session: source <(notafter completions bash)
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Of which shell
    #[arg(value_enum)]
    shell: Shell,
}

#[expect(clippy::unused_async, reason = "as every command")]
pub(crate) async fn run(args: Args, _session: &Session) -> Result<Exit, Failure> {
    let mut command = super::described();
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, name, &mut script);
    print(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}
