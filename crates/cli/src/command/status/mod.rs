//! `notafter status`: what needs a person now, and how far everything is.

mod text;

use notafter_engine::operate::status::{LineageStatus, Status};
use serde_json::json;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::outcome::{Format, print};
use crate::session::Session;

/// See what needs a person now, and how far renewals and deployments are; or everything about one lineage
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// A lineage by name or identifier [default: all that is]
    lineage: Option<String>,
    /// Show everything, however much it is
    #[arg(long)]
    all: bool,
    /// How to write it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(crate) async fn run(args: Args, session: &Session) -> Result<Exit, Failure> {
    let written = match args.lineage {
        None => {
            let status: Status = session.operate("status.all", json!({})).await?;
            match args.format {
                Format::Text => text::all(&status, args.all, &session.here),
                Format::Json => document(&json!({ "schema": "notafter.status/1", "status": status })),
            }
        }
        Some(lineage) => {
            let status: LineageStatus =
                session.operate("status.lineage", json!({ "lineage": lineage })).await?;
            match args.format {
                Format::Text => text::lineage(&status, &session.here),
                Format::Json => document(&json!({ "schema": "notafter.status/1", "lineage": status })),
            }
        }
    };
    print(&written)?;
    Ok(Exit::Done)
}

fn document(value: &serde_json::Value) -> String {
    format!("{value:#}\n")
}
