//! `notafter get`: the inventory as a file.

use clap::ValueEnum;
use notafter_engine::operate::inventory::{Get, Printed};
use notafter_inventory::code::Kind;
use serde_json::json;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::outcome;
use crate::remote::Elsewhere;
use crate::session::Session;

/// Print the inventory as a file: applying it changes nothing
///
/// Secrets are printed as the references that they were read from, never as values. A place is printed below its
/// lineage. A part of the inventory is a piece to be written into a file: applied alone, it would take back what files
/// wrote before and it does not mention.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Only this kind: channel, owner, issuer, criticality, endpoint, lineage, place
    #[arg(value_name = "KIND", value_parser = kind)]
    kind: Option<Kind>,
    /// Only the one of this name (an endpoint: its target, such as shop.example:443; a criticality: its label)
    #[arg(value_name = "NAME")]
    name: Option<String>,
    #[command(flatten)]
    elsewhere: Elsewhere,
    /// How to write it
    #[arg(long, value_enum, default_value_t = Format::Toml)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// As `notafter apply` reads it
    Toml,
    /// One document with the same keys
    Json,
}

fn kind(text: &str) -> Result<Kind, String> {
    let singular = match text {
        "criticalities" => Kind::Criticality.name(),
        other => other.strip_suffix('s').unwrap_or(other),
    };
    Kind::ALL.into_iter().find(|kind| kind.name() == singular).ok_or_else(|| {
        let known: Vec<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
        format!("known kinds: {}", known.join(", "))
    })
}

pub(crate) async fn run(args: Args, session: &Session) -> Result<Exit, Failure> {
    let text = match args.elsewhere.server(session)? {
        Some(server) => server.get(args.kind, args.name.as_deref()).await?.thing,
        None => {
            let wish = Get { kind: args.kind, name: args.name };
            session.operate::<Printed>("inventory.get", wish).await?.text
        }
    };
    let written = match args.format {
        Format::Toml => text,
        Format::Json => format!("{:#}\n", document(&text)?),
    };
    outcome::print(&written)?;
    Ok(Exit::Done)
}

fn document(text: &str) -> Result<serde_json::Value, Failure> {
    let table: toml::Table = toml::from_str(text).map_err(|error| {
        Failure::new("the inventory cannot be read back", "report this, with `notafter get`").because(error)
    })?;
    Ok(json!({ "schema": "notafter.inventory/1", "inventory": table }))
}
