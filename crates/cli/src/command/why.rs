//! `notafter why`: what was issued, on disk, served and decided for a name at an instant.

use notafter_cert::Time;
use notafter_engine::operate::why::{Told, Why};
use notafter_inventory::why::Line;
use serde_json::json;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::outcome::{Format, print};
use crate::output::terminal;
use crate::session::Session;

/// See why a name was served as it was: what was issued, on disk, served, found and decided then, and what was done before
///
/// Each line names its evidence: a version, a deployment, a look, a finding, an alert, an entry of the log. How far back it goes
/// is a matter of settings (docs/settings.md, keep_...).
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// A host, a target such as smtp://mail.example, or a lineage by name
    #[arg(value_name = "HOST")]
    host: String,
    /// The instant, such as 2027-01-31T12:00:00Z [default: now]
    #[arg(long, value_name = "RFC3339")]
    at: Option<Time>,
    /// How to write it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(crate) async fn run(args: Args, session: &Session) -> Result<Exit, Failure> {
    let told: Told = session.operate("why", Why { host: args.host, at: args.at }).await?;
    let written = match args.format {
        Format::Text => session.here.in_words(&text(&told, terminal::width())),
        Format::Json => {
            let document = json!({
                "schema": "notafter.why/1",
                "host": told.host,
                "at": told.at,
                "lines": told.lines,
                "earlier": told.earlier,
            });
            format!("{document:#}\n")
        }
    };
    print(&written)?;
    Ok(Exit::Done)
}

fn text(told: &Told, width: usize) -> String {
    let mut lines = vec![format!("{} at {}", told.host, told.at)];
    if told.lines.is_empty() {
        lines.push("  nothing is on record of before then".to_owned());
    }
    let mut part = None;
    for line in &told.lines {
        if part.replace(line.part) != Some(line.part) {
            lines.push(String::new());
            lines.push(line.part.words().to_owned());
        }
        lines.extend(terminal::wrap(&format!("  {}", sentence(line)), "      ", width));
    }
    if let (Some(last), 1..) = (told.lines.last(), told.earlier) {
        let entries = if told.earlier == 1 { "entry" } else { "entries" };
        let more = format!("  {} {entries} before: notafter why {} --at {}", told.earlier, told.host, last.since);
        lines.extend(terminal::wrap(&more, "      ", width));
    }
    lines.into_iter().map(|line| line + "\n").collect()
}

fn sentence(line: &Line) -> String {
    let severity = line.severity.map(|severity| format!("{severity} ")).unwrap_or_default();
    let Line { since, subject, text, evidence, .. } = line;
    format!("{since}  {severity}{subject}: {text} ({evidence})")
}

#[cfg(test)]
mod tests {
    use notafter_inventory::model::Severity;
    use notafter_inventory::why::Part;

    use super::*;

    #[test]
    fn each_part_is_headed_once_and_each_line_has_its_evidence() {
        let at = |text: &str| text.parse::<Time>().unwrap();
        let line = |part, since: &str, subject: &str, text: &str, severity, evidence: &str| Line {
            part,
            since: at(since),
            subject: subject.to_owned(),
            text: text.to_owned(),
            severity,
            evidence: evidence.to_owned(),
        };
        let served = "certificate 0a0b0c0d, until 2026-12-01T00:00:00Z, an EARLIER one of lineage shop";
        let told = Told {
            host: "shop.example".to_owned(),
            at: at("2026-11-29T12:00:00Z"),
            lines: vec![
                line(Part::Issued, "2026-11-28T04:00:00Z", "lineage shop", "certificate 1a1b1c1d", None, "version vr_1"),
                line(Part::Served, "2026-09-01T04:00:00Z", "shop.example at 192.0.2.7:443", served, None, "look"),
                line(Part::Served, "2026-09-01T04:00:00Z", "shop.example at 192.0.2.8:443", served, None, "look"),
                line(
                    Part::Found,
                    "2026-11-28T05:00:00Z",
                    "place web",
                    "stale [deployment.stale]",
                    Some(Severity::Warning),
                    "finding fd_1",
                ),
            ],
            earlier: 13,
        };
        insta::assert_snapshot!(text(&told, 80));
    }

    #[test]
    fn an_instant_of_which_nothing_is_known_says_so() {
        let told = Told { host: "shop".to_owned(), at: "2026-01-01T00:00:00Z".parse().unwrap(), lines: Vec::new(), earlier: 0 };
        assert_eq!(text(&told, 80), "shop at 2026-01-01T00:00:00Z\n  nothing is on record of before then\n");
    }
}
