//! `notafter rollback`: back to an earlier version.

use notafter_engine::operate::lifecycle::{Outcome, RollBack};
use notafter_inventory::model::VersionId;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::outcome::{self, Format};
use crate::session::Session;

/// Install an earlier certificate of a lineage that is still kept, and prove it on the wire
///
/// It is kept until it turns critical, or until `notafter renew LINEAGE` releases it; `notafter explain LINEAGE` says when.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// The lineage's name
    lineage: String,
    /// Which version (vr_...) [default: the one before the present one]
    #[arg(long, value_name = "VERSION")]
    to: Option<VersionId>,
    /// How to write the result
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(crate) async fn run(args: Args, session: &Session) -> Result<Exit, Failure> {
    let request = RollBack { lineage: args.lineage, to: args.to.map(|to| to.to_string()) };
    let outcome: Outcome = session.operate("lifecycle.rollback", request).await?;
    outcome::write(&[outcome], args.format, session)
}
