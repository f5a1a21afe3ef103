//! `notafter ping`: where other people's jobs ping, and what came.

use notafter_cert::Time;
use notafter_engine::operate::ping::{All, Of, Row};
use serde_json::json;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::outcome::{Format, print};
use crate::output::terminal;
use crate::session::Session;

/// See where the jobs of other people's automation ping, and what came
///
/// A watch-only lineage with `ping` in its `watch` has an address that its cron job or hook asks for, as it would of
/// healthchecks.io (docs/pings.md).
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
    /// Every lineage whose job is to ping, with its address and the last pings
    List,
    /// Give a lineage another address; the one before leads nowhere from then on
    NewAddress {
        /// The lineage's name
        lineage: String,
    },
}

/// So many of the last pings of each job are shown.
const SHOWN: usize = 3;

pub(crate) async fn run(args: Args, session: &Session) -> Result<Exit, Failure> {
    let rows: Vec<Row> = match args.what {
        What::List => session.operate("ping.list", All {}).await?,
        What::NewAddress { lineage } => vec![session.operate("ping.new-address", Of { lineage }).await?],
    };
    let written = match args.format {
        Format::Text => text(&rows, session.clock.now()),
        Format::Json => format!("{:#}\n", json!({ "schema": "notafter.ping/1", "pings": rows })),
    };
    print(&written)?;
    Ok(Exit::Done)
}

fn text(rows: &[Row], now: Time) -> String {
    if rows.is_empty() {
        return "no job is to ping: see docs/pings.md\n".to_owned();
    }
    rows.iter().map(|row| of(row, now)).collect()
}

fn of(row: &Row, now: Time) -> String {
    let stands = match (row.failing_since, row.succeeded_at) {
        (Some(since), _) => format!("failing since {}", since.for_people()),
        (None, _) if now >= row.late_at => format!("late since {}", row.late_at.for_people()),
        (None, Some(at)) => format!("went well last at {}", at.for_people()),
        (None, None) => format!("no ping yet; late at {}", row.late_at.for_people()),
    };
    let mut text = format!("{}: every {}, {} of grace; {stands}\n  {}\n", row.name, row.every, row.grace, row.url);
    for ping in row.recent.iter().rev().take(SHOWN) {
        text += &format!("  {}\n", terminal::visible(&ping.for_people()));
    }
    text
}

#[cfg(test)]
mod tests {
    use notafter_cert::Span;
    use notafter_inventory::model::{LineageId, Ping, Says};

    use super::*;

    const NOW: Time = Time::from_unix_seconds(1_796_000_000);

    /// A run that began, and failed with something on its terminal.
    fn failed(at: Time) -> [Ping; 2] {
        let ping = |at: Time, says: Says, body: &str| Ping {
            at,
            says,
            run: None,
            from: "192.0.2.7".to_owned(),
            body: body.to_owned(),
        };
        let says = Says::Fail { exit: Some(3) };
        [ping(at - Span::minutes(1), Says::Start, ""), ping(at, says, "\u{1b}[31mno space left\non /var")]
    }

    #[test]
    fn a_job_stands_with_its_address_and_what_came_of_it() {
        let row = |name: &str, succeeded: Option<i64>, failing: Option<i64>, late: i64| Row {
            lineage: LineageId::from_bytes([1; 16]),
            name: name.to_owned(),
            url: format!("https://na.example/ping/{name}"),
            every: Span::days(1),
            grace: Span::hours(1),
            succeeded_at: succeeded.map(|hours| NOW - Span::hours(hours)),
            failing_since: failing.map(|hours| NOW - Span::hours(hours)),
            late_at: NOW + Span::hours(late),
            recent: failing.map(|hours| failed(NOW - Span::hours(hours))).into_iter().flatten().collect(),
        };
        insta::assert_snapshot!(text(
            &[
                row("new", None, None, 25),
                row("well", Some(2), None, 23),
                row("late", Some(30), None, -5),
                row("failing", Some(30), Some(6), -5),
            ],
            NOW
        ));
        assert_eq!(text(&[], NOW), "no job is to ping: see docs/pings.md\n");
    }
}
