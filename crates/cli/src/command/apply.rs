//! `notafter apply`: makes the inventory what a file says.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use notafter_engine::operate::inventory::{Apply, File, Planned};
use notafter_inventory::code::{Prune, Verb};
use serde_json::json;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::file;
use crate::output::outcome;
use crate::session::Session;

/// Make the inventory what a file says: shows what would change, and changes it with --yes
///
/// The file describes channels, owners, issuers, endpoints, lineages and places (docs/inventory.md). Everything is
/// changed in one step, or nothing is. Things that no file ever mentioned are left alone.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// The inventory file; `-` for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Change it, instead of only showing what would change
    #[arg(short, long)]
    yes: bool,
    /// Remove what is not in the file even if no file wrote it
    #[arg(long)]
    prune: bool,
    /// How to write the changes
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// One document
    Json,
}

pub(crate) async fn run(args: Args, session: &Session) -> Result<Exit, Failure> {
    let text = read(&args.file)?;
    let prune = if args.prune { Prune::Everything } else { Prune::Written };
    let planned: Planned =
        session.operate("inventory.plan", File { text: text.clone(), prune }).await?;
    for secret in &planned.secrets {
        session.strangers.refer(&secret.name);
    }
    let planned = if args.yes {
        let secrets = secrets(&planned)?;
        session.operate("inventory.apply", Apply { file: File { text, prune }, secrets }).await?
    } else {
        planned
    };
    let written = match args.format {
        Format::Text => show(&planned, args.yes),
        Format::Json => format!("{:#}\n", document(&planned, args.yes)),
    };
    outcome::print(&written)?;
    Ok(Exit::Done)
}

fn read(path: &Path) -> Result<String, Failure> {
    let unreadable = |why: String| {
        let hint = "check the path and its permissions; an inventory file is UTF-8 text";
        Failure::usage(format!("cannot read the inventory file {}", path.display()), hint).because(why)
    };
    if path == Path::new("-") {
        let mut text = String::new();
        io::stdin().read_to_string(&mut text).map_err(|error| unreadable(error.to_string()))?;
        return Ok(text);
    }
    file::read_text(path).map_err(|error| unreadable(format!("it {error}")))
}

/// The values behind `env:NAME` and `file:PATH`, read here: the server may have another environment. One that cannot be
/// read is a mistake only if the vault has none yet.
fn secrets(planned: &Planned) -> Result<BTreeMap<String, String>, Failure> {
    let mut values = BTreeMap::new();
    let mut missing = Vec::new();
    for secret in &planned.secrets {
        match value_of(&secret.name) {
            Ok(value) => drop(values.insert(secret.name.clone(), value)),
            Err(_) if secret.stored => {}
            Err(why) => missing.push(format!("{}: {why}", secret.name)),
        }
    }
    if missing.is_empty() {
        return Ok(values);
    }
    let hint = "set the variables, or make the files readable, and apply again; nothing was changed";
    Err(Failure::new("secrets of the inventory file cannot be read", hint).because(missing.join("; ")))
}

pub(super) fn value_of(reference: &str) -> Result<String, String> {
    if let Some(name) = reference.strip_prefix("env:") {
        return std::env::var(name).map_err(|error| error.to_string());
    }
    let path = reference.strip_prefix("file:").unwrap_or(reference);
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

fn count(planned: &Planned, verb: Verb) -> usize {
    planned.differences.iter().filter(|difference| difference.verb == verb).count()
}

fn show(planned: &Planned, done: bool) -> String {
    let mut lines: Vec<String> = planned.differences.iter().map(ToString::to_string).collect();
    for secret in &planned.secrets {
        match (done && secret.changes, secret.stored) {
            (true, _) => lines.push(format!("* secret {}: stored in the vault", secret.name)),
            (false, false) if !done => {
                lines.push(format!("* secret {}: will be read and stored in the vault", secret.name));
            }
            _ => {}
        }
    }
    if !planned.left_alone.is_empty() {
        let names = planned.left_alone.join(", ");
        lines.push(format!("left alone, because no file wrote it (--prune removes it): {names}"));
    }
    if planned.claims && !planned.changes && !done {
        lines.push(
            "with --yes, the file counts as the source of what it describes: what it stops mentioning is then removed"
                .to_owned(),
        );
    }
    let (added, changed, removed) =
        (count(planned, Verb::Add), count(planned, Verb::Change), count(planned, Verb::Remove));
    lines.push(match (planned.changes, done) {
        (false, _) => "no changes".to_owned(),
        (true, true) => format!("{added} added, {changed} changed, {removed} removed"),
        (true, false) => {
            format!("{added} to add, {changed} to change, {removed} to remove; nothing was changed yet: add --yes")
        }
    });
    lines.join("\n") + "\n"
}

fn document(planned: &Planned, done: bool) -> serde_json::Value {
    json!({
        "schema": "notafter.apply/1",
        "applied": done,
        "changes": planned.changes,
        "claims": planned.claims,
        "differences": planned.differences,
        "left_alone": planned.left_alone,
        "secrets": planned.secrets,
    })
}
