//! `notafter events`: the log, searched, saved with its hashes, and checked.

use clap::ValueEnum;
use notafter_cert::Time;
use notafter_engine::operate::event::{Entry, ListArgs, Listing, MOST, Verified, Wanted, Whole};
use notafter_inventory::log::{self, Chained};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::outcome::print;
use crate::output::terminal;
use crate::session::Session;

/// Search the log of everything that was done, save it with its hashes, and check that nothing of it was changed
///
/// Each entry carries a hash over itself and the one before (docs/api.md). Text tells the newest entries that fit, the last
/// one at the end; jsonl tells all of them, oldest first.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Only entries with all of these words, in them or in the name of what they are about
    #[arg(long, value_name = "WORDS")]
    search: Option<String>,
    /// Only of this kind: alert.moved, alert.*
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,
    /// Only by this one: a name, or a part of it; notafter is what it did by itself
    #[arg(long, value_name = "NAME")]
    actor: Option<String>,
    /// Only about this: an identity, a lineage or an owner by name, an endpoint by its target
    #[arg(long, value_name = "THING")]
    subject: Option<String>,
    /// Only of this instant and later, such as 2027-01-31T12:00:00Z
    #[arg(long, value_name = "RFC3339")]
    since: Option<Time>,
    /// Only of before this instant, such as 2027-02-28T12:00:00Z
    #[arg(long, value_name = "RFC3339")]
    until: Option<Time>,
    /// How many entries text tells at most
    #[arg(long, value_name = "NUMBER", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,
    /// Check the whole log instead: every hash, and that no entry is missing
    #[arg(long, conflicts_with_all = ["search", "kind", "actor", "subject", "since", "until", "format"])]
    verify: bool,
    /// How to write it
    #[arg(long, value_enum, default_value_t = Written::Text)]
    format: Written,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Written {
    /// For people
    Text,
    /// A line of JSON for each entry, with what its hash is made of
    Jsonl,
}

pub(crate) async fn run(args: Args, session: &Session) -> Result<Exit, Failure> {
    if args.verify {
        let verified: Verified = session.operate("event.verify", Whole {}).await?;
        print(&intact(&verified))?;
        return Ok(Exit::Done);
    }
    let Args { search, kind, actor, subject, since, until, limit, format, .. } = args;
    let search = search.unwrap_or_default();
    let wanted = Wanted { search, kind, actor, subject, from: since, until };
    match format {
        Written::Text => {
            let told = newest(session, wanted, limit).await?;
            print(&session.here.in_words(&text(&told, terminal::width())))?;
        }
        Written::Jsonl => save(session, wanted).await?,
    }
    Ok(Exit::Done)
}

fn intact(Verified { cut, last, hash }: &Verified) -> String {
    let cut = if *cut > 0 { format!("; {cut} before were cut, and their last hash is kept") } else { String::new() };
    format!("The log is intact: entry {last} is the last one, its hash {hash}{cut}\n")
}

/// The newest that fit, oldest first.
async fn newest(session: &Session, wanted: Wanted, limit: u32) -> Result<Vec<Entry>, Failure> {
    let mut told: Vec<Entry> = Vec::new();
    let mut before = None;
    loop {
        let known = u32::try_from(told.len()).unwrap_or(u32::MAX);
        let limit = limit.saturating_sub(known).min(MOST);
        if limit == 0 {
            break;
        }
        let args = ListArgs { wanted: wanted.clone(), before, after: None, limit };
        let listing: Listing<Entry> = session.operate("event.list", args).await?;
        told.extend(listing.entries);
        before = listing.next;
        if before.is_none() {
            break;
        }
    }
    told.reverse();
    Ok(told)
}

async fn save(session: &Session, wanted: Wanted) -> Result<(), Failure> {
    let mut after = Some(0);
    while after.is_some() {
        let args = ListArgs { wanted: wanted.clone(), after, before: None, limit: MOST };
        let listing: Listing<Chained> = session.operate("event.export", args).await?;
        print(&listing.entries.iter().map(Chained::json).collect::<String>())?;
        after = listing.next;
    }
    Ok(())
}

fn text(told: &[Entry], width: usize) -> String {
    if told.is_empty() {
        return "Nothing found.\n".to_owned();
    }
    let lines = told.iter().flat_map(|Entry { event, name }| {
        let line = format!("{}  {}  {name}: {}", event.sequence, event.at, log::sentence(event));
        terminal::wrap(&line, "      ", width)
    });
    lines.map(|line| line + "\n").collect()
}

#[cfg(test)]
mod tests {
    use notafter_inventory::model::{Actor, Event, Subject};
    use serde_json::json;

    use super::*;

    #[test]
    fn an_entry_is_told_with_its_number_its_name_and_its_reason() {
        let event = Event {
            sequence: 7,
            at: "2026-11-29T12:00:00Z".parse().unwrap(),
            actor: Actor::Engine,
            kind: "notafter.renewal.planned.v1".to_owned(),
            subject: Subject::Installation,
            data: json!({ "why": "the current certificate is revoked" }),
            hash: String::new(),
        };
        let told = text(&[Entry { event, name: "lineage shop".to_owned() }], 80);
        assert_eq!(
            told,
            "7  2026-11-29T12:00:00Z  lineage shop: renewal planned by notafter: the current\n      certificate is revoked\n"
        );
        assert_eq!(text(&[], 80), "Nothing found.\n");
    }

    #[test]
    fn what_was_cut_is_told_with_the_log() {
        let verified = |cut| intact(&Verified { cut, last: 9, hash: "0a".to_owned() });
        assert_eq!(verified(0), "The log is intact: entry 9 is the last one, its hash 0a\n");
        assert!(verified(3).ends_with("0a; 3 before were cut, and their last hash is kept\n"));
    }
}
