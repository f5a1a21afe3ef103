//! `notafter deploy`: installs the present version again, everywhere.

use notafter_engine::operate::lifecycle::{Named, Outcome};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::outcome::{self, Format};
use crate::session::Session;

/// Install the present certificate of a lineage again at all its places, and prove it on the wire
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// The lineage's name
    lineage: String,
    /// How to write the result
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(crate) async fn run(args: Args, session: &Session) -> Result<Exit, Failure> {
    let outcome: Outcome = session.operate("lifecycle.deploy", Named { lineage: args.lineage }).await?;
    outcome::write(&[outcome], args.format, session)
}
