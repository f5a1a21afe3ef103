//! Cron entries (crontab(5)) that start a renewing program, whether a cron daemon runs, and when it last started them.

use std::collections::BTreeSet;

use notafter_cert::{Span, Time};
use notafter_inventory::adopt::fact::{Known, Survey, Trigger, TriggerKind};

use super::machine::Machine;
use super::{Discoverer, Meta, note, processes, seen, started_by};

/// Cron entries that start a renewing program.
pub(super) struct Cron;

/// Scripts that run-parts starts, and how often.
const PERIODIC: [(&str, Span); 4] = [
    ("/etc/cron.hourly", Span::hours(1)),
    ("/etc/cron.daily", Span::days(1)),
    ("/etc/cron.weekly", Span::days(7)),
    ("/etc/cron.monthly", Span::days(31)),
];
/// Names of cron daemons as the kernel shows them.
const DAEMONS: [&str; 5] = ["cron", "crond", "anacron", "fcron", "cronie"];
/// Logs in which cron writes what it starts.
const LOGS: [&str; 3] = ["/var/log/syslog", "/var/log/cron.log", "/var/log/cron"];
/// As much of a log's end as is searched.
const LOG_TAIL: u64 = 2 << 20;
/// Entries that start a renewing program: a machine with thousands of users who each renew by themselves stays below.
const MOST_ENTRIES: usize = 5_000;
/// No line is longer: cron itself refuses a command of more than 1,000 characters (Debian's MAX_COMMAND).
const LONGEST_LINE: usize = 4_096;

impl Discoverer for Cron {
    fn meta(&self) -> Meta {
        Meta {
            name: "cron",
            title: "cron entries that start a renewing program",
            reads: &["/etc/crontab", "/etc/cron.d", "/etc/cron.daily", "/var/spool/cron", "/var/log/syslog"],
        }
    }

    fn discover(&self, machine: &Machine, survey: &mut Survey) {
        survey.cron_runs = daemon(machine);
        let systemd_runs = survey.systemd_runs.clone();
        let first = survey.triggers.len();
        system_tables(machine, survey);
        user_tables(machine, survey);
        scripts(machine, survey);
        let starts = starts(machine);
        for trigger in &mut survey.triggers[first..] {
            if let Known::Yes = trigger.enabled {
                trigger.enabled = works(trigger, &survey.cron_runs, &systemd_runs);
            }
            trigger.last = last_start(&starts, &trigger.command);
        }
    }
}

/// Whether the entry does what it says.
fn works(trigger: &Trigger, daemon: &Known, systemd_runs: &Known) -> Known {
    // Debian's entry for certbot leaves the work to systemd's timer where systemd runs.
    if trigger.command.contains("! -d /run/systemd/system") && *systemd_runs == Known::Yes {
        return Known::No("it leaves the work to systemd's timer".to_owned());
    }
    match daemon {
        Known::No(_) => Known::No("no cron daemon runs".to_owned()),
        Known::Unknown(why) => Known::Unknown(format!("whether a cron daemon runs is not known: {why}")),
        Known::Yes | Known::Unasked => Known::Yes,
    }
}

fn daemon(machine: &Machine) -> Known {
    let processes = match processes(machine) {
        Ok(processes) => processes,
        Err(blind) => return Known::Unknown(format!("/proc: {blind}")),
    };
    for entry in &processes {
        let name = machine.read_kernel(&format!("{}/comm", entry.path)).unwrap_or_default();
        if DAEMONS.contains(&String::from_utf8_lossy(&name).trim()) {
            return Known::Yes;
        }
    }
    if processes.is_empty() {
        Known::Unknown("/proc is empty".to_owned())
    } else {
        Known::No("no cron daemon runs".to_owned())
    }
}

fn system_tables(machine: &Machine, survey: &mut Survey) {
    let mut files = vec!["/etc/crontab".to_owned()];
    let drop_ins = machine.list("/etc/cron.d");
    let drop_ins = seen(survey, "/etc/cron.d", drop_ins).unwrap_or_default();
    // cron(8) ignores names with a dot: backups and package left-overs.
    files.extend(drop_ins.into_iter().filter(|it| !it.name.contains('.')).map(|it| it.path));
    for file in files {
        table(machine, survey, &file, UserColumn::Yes);
    }
}

fn user_tables(machine: &Machine, survey: &mut Survey) {
    for directory in ["/var/spool/cron/crontabs", "/var/spool/cron"] {
        let entries = machine.list(directory);
        for entry in seen(survey, directory, entries).unwrap_or_default() {
            if !entry.is_directory {
                table(machine, survey, &entry.path, UserColumn::No);
            }
        }
    }
}

/// Whether a table names the user before the command.
#[derive(Clone, Copy, PartialEq, Eq)]
enum UserColumn {
    Yes,
    No,
}

fn table(machine: &Machine, survey: &mut Survey, file: &str, user: UserColumn) {
    let text = machine.read_text(file);
    let Some(text) = seen(survey, file, text) else { return };
    for (number, line) in text.lines().enumerate() {
        let Some((schedule, command)) = entry(line, user) else { continue };
        let Some(starts) = started_by(&command) else { continue };
        let name = format!("{file}:{}", number + 1);
        if line.len() > LONGEST_LINE {
            note(survey, &name, format!("it has more than the {LONGEST_LINE} characters that are looked at"));
            continue;
        }
        let every = pause(&schedule);
        let (enabled, file) = (Known::Yes, file.to_owned());
        let kind = TriggerKind::Cron;
        let one = Trigger { kind, name, command, starts, enabled, every, schedule, last: None, file };
        if !add(survey, one) {
            return;
        }
    }
}

/// False when there are too many of them, which is told.
fn add(survey: &mut Survey, trigger: Trigger) -> bool {
    // Timers are in the same list, and few.
    if survey.triggers.len() >= MOST_ENTRIES {
        let why = format!(
            "the tables have more entries than are looked at: {MOST_ENTRIES} that start a renewing program"
        );
        note(survey, &trigger.file, why);
        return false;
    }
    survey.triggers.push(trigger);
    true
}

fn scripts(machine: &Machine, survey: &mut Survey) {
    for (directory, every) in PERIODIC {
        let entries = machine.list(directory);
        for script in seen(survey, directory, entries).unwrap_or_default() {
            let text = machine.read_text(&script.path);
            let text = seen(survey, &script.path, text).unwrap_or_default();
            let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
            let Some((command, starts)) = lines.filter_map(|line| Some((line, started_by(line)?))).next()
            else {
                continue;
            };
            let one = Trigger {
                kind: TriggerKind::Cron,
                name: script.path.clone(),
                command: command.trim().chars().take(LONGEST_LINE).collect(),
                starts,
                enabled: Known::Yes,
                schedule: directory.trim_start_matches("/etc/").to_owned(),
                every: Some(every),
                last: None,
                file: script.path,
            };
            if !add(survey, one) {
                return;
            }
        }
    }
}

/// Schedule and command of one line; `None` for comments and settings.
fn entry(line: &str, user: UserColumn) -> Option<(String, String)> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return None;
    }
    let times = if line.starts_with('@') { 1 } else { 5 };
    let mut rest = line;
    let mut fields = Vec::new();
    for _ in 0..times + usize::from(user == UserColumn::Yes) {
        let (field, after) = rest.split_once([' ', '\t'])?;
        fields.push(field);
        rest = after.trim_start();
    }
    let schedule = fields[..times].join(" ");
    let is_time = |field: &str| field.starts_with(|c: char| c.is_ascii_digit() || c == '*' || c == '@');
    // The first field of `PATH=...` or of a name is no time.
    is_time(fields[0]).then(|| (schedule, rest.to_owned()))
}

/// The longest pause between two starts, found by walking through a leap year minute by minute of each matching day.
fn pause(schedule: &str) -> Option<Span> {
    match schedule {
        "@hourly" => return Some(Span::hours(1)),
        "@daily" | "@midnight" => return Some(Span::days(1)),
        "@weekly" => return Some(Span::days(7)),
        "@monthly" => return Some(Span::days(31)),
        "@yearly" | "@annually" => return Some(Span::days(366)),
        _ => {}
    }
    let fields: Vec<&str> = schedule.split(' ').collect();
    let [minute, hour, day, month, weekday] = fields.as_slice() else { return None };
    let minutes = values(minute, 0, 59)?;
    let hours = values(hour, 0, 23)?;
    let day_gap = if *day == "*" && *month == "*" && *weekday == "*" {
        1
    } else if *day == "*" && *month == "*" {
        weekday_gap(weekday)?
    } else if *month == "*" {
        31
    } else {
        366
    };
    // In order, since both are.
    let starts: Vec<i64> =
        hours.iter().flat_map(|hour| minutes.iter().map(move |minute| hour * 60 + minute)).collect();
    let over_night = day_gap * 24 * 60 - starts.last()? + starts.first()?;
    starts.windows(2).map(|pair| pair[1] - pair[0]).chain([over_night]).max().map(Span::minutes)
}

fn weekday_gap(field: &str) -> Option<i64> {
    const NAMES: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
    let mut numbers = field.to_ascii_lowercase();
    for (number, name) in NAMES.iter().enumerate() {
        numbers = numbers.replace(name, &number.to_string());
    }
    let days: BTreeSet<i64> = values(&numbers, 0, 7)?.into_iter().map(|day| day % 7).collect();
    let days: Vec<i64> = days.into_iter().collect();
    let over = 7 - days.last()? + days.first()?;
    days.windows(2).map(|pair| pair[1] - pair[0]).chain([over]).max()
}

/// The numbers that one field means, each once however often it is named: `*`, `*/12`, `1,5`, `8-17/2`.
fn values(field: &str, least: i64, most: i64) -> Option<BTreeSet<i64>> {
    let mut found = BTreeSet::new();
    for part in field.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, step.parse::<usize>().ok().filter(|&step| step > 0)?),
            None => (part, 1),
        };
        let (from, to) = match range.split_once('-') {
            _ if range == "*" => (least, most),
            Some((from, to)) => (from.parse().ok()?, to.parse().ok()?),
            None => {
                let one: i64 = range.parse().ok()?;
                (one, one)
            }
        };
        if from < least || to > most {
            return None;
        }
        found.extend((from..=to).step_by(step));
    }
    Some(found)
}

/// What cron wrote that it started: time and command, oldest first. Only RFC 3339 stamps are unmistakable.
fn starts(machine: &Machine) -> Vec<(Time, String)> {
    let mut found = Vec::new();
    for log in LOGS {
        let Ok(text) = machine.read_tail(log, LOG_TAIL) else { continue };
        for line in String::from_utf8_lossy(&text).lines() {
            let Some((_, command)) = line.split_once(" CMD (") else { continue };
            if let Some(Ok(at)) = line.split_whitespace().next().map(str::parse) {
                found.push((at, command.trim_end().trim_end_matches(')').to_owned()));
            }
        }
    }
    found
}

fn last_start(starts: &[(Time, String)], command: &str) -> Option<Time> {
    let wanted = command.trim_end().trim_end_matches(')');
    starts.iter().filter(|(_, started)| started == wanted).map(|(at, _)| *at).max()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use notafter_inventory::model::Renewer;

    use super::*;

    #[test]
    fn schedules_become_pauses() {
        let table = [
            ("0 */12 * * *", Some("12h")),
            ("43 0,12 * * *", Some("12h")),
            ("17 3 * * *", Some("24h")),
            ("0 5 * * 1", Some("7d")),
            ("0 5 * * mon,thu", Some("4d")),
            ("0 5 1 * *", Some("31d")),
            ("*/10 * * * *", Some("10m")),
            ("@daily", Some("24h")),
            ("@reboot", None),
            ("0 99 * * *", None),
        ];
        for (schedule, expected) in table {
            assert_eq!(pause(schedule), expected.map(|text| text.parse().unwrap()), "{schedule}");
        }
    }

    /// Each mention was counted: 24 * 60 of them for every hour and minute that was named again, and gigabytes of a line
    /// that any user may write.
    #[test]
    fn fields_that_name_their_numbers_again_and_again_do_not_multiply() {
        let again = vec!["*"; 500].join(",");
        assert_eq!(values(&again, 0, 59).map(|found| found.len()), Some(60));
        assert_eq!(pause(&format!("{again} {again} * * {again}")), Some(Span::minutes(1)));
        assert_eq!(pause(&format!("0 3 * * {again}")), Some(Span::days(1)));
        assert_eq!(pause("0 5-3 * * *"), None);
    }

    #[test]
    fn entries_are_read_up_to_a_number_and_what_is_left_out_is_told() {
        let directory = tempfile::tempdir().unwrap();
        let tables = directory.path().join("var/spool/cron/crontabs");
        fs::create_dir_all(&tables).unwrap();
        let long = format!("0 1 * * * certbot renew #{}\n", "x".repeat(LONGEST_LINE));
        fs::write(tables.join("alice"), format!("{long}0 2 * * * certbot renew\n")).unwrap();
        fs::write(tables.join("bob"), "* * * * * certbot renew\n".repeat(2 * MOST_ENTRIES)).unwrap();
        let mut survey = Survey::default();
        Cron.discover(&Machine::new(directory.path(), vec![]), &mut survey);
        assert_eq!(survey.triggers.len(), MOST_ENTRIES);
        let told: Vec<String> =
            survey.unseen.iter().map(|unseen| format!("{}: {}", unseen.what, unseen.why)).collect();
        insta::assert_snapshot!(told.join("\n"));
    }

    const DEBIAN: &str = "# a comment\nSHELL=/bin/sh\nPATH=/usr/local/sbin:/usr/bin\n\n0 */12 * * * root test -x \
        /usr/bin/certbot -a \\! -d /run/systemd/system && perl -e 'sleep int(rand(43200))' && certbot -q renew\n";
    const ACME_SH: &str =
        "37 4 * * * \"/root/.acme.sh\"/acme.sh --cron --home \"/root/.acme.sh\" > /dev/null\n";

    fn survey(daemon: &str, systemd: Known) -> Survey {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        for path in ["etc/cron.d", "var/spool/cron/crontabs", "proc/77", "var/log"] {
            fs::create_dir_all(root.join(path)).unwrap();
        }
        fs::write(root.join("proc/77/comm"), daemon).unwrap();
        fs::write(root.join("etc/cron.d/certbot"), DEBIAN).unwrap();
        fs::write(root.join("etc/cron.d/certbot.dpkg-old"), DEBIAN).unwrap();
        fs::write(root.join("var/spool/cron/crontabs/root"), ACME_SH).unwrap();
        let command = ACME_SH.splitn(6, ' ').last().unwrap().trim();
        let log = format!("2026-11-20T04:37:01.1+00:00 host CRON[1]: (root) CMD ({command})\n");
        fs::write(root.join("var/log/syslog"), log).unwrap();
        let mut survey = Survey { systemd_runs: systemd, ..Survey::default() };
        Cron.discover(&Machine::new(root, vec![]), &mut survey);
        survey
    }

    #[test]
    fn entries_are_found_with_program_pause_and_last_start() {
        let survey = survey("cron\n", Known::No(String::new()));
        let [certbot, acme] = survey.triggers.as_slice() else { panic!("{survey:?}") };
        assert_eq!((certbot.starts, acme.starts), (Renewer::Certbot, Renewer::AcmeSh));
        assert_eq!(certbot.name, "/etc/cron.d/certbot:5");
        assert_eq!((certbot.enabled.clone(), acme.enabled.clone()), (Known::Yes, Known::Yes));
        assert_eq!(acme.last.unwrap(), "2026-11-20T04:37:01.1Z".parse().unwrap());
        assert_eq!(certbot.last, None);
    }

    #[test]
    fn an_entry_without_a_daemon_or_beside_systemd_is_dead() {
        let without = survey("bash\n", Known::No(String::new()));
        assert_eq!(without.triggers[0].enabled, Known::No("no cron daemon runs".to_owned()));
        let beside = survey("cron\n", Known::Yes);
        assert!(matches!(&beside.triggers[0].enabled, Known::No(why) if why.contains("systemd")));
        assert_eq!(beside.triggers[1].enabled, Known::Yes);
    }
}
