//! `notafter look`: looks at endpoints of the inventory now, whatever the next look was planned for.

use notafter_engine::operate::endpoint::{self, Looked, Seen};
use notafter_engine::operate::status::Totals;
use serde_json::json;

use crate::argument;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::outcome::{Format, print};
use crate::output::terminal;
use crate::session::Session;

/// Look at endpoints of the inventory now, and judge them anew
///
/// Every endpoint is looked at by itself, within hours at most. This is for whoever has just mended something and does
/// not want to wait: findings that are mended close, and alerts end. A target that the inventory does not know is looked
/// at with `notafter check`.
#[derive(clap::Args, Debug)]
#[command(group = clap::ArgGroup::new("which").required(true).multiple(false))]
pub(crate) struct Args {
    /// Endpoints as they are written in the inventory, such as shop.example:443
    #[arg(value_name = "ENDPOINT", group = "which", value_parser = argument::endpoint)]
    endpoints: Vec<String>,
    /// Look at every endpoint
    #[arg(long, group = "which")]
    all: bool,
    /// How to write it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(crate) async fn run(args: Args, session: &Session) -> Result<Exit, Failure> {
    let looked: Looked =
        session.operate("endpoint.look", endpoint::Look { endpoints: args.endpoints }).await?;
    let written = match args.format {
        Format::Text => {
            let lines = text(&looked).into_iter().map(|line| session.here.in_words(&line));
            let width = terminal::width();
            lines.flat_map(|line| terminal::wrap(&line, "    ", width)).map(|line| line + "\n").collect()
        }
        Format::Json => {
            let Looked { endpoints, all, findings, waiting } = &looked;
            let document = json!({
                "schema": "notafter.look/1",
                "endpoints": endpoints,
                "all": all,
                "findings": findings,
                "waiting": waiting,
            });
            format!("{document:#}\n")
        }
    };
    print(&written)?;
    Ok(Exit::Done)
}

fn text(looked: &Looked) -> Vec<String> {
    let mut lines: Vec<String> = looked.endpoints.iter().flat_map(seen).collect();
    if looked.endpoints.is_empty() {
        let all = looked.all;
        let amiss = if all.amiss == Totals::default() { "nothing amiss".to_owned() } else { all.amiss.words() };
        lines.push(format!("endpoints: {} known, {amiss}", all.known));
        lines.push(format!("needs a person: {}; see notafter status", looked.findings.words()));
    }
    if looked.waiting > 0 {
        lines.push(format!("not looked at yet: {}; notafter serve goes on with them", looked.waiting));
    }
    lines
}

fn seen(Seen { name, looked_at, needs, .. }: &Seen) -> Vec<String> {
    let Some(at) = looked_at else { return vec![format!("UNKNOWN {name}: not looked at yet")] };
    if needs.is_empty() {
        return vec![format!("OK {name}, looked at {}", at.for_people())];
    }
    let need = |need: &notafter_engine::operate::status::Need| {
        let found = format!("{} {name}: {} [{}], looked at {}", need.severity, need.text, need.code, at.for_people());
        [found, format!("    hint: {}", need.hint)]
    };
    needs.iter().flat_map(need).collect()
}

#[cfg(test)]
mod tests {
    use notafter_engine::operate::status::Endpoints;

    use super::*;

    #[test]
    fn nothing_amiss_is_said_in_a_sentence() {
        let amiss = |critical| Totals { critical, ..Totals::default() };
        let looked = |critical, waiting| Looked {
            endpoints: Vec::new(),
            all: Endpoints { known: 30, not_looked_at: 0, amiss: amiss(critical) },
            findings: amiss(critical),
            waiting,
        };
        assert_eq!(
            text(&looked(0, 0)),
            ["endpoints: 30 known, nothing amiss", "needs a person: nothing; see notafter status"]
        );
        assert_eq!(
            text(&looked(2, 7)),
            [
                "endpoints: 30 known, 2 critical",
                "needs a person: 2 critical; see notafter status",
                "not looked at yet: 7; notafter serve goes on with them"
            ]
        );
    }
}
