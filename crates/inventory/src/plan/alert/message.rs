//! What is said: one line that is enough at 03:00, then cause, evidence, what was tried, the next automatic try, the
//! command to type, and the owner. Plain text, short lines, made from code and data.

use notafter_cert::{Span, Time};
use serde_json::{Value, json};

use super::background::helps;
use super::facts::facts;
use super::rank::Rank;
use super::{Background, NextTry, Tried, deployed, links};
use crate::drill;
use crate::model::{
    Acknowledgement, Alert, Contact, Finding, FindingState, Message, Owner, Purpose, Severity, Subject,
};
use crate::plan::renew::{KEPT, attempts_fit};
use crate::rule::Mark;
use crate::words::{lines, one_line};

/// Everything that one message about one alert is made from.
pub struct Letter<'a> {
    /// The alert, with the message at hand already in its history.
    pub alert: &'a Alert,
    /// Why it is sent.
    pub purpose: Purpose,
    /// The alert's findings, open and closed, in the order in which they joined.
    pub findings: Vec<&'a Finding>,
    /// Names, attempts, commands.
    pub background: &'a Background,
    /// Whose alert it is.
    pub owner: &'a Owner,
    /// Who hears of it next unless somebody acknowledges, and when.
    pub next_contact: Option<(Contact, Time)>,
    /// Who is told at the same instant on a path that shares nothing with the one of this message.
    pub also_told: Vec<Contact>,
    /// When it is written.
    pub now: Time,
}

/// Evidence of `renewal.failing` that the body tells in its own place.
pub(super) const NEXT_ATTEMPT: &str = "next_attempt";
pub(super) const RUNWAY: &str = "runway";
/// How the words about a failing renewal begin.
const RENEWAL_FAILING: &str = "renewal failing";
/// How every message of a drill begins.
const DRILL: &str = "THIS IS A DRILL. Nothing is wrong. Please take this alarm as you would a real one.\n";
/// Mail clients on phones show about this much; the rest is in the body.
const SUBJECT_CHARS: usize = 140;
/// One fact of foreign making must not fill the screen.
pub(super) const FACT_CHARS: usize = 300;
/// Facts shown per finding.
const FACTS: usize = 8;
/// Findings shown in full; the others are counted.
const FINDINGS: usize = 8;

/// One alert as a message, or several that are due to the same contact at once.
#[must_use]
pub fn write(letters: &[Letter<'_>]) -> Message {
    match letters {
        [letter] => Message { subject: letter.subject(), body: letter.body(), data: letter.data() },
        many => storm(many),
    }
}

fn storm(letters: &[Letter<'_>]) -> Message {
    let mut letters: Vec<&Letter<'_>> = letters.iter().collect();
    letters.sort_by_key(|letter| letter.urgency());
    let worst = letters.first();
    let first = worst.map_or_else(String::new, |letter| letter.headline());
    let severity = worst.map_or(Severity::Unknown, |letter| letter.alert.severity);
    let over = letters.iter().all(|letter| letter.purpose == Purpose::Recovered);
    let mark = if over { "RECOVERED".to_owned() } else { severity.to_string() };
    let (before, after) =
        (format!("{mark} {} alerts at once: ", letters.len()), format!(", and {} more", letters.len() - 1));
    let left = SUBJECT_CHARS - before.chars().count() - after.chars().count();
    let subject = before + &one_line(&first, left) + &after;
    let mut body = format!("{subject}\n\n");
    for letter in &letters {
        line(&mut body, &format!("* {}", letter.subject()));
        line(&mut body, &links::to_take(letter.alert.id));
    }
    line(&mut body, "\nEach in full\n  notafter alert list");
    let alerts: Vec<Value> = letters.iter().map(|letter| letter.data()).collect();
    Message { subject, body, data: json!({ "schema": "notafter.alerts/1", "alerts": alerts }) }
}

impl Letter<'_> {
    pub(super) fn name(&self) -> String {
        self.background.name(&self.alert.root)
    }

    /// `shop.example: expires in 9 h 12 min (04:31 UTC), 1 of 4 addresses stale`.
    fn headline(&self) -> String {
        let mut by_code: Vec<(&str, Vec<&Finding>)> = Vec::new();
        for finding in self.worst_first() {
            match by_code.iter_mut().find(|(code, _)| *code == finding.violation.code) {
                Some((_, alike)) => alike.push(finding),
                None => by_code.push((&finding.violation.code, vec![finding])),
            }
        }
        // The end stands first: it says how long there is to read the rest; of several, the one that comes first.
        by_code.sort_by_key(|(_, alike)| alike.first().map_or(Rank::Other, |first| Rank::of(first)));
        for (_, alike) in &mut by_code {
            alike.sort_by_key(|finding| end_said(finding));
        }
        let mut said: Vec<Time> = Vec::new();
        let mut phrases: Vec<String> = Vec::new();
        for (_, alike) in &by_code {
            let Some(first) = alike.first() else { continue };
            let words = match known(&first.violation.evidence, "not_after") {
                Some(end) if said.contains(&end) => without_end(first, self.now),
                _ => None,
            };
            said.extend(alike.iter().filter_map(|finding| end_said(finding)));
            phrases.push(self.about(alike, words.unwrap_or_else(|| phrase(first, self.now))));
        }
        format!("{}: {}", self.name(), phrases.join(", "))
    }

    /// Whom the words are about, where that is not what the alert is called by.
    fn about(&self, alike: &[&Finding], words: String) -> String {
        let Some(first) = alike.first() else { return words };
        let name = self.background.name(&first.violation.subject);
        let deployed = deployed::Summary::of(alike);
        if let Some(deployed) = deployed.as_ref().filter(|_| is_called_by(&name, &self.name())) {
            return deployed.with_places();
        }
        let words = deployed.map_or(words, |deployed| deployed.alone());
        let more = alike.len() - 1;
        let (who, others) = match more {
            0 => (name.clone(), String::new()),
            more => (format!("{name} and {more} more"), format!(" and {more} more")),
        };
        if more == 0 && (is_called_by(&name, &self.name()) || words.contains(&name)) {
            return words;
        }
        match words.strip_prefix(RENEWAL_FAILING) {
            Some(rest) => format!("renewal of {who} failing{rest}"),
            None if Rank::of(first) <= Rank::Ends => format!("{name} {words}{others}"),
            None => format!("{who}: {words}"),
        }
    }

    /// Orders alerts, the most urgent first: by how bad they are, then by what a subject begins with, what fails clients
    /// already before what is to come, and what ends soon before what ends later.
    fn urgency(&self) -> impl Ord + use<> {
        let of = |finding: &&Finding| {
            let end = end_said(finding);
            (Rank::of(finding), !finding.violation.fails_clients(), end.is_none(), end)
        };
        (
            drill::is_alarm(self.alert),
            std::cmp::Reverse(self.alert.severity),
            self.worst_first().iter().map(of).min(),
        )
    }

    /// What holds, worst first; of an alert that is over, everything that held.
    pub(super) fn worst_first(&self) -> Vec<&Finding> {
        let is_open = |finding: &&Finding| finding.state == FindingState::Open;
        let mut shown: Vec<&Finding> = self.findings.iter().copied().filter(is_open).collect();
        if shown.is_empty() {
            shown.clone_from(&self.findings);
        }
        shown.sort_by_key(|finding| std::cmp::Reverse(finding.violation.severity));
        shown
    }

    /// Whether nothing of it is wrong yet.
    fn is_advice(&self) -> bool {
        self.worst_first().iter().all(|finding| finding.violation.is_marked(Mark::Advice))
    }

    /// Who took it, where that is the news.
    fn taken(&self) -> Option<&Acknowledgement> {
        self.alert.acknowledged.as_ref().filter(|_| self.purpose == Purpose::Acknowledged)
    }

    /// The line of a drill says so first.
    pub(super) fn subject(&self) -> String {
        let said = self.said();
        if drill::is_alarm(self.alert) { one_line(&format!("DRILL {said}"), SUBJECT_CHARS) } else { said }
    }

    fn said(&self) -> String {
        if self.purpose == Purpose::Recovered {
            let lasted = self.alert.quiet_since.unwrap_or(self.now).since(self.alert.opened_at).for_people();
            let text = format!("RECOVERED {}: was {} for {lasted}", self.name(), self.alert.peak);
            return one_line(&text, SUBJECT_CHARS);
        }
        if let Some(taken) = self.taken() {
            let text = format!("ACKNOWLEDGED {}: taken by {}", self.name(), taken.by);
            return one_line(&text, SUBJECT_CHARS);
        }
        let why = match self.purpose {
            Purpose::Reminder => {
                let days = self.now.since(self.alert.opened_at).as_seconds() / 86_400 + 1;
                format!(" (day {days}, nobody acknowledged)")
            }
            Purpose::Escalated => " (escalated to you)".to_owned(),
            _ => String::new(),
        };
        let text = format!("{} {}", self.alert.severity, self.headline());
        one_line(&text, SUBJECT_CHARS - why.chars().count()) + &why
    }

    fn body(&self) -> String {
        let mut body = String::new();
        if drill::is_alarm(self.alert) {
            line(&mut body, DRILL);
        }
        let first = match self.purpose {
            Purpose::Recovered => format!("{}: it is over", self.name()),
            _ => self.headline(),
        };
        line(&mut body, &one_line(&first, 1_000));
        line(&mut body, &self.since());
        if let Some(Acknowledgement { at, by, note }) = self.taken() {
            let note = note.as_ref().map_or_else(String::new, |note| format!(": {note}"));
            line(&mut body, &one_line(&format!("Taken by {by} at {}{note}", at.for_people()), FACT_CHARS));
        }
        self.cause(&mut body);
        if !matches!(self.purpose, Purpose::Recovered | Purpose::Acknowledged) {
            self.attempts(&mut body);
            self.commands(&mut body);
        }
        self.people(&mut body);
        body
    }

    fn since(&self) -> String {
        let opened = self.alert.opened_at.for_people();
        match self.purpose {
            Purpose::Recovered => {
                let quiet = self.alert.quiet_since.unwrap_or(self.now).for_people();
                format!("Over since {quiet}; it began at {opened}. Nothing to do.")
            }
            Purpose::Opened => format!("{} since {opened}.", self.alert.severity),
            _ => {
                let lasted = self.now.since(self.alert.opened_at).for_people();
                format!("{} since {opened} ({lasted}).", self.alert.severity)
            }
        }
    }

    fn cause(&self, body: &mut String) {
        line(body, if self.purpose == Purpose::Recovered { "\nWhat was wrong" } else { "\nWhat is wrong" });
        let shown = self.worst_first();
        for finding in shown.iter().take(FINDINGS) {
            let violation = &finding.violation;
            let name = self.background.name(&violation.subject);
            let about =
                if violation.subject == self.alert.root { String::new() } else { format!("{name}: ") };
            let deployed = deployed::Summary::of(&[finding]);
            let said = deployed.map_or_else(|| phrase(finding, self.now), |deployed| deployed.alone());
            let (words, more) = said.split_once('\n').unwrap_or((&said, ""));
            let words = one_line(words, 500);
            line(body, &format!("* {about}{words} [{}]", violation.code));
            block(body, more, "      ");
            let told = deployed::lines(finding).unwrap_or_else(|| facts(&violation.evidence, &words));
            for fact in told.into_iter().take(FACTS) {
                line(body, &format!("    {fact}"));
            }
        }
        if shown.len() > FINDINGS {
            line(body, &format!("* and {} more: notafter alert list", shown.len() - FINDINGS));
        }
    }

    fn attempts(&self, body: &mut String) {
        let circumstances: Vec<_> =
            self.subjects().into_iter().filter_map(|subject| self.background.about(subject)).collect();
        let mut tried: Vec<_> = circumstances.iter().flat_map(|known| known.tried.iter()).collect();
        tried.sort_by_key(|tried| tried.at);
        let tried = in_a_row(&tried);
        if !tried.is_empty() {
            line(body, "\nWhat was tried");
            for (times, first, last) in tried.iter().skip(tried.len().saturating_sub(FACTS)) {
                let since = first.at.for_people();
                let again = match *times {
                    1 => String::new(),
                    times if times < KEPT => format!(" ({times} times since {since})"),
                    times => format!(" ({times} times or more since {since})"),
                };
                let (what, more) = last.what.split_once('\n').unwrap_or((&last.what, ""));
                let what = one_line(what, FACT_CHARS);
                line(body, &format!("  {}  {what}{again}", last.at.for_people()));
                block(body, more, "      ");
            }
        }
        line(body, "\nNext automatic try");
        let planned = circumstances.iter().filter_map(|known| known.next_try.clone());
        let next = planned.chain(self.worst_first().into_iter().filter_map(next_attempt));
        match next.min_by_key(|next| next.at) {
            Some(next) => line(body, &format!("  {}: {}", instant(next.at, self.now), next.what)),
            None => line(body, "  none: this waits for a person"),
        }
        let known = circumstances.iter().filter_map(|known| known.runway.clone());
        for runway in known
            .chain(self.worst_first().into_iter().filter_map(|finding| runway(finding, self.now)))
            .take(FINDINGS)
        {
            line(body, &format!("  runway: {runway}"));
        }
    }

    fn commands(&self, body: &mut String) {
        line(body, "\nWhat to do");
        for hint in self.hints() {
            line(body, &format!("  {hint}"));
        }
        for command in self.to_type() {
            line(body, &format!("    {command}"));
        }
        line(body, "\nTake it, so that it does not climb");
        line(body, &links::to_take(self.alert.id));
    }

    /// What mends it, in words, the worst first. Where a newer certificate is only not served, nobody is sent to look for why
    /// the old one was not renewed.
    pub(super) fn hints(&self) -> Vec<String> {
        let mut hints: Vec<&str> = Vec::new();
        let mut shown = self.worst_first();
        if shown.iter().any(|finding| finding.violation.is_of_an_installation()) {
            shown.retain(|finding| !finding.violation.is_marked(Mark::Ending));
        }
        for finding in shown {
            let hint = finding.violation.hint.as_str();
            if !hint.is_empty() && !hints.contains(&hint) && hints.len() < FINDINGS {
                hints.push(hint);
            }
        }
        hints.into_iter().map(|hint| one_line(hint, FACT_CHARS)).collect()
    }

    /// The commands that help, or the one that explains.
    pub(super) fn to_type(&self) -> Vec<String> {
        let mut commands: Vec<String> = Vec::new();
        let known = self.subjects().into_iter().filter_map(|subject| self.background.about(subject));
        let worst = self.worst_first();
        let violations = worst.iter().map(|finding| &finding.violation);
        let helps = |command: &&String| helps(command, violations.clone());
        for command in known.flat_map(|known| known.commands.iter()).filter(helps) {
            if !commands.contains(command) && commands.len() < FINDINGS {
                commands.push(command.clone());
            }
        }
        if commands.is_empty() {
            commands.extend(worst.first().map(|worst| format!("notafter explain {}", worst.violation.code)));
        }
        commands.into_iter().map(|command| one_line(&command, FACT_CHARS)).collect()
    }

    fn people(&self, body: &mut String) {
        line(body, &format!("\nOwner: {}", one_line(&self.owner.name, FACT_CHARS)));
        // A message that waited for its channel counts from here.
        line(body, &format!("Written: {}", self.now.for_people()));
        let mut told: Vec<String> = Vec::new();
        for contact in self.alert.told.iter().map(|told| contact_name(&told.contact)) {
            if !told.contains(&contact) {
                told.push(contact);
            }
        }
        line(body, &format!("Told: {}", told.join(", ")));
        let also: Vec<String> = self.also_told.iter().map(contact_name).collect();
        if !also.is_empty() && !matches!(self.purpose, Purpose::Recovered | Purpose::Acknowledged) {
            line(body, &format!("At the same time on another path: {}", also.join(", ")));
        }
        match (&self.next_contact, self.purpose) {
            (_, Purpose::Recovered) => {}
            (_, Purpose::Acknowledged) => line(body, "Next: nobody, unless it gets worse"),
            _ if self.is_advice() => line(body, "Next: nobody; it is told once, and stays on the pages"),
            (Some((contact, at)), _) => {
                line(
                    body,
                    &format!(
                        "Next: {} {} unless acknowledged",
                        contact_name(contact),
                        instant(*at, self.now)
                    ),
                );
            }
            (None, _) if drill::is_alarm(self.alert) => {
                line(body, "Next: nobody; the drill is over when somebody took it, or after five minutes");
            }
            (None, _) => line(body, "Next: nobody; a reminder goes out every day"),
        }
    }

    /// The root first, then what the findings are about.
    fn subjects(&self) -> Vec<&Subject> {
        let mut subjects = vec![&self.alert.root];
        for finding in self.worst_first() {
            if !subjects.contains(&&finding.violation.subject) {
                subjects.push(&finding.violation.subject);
            }
        }
        subjects.truncate(FINDINGS);
        subjects
    }

    fn data(&self) -> Value {
        json!({
            "schema": "notafter.alert/1",
            "alert": self.alert.id,
            "purpose": self.purpose,
            "state": self.alert.state,
            "severity": self.alert.severity,
            "root": self.alert.root,
            "name": self.name(),
            "text": self.subject(),
            "owner": self.owner.name,
            "opened_at": self.alert.opened_at,
            "closed_at": self.alert.closed_at,
            "acknowledged": self.alert.acknowledged,
            "worsened": self.alert.worsened,
            "also_told": self.also_told,
            "findings": self.findings,
        })
    }
}

/// The finding in words, with the time that is left counted from now (or from its end) rather than from the last look.
pub(in crate::plan) fn phrase(finding: &Finding, now: Time) -> String {
    let violation = &finding.violation;
    let now = finding.closed_at.unwrap_or(now);
    let end = known(&violation.evidence, "not_after").map(|end| ending(end, now));
    let counted = match violation.code.as_str() {
        "certificate.expired" | "certificate.expires-soon" => end,
        "renewal.failing" => failing(finding, end.as_deref(), now),
        _ => None,
    };
    counted.unwrap_or_else(|| violation.text.clone())
}

/// The end that its words begin with.
fn end_said(finding: &Finding) -> Option<Time> {
    known(&finding.violation.evidence, "not_after").filter(|_| Rank::of(finding) != Rank::Other)
}

/// The same words after somebody else told of that end.
fn without_end(finding: &Finding, now: Time) -> Option<String> {
    if finding.violation.code != "renewal.failing" {
        return None;
    }
    let (since, why) = failing_since(finding, finding.closed_at.unwrap_or(now))?;
    Some(format!("{RENEWAL_FAILING} for {since}: {why}"))
}

/// Whether whoever reads the one name knows that the other belongs to it: `shop.example` and `shop.example:8443`.
fn is_called_by(name: &str, root: &str) -> bool {
    name.strip_prefix(root)
        .is_some_and(|rest| !rest.starts_with(|next: char| next.is_alphanumeric() || ".-".contains(next)))
}

/// What was tried over and over, once: how often, the first time and the last.
fn in_a_row<'a>(tried: &[&'a Tried]) -> Vec<(usize, &'a Tried, &'a Tried)> {
    let mut rows: Vec<(usize, &Tried, &Tried)> = Vec::new();
    for one in tried {
        match rows.last_mut().filter(|(_, _, last)| last.what == one.what) {
            Some((times, _, last)) => (*times, *last) = (*times + 1, one),
            None => rows.push((1, one, one)),
        }
    }
    rows
}

fn known(evidence: &Value, key: &str) -> Option<Time> {
    evidence.get(key)?.as_str()?.parse().ok()
}

fn ending(end: Time, now: Time) -> String {
    let left = end.since(now);
    if left.is_negative() {
        format!("expired {} ago ({})", left.abs(), clock(end, now))
    } else {
        format!("expires in {left} ({})", clock(end, now))
    }
}

/// What the failing is about comes before its cause: a subject is read from the left, and cut on the right.
fn failing(finding: &Finding, end: Option<&str>, now: Time) -> Option<String> {
    let (since, why) = failing_since(finding, now)?;
    let end = end.unwrap_or("no certificate yet");
    Some(match end_said(finding) {
        Some(_) => format!("{end}, {RENEWAL_FAILING} for {since}: {why}"),
        None => format!("{RENEWAL_FAILING} for {since}, {end}: {why}"),
    })
}

fn failing_since(finding: &Finding, now: Time) -> Option<(String, &str)> {
    let evidence = &finding.violation.evidence;
    let why = evidence.get("last")?.get("message")?.as_str()?;
    Some((now.since(known(evidence, "since")?).for_people(), why))
}

/// The time alone where it is less than a day away, else with its date.
fn clock(at: Time, now: Time) -> String {
    let text = at.for_people();
    match text.split_once(' ') {
        Some((_, hour)) if at.since(now).abs() < Span::days(1) => hour.to_owned(),
        _ => text,
    }
}

/// When the rule about failing renewals says that the next attempt is made.
fn next_attempt(finding: &Finding) -> Option<NextTry> {
    let at = finding.violation.evidence.get(NEXT_ATTEMPT)?.as_str()?.parse().ok()?;
    Some(NextTry { at, what: "the renewal is tried again".to_owned() })
}

/// How many attempts that rule says still fit.
fn runway(finding: &Finding, now: Time) -> Option<String> {
    let runway = finding.violation.evidence.get(RUNWAY)?;
    let (attempts, until) = (runway.get("attempts")?.as_u64()?, known(runway, "until")?);
    let end = until.for_people();
    Some(match attempts {
        _ if until < now => format!("none is left, the certificate ended at {end}"),
        count => format!("{} before {end}", attempts_fit(u32::try_from(count).unwrap_or(u32::MAX))),
    })
}

fn instant(at: Time, now: Time) -> String {
    if at <= now { "now".to_owned() } else { format!("{} (in {})", at.for_people(), at.since(now)) }
}

fn contact_name(contact: &Contact) -> String {
    match &contact.to {
        Some(to) => format!("{to} ({})", contact.channel),
        None => contact.channel.clone(),
    }
}

/// The rest of what somebody else said in several lines.
fn block(body: &mut String, text: &str, indent: &str) {
    lines(text, FACT_CHARS).iter().for_each(|text| line(body, &format!("{indent}{text}")));
}

fn line(body: &mut String, text: &str) {
    body.push_str(text);
    body.push('\n');
}
