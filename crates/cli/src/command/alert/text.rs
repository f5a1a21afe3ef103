//! Alerts as people read them.

use notafter_cert::Time;
use notafter_engine::operate::alert::{Confirmed, Listed, ListedPath, Listing, Tested};
use notafter_inventory::model::{Alert, AlertState, DeliveryState, Silence};

use notafter_inventory::plan::ahead::is_ahead;

use crate::output::terminal;

/// What came of each test, and what to type next.
pub(super) fn tested(tests: &[Tested]) -> String {
    let mut text = String::new();
    for test in tests {
        let to = way(&test.channel, test.to.as_deref());
        let verdict = match (test.state, test.needs_code) {
            (DeliveryState::Confirmed, _) => "proved",
            (DeliveryState::Accepted, true) => "taken, not yet proved",
            (DeliveryState::Accepted, false) => "taken",
            (DeliveryState::Pending, _) => "NOT TAKEN, tried again",
            (DeliveryState::Failed, _) => "REFUSED",
        };
        put(&mut text, &format!("{to}: {verdict} (owner {})", test.owner));
        put(&mut text, &format!("    {}", test.said));
    }
    let waiting = tests.iter().filter(|test| test.state == DeliveryState::Accepted && test.needs_code).count();
    if waiting > 0 {
        put(&mut text, "");
        put(&mut text, "A server that takes a message has not shown it to anybody.");
        put(&mut text, "Type the code that arrives: notafter alert confirm CODE");
    }
    text
}

/// A proved path.
pub(super) fn confirmed(proved: &Confirmed) -> String {
    let to = way(&proved.channel, proved.to.as_deref());
    format!("{to} is proved; the proof is believed until {}\n", proved.until.for_people())
}

/// A taken alert.
pub(super) fn acknowledged(alert: &Alert) -> String {
    format!("{} is yours: it does not climb and does not remind, until it gets worse\n", alert.id)
}

/// A silence.
pub(super) fn silenced(silence: &Silence) -> String {
    format!(
        "{} holds until {}; end it earlier with: notafter alert unsilence {}\n",
        silence.id,
        silence.until.for_people(),
        silence.id
    )
}

/// Alerts, silences, ways to people; the last line counts.
pub(super) fn listing(listing: &Listing, now: Time) -> String {
    let mut text = String::new();
    for listed in &listing.alerts {
        alert(&mut text, listed, &listing.silences, now);
    }
    if !listing.silences.is_empty() {
        put(&mut text, "Silences");
        for silence in &listing.silences {
            let covers = listing.covers.get(&silence.id).map_or("", String::as_str);
            let until = silence.until.for_people();
            put(&mut text, &format!("  {}: {covers}, until {until}", silence.id));
            put(&mut text, &format!("      by {}: {}", silence.by, silence.why));
        }
        put(&mut text, "");
    }
    if !listing.paths.is_empty() {
        put(&mut text, "Ways to people");
        for path in &listing.paths {
            put(&mut text, &format!("  {}", known(path, now)));
        }
        put(&mut text, "");
    }
    let open = listing.alerts.iter().filter(|listed| listed.alert.state == AlertState::Open).count();
    let proved = listing.paths.iter().filter(|path| path.proved).count();
    put(&mut text, &format!("{open} open, {} of {} ways to people proved", proved, listing.paths.len()));
    text
}

fn alert(text: &mut String, listed: &Listed, silences: &[Silence], now: Time) {
    let alert = &listed.alert;
    let head = match alert.closed_at {
        Some(at) => format!("OVER {} (was {}, ended {})", listed.name, alert.peak, at.for_people()),
        None => format!("{} {} (since {})", alert.severity, listed.name, alert.opened_at.for_people()),
    };
    put(text, &head);
    for finding in &listed.findings {
        let about = if finding.subject == listed.name { String::new() } else { format!("{}: ", finding.subject) };
        let mark = if finding.open { "" } else { " (over)" };
        put(text, &format!("  {} {about}{} [{}]{mark}", finding.severity, finding.text, finding.code));
    }
    put(text, &format!("  {}, owner {}", alert.id, listed.owner));
    let reached = alert.told.iter().filter(|one| !listed.not_reached.contains(&one.contact));
    let told: Vec<String> = reached.fold(Vec::new(), |mut told, one| {
        let to = way(&one.contact.channel, one.contact.to.as_deref());
        if !told.contains(&to) {
            told.push(to);
        }
        told
    });
    put(text, &format!("  told: {}", if told.is_empty() { "nobody".to_owned() } else { told.join(", ") }));
    let in_vain = listed.not_reached.iter().map(|one| way(&one.channel, one.to.as_deref()));
    let in_vain: Vec<String> = in_vain.collect();
    if !in_vain.is_empty() {
        put(text, &format!("  sent and not taken yet: {}", in_vain.join(", ")));
    }
    if let Some(taken) = &alert.acknowledged {
        let note = taken.note.as_ref().map_or_else(String::new, |note| format!(": {note}"));
        let (who, when, ago) = (&taken.by, taken.at.for_people(), now.since(taken.at).for_people());
        put(text, &format!("  acknowledged by {who} at {when} ({ago} ago){note}"));
    } else if alert.state == AlertState::Open {
        put(text, &format!("  take it: notafter alert ack {}", alert.id));
    }
    silenced_by(text, listed, silences);
    put(text, "");
}

/// Which silence covers it, or a part of it, and until when.
fn silenced_by(text: &mut String, listed: &Listed, silences: &[Silence]) {
    let open = listed.findings.iter().filter(|finding| finding.open).count();
    for covering in &listed.silenced_by {
        let part = match covering.findings {
            all if all == open => String::new(),
            some => format!("{some} of {open} findings "),
        };
        let (id, until) = (covering.silence, covering.until.for_people());
        let said = match silences.iter().find(|silence| silence.id == id) {
            Some(Silence { why, by, .. }) => format!("{why} ({id}, by {by})"),
            None => id.to_string(),
        };
        put(text, &format!("  {part}silenced until {until}: {said}"));
    }
}

fn known(path: &ListedPath, now: Time) -> String {
    let to = way(&path.channel, path.path.to.as_deref());
    let state = match (&path.path.last_error, path.path.proved_at, path.proved) {
        (Some(error), ..) => format!("FAILING: {error}"),
        (None, Some(at), true) => match path.path.asked_at {
            Some(asked) => {
                format!("proved {}, asked anew since {}: no answer yet", at.for_people(), asked.for_people())
            }
            None => format!("proved {}", at.for_people()),
        },
        (None, Some(at), false) if is_ahead(at, now) => {
            format!("proved {}, by a clock that was ahead: not known", at.for_people())
        }
        (None, Some(at), false) => format!("proved {}, too long ago", at.for_people()),
        (None, None, _) => "never proved".to_owned(),
    };
    format!("{to}: {state}")
}

fn way(channel: &str, to: Option<&str>) -> String {
    to.map_or_else(|| channel.to_owned(), |to| format!("{to} ({channel})"))
}

fn put(text: &mut String, line: &str) {
    for line in terminal::block(line, "      ") {
        let clean = line.chars().map(|letter| if letter.is_control() { ' ' } else { letter });
        text.extend(clean.chain(['\n']));
    }
}

#[cfg(test)]
mod tests {
    use notafter_engine::operate::alert::{Covering, ListedFinding};
    use notafter_inventory::model::{Actor, FindingId,
        Acknowledgement, AlertId, ChannelId, Contact, DeliveryId, EndpointId, OwnerId, Path, Purpose,
        Severity, SilenceId, SilenceScope, Subject, Told,
    };

    use super::*;

    fn at(text: &str) -> Time {
        text.parse().unwrap()
    }

    fn test(state: DeliveryState, channel: &str, to: Option<&str>, said: &str) -> Tested {
        Tested {
            owner: "shop".to_owned(),
            channel: channel.to_owned(),
            to: to.map(str::to_owned),
            state,
            said: said.to_owned(),
            needs_code: to.is_some(),
            proved_before: None,
        }
    }

    #[test]
    fn tests_say_what_is_proved_and_what_is_not() {
        insta::assert_snapshot!(tested(&[
            test(DeliveryState::Accepted, "mail", Some("ops@example"), "250 2.0.0 queued"),
            test(DeliveryState::Confirmed, "hook", None, "204"),
            test(DeliveryState::Failed, "mail", Some("gone@example"), "550 no such\u{1b}[31m mailbox"),
            test(DeliveryState::Pending, "mail", Some("slow@example"), "451 later"),
        ]));
    }

    fn open() -> Alert {
        let contact = Contact { channel: "mail".to_owned(), to: Some("ops@example".to_owned()) };
        let told = Told {
            at: at("2026-11-25T03:00:00Z"),
            contact,
            purpose: Purpose::Opened,
            severity: Severity::Critical,
            delivery_id: DeliveryId::from_bytes([1; 16]),
        };
        Alert {
            id: AlertId::from_bytes([2; 16]),
            owner_id: OwnerId::from_bytes([3; 16]),
            root: Subject::Endpoint(EndpointId::from_bytes([4; 16])),
            severity: Severity::Critical,
            peak: Severity::Critical,
            findings: Vec::new(),
            state: AlertState::Open,
            opened_at: at("2026-11-25T03:00:00Z"),
            quiet_since: None,
            closed_at: None,
            rung: 1,
            told: vec![told.clone(), told],
            worsened: 0,
            acknowledged: None,
        }
    }

    fn ways() -> Vec<ListedPath> {
        let path = Path::unknown(
            ChannelId::from_bytes([5; 16]),
            Some("ops@example".to_owned()),
            OwnerId::from_bytes([3; 16]),
        );
        let proved = Path { proved_at: Some(at("2026-11-01T00:00:00Z")), ..path.clone() };
        let way = |path: Path, proved| ListedPath { channel: "mail".to_owned(), path, proved };
        vec![way(proved, true), way(path, false)]
    }

    #[test]
    fn a_listing_reads_from_worst_to_count() {
        let open = open();
        let taken = Alert {
            worsened: 0,
            acknowledged: Some(Acknowledgement {
                at: at("2026-11-25T04:00:00Z"),
                by: Actor::Person("ada".to_owned()),
                note: Some("on it".to_owned()),
            }),
            ..open.clone()
        };
        let over = Alert {
            state: AlertState::Closed,
            closed_at: Some(at("2026-11-25T05:00:00Z")),
            ..open.clone()
        };
        let finding = ListedFinding {
            id: FindingId::from_bytes([7; 16]),
            code: "certificate.expires-soon".to_owned(),
            severity: Severity::Critical,
            subject: "shop.example".to_owned(),
            text: "expires in 9 h".to_owned(),
            open: true,
            since: at("2026-11-25T03:00:00Z"),
        };
        let listed = |alert: Alert| Listed {
            alert,
            name: "shop.example".to_owned(),
            owner: "shop".to_owned(),
            findings: vec![finding.clone()],
            silenced_until: None,
            not_reached: Vec::new(),
            silenced_by: Vec::new(),
        };
        let silence = Silence {
            id: SilenceId::from_bytes([6; 16]),
            scope: SilenceScope::default(),
            from: at("2026-11-25T00:00:00Z"),
            until: at("2026-11-26T00:00:00Z"),
            why: "planned".to_owned(),
            by: Actor::Person("grace".to_owned()),
        };
        let by = |findings| vec![Covering { silence: silence.id, until: silence.until, findings }];
        let covers = [(silence.id, "certificate.* about shop.example, owner shop".to_owned())].into();
        let whole =
            Listed { silenced_until: Some(silence.until), silenced_by: by(1), ..listed(open.clone()) };
        let more = ListedFinding { code: "renewal.failing".to_owned(), ..finding.clone() };
        let part = Listed {
            not_reached: vec![Contact { channel: "mail".to_owned(), to: Some("ops@example".to_owned()) }],
            findings: vec![finding.clone(), more],
            silenced_by: by(1),
            ..listed(open.clone())
        };
        let all = Listing {
            alerts: vec![whole, part, listed(open), listed(taken), listed(over)],
            silences: vec![silence],
            covers,
            paths: ways(),
        };
        insta::assert_snapshot!(listing(&all, at("2026-11-25T06:00:00Z")));
    }
}
