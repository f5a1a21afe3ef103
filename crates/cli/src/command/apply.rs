//! `notafter apply`: makes the inventory what a file says.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use notafter_engine::operate::inventory::{Apply, File, Planned};
use notafter_inventory::code::{self, Prune, Verb};
use notafter_providers::notify;
use serde_json::json;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::file;
use crate::output::{outcome, terminal};
use crate::remote::{Elsewhere, Seen};
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
    #[command(flatten)]
    elsewhere: Elsewhere,
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
    let Secrets { read: secrets, unread } = Secrets::of(&text, session);
    // Without --yes nothing is read yet, so that nothing can be missing.
    let wanted = if args.yes { unread.clone() } else { BTreeMap::new() };
    let file = || File { text: text.clone(), prune, unread: wanted.clone() };
    let planned: Planned = match args.elsewhere.server(session)? {
        Some(server) => {
            let Seen { thing, tag } = server.plan(&file()).await?;
            if args.yes { server.apply(&file(), &secrets, &tag).await? } else { thing }
        }
        None => {
            let planned = session.operate("inventory.plan", file()).await?;
            match args.yes {
                true => session.operate("inventory.apply", Apply { file: file(), secrets, upon: None }).await?,
                false => planned,
            }
        }
    };
    let written = match args.format {
        Format::Text => terminal::fit(show(&planned, args.yes, &unread)),
        Format::Json => format!("{:#}\n", document(&planned, args.yes)),
    };
    outcome::print(&written)?;
    Ok(Exit::Done)
}

fn read(path: &Path) -> Result<String, Failure> {
    let unreadable = |why: String| {
        let hint = "check the path and its permissions; an inventory file is UTF-8 text";
        Failure::new(format!("cannot read the inventory file {}", path.display()), hint).because(why)
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
struct Secrets {
    read: BTreeMap<String, String>,
    unread: BTreeMap<String, String>,
}

impl Secrets {
    fn of(text: &str, session: &Session) -> Self {
        let (mut read, mut unread) = (BTreeMap::new(), BTreeMap::new());
        for name in code::secrets(text, &notify::kinds()) {
            session.strangers.refer(&name);
            match value_of(&name) {
                Ok(value) => drop(read.insert(name, value)),
                Err(why) => drop(unread.insert(name, why)),
            }
        }
        Self { read, unread }
    }
}

pub(super) fn value_of(reference: &str) -> Result<String, String> {
    if let Some(name) = reference.strip_prefix("env:") {
        return std::env::var(name).map_err(|error| error.to_string());
    }
    let path = reference.strip_prefix("file:").unwrap_or(reference);
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

/// Names of a kind that are shown of what is left alone; `get` shows all.
const LEFT_ALONE_SHOWN: usize = 5;

fn count(planned: &Planned, verb: Verb) -> usize {
    planned.differences.iter().filter(|difference| difference.verb == verb).count()
}

fn show(planned: &Planned, done: bool, unread: &BTreeMap<String, String>) -> String {
    let mut lines: Vec<String> = planned.differences.iter().map(ToString::to_string).collect();
    for secret in &planned.secrets {
        let name = &secret.name;
        match (done && secret.changes, secret.stored, unread.get(name)) {
            (true, _, _) => lines.push(format!("* secret {name}: stored in the vault")),
            (false, false, Some(why)) if !done => {
                lines.push(format!("* secret {name}: must be readable with --yes, and is not yet ({why})"));
            }
            (false, false, None) if !done => {
                lines.push(format!("* secret {name}: will be read and stored in the vault"));
            }
            _ => {}
        }
    }
    if !planned.left_alone.is_empty() {
        lines.extend(left_alone(&planned.left_alone));
    }
    if planned.claims && !planned.changes && !done {
        lines.push(
            "with --yes, the file counts as the source of what it describes: what it stops mentioning is then removed"
                .to_owned(),
        );
    }
    lines.extend(planned.warnings.iter().map(|warning| format!("warning: {warning}")));
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

/// What no file wrote, kind by kind: it is the same with every apply, and must not hide what changes.
fn left_alone(all: &[String]) -> Vec<String> {
    const WHY: &str = "left alone, because no file wrote it (--prune removes it)";
    if all.len() <= LEFT_ALONE_SHOWN {
        return vec![format!("{WHY}: {}", all.join(", "))];
    }
    let mut kinds: Vec<(&str, Vec<&str>)> = Vec::new();
    for one in all {
        let (kind, name) = one.split_once(' ').unwrap_or(("", one));
        match kinds.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, names)) => names.push(name),
            None => kinds.push((kind, vec![name])),
        }
    }
    let mut lines = vec![format!("{WHY}: {}", all.len())];
    lines.extend(kinds.iter().map(|(kind, names)| {
        let more = match names.len().saturating_sub(LEFT_ALONE_SHOWN) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let shown = names.iter().take(LEFT_ALONE_SHOWN).copied().collect::<Vec<_>>().join(", ");
        format!("    {kind}: {shown}{more}")
    }));
    lines
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
        "warnings": planned.warnings,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Thirty names stood in one line, with every apply.
    #[test]
    fn what_is_left_alone_is_counted_kind_by_kind_where_it_is_much() {
        let some = ["lineage shop".to_owned(), "issuer le".to_owned()];
        let mut many: Vec<String> = (1..=30).map(|number| format!("endpoint 127.0.0.{number}:443")).collect();
        many.extend(some.clone());
        let told = [left_alone(&some), left_alone(&many)].map(|lines| lines.join("\n"));
        insta::assert_snapshot!(told.join("\n\n"), @r"
        left alone, because no file wrote it (--prune removes it): lineage shop, issuer le

        left alone, because no file wrote it (--prune removes it): 32
            endpoint: 127.0.0.1:443, 127.0.0.2:443, 127.0.0.3:443, 127.0.0.4:443, 127.0.0.5:443 and 25 more
            lineage: shop
            issuer: le
        ");
    }
}
