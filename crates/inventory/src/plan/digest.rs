//! The weekly summary: that everything is well is also news, once a week, on the path that alerts would take.

use notafter_cert::Time;
use serde_json::json;

use super::alert::Background;
use crate::drill::ALARM;
use crate::model::{
    Alert, AlertState, BusinessHours, Finding, FindingState, Message, Owner, Path, Severity, Silence, Subject,
};

/// What one owner's week is told from.
pub struct Week<'a> {
    /// Whose week.
    pub owner: &'a Owner,
    /// Since when: the digest before, or a week ago.
    pub since: Time,
    /// When it is written.
    pub now: Time,
    /// The owner's alerts that are open or closed since.
    pub alerts: &'a [Alert],
    /// The owner's open findings.
    pub findings: &'a [Finding],
    /// Silences that have not ended.
    pub silences: &'a [Silence],
    /// Ways to the owner.
    pub paths: &'a [Path],
    /// Names.
    pub background: &'a Background,
    /// What is watched, and what happened to it.
    pub fleet: Fleet,
}

/// What is watched, and what happened to it since the last digest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fleet {
    /// Endpoints that are looked at.
    pub endpoints: usize,
    /// Lineages that are kept alive or watched.
    pub lineages: usize,
    /// Certificates that were renewed.
    pub renewed: usize,
    /// What comes next, soonest first: when, and what.
    pub coming: Vec<(Time, String)>,
}

/// Lines per list; the rest is counted.
const SHOWN: usize = 12;

/// The next start of a working week after `now`, in the owner's hours.
#[must_use]
pub fn next_at(hours: BusinessHours, now: Time) -> Time {
    let (today, _) = hours.local(now);
    // 1970-01-01 was a Thursday: day 0 is weekday 3 counted from Monday.
    let monday = today - (today + 3).rem_euclid(7);
    let begins = |monday| hours.instant(monday, i64::from(hours.from_minute));
    if begins(monday) > now { begins(monday) } else { begins(monday + 7) }
}

/// The digest.
#[must_use]
pub fn write(week: &Week<'_>) -> Message {
    let open: Vec<&Alert> = week.alerts.iter().filter(|alert| alert.state == AlertState::Open).collect();
    let findings: Vec<&Finding> = week.findings.iter().filter(|finding| is_told(finding)).collect();
    let worst = findings.iter().map(|finding| finding.violation.severity).max();
    let subject = match worst {
        None => format!(
            "DIGEST {}: all well, {} renewed, {} watched",
            week.owner.name,
            week.fleet.renewed,
            count(week.fleet.endpoints, "endpoint")
        ),
        Some(worst) => format!(
            "DIGEST {}: {} open ({worst} at worst), {} renewed",
            week.owner.name,
            count(findings.len(), "finding"),
            week.fleet.renewed
        ),
    };
    let mut body = format!("{} to {}\n", week.since.for_people(), week.now.for_people());
    section(&mut body, "Open", open_lines(week, &findings));
    section(&mut body, "Acknowledged, and still open", taken_lines(week, &open));
    section(&mut body, "Over since the last digest", over_lines(week));
    section(&mut body, "Silenced", silence_lines(week));
    section(&mut body, "Ways to you that do not work or are not proved", path_lines(week));
    section(&mut body, "Coming", coming_lines(week));
    body += &format!(
        "\nWatched: {}, {}; renewed since the last digest: {}\nOwner: {}\n",
        count(week.fleet.endpoints, "endpoint"),
        count(week.fleet.lineages, "lineage"),
        week.fleet.renewed,
        week.owner.name
    );
    let data = json!({
        "schema": "notafter.digest/1",
        "owner": week.owner.name,
        "since": week.since,
        "worst": worst.unwrap_or(Severity::Ok),
        "findings": findings.len(),
        "alerts": open.len(),
        "endpoints": week.fleet.endpoints,
        "lineages": week.fleet.lineages,
        "renewed": week.fleet.renewed,
    });
    Message { subject, body, data }
}

fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

fn section(body: &mut String, title: &str, lines: Vec<String>) {
    if lines.is_empty() {
        return;
    }
    *body += &format!("\n{title}\n");
    let more = lines.len().saturating_sub(SHOWN);
    for line in lines.into_iter().take(SHOWN) {
        *body += &format!("  {}\n", crate::words::one_line(&line, 300));
    }
    if more > 0 {
        *body += &format!("  and {more} more\n");
    }
}

/// What holds; an alarm that is rehearsed is over before anybody reads of it.
fn is_told(finding: &Finding) -> bool {
    finding.state == FindingState::Open && finding.violation.code != ALARM
}

fn open_lines(week: &Week<'_>, findings: &[&Finding]) -> Vec<String> {
    let mut sorted = findings.to_vec();
    sorted.sort_by_key(|finding| (std::cmp::Reverse(finding.violation.severity), finding.opened_at));
    sorted
        .iter()
        .map(|finding| {
            format!(
                "{} {}: {} (for {})",
                finding.violation.severity,
                week.background.name(&finding.violation.subject),
                super::alert::message::phrase(finding, week.now),
                week.now.since(finding.opened_at).for_people()
            )
        })
        .collect()
}

fn taken_lines(week: &Week<'_>, open: &[&Alert]) -> Vec<String> {
    open.iter()
        .filter_map(|alert| {
            let taken = alert.acknowledged.as_ref()?;
            let note = taken.note.as_ref().map_or_else(String::new, |note| format!(": {note}"));
            let name = week.background.name(&alert.root);
            Some(format!("{name}, {} ago{note} ({})", week.now.since(taken.at).for_people(), alert.id))
        })
        .collect()
}

fn over_lines(week: &Week<'_>) -> Vec<String> {
    let closed = week.alerts.iter().filter(|alert| alert.closed_at.is_some_and(|at| at >= week.since));
    closed
        .map(|alert| {
            let lasted = alert.quiet_since.unwrap_or(week.now).since(alert.opened_at).for_people();
            format!("{}: was {} for {lasted}", week.background.name(&alert.root), alert.peak)
        })
        .collect()
}

fn silence_lines(week: &Week<'_>) -> Vec<String> {
    let mine = week.silences.iter().filter(|silence| {
        silence.until > week.now && silence.scope.owner.is_none_or(|owner| owner == week.owner.id)
    });
    mine.map(|silence| {
        let what = [
            silence.scope.code.clone(),
            silence.scope.subject.as_ref().map(|subject| week.background.name(subject)),
        ];
        let what: Vec<String> = what.into_iter().flatten().collect();
        let what = if what.is_empty() { "everything".to_owned() } else { what.join(" of ") };
        format!("{what} until {}: {}", silence.until.for_people(), silence.why)
    })
    .collect()
}

fn path_lines(week: &Week<'_>) -> Vec<String> {
    week.paths
        .iter()
        .filter(|path| !path.is_proved(week.now))
        .map(|path| {
            let channel = || week.background.name(&Subject::Channel(path.channel_id));
            let to = path.to.clone().unwrap_or_else(channel);
            match (&path.last_error, path.proved_at) {
                (Some(error), _) => format!("{to}: {error}"),
                (None, Some(at)) => format!("{to}: last proved {}", at.for_people()),
                (None, None) => format!("{to}: never proved; type notafter alert test"),
            }
        })
        .collect()
}

fn coming_lines(week: &Week<'_>) -> Vec<String> {
    week.fleet.coming.iter().map(|(at, what)| format!("{}  {what}", at.for_people())).collect()
}

#[cfg(test)]
mod tests {
    use notafter_cert::Span;

    use super::*;
    use crate::model::{
        Acknowledgement, Actor, AlertId, ChannelId, FindingId, OwnerId, SilenceId, SilenceScope, Violation,
    };

    fn owner() -> Owner {
        Owner {
            id: OwnerId::from_bytes([1; 16]),
            name: "shop".to_owned(),
            contacts: Vec::new(),
            owns: Vec::new(),
            hours: BusinessHours::default(),
            acknowledge: None,
        }
    }

    fn at(text: &str) -> Time {
        text.parse().unwrap()
    }

    #[test]
    fn it_comes_when_the_owners_week_begins() {
        let tokyo = BusinessHours { offset_minutes: 540, ..BusinessHours::default() };
        let berlin = BusinessHours { zone: "Europe/Berlin".parse().ok(), ..BusinessHours::default() };
        let table = [
            (BusinessHours::default(), "2026-11-22T12:00:00Z", "2026-11-23T09:00:00Z"),
            (BusinessHours::default(), "2026-11-23T08:59:59Z", "2026-11-23T09:00:00Z"),
            (BusinessHours::default(), "2026-11-23T09:00:00Z", "2026-11-30T09:00:00Z"),
            (tokyo, "2026-11-22T12:00:00Z", "2026-11-23T00:00:00Z"),
            (berlin, "2026-10-19T12:00:00Z", "2026-10-26T08:00:00Z"),
            (berlin, "2026-03-23T12:00:00Z", "2026-03-30T07:00:00Z"),
        ];
        for (hours, now, next) in table {
            assert_eq!(next_at(hours, at(now)).to_string(), next, "{now}");
        }
    }

    fn failing(now: Time) -> Finding {
        Finding {
            id: FindingId::from_bytes([1; 16]),
            owner_id: owner().id,
            violation: Violation {
                code: "renewal.failing".to_owned(),
                severity: Severity::Warning,
                subject: Subject::Named("pay.example".to_owned()),
                cause: "domain".to_owned(),
                text: "renewal failing for 3 d, 9 attempts".to_owned(),
                hint: String::new(),
                evidence: serde_json::Value::Null,
            },
            state: FindingState::Open,
            opened_at: now - Span::days(3),
            changed_at: now,
            seen_at: now,
            closed_at: None,
        }
    }

    fn taken(finding: &Finding, now: Time) -> Alert {
        Alert {
            id: AlertId::from_bytes([2; 16]),
            owner_id: owner().id,
            root: Subject::Named("pay.example".to_owned()),
            severity: Severity::Warning,
            peak: Severity::Warning,
            findings: vec![finding.id],
            state: AlertState::Open,
            opened_at: now - Span::days(3),
            quiet_since: None,
            closed_at: None,
            rung: 1,
            told: Vec::new(),
            worsened: 0,
            acknowledged: Some(Acknowledgement {
                at: now - Span::days(2),
                by: Actor::Person("ada".to_owned()),
                note: Some("asked the registrar".to_owned()),
            }),
        }
    }

    #[test]
    fn a_quiet_week_is_said_in_a_line_and_a_loud_one_in_lists() {
        let owner = owner();
        let background = Background::default();
        let now = at("2026-11-23T09:00:00Z");
        let quiet = Week {
            owner: &owner,
            since: now - Span::days(7),
            now,
            alerts: &[],
            findings: &[],
            silences: &[],
            paths: &[],
            background: &background,
            fleet: Fleet {
                endpoints: 12,
                lineages: 1,
                renewed: 2,
                coming: vec![(at("2026-12-03T04:11:00Z"), "shop is renewed".to_owned())],
            },
        };
        let message = write(&quiet);
        insta::assert_snapshot!("quiet", format!("Subject: {}\n\n{}", message.subject, message.body));

        // "1 endpoints watched".
        let few = write(&Week {
            fleet: Fleet { endpoints: 1, lineages: 1, renewed: 0, coming: Vec::new() },
            ..quiet
        });
        assert_eq!(few.subject, "DIGEST shop: all well, 0 renewed, 1 endpoint watched");

        let finding = failing(now);
        let taken = taken(&finding, now);
        let over = Alert {
            root: Subject::Named("www.example".to_owned()),
            state: AlertState::Closed,
            peak: Severity::Critical,
            quiet_since: Some(now - Span::days(2) - Span::hours(20)),
            closed_at: Some(now - Span::days(2) - Span::hours(20)),
            worsened: 0,
            acknowledged: None,
            ..taken.clone()
        };
        let silence = Silence {
            id: SilenceId::from_bytes([1; 16]),
            scope: SilenceScope { code: Some("chain.*".to_owned()), ..SilenceScope::default() },
            from: now,
            until: now + Span::days(2),
            why: "the CA's exchange".to_owned(),
            by: Actor::Engine,
        };
        let path = Path::unknown(ChannelId::from_bytes([3; 16]), Some("ops@example".to_owned()), owner.id);
        let message = write(&Week {
            alerts: &[taken, over],
            findings: &[finding],
            silences: &[silence],
            paths: &[path],
            ..quiet
        });
        insta::assert_snapshot!("loud", format!("Subject: {}\n\n{}", message.subject, message.body));
    }
}
