//! `notafter token`: how programs come in.

use notafter_cert::{Span, Time};
use notafter_engine::operate::token::{Made, Make, TokenRow};
use notafter_engine::operate::user::{All, Named};
use notafter_inventory::model::Role;
use serde_json::json;

use crate::argument;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::outcome::{Format, print};
use crate::session::Session;

/// See the API tokens of programs, make one, take one away
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
    /// Every token, with its role and its end
    List,
    /// Make a token; its secret is written once, to standard output, and never again
    Make {
        /// Its name: what it is for
        name: String,
        /// What may be done with it: calendar reads the calendar alone, viewer looks, operator renews, deploys and
        /// acknowledges, admin changes everything
        #[arg(long, value_name = "ROLE")]
        role: Role,
        /// Keep it to the subjects of this owner; without it, it reaches everything
        #[arg(long, value_name = "OWNER")]
        owner: Option<String>,
        /// How long it is worth anything: up to 400d
        #[arg(long, value_name = "LENGTH", default_value = "90d", value_parser = argument::length)]
        lasts: Span,
    },
    /// Take a token away; it is worth nothing at once
    Remove {
        /// Its name
        name: String,
    },
}

pub(crate) async fn run(args: Args, session: &Session) -> Result<Exit, Failure> {
    let (text, mut value) = match args.what {
        What::List => {
            let rows: Vec<TokenRow> = session.operate("token.list", All {}).await?;
            (list(&rows, session.clock.now()), json!({ "tokens": rows }))
        }
        What::Make { name, role, owner, lasts } => {
            let made: Made = session.operate("token.make", Make { name, role, owner, lasts }).await?;
            if let Some(url) = &made.calendar {
                anstream::eprintln!("a calendar's program subscribes to {url}");
            }
            let mut value = json!({ "token": made.token, "secret": made.secret });
            if let Some(url) = made.calendar {
                value["calendar"] = json!(url);
            }
            (format!("{}\n", made.secret), value)
        }
        What::Remove { name } => {
            let done: Named = session.operate("token.remove", Named { name }).await?;
            (format!("{} is worth nothing any more\n", done.name), json!({ "removed": done.name }))
        }
    };
    let written = match args.format {
        Format::Text => text,
        Format::Json => {
            value["schema"] = json!("notafter.token/1");
            format!("{value:#}\n")
        }
    };
    print(&written)?;
    Ok(Exit::Done)
}

fn list(rows: &[TokenRow], now: Time) -> String {
    if rows.is_empty() {
        return "there is no token: notafter token make NAME --role viewer\n".to_owned();
    }
    let row = |row: &TokenRow| {
        let reach = match &row.owner {
            Some(owner) => format!("kept to owner {owner}"),
            None => "of everything".to_owned(),
        };
        let left = row.until.since(now);
        let end = if left.is_negative() { "is over".to_owned() } else { format!("ends in {left}") };
        format!("{}: {} {reach}; {end} ({})\n", row.name, row.role, row.until.for_people())
    };
    rows.iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use notafter_inventory::model::{Actor, TokenId};

    use super::*;

    const NOW: Time = Time::from_unix_seconds(1_796_000_000);

    #[test]
    fn tokens_are_told_with_their_end() {
        let row = |name: &str, owner: Option<&str>, days| TokenRow {
            id: TokenId::new(NOW, [1; 10]),
            name: name.to_owned(),
            role: Role::Operator,
            owner: owner.map(str::to_owned),
            from: NOW - Span::days(10),
            until: NOW + Span::days(days),
            by: Actor::Person("ada".to_owned()),
        };
        insta::assert_snapshot!(list(&[row("deploy", Some("payments"), 80), row("old", None, -1)], NOW));
        assert_eq!(list(&[], NOW), "there is no token: notafter token make NAME --role viewer\n");
    }
}
