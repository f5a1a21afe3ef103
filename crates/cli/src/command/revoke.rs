//! `notafter revoke`: revokes the present certificate of a lineage and replaces it.

use clap::builder::PossibleValuesParser;
use notafter_acme::client::revoke::Reason;
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
    /// Why; key-compromise blocks the key as well, so that no later certificate uses it
    #[arg(long, default_value = "unspecified", value_parser = reasons())]
    reason: String,
    /// Sign with the certificate's own key instead of the account's
    #[arg(long)]
    with_certificate_key: bool,
    /// How to write the result
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// By name; help and errors list them.
fn reasons() -> PossibleValuesParser {
    PossibleValuesParser::new(Reason::ALL.map(Reason::name))
}

pub(crate) async fn run(args: Args, session: &Session) -> Result<Exit, Failure> {
    let Args { lineage, reason, with_certificate_key, format } = args;
    let request = Revoke { lineage, reason, with_certificate_key, version: None };
    let outcome: Outcome = session.operate("lifecycle.revoke", request).await?;
    outcome::write(&[outcome], format, session)
}
