//! `notafter calendar`: what ends when, for a calendar's program.

use notafter_engine::operate::calendar::{Wish, Written};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::outcome::print;
use crate::session::Session;

/// Write what ends when and is renewed when as a calendar (iCalendar, .ics) to standard output
///
/// One entry for the end of each lineage's certificate and one for its next renewal, and one for the end of each
/// certificate that endpoints serve and no lineage renews. A running server has the same for programs that fetch
/// (docs/calendar.md).
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Only what this owner answers for
    #[arg(long, value_name = "OWNER")]
    owner: Option<String>,
}

pub(crate) async fn run(args: Args, session: &Session) -> Result<Exit, Failure> {
    let Written { text, entries, left_out } =
        session.operate("calendar", Wish { owner: args.owner }).await?;
    print(&text)?;
    if left_out > 0 {
        anstream::eprintln!("note: the first {entries} entries were written; {left_out} more are left out");
    }
    Ok(Exit::Done)
}
