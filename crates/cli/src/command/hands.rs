//! `notafter hands`: writes keys and reloads products for a server that may not.

use std::path::PathBuf;

use notafter_providers::hands::{Door, Grants, SOCKET, USUAL};

use super::serve::Ending;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::logs;
use crate::session::Session;
use crate::supervisor;

/// Write keys and reload products for a server that runs without root's rights
///
/// Runs as root, or as whoever owns the destinations. It opens no network socket and no database: it does the steps of
/// the deployers that one user asks for over a UNIX socket, within the directories, owners, modes and commands of its
/// file of grants, and nothing else. Name the socket in the setting `hands` of the server. docs/processes.md shows such
/// a file, and two systemd units.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// What may be done, and for whom; a file that nobody else can write
    #[arg(long, value_name = "FILE", default_value = USUAL)]
    grants: PathBuf,
    /// Where to listen [default: the setting `hands`, /run/notafter/hands.sock]
    #[arg(long, value_name = "PATH")]
    socket: Option<PathBuf>,
}

pub(crate) async fn run(args: Args, session: &Session) -> Result<Exit, Failure> {
    logs::begin(&session.settings)?;
    session.warn();
    let socket = args.socket.or_else(|| session.settings.hands.clone()).unwrap_or_else(|| SOCKET.into());
    let grants = Grants::load(&args.grants).await?;
    let mut ending = Ending::watch()?;
    let door = Door::open(&socket, grants)?;
    supervisor::ready(&format!("listening at {}", socket.display()));
    tracing::info!(socket = %socket.display(), grants = %args.grants.display(), "listening");
    tokio::select! {
        () = door.answer() => Ok(Exit::Done),
        name = ending.asked() => {
            tracing::info!(signal = name, "ending");
            supervisor::stopping();
            Ok(Exit::Done)
        }
    }
}
