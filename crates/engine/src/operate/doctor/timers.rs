//! What wakes notafter: its own tasks, and whoever starts it at boot.

use notafter_cert::{Span, Time};
use notafter_inventory::adopt::fact::Known;
use notafter_inventory::model::Severity;
use notafter_providers::discover::{self, Machine};

use super::super::status::Server;
use super::{Fault, Row};
use crate::context::Context;
use crate::tasks;

/// So long it is told that the clock was set back.
const TOLD_FOR: Span = Span::days(7);

/// A task that is later than this waits for something: the loops look for due work every few seconds.
const LATE: Span = Span::minutes(10);

pub(super) async fn examine(context: &Context) -> Result<Vec<Row>, Fault> {
    let machine = Machine::new(&context.settings.machine_root, Vec::new());
    let found = tokio::task::spawn_blocking(move || discover::service_that(&machine, serves)).await;
    let at_boot = match found {
        Ok(found) => at_boot(found),
        Err(error) => {
            Row::bad(AT_BOOT, Severity::Unknown, format!("it cannot be read: {error}"), "look again")
        }
    };
    let clock = context.store.clock(&context.scope).await?.and_then(|known| known.set_back);
    let mut rows = vec![overdue(context).await?, at_boot];
    rows.extend(clock.and_then(|set_back| was_set_back(set_back, context.clock.now())));
    Ok(rows)
}

async fn overdue(context: &Context) -> Result<Row, Fault> {
    let before = context.clock.now() - LATE;
    let mut late = Vec::new();
    for task in tasks::ALL {
        let count = context.store.overdue(task.kind, before).await?;
        if count > 0 {
            late.push(format!("{count} {}", task.kind));
        }
    }
    Ok(timers(&late, matches!(Server::of(context), Server::Absent)))
}

fn timers(late: &[String], nobody_runs: bool) -> Row {
    let name = "timers";
    if late.is_empty() {
        return Row::ok(name, format!("no task is overdue by more than {LATE}"));
    }
    let text = format!("overdue by more than {LATE}: {}", late.join(", "));
    let hint = if nobody_runs {
        "start the server: notafter serve"
    } else {
        "look into the server's log for what holds them up; where there is too much work, raise scan_parallel or renew_parallel"
    };
    Row::bad(name, Severity::Warning, text, hint)
}

/// What was planned while it was ahead was brought back by then; what a person should look into is why it was.
fn was_set_back((at, by): (Time, Span), now: Time) -> Option<Row> {
    let text = format!(
        "set back by {by} at {}: what was planned while it was ahead was brought back",
        at.for_people()
    );
    let hint = "let the network keep it, and see what it shows before that at a start (an empty battery?): timedatectl \
                set-ntp true; what was judged meanwhile: notafter status";
    (now.since(at) < TOLD_FOR).then(|| Row::bad("clock, by itself", Severity::Warning, text, hint))
}

const AT_BOOT: &str = "start at boot";

/// Whether this command line of a unit is `notafter serve`, whatever else it says.
fn serves(command: &str) -> bool {
    let mut words = command.split_whitespace();
    let program = words.next().unwrap_or_default().trim_start_matches(['-', '@', ':', '+', '!']);
    program.rsplit('/').next() == Some("notafter") && words.any(|word| word == "serve")
}

fn at_boot(found: Result<Option<(String, Known)>, String>) -> Row {
    let enable = |unit: &str| format!("systemctl enable --now {unit}");
    match found {
        Err(why) => Row::bad(
            AT_BOOT,
            Severity::Unknown,
            format!("nobody knows what starts notafter at boot: {why}"),
            "see to it that whatever starts this machine's services starts: notafter serve",
        ),
        Ok(None) => Row::bad(
            AT_BOOT,
            Severity::Warning,
            "no unit of systemd runs notafter serve: after a reboot nothing is renewed",
            "write /etc/systemd/system/notafter.service with ExecStart=/usr/local/bin/notafter serve and \
             WantedBy=multi-user.target, then: systemctl enable --now notafter",
        ),
        Ok(Some((unit, Known::Yes))) => Row::ok(AT_BOOT, format!("{unit} is enabled")),
        Ok(Some((unit, Known::No(why)))) => Row::bad(
            AT_BOOT,
            Severity::Warning,
            format!("{unit} does not start at boot: {why}"),
            enable(&unit),
        ),
        Ok(Some((unit, Known::Unknown(why)))) => Row::bad(
            AT_BOOT,
            Severity::Unknown,
            format!("whether {unit} is enabled is not known: {why}"),
            enable(&unit),
        ),
        Ok(Some((unit, Known::Unasked))) => Row::bad(
            AT_BOOT,
            Severity::Unknown,
            format!("whether {unit} is enabled is not known"),
            enable(&unit),
        ),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn write(root: &Path, path: &str, text: &str) {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    #[test]
    fn whether_it_starts_at_boot_is_read_from_units() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let row = || at_boot(discover::service_that(&Machine::new(root, Vec::new()), serves));
        assert_eq!(row().verdict, Severity::Unknown, "no systemd");
        write(root, "run/systemd/system/.keep", "");
        write(root, "etc/systemd/system/other.service", "[Service]\nExecStart=/usr/bin/other serve\n");
        assert_eq!(row().verdict, Severity::Warning, "{:?}", row());
        let unit = "[Service]\nExecStart=/usr/local/bin/notafter --data /srv/x serve\n[Install]\nWantedBy=multi-user.target\n";
        write(root, "etc/systemd/system/certs.service", unit);
        let there = row();
        assert_eq!(there.verdict, Severity::Warning);
        assert_eq!(there.hint.as_deref(), Some("systemctl enable --now certs.service"));
        write(root, "etc/systemd/system/multi-user.target.wants/certs.service", unit);
        assert_eq!(row(), Row::ok(AT_BOOT, "certs.service is enabled"));
    }

    #[test]
    fn what_is_overdue_is_counted_by_kind() {
        assert_eq!(timers(&[], false).verdict, Severity::Ok);
        let late = timers(&["12 scan".to_owned(), "1 renew".to_owned()], true);
        assert_eq!(late.text, "overdue by more than 10 min: 12 scan, 1 renew");
        assert_eq!(late.hint.as_deref(), Some("start the server: notafter serve"));
    }

    #[test]
    fn a_clock_that_was_set_back_is_told_for_a_week() {
        let at = Time::from_unix_seconds(1_796_000_000);
        let row = was_set_back((at, Span::days(400)), at + Span::days(6)).unwrap();
        assert_eq!(row.verdict, Severity::Warning);
        assert!(row.text.starts_with("set back by 400 d at "), "{}", row.text);
        assert_eq!(was_set_back((at, Span::days(400)), at + Span::days(7)), None);
    }

    #[test]
    fn a_unit_is_known_by_its_command() {
        assert!(serves("/usr/local/bin/notafter serve"));
        assert!(serves("-/opt/notafter --config /etc/n.toml serve --listen 127.0.0.1:1"));
        assert!(!serves("/usr/bin/notafter check shop.example"));
        assert!(!serves("/usr/bin/notafter-agent serve"));
    }
}
