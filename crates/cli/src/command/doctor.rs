//! `notafter doctor`: is this installation able to do its job?

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use notafter_engine::open::data_of;
use notafter_engine::operate::doctor::{Examined, Nothing, Row};
use notafter_inventory::model::Severity;
use notafter_store::DataDir;
use serde_json::json;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::here::Here;
use crate::output::outcome::{Format, print};
use crate::output::terminal;
use crate::session::Session;

/// See whether this installation is able to do its job: clock, disk, keys, timers, CAs, challenges, places, alert paths
///
/// Looks at every prerequisite now and changes nothing, but for a data directory that others may look into: it is closed to
/// them, and that is told.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// How to write it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(crate) async fn run(args: Args, session: &Session) -> Result<Exit, Failure> {
    let examined = examine(session).await?;
    let worst = examined.worst();
    let written = match args.format {
        Format::Text => text(&examined, terminal::width(), &session.here),
        Format::Json => {
            let (at, rows) = (examined.at, &examined.rows);
            format!("{:#}\n", json!({ "schema": "notafter.doctor/1", "at": at, "verdict": worst, "rows": rows }))
        }
    };
    print(&written)?;
    Ok(Exit::Verdict(worst))
}

/// An installation that is not there, or cannot be opened, is a finding and no reason to say nothing.
async fn examine(session: &Session) -> Result<Examined, Failure> {
    let only = |row| Examined { at: session.clock.now(), rows: vec![row] };
    let data = data_of(&session.settings).map_err(Failure::of)?;
    let begun = if session.settings.database.is_some() { Ok(true) } else { DataDir::is_begun(data) };
    match begun {
        Ok(true) => {}
        Ok(false) => {
            let text = format!("there is none in {}", data.display());
            let hint = "begin one: notafter adopt --watch, notafter apply FILE, or notafter issue";
            return Ok(only(Row::bad("installation", Severity::Critical, text, hint)));
        }
        Err(error) => {
            let text = format!("{} cannot be looked into: {error}", data.display());
            let hint = "run it as the user whose installation it is, or name another directory with --data";
            return Ok(only(Row::bad("installation", Severity::Unknown, text, hint)));
        }
    }
    let mode_before = mode(data);
    match session.operate("installation.examine", Nothing {}).await {
        Ok(mut examined) => {
            tell_closed(&mut examined, data, mode_before);
            Ok(examined)
        }
        Err(failure) => {
            let (text, hint) = failure.in_one_line();
            Ok(only(Row::bad("installation", Severity::Critical, text, hint)))
        }
    }
}

fn mode(data: &Path) -> Option<u32> {
    std::fs::metadata(data).ok().map(|found| found.permissions().mode() & 0o7777)
}

/// Whoever opens the installation closes its directory to others. What was found is not what is there now.
fn tell_closed(examined: &mut Examined, data: &Path, mode_before: Option<u32>) {
    let open = mode_before.filter(|mode| mode & 0o077 != 0);
    let (Some(before), Some(now)) = (open, mode(data)) else { return };
    if now & 0o077 != 0 {
        return;
    }
    let text =
        format!("{} was open to others (mode {before:04o}); closed just now (mode {now:04o})", data.display());
    let hint = "find out what opened it (a copy, a restore, a chmod), or it will be open again";
    for row in examined.rows.iter_mut().filter(|row| row.name == "data directory") {
        *row = Row::bad(&row.name, Severity::Warning, &text, hint);
    }
}

fn text(examined: &Examined, width: usize, here: &Here) -> String {
    let mut lines = Vec::new();
    for Row { name, verdict, text, hint } in &examined.rows {
        lines.push(format!("{:<8}  {name}: {text}", verdict.to_string()));
        lines.extend(hint.iter().map(|hint| format!("          hint: {hint}")));
    }
    let of = |severity| examined.rows.iter().filter(|row| row.verdict == severity).count();
    lines.push(format!(
        "{} looked at: {} ok, {} warning, {} critical, {} unknown",
        examined.rows.len(),
        of(Severity::Ok),
        of(Severity::Warning),
        of(Severity::Critical),
        of(Severity::Unknown)
    ));
    let lines = lines.iter().map(|line| here.in_words(line));
    lines.flat_map(|line| terminal::wrap(&line, "            ", width)).map(|line| line + "\n").collect()
}

#[cfg(test)]
mod tests {
    use notafter_cert::Time;

    use super::*;

    #[test]
    fn rows_are_aligned_and_counted() {
        let examined = Examined {
            at: Time::from_unix_seconds(1_796_000_000),
            rows: vec![
                Row::ok("server", "runs, and every loop gets on"),
                Row::bad("disk", Severity::Warning, "300 MB free for /var/lib/notafter", "free some space"),
                Row::bad(
                    "clock, by letsencrypt",
                    Severity::Critical,
                    "2 h behind",
                    "set the clock, and let it be kept: timedatectl set-ntp true",
                ),
                Row::bad("CA internal", Severity::Unknown, "it does not answer in time", "look whether it runs"),
            ],
        };
        assert_eq!(examined.worst(), Severity::Critical);
        insta::assert_snapshot!("doctor", text(&examined, 100, &Here::default()));
    }
}
