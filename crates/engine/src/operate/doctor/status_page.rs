//! The status page: whether its copy is as new as it should be, and whether its mails have a channel.

use std::path::Path;
use std::time::SystemTime;

use notafter_cert::{Span, Time};
use notafter_inventory::model::Severity;

use super::Row;
use crate::context::Context;
use crate::operate::Fault;
use crate::subscription;

const NAME: &str = "copy of the status page";

/// It is written once a minute at the least.
const OLD: Span = Span::minutes(5);

/// Nothing where nobody is to be mailed.
pub(super) async fn mails(context: &Context) -> Result<Option<Row>, Fault> {
    const NAME: &str = "mails of the status page";
    let Some(name) = &context.settings.status_mail else { return Ok(None) };
    Ok(Some(match subscription::channel(context).await? {
        Some(channel) => Row::ok(NAME, format!("by the channel {}", channel.name)),
        None => {
            let text = format!(
                "`status_mail` names {name:?}, by which no mail of it can go out: nobody can subscribe"
            );
            let hint = "name a channel of the kind smtp, and say in status_url or base_url where the page is";
            Row::bad(NAME, Severity::Warning, text, hint)
        }
    }))
}

/// Nothing where no copy is kept.
pub(super) fn examine(context: &Context) -> Option<Row> {
    let folder = context.settings.status_folder.as_deref()?;
    let written = std::fs::metadata(folder.join("index.html")).and_then(|file| file.modified());
    let written = written.map(|at| {
        let since = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Time::from_unix_seconds(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
    });
    let runs = !context.progress.beats().is_empty();
    Some(judged(folder, written.map_err(|error| error.to_string()), (runs, context.clock.now())))
}

fn judged(folder: &Path, written: Result<Time, String>, (runs, now): (bool, Time)) -> Row {
    const HINT: &str = "see the log of the server, and let its user write there (systemd: ReadWritePaths=)";
    let folder = folder.display();
    match written {
        // That no server runs is told elsewhere.
        _ if !runs => Row::ok(NAME, format!("in {folder}, which is written while the server runs")),
        Ok(at) if now.since(at) > OLD => {
            let text = format!("in {folder} it is as of {}", at.for_people());
            Row::bad(NAME, Severity::Warning, text, HINT)
        }
        Ok(at) => Row::ok(NAME, format!("in {folder}, as of {}", at.for_people())),
        Err(why) => Row::bad(NAME, Severity::Warning, format!("in {folder} there is none: {why}"), HINT),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_that_is_not_written_any_more_is_told() {
        let now = Time::from_unix_seconds(1_796_000_000);
        let row = |written, runs| judged(Path::new("/srv/status"), written, (runs, now));
        for (written, runs, verdict) in [
            (Ok(now - Span::minutes(1)), true, Severity::Ok),
            (Ok(now - Span::minutes(6)), true, Severity::Warning),
            (Err("No such file or directory".to_owned()), true, Severity::Warning),
            (Ok(now - Span::days(9)), false, Severity::Ok),
        ] {
            let row = row(written, runs);
            assert_eq!((row.verdict, row.hint.is_some()), (verdict, verdict != Severity::Ok), "{row:?}");
        }
    }
}
