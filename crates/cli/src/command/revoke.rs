//! `notafter revoke`: revokes the present certificate of a lineage and replaces it.

use notafter_engine::operate::lifecycle::{Outcome, Revoke};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::outcome::{self, Format};
use crate::session::Session;

/// Revoke the present certificate of a lineage at its CA, and replace it at once
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// The lineage's name
    lineage: String,
    /// Why: unspecified, key-compromise (blocks the key), affiliation-changed, superseded, cessation-of-operation
    #[arg(long, default_value = "unspecified")]
    reason: String,
    /// Sign with the certificate's own key instead of the account's
    #[arg(long)]
    with_certificate_key: bool,
    /// How to write the result
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(crate) async fn run(args: Args, session: &Session) -> Result<Exit, Failure> {
    let request =
        Revoke { lineage: args.lineage, reason: args.reason, with_certificate_key: args.with_certificate_key };
    let outcome: Outcome = session.operate("lifecycle.revoke", request).await?;
    outcome::write(&[outcome], args.format, session.clock.now())
}
