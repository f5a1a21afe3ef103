//! What a message tells, for products that know severities, keys and states: read from the message's data, in which
//! several alerts may stand. Foreign words are bounded here and escaped by each product's own rules.

use notafter_inventory::model::{Delivery, Purpose, Severity};
use notafter_inventory::plan::alert::{Links, confirmation_of, linked_body, links_of};
use serde_json::Value;

/// How a message is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// At least one certificate is about to take a service down, or did.
    Critical,
    /// Something needs a person, but not tonight.
    Warning,
    /// Something could not be judged.
    Unknown,
    /// It is over.
    Recovered,
    /// The weekly summary, a path that is being proved, or a question to an owner: no alert.
    Note,
}

impl Mark {
    /// Of the whole message: the worst that stands in it.
    pub(super) fn of(delivery: &Delivery) -> Self {
        match delivery.purpose {
            Purpose::Digest | Purpose::Test | Purpose::Ownership => Self::Note,
            _ => all(delivery)
                .iter()
                .map(|news| news.mark)
                .max_by_key(|mark| mark.rank())
                .unwrap_or(Self::Unknown),
        }
    }

    const fn rank(self) -> u8 {
        match self {
            Self::Critical => 4,
            Self::Warning => 3,
            Self::Unknown => 2,
            Self::Recovered => 1,
            Self::Note => 0,
        }
    }

    fn of_alert(alert: &Value) -> Self {
        if alert["purpose"] == "recovered" || alert["state"] == "closed" {
            return Self::Recovered;
        }
        match serde_json::from_value(alert["severity"].clone()) {
            Ok(Severity::Critical) => Self::Critical,
            Ok(Severity::Warning) => Self::Warning,
            // What is not understood is never taken for good.
            Ok(Severity::Unknown | Severity::Ok) | Err(_) => Self::Unknown,
        }
    }
}

/// One alert of a message; or a digest or test, which is none.
#[derive(Clone, Debug)]
pub(super) struct News<'a> {
    /// The same for every message about it: the alert's identity, or the message's own.
    pub(super) key: String,
    /// How it is marked.
    pub(super) mark: Mark,
    /// Whether it tells that somebody took it.
    pub(super) is_taken: bool,
    /// Whether it is over as soon as it was told: the weekly summary.
    is_over_when_told: bool,
    /// How many times it got worse.
    worsened: u64,
    /// One line that is enough at 03:00.
    pub(super) line: &'a str,
    /// Plain text; of several alerts, each has its findings.
    pub(super) body: String,
    /// What people call it.
    pub(super) name: Option<&'a str>,
    /// What is behind it, by kind and identity.
    pub(super) root: Option<&'a str>,
    /// Who answers for it.
    pub(super) owner: Option<&'a str>,
    /// When it began (RFC 3339).
    pub(super) opened_at: Option<&'a str>,
    /// Codes of its findings, each once.
    pub(super) codes: Vec<&'a str>,
    /// Where it is taken and silenced, for whom this message is.
    pub(super) links: Option<Links>,
}

/// What becomes of an alert in a product that keeps alerts of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// It begins, or goes on.
    Begin,
    /// Somebody took it.
    Take,
    /// It is over.
    End,
}

/// The most alerts of a product that one of ours may have had: each is ended by every message.
const WORSENED: u64 = 50;

impl News<'_> {
    /// What becomes of this alert there, with the key of each.
    ///
    /// What somebody took there pages nobody any more, whatever is said of it: each time that it gets worse, another one
    /// begins, and those before it end. All of it is said by every message, so that one that was lost leaves nothing open.
    pub(super) fn steps(&self) -> Vec<(Step, String)> {
        let key = |count: u64| match count {
            0 => self.key.clone(),
            worsened => format!("{}-{}", self.key, worsened + 1),
        };
        let step = match self.mark {
            Mark::Recovered => Step::End,
            _ if self.is_taken => Step::Take,
            _ => Step::Begin,
        };
        let before = (0..self.worsened).map(|count| (Step::End, key(count)));
        let at_once = self.is_over_when_told.then(|| (Step::End, key(0)));
        std::iter::once((step, key(self.worsened))).chain(before).chain(at_once).collect()
    }
}

/// Alerts of one message whose links a chat shows; the others are taken on the pages.
const LINKED: usize = 5;
const LINK_CHARS: usize = 60;

/// Every alert of a message, in its order.
pub(super) fn all(delivery: &Delivery) -> Vec<News<'_>> {
    let data = &delivery.message.data;
    match (delivery.purpose, data["alerts"].as_array()) {
        (Purpose::Digest | Purpose::Test | Purpose::Ownership, _) => vec![note(delivery)],
        (_, Some(alerts)) => alerts.iter().map(|alert| one(delivery, alert, of_several(alert))).collect(),
        (_, None) => vec![one(delivery, data, linked_body(&delivery.message))],
    }
}

fn note(delivery: &Delivery) -> News<'_> {
    News {
        key: delivery.id.to_string(),
        mark: Mark::Note,
        is_taken: false,
        is_over_when_told: matches!(delivery.purpose, Purpose::Digest | Purpose::Ownership),
        worsened: 0,
        line: &delivery.message.subject,
        body: linked_body(&delivery.message),
        name: None,
        root: None,
        owner: delivery.message.data["owner"].as_str(),
        opened_at: None,
        codes: Vec::new(),
        links: None,
    }
}

fn one<'a>(delivery: &'a Delivery, alert: &'a Value, body: String) -> News<'a> {
    let mut codes: Vec<&str> = Vec::new();
    for code in
        alert["findings"].as_array().into_iter().flatten().filter_map(|finding| finding["code"].as_str())
    {
        if !codes.contains(&code) {
            codes.push(code);
        }
    }
    let known = delivery.alert_id.map(|id| id.to_string());
    News {
        key: alert["alert"].as_str().map(str::to_owned).or(known).unwrap_or_else(|| delivery.id.to_string()),
        mark: Mark::of_alert(alert),
        is_taken: alert["purpose"] == "acknowledged",
        is_over_when_told: false,
        worsened: alert["worsened"].as_u64().unwrap_or_default().min(WORSENED),
        line: alert["text"].as_str().unwrap_or(&delivery.message.subject),
        body,
        name: alert["name"].as_str(),
        root: alert["root"].as_str(),
        owner: alert["owner"].as_str(),
        opened_at: alert["opened_at"].as_str(),
        codes,
        links: links_of(alert),
    }
}

/// What a message alone would say of one of several alerts: its findings, what to do, what to type, the owner.
fn of_several(alert: &Value) -> String {
    let mut body = String::new();
    let mut hints: Vec<&str> = Vec::new();
    for finding in alert["findings"].as_array().into_iter().flatten() {
        if let (Some(text), Some(code)) = (finding["text"].as_str(), finding["code"].as_str()) {
            body += &format!("* {text} [{code}]\n");
        }
        let hint = finding["hint"].as_str().unwrap_or_default();
        if !hint.is_empty() && !hints.contains(&hint) {
            hints.push(hint);
        }
    }
    let id = alert["alert"].as_str().filter(|_| Mark::of_alert(alert) != Mark::Recovered);
    if let Some(id) = id {
        body += "\nWhat to do\n";
        body.extend(hints.into_iter().map(|hint| format!("  {hint}\n")));
        body += &format!("\nTake it, so that it does not climb\n    notafter alert ack {id}\n");
        body.extend(links_of(alert).map(|links| links.lines()));
    }
    body += "\nIn full\n    notafter alert list\n";
    if let Some(owner) = alert["owner"].as_str() {
        body += &format!("\nOwner: {owner}\n");
    }
    body
}

/// Links as a chat shows them, the words and where they lead; of several alerts, each by its name.
pub(super) fn links(delivery: &Delivery) -> Vec<(String, String)> {
    if let Some(confirm) = confirmation_of(&delivery.message) {
        let answer = match delivery.purpose {
            Purpose::Ownership => "It still answers",
            _ => "Confirm that it arrived",
        };
        return vec![(answer.to_owned(), confirm.to_owned())];
    }
    let all = all(delivery);
    let several = all.len() > 1;
    let linked = all.iter().filter_map(|news| Some((news, news.links.as_ref()?))).take(LINKED);
    let pairs = linked.flat_map(|(news, links)| {
        let about = |does: &str| match news.name.filter(|_| several) {
            Some(name) => line(&format!("{does} {name}"), LINK_CHARS),
            None => does.to_owned(),
        };
        [(about("Take"), links.acknowledge.clone()), (about("Silence"), links.silence.clone())]
    });
    pairs.collect()
}

/// One line of at most this many characters, without control characters and marks that hide or reorder.
pub(super) fn line(text: &str, longest: usize) -> String {
    bounded(
        &text.chars().map(|letter| if is_plain(letter) { letter } else { ' ' }).collect::<String>(),
        longest,
    )
}

/// Stands where something was left out.
const GAP: &str = "...";

/// Lines of at most this many characters together. The end of a message says what to type and who answers for it: what is
/// too long loses its middle.
pub(super) fn lines(text: &str, longest: usize) -> String {
    let clean = text.chars().map(|letter| if letter == '\n' || is_plain(letter) { letter } else { ' ' });
    let clean: String = clean.collect();
    let text = clean.trim();
    let (mut end, mut room) = (Vec::new(), longest / 3);
    for line in text.lines().rev() {
        let Some(left) = room.checked_sub(line.chars().count() + 1) else { break };
        room = left;
        end.push(line);
    }
    if end.is_empty() || text.chars().count() <= longest {
        return bounded(text, longest);
    }
    end.push(GAP);
    end.reverse();
    let end = end.join("\n");
    let room = longest.saturating_sub(end.chars().count() + 1);
    let begin: String = text.chars().take(room).collect();
    let whole_lines = begin.rfind('\n').filter(|cut| *cut > begin.len() / 2);
    format!("{}\n{end}", &begin[..whole_lines.unwrap_or(begin.len())])
}

/// Lines as a product writes them, within its limit by its own measure.
pub(super) fn written(
    text: &str,
    longest: usize,
    write: impl Fn(&str) -> String,
    size: impl Fn(&str) -> usize,
) -> String {
    let mut length = longest;
    loop {
        // What is cut is cut before it is written, so that no mark is torn.
        let written = write(&lines(text, length));
        match size(&written).checked_sub(longest) {
            None | Some(0) => return written,
            Some(excess) => length = length.saturating_sub(excess),
        }
    }
}

fn bounded(text: &str, longest: usize) -> String {
    let text = text.trim();
    if text.chars().count() <= longest {
        return text.to_owned();
    }
    text.chars().take(longest.saturating_sub(GAP.len())).collect::<String>() + GAP
}

/// Neither a control character nor one of Unicode's invisible marks (bidirectional controls, zero-width characters).
fn is_plain(letter: char) -> bool {
    !letter.is_control()
        && !matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// The same with a backslash before each of these letters.
pub(super) fn escaped(text: &str, letters: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        if letters.contains(letter) {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    escaped
}

/// A line that Markdown does not take for an item of a list.
pub(super) fn unlisted(line: &str) -> String {
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = line.split_at(digits);
    let marks = if digits == 0 { ['-', '+'] } else { ['.', ')'] };
    if rest.starts_with(marks) { format!("{number}\\{rest}") } else { line.to_owned() }
}
