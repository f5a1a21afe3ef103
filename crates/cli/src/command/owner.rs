//! `notafter owner`: say that an owner still answers for what it owns.

use notafter_engine::operate::owner::{Acknowledged, AcknowledgeArgs};
use serde_json::json;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::outcome::{Format, print};
use crate::session::Session;

/// Say that an owner still answers for what it owns
///
/// An owner with `acknowledge = "180d"` in the inventory is asked so often; where nobody says so in time, a finding does
/// (docs/inventory.md). Who else they are and what they own: notafter get owner
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
    /// How to write the result
    #[arg(long, value_enum, default_value_t = Format::Text, global = true)]
    format: Format,
}

#[derive(clap::Subcommand, Debug)]
enum What {
    /// It still answers; the log names who says so, and it counts as long as the inventory wants
    Acknowledge {
        /// The owner's name
        name: String,
    },
}

pub(crate) async fn run(args: Args, session: &Session) -> Result<Exit, Failure> {
    let What::Acknowledge { name } = args.what;
    let said: Acknowledged = session.operate("owner.acknowledge", AcknowledgeArgs { owner: name }).await?;
    let written = match args.format {
        Format::Text => text(&said),
        Format::Json => format!("{:#}\n", json!({ "schema": "notafter.owner-acknowledge/1", "owner": said.owner, "at": said.at, "by": said.by, "until": said.until })),
    };
    print(&written)?;
    Ok(Exit::Done)
}

fn text(Acknowledged { owner, by, until, .. }: &Acknowledged) -> String {
    format!("{owner} still answers for what it owns, {by} says; that counts until {}\n", until.for_people())
}
