//! `notafter renew`: renews what is due, or what a person wants renewed.

use notafter_engine::operate::lifecycle::{Outcome, Renew};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::outcome::{self, Format};
use crate::session::Session;

/// Renew a lineage now if it is due (or with --force although it is not); without a name, every lineage that is due
///
/// Naming a lineage that was rolled back releases it: it is renewed like any other again.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// The lineage's name
    lineage: Option<String>,
    /// Also when it is not due; the CA's limits are still respected
    #[arg(long, requires = "lineage")]
    force: bool,
    /// The present key is compromised: never use it again, renew with another one
    #[arg(long, requires = "lineage")]
    block_key: bool,
    /// How to write the result
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(crate) async fn run(args: Args, session: &Session) -> Result<Exit, Failure> {
    let request = Renew { lineage: args.lineage, force: args.force, block_key: args.block_key };
    let outcomes: Vec<Outcome> = session.operate("lifecycle.renew", request).await?;
    if outcomes.is_empty() && args.format == Format::Text {
        outcome::print("no lineage is managed yet: notafter issue, or notafter apply\n")?;
    }
    outcome::write(&outcomes, args.format, session)
}
