//! systemd timers (systemd.timer(5)): unit files, whether they are enabled, and when they last fired.

use std::collections::{BTreeMap, BTreeSet};

use notafter_cert::Span;
use notafter_inventory::adopt::fact::{Known, Run, RunResult, Survey, Trigger, TriggerKind};

use super::machine::{Machine, join};
use super::{Discoverer, Meta, note, processes, seen, started_by};

/// systemd timers that start a renewing program.
pub(super) struct Timers;

/// Where units lie, the strongest first (systemd.unit(5)).
const UNIT_DIRECTORIES: [&str; 5] = [
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
];

impl Discoverer for Timers {
    fn meta(&self) -> Meta {
        Meta {
            name: "timers",
            title: "systemd timers that start a renewing program",
            reads: &[
                "/etc/systemd/system",
                "/usr/lib/systemd/system",
                "/var/lib/systemd/timers",
                "systemctl",
            ],
        }
    }

    fn discover(&self, machine: &Machine, survey: &mut Survey) {
        survey.systemd_runs = systemd_runs(machine);
        if let Some(why) = &machine.systemd.failed {
            note(survey, "systemd's timers", why.clone());
        }
        let mut names: Vec<String> = Vec::new();
        for directory in UNIT_DIRECTORIES {
            let entries = machine.list(directory);
            for entry in seen(survey, directory, entries).unwrap_or_default() {
                if entry.name.ends_with(".timer") && !names.contains(&entry.name) {
                    names.push(entry.name);
                }
            }
        }
        for name in names {
            add(machine, survey, &name);
        }
    }
}

/// Whether systemd runs the machine, as sd_booted(3) tells. Of a file system without a running machine nobody can say:
/// `/run` is filled at boot.
fn systemd_runs(machine: &Machine) -> Known {
    match machine.exists("/run/systemd/system") {
        Ok(true) => Known::Yes,
        Ok(false) if machine.is_this_one() || processes(machine).is_ok_and(|found| !found.is_empty()) => {
            Known::No("systemd does not run here".to_owned())
        }
        Ok(false) => {
            Known::Unknown("of this file system alone cannot be told whether systemd runs".to_owned())
        }
        Err(blind) => Known::Unknown(format!("/run/systemd/system: {blind}")),
    }
}

fn add(machine: &Machine, survey: &mut Survey, name: &str) {
    let Some((file, timer)) = unit(machine, survey, name) else { return };
    let service =
        timer.last("Timer", "Unit").map_or_else(|| name.replace(".timer", ".service"), str::to_owned);
    let Some((_, about)) = unit(machine, survey, &service) else { return };
    let command = about.all("Service", "ExecStart").join(" ; ");
    let Some(starts) = started_by(&command) else { return };
    let schedules: Vec<String> =
        ["OnCalendar", "OnUnitActiveSec", "OnUnitInactiveSec", "OnBootSec", "OnActiveSec"]
            .into_iter()
            .flat_map(|key| timer.all("Timer", key).into_iter().map(move |value| format!("{key}={value}")))
            .collect();
    let live = machine.systemd.timers.get(name);
    // Persistent timers keep a stamp, which tells even where systemd cannot be asked.
    let stamp = machine.modified(&format!("/var/lib/systemd/timers/stamp-{name}"));
    survey.triggers.push(Trigger {
        kind: TriggerKind::Timer,
        name: name.to_owned(),
        command,
        starts,
        enabled: works(enabled(machine, name, &timer), &survey.systemd_runs),
        every: pause(&timer),
        schedule: schedules.join(", "),
        last: live.and_then(super::systemd::TimerState::last).max(stamp),
        file,
    });
    survey.runs.extend(run(machine, &service, starts));
}

fn run(machine: &Machine, service: &str, renewer: notafter_inventory::model::Renewer) -> Option<Run> {
    let state = machine.systemd.services.get(service)?;
    let result = match state.result.as_str() {
        "success" => RunResult::Succeeded,
        "" => RunResult::Unknown,
        _ => RunResult::Failed,
    };
    Some(Run {
        renewer,
        home: None,
        at: state.exited_at?,
        result,
        detail: format!("systemd: {service} ended with {}", state.result),
        source: format!("systemctl show {service}"),
        failed: vec![],
    })
}

/// An enabled timer fires where systemd runs, and nowhere else.
fn works(enabled: Known, systemd_runs: &Known) -> Known {
    match (enabled, systemd_runs) {
        (_, Known::No(why)) => Known::No(why.clone()),
        (Known::Yes, Known::Unknown(why)) => Known::Unknown(why.clone()),
        (enabled, _) => enabled,
    }
}

/// Enabled means: wanted by something that starts at boot. Masked and merely present units do not run.
fn enabled(machine: &Machine, name: &str, timer: &Unit) -> Known {
    if machine.link(&join("/etc/systemd/system", name)).as_deref() == Some("/dev/null") {
        return Known::No("it is masked".to_owned());
    }
    let mut blind = None;
    for directory in UNIT_DIRECTORIES {
        let entries = match machine.list(directory) {
            Ok(entries) => entries,
            Err(super::Blind::Missing) => continue,
            Err(error) => {
                blind = Some(format!("{directory}: {error}"));
                continue;
            }
        };
        for wants in entries.iter().filter(|it| it.name.ends_with(".wants") || it.name.ends_with(".requires"))
        {
            if machine.list(&wants.path).is_ok_and(|links| links.iter().any(|link| link.name == name)) {
                return Known::Yes;
            }
        }
    }
    match blind {
        Some(why) => Known::Unknown(why),
        None if timer.all("Install", "WantedBy").is_empty() => {
            Known::No("nothing wants it, and it has no [Install] section".to_owned())
        }
        None => Known::No(format!("it is not enabled: `systemctl enable --now {name}` starts it")),
    }
}

/// The service of systemd whose command line `says` so, and whether it starts at boot; the enabled one of several.
///
/// # Errors
/// Why nobody can say: systemd does not run this machine, or its units cannot be read.
pub fn service_that(
    machine: &Machine,
    says: impl Fn(&str) -> bool,
) -> Result<Option<(String, Known)>, String> {
    match machine.exists("/run/systemd/system") {
        Ok(true) => {}
        Ok(false) => return Err("systemd does not run this machine".to_owned()),
        Err(blind) => return Err(blind.to_string()),
    }
    let mut survey = Survey::default();
    let mut found: Option<(String, Known)> = None;
    for directory in UNIT_DIRECTORIES {
        let entries = machine.list(directory);
        for entry in seen(&mut survey, directory, entries).unwrap_or_default() {
            if !entry.name.ends_with(".service") || matches!(found, Some((_, Known::Yes))) {
                continue;
            }
            let Some((_, service)) = unit(machine, &mut survey, &entry.name) else { continue };
            if service.all("Service", "ExecStart").iter().any(|command| says(command)) {
                let known = enabled(machine, &entry.name, &service);
                found = Some((entry.name, known));
            }
        }
    }
    // What could not be seen may be the one that was asked for.
    match (found, survey.unseen.first()) {
        (None, Some(unseen)) => Err(format!("{}: {}", unseen.what, unseen.why)),
        (found, _) => Ok(found),
    }
}

/// A unit with its drop-ins.
fn unit(machine: &Machine, survey: &mut Survey, name: &str) -> Option<(String, Unit)> {
    let mut found = None;
    for directory in UNIT_DIRECTORIES {
        let path = join(directory, name);
        // A mask hides the file of the same name below.
        let masked = machine.link(&path).as_deref() == Some("/dev/null");
        let text = if masked { Err(super::Blind::Missing) } else { machine.read_text(&path) };
        if let Some(text) = seen(survey, &path, text) {
            found = Some((path, Unit::parse(&text)));
            break;
        }
    }
    let (path, mut unit) = found?;
    for directory in UNIT_DIRECTORIES.iter().rev() {
        let entries = machine.list(&format!("{directory}/{name}.d"));
        for entry in seen(survey, directory, entries).unwrap_or_default() {
            if entry.name.ends_with(".conf") {
                let text = machine.read_text(&entry.path);
                unit.add(&seen(survey, &entry.path, text).unwrap_or_default());
            }
        }
    }
    Some((path, unit))
}

/// The settings of a unit, in order.
#[derive(Default)]
struct Unit {
    values: BTreeMap<(String, String), Vec<String>>,
}

impl Unit {
    fn parse(text: &str) -> Self {
        let mut unit = Self::default();
        unit.add(text);
        unit
    }

    /// An empty value takes back those before it (systemd.unit(5)).
    fn add(&mut self, text: &str) {
        let mut section = String::new();
        for line in text.replace("\\\n", " ").lines().map(str::trim) {
            if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                name.clone_into(&mut section);
            } else if let (Some((key, value)), false) = (line.split_once('='), line.starts_with(['#', ';'])) {
                let values = self.values.entry((section.clone(), key.trim().to_owned())).or_default();
                match value.trim() {
                    "" => values.clear(),
                    value => values.push(value.to_owned()),
                }
            }
        }
    }

    fn all(&self, section: &str, key: &str) -> Vec<String> {
        self.values.get(&(section.to_owned(), key.to_owned())).cloned().unwrap_or_default()
    }

    fn last(&self, section: &str, key: &str) -> Option<&str> {
        self.values.get(&(section.to_owned(), key.to_owned()))?.last().map(String::as_str)
    }
}

/// The longest pause between two starts, the random delay included, where the schedule is understood.
fn pause(timer: &Unit) -> Option<Span> {
    let calendar = timer.all("Timer", "OnCalendar").iter().filter_map(|text| calendar_pause(text)).min();
    let monotonic = ["OnUnitActiveSec", "OnUnitInactiveSec"]
        .into_iter()
        .filter_map(|key| time_span(timer.last("Timer", key)?))
        .min();
    let regular = calendar.into_iter().chain(monotonic).min()?;
    let delay = timer.last("Timer", "RandomizedDelaySec").and_then(time_span).unwrap_or(Span::ZERO);
    Some(regular + delay)
}

/// systemd.time(7), as far as timers of renewing programs go: shorthands, and `[WEEKDAY] [DATE] TIME` by its hours.
fn calendar_pause(text: &str) -> Option<Span> {
    match text.to_ascii_lowercase().as_str() {
        "minutely" => return Some(Span::minutes(1)),
        "hourly" => return Some(Span::hours(1)),
        "daily" | "midnight" => return Some(Span::days(1)),
        "weekly" => return Some(Span::days(7)),
        "monthly" => return Some(Span::days(31)),
        _ => {}
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    let is_weekday = |word: &str| {
        let short = word.get(..3).unwrap_or_default().to_ascii_lowercase();
        ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].contains(&short.as_str())
    };
    if is_weekday(text) {
        return Some(Span::days(7));
    }
    if words.iter().any(|word| word.contains('-') && *word != "*-*-*") {
        return Some(Span::days(31));
    }
    let hours = words.iter().find(|word| word.contains(':'))?.split(':').next()?;
    hours_pause(hours)
}

fn hours_pause(hours: &str) -> Option<Span> {
    let mut at = BTreeSet::new();
    for part in hours.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, Some(step.parse::<usize>().ok().filter(|&step| step > 0)?)),
            None => (part, None),
        };
        let (from, to) = match range.split_once("..") {
            _ if range == "*" => (0, 23),
            Some((from, to)) => (from.parse::<i64>().ok()?, to.parse::<i64>().ok()?),
            None => {
                let from = range.parse::<i64>().ok()?;
                // A step alone goes on to the end of the day.
                (from, if step.is_some() { 23 } else { from })
            }
        };
        if from < 0 || to > 23 {
            return None;
        }
        at.extend((from..=to).step_by(step.unwrap_or(1)));
    }
    let at: Vec<i64> = at.into_iter().collect();
    let over_night = 24 - at.last()? + at.first()?;
    let longest = at.windows(2).map(|pair| pair[1] - pair[0]).chain([over_night]).max()?;
    Some(Span::hours(longest))
}

/// `43200`, `12h`, `1h 30min`, `1d`
fn time_span(text: &str) -> Option<Span> {
    let mut total = Span::ZERO;
    let mut rest = text.trim();
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let number: i64 = rest[..digits].parse().ok()?;
        rest = rest[digits..].trim_start();
        let letters = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        let unit = match &rest[..letters] {
            "" | "s" | "sec" | "second" | "seconds" => Span::seconds(1),
            "m" | "min" | "minute" | "minutes" => Span::minutes(1),
            "h" | "hr" | "hour" | "hours" => Span::hours(1),
            "d" | "day" | "days" => Span::days(1),
            "w" | "week" | "weeks" => Span::days(7),
            _ => return None,
        };
        total = total + Span::micros(unit.as_micros().checked_mul(number)?);
        rest = rest[letters..].trim_start();
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    fn span(text: &str) -> Span {
        text.parse().unwrap()
    }

    #[test]
    fn schedules_become_pauses() {
        let table = [
            ("*-*-* 00,12:00:00", Some("12h")),
            ("daily", Some("24h")),
            ("*-*-* 3:17:00", Some("24h")),
            ("*-*-* 0/6:00:00", Some("6h")),
            ("*-*-* 1/7:00:00", Some("7h")),
            ("*-*-* 20/5:00:00", Some("24h")),
            ("*-*-* 0..6/2,18:00", Some("12h")),
            ("Mon *-*-* 00:00:00", Some("7d")),
            ("*-*-01 00:00:00", Some("31d")),
            ("*:0/15", Some("1h")),
            ("fortnightly 12", None),
            ("12", None),
        ];
        for (text, expected) in table {
            assert_eq!(calendar_pause(text), expected.map(span), "{text}");
        }
        assert_eq!(time_span("1h 30min"), Some(span("90m")));
        assert_eq!(time_span("43200"), Some(span("12h")));
        assert_eq!(time_span("soon"), None);
    }

    /// `0..9999999999` took gigabytes, and numbers beyond the day overflowed.
    #[test]
    fn hours_that_no_day_has_are_not_counted_out() {
        let again = vec!["*"; 5_000].join(",");
        assert_eq!(hours_pause(&again), Some(Span::hours(1)));
        for wrong in [
            "0..9999999999",
            "-9223372036854775808",
            "9223372036854775807",
            "-9223372036854775808..9223372036854775807",
            "0/0",
            "0/-5",
            "7..3",
            "24",
        ] {
            assert_eq!(hours_pause(wrong), None, "{wrong}");
        }
        assert_eq!(hours_pause("0/99999999999"), Some(Span::days(1)));
    }

    const TIMER: &str = "[Unit]\nDescription=Run certbot twice daily\n\n[Timer]\nOnCalendar=*-*-* 00,12:00:00\n\
        RandomizedDelaySec=43200\nPersistent=true\n\n[Install]\nWantedBy=timers.target\n";
    const SERVICE: &str =
        "[Service]\nType=oneshot\nExecStart=/usr/bin/certbot -q renew --no-random-sleep-on-renew\n";

    fn survey(stage: impl Fn(&std::path::Path)) -> Survey {
        let directory = tempfile::tempdir().unwrap();
        let units = directory.path().join("lib/systemd/system");
        fs::create_dir_all(&units).unwrap();
        fs::create_dir_all(directory.path().join("etc/systemd/system/timers.target.wants")).unwrap();
        fs::write(units.join("certbot.timer"), TIMER).unwrap();
        fs::write(units.join("certbot.service"), SERVICE).unwrap();
        fs::write(units.join("fstrim.timer"), "[Timer]\nOnCalendar=weekly\n").unwrap();
        fs::write(units.join("fstrim.service"), "[Service]\nExecStart=/sbin/fstrim\n").unwrap();
        stage(directory.path());
        let mut survey = Survey::default();
        Timers.discover(&Machine::new(directory.path(), vec![]), &mut survey);
        survey
    }

    #[test]
    fn an_enabled_timer_is_found_with_its_pause() {
        let survey = survey(|root| {
            fs::create_dir_all(root.join("run/systemd/system")).unwrap();
            enable(root);
        });
        let [timer] = survey.triggers.as_slice() else { panic!("{survey:?}") };
        assert_eq!(timer.enabled, Known::Yes);
        assert_eq!(timer.every, Some(span("24h")), "twelve hours and the random delay");
        assert_eq!(timer.name, "certbot.timer");
        assert_eq!(survey.systemd_runs, Known::Yes);
    }

    fn enable(root: &std::path::Path) {
        let wants = root.join("etc/systemd/system/timers.target.wants/certbot.timer");
        symlink("/lib/systemd/system/certbot.timer", wants).unwrap();
    }

    /// It was "alive", in every container: the link is there, and nothing reads it.
    #[test]
    fn an_enabled_timer_where_systemd_does_not_run_is_dead_and_in_a_mounted_image_unknown() {
        let beside_processes = survey(|root| {
            enable(root);
            fs::create_dir_all(root.join("proc/1")).unwrap();
        });
        let not_here = Known::No("systemd does not run here".to_owned());
        assert_eq!(beside_processes.triggers[0].enabled, not_here);
        let never_enabled = survey(|root| fs::create_dir_all(root.join("proc/1")).unwrap());
        assert_eq!(never_enabled.triggers[0].enabled, not_here, "switching it on would not help");
        let image = survey(enable);
        let Known::Unknown(why) = &image.triggers[0].enabled else { panic!("{image:?}") };
        assert_eq!(why, "of this file system alone cannot be told whether systemd runs");
    }

    #[test]
    fn present_is_not_enabled_and_masked_is_off() {
        let present = survey(|_| {});
        assert!(matches!(&present.triggers[0].enabled, Known::No(why) if why.contains("systemctl enable")));
        let masked = survey(|root| {
            symlink("/dev/null", root.join("etc/systemd/system/certbot.timer")).unwrap();
        });
        assert!(matches!(&masked.triggers[0].enabled, Known::No(why) if why.contains("masked")));
    }

    #[test]
    fn a_service_among_units_that_nobody_can_read_is_unknown_and_not_absent() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        fs::create_dir_all(root.join("run/systemd/system")).unwrap();
        fs::create_dir_all(root.join("lib/systemd/system")).unwrap();
        let ask = || service_that(&Machine::new(root, vec![]), |command| command.contains("notafter serve"));
        assert_eq!(ask(), Ok(None));
        fs::create_dir_all(root.join("etc/systemd")).unwrap();
        symlink("system", root.join("etc/systemd/system")).unwrap();
        let unseen = ask().unwrap_err();
        assert!(unseen.starts_with("/etc/systemd/system: "), "{unseen}");
        let unit = "[Service]\nExecStart=/usr/bin/notafter serve\n";
        fs::write(root.join("lib/systemd/system/notafter.service"), unit).unwrap();
        assert_eq!(ask().unwrap().unwrap().0, "notafter.service", "found is found");
    }
}
