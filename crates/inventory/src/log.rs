//! Entries of the log as people read and search them: what happened, its details line by line, and which pages tell more.

use notafter_cert::{Fingerprint, Time};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::model::{Event, Subject};

/// Letters of a detail that are shown at most; the whole is in the entry itself.
const LONGEST: usize = 300;

/// `notafter.lineage.renewed.v1` is "lineage renewed".
#[must_use]
pub fn happened(kind: &str) -> String {
    let bare = kind.strip_prefix("notafter.").unwrap_or(kind);
    let bare = bare.rsplit_once(".v").map_or(bare, |(bare, _)| bare);
    bare.replace(['.', '-'], " ")
}

/// A detail of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detail {
    /// What it is: `finding`, `root fingerprint`.
    pub key: String,
    /// Its value, in a line.
    pub value: String,
    /// The page of the thing that it names.
    pub page: Option<String>,
}

/// The details of an entry, line by line: objects within are spelt out, nothing is left out but what is empty.
#[must_use]
pub fn details(data: &Value) -> Vec<Detail> {
    let mut lines = Vec::new();
    spell(&mut lines, "", data);
    lines
}

fn spell(lines: &mut Vec<Detail>, key: &str, value: &Value) {
    let text = match value {
        Value::Null => return,
        Value::Object(members) => {
            for (name, value) in members {
                let name = name.replace('_', " ");
                let key = if key.is_empty() { name } else { format!("{key} {name}") };
                spell(lines, &key, value);
            }
            return;
        }
        // Instants are written as everywhere on a page.
        Value::String(text) => text.parse::<Time>().map_or_else(|_| text.clone(), Time::for_people),
        Value::Array(values) => values.iter().map(said).collect::<Vec<_>>().join(", "),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Number(number) => number.to_string(),
    };
    if text.is_empty() {
        return;
    }
    let key = if key.is_empty() { "said".to_owned() } else { key.to_owned() };
    lines.push(Detail { key, page: page_of_id(&text), value: cut(&text) });
}

fn said(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn cut(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let is_hash = text.len() == 64 && text.bytes().all(|letter| letter.is_ascii_hexdigit());
    let longest = if is_hash { 16 } else { LONGEST };
    match text.char_indices().nth(longest) {
        Some((end, _)) => format!("{}\u{2026}", &text[..end]),
        None => text,
    }
}

/// The page of a thing with this identity (`ln_...`), for kinds of things that have one.
#[must_use]
pub fn page_of_id(id: &str) -> Option<String> {
    let (prefix, number) = id.split_once('_')?;
    let list = match prefix {
        "ep" => "endpoints",
        "ln" => "lineages",
        "fd" => "findings",
        "al" => "alerts",
        "dr" => "drills",
        "in" => "incidents",
        _ => return None,
    };
    let is_one = number.len() == 32 && number.bytes().all(|letter| letter.is_ascii_hexdigit());
    is_one.then(|| format!("/{list}/{id}"))
}

/// The page of what an entry is about, for kinds of things that have one.
#[must_use]
pub fn page_of(subject: &Subject) -> Option<String> {
    match subject {
        Subject::Endpoint(id) => page_of_id(&id.to_string()),
        Subject::Lineage(id) => page_of_id(&id.to_string()),
        Subject::Drill(id) => page_of_id(&id.to_string()),
        Subject::Owner(_) | Subject::Channel(_) | Subject::Issuer(_) => Some("/settings".to_owned()),
        Subject::Place(_) | Subject::Installation | Subject::Named(_) => None,
    }
}

/// Where an entry stands on the page of the log.
#[must_use]
pub fn page_of_entry(sequence: i64) -> String {
    format!("/events?before={}#event-{sequence}", sequence.saturating_add(1))
}

/// An entry in a line: what happened, by whom, and the first of its details that says why or what.
#[must_use]
pub fn sentence(event: &Event) -> String {
    let keys = ["text", "what", "why", "reason", "message", "name"];
    let told = keys.into_iter().find_map(|key| event.data.get(key)?.as_str());
    let what = happened(&event.kind);
    match told {
        Some(told) => format!("{what} by {}: {told}", event.actor),
        None => format!("{what} by {}", event.actor),
    }
}

/// An entry with the texts that its hash is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chained {
    /// Position.
    pub sequence: i64,
    /// When.
    pub at: Time,
    /// Who, as JSON.
    pub actor: String,
    /// CloudEvents type.
    pub kind: String,
    /// What it is about.
    pub subject: String,
    /// Details, as JSON.
    pub data: String,
    /// The hash of the entry before; empty before the first.
    pub previous: String,
    /// SHA-256 over all of this.
    pub hash: String,
}

impl Chained {
    /// The head of a file of [`Self::csv`] lines.
    pub const CSV_HEAD: &str = "sequence,at,microseconds,actor,type,subject,data,previous,hash\n";

    /// Whether its hash is that of its texts and of the hash before.
    #[must_use]
    pub fn is_intact(&self) -> bool {
        let Self { sequence, at, actor, kind, subject, data, previous, hash } = self;
        let texts = serde_json::json!([previous, sequence, at.as_micros(), actor, kind, subject, data]);
        Fingerprint::of(texts.to_string().as_bytes()).to_string() == *hash
    }

    /// A line of JSON. `actor` and `data` stand in it letter by letter as they were hashed.
    #[must_use]
    pub fn json(&self) -> String {
        let Self { sequence, at, actor, kind, subject, data, previous, hash } = self;
        let micros = at.as_micros();
        let (kind, subject) = (Value::from(kind.as_str()), Value::from(subject.as_str()));
        format!(
            "{{\"sequence\":{sequence},\"at\":\"{at}\",\"microseconds\":{micros},\"actor\":{actor},\"type\":{kind},\
             \"subject\":{subject},\"data\":{data},\"previous\":\"{previous}\",\"hash\":\"{hash}\"}}\n"
        )
    }

    /// A line of comma-separated values (RFC 4180).
    #[must_use]
    pub fn csv(&self) -> String {
        let Self { sequence, at, actor, kind, subject, data, previous, hash } = self;
        let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
        let texts = [actor, kind, subject, data].map(|text| quoted(text)).join(",");
        format!("{sequence},{at},{},{texts},{previous},{hash}\n", at.as_micros())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn details_are_lines_with_the_page_of_what_they_name() {
        let finding = "fd_01a22b50f14b76959b05553a3e8641fd";
        let data = json!({
            "finding": finding,
            "root": { "not_after": "2036-11-27T07:17:34Z", "fingerprint": "14".repeat(32) },
            "components": ["Shop", "Web"],
            "without_alarm": false,
            "note": "",
            "ping": null,
            "text": "two\nlines",
        });
        let told: Vec<String> = details(&data).iter().map(|it| format!("{}: {}", it.key, it.value)).collect();
        insta::assert_snapshot!(told.join("\n"), @r"
        components: Shop, Web
        finding: fd_01a22b50f14b76959b05553a3e8641fd
        root fingerprint: 1414141414141414…
        root not after: 2036-11-27 07:17 UTC
        text: two lines
        without alarm: no
        ");
        let pages: Vec<Option<String>> = details(&data).into_iter().map(|it| it.page).collect();
        assert_eq!(pages[1], Some(format!("/findings/{finding}")));
        assert_eq!(pages.iter().flatten().count(), 1);
    }

    #[test]
    fn only_identities_of_things_with_a_page_lead_somewhere() {
        let number = "01a22b50f14b76959b05553a3e8641fd";
        assert_eq!(page_of_id(&format!("ln_{number}")), Some(format!("/lineages/ln_{number}")));
        for text in
            [format!("vr_{number}"), format!("ln_{}", &number[1..]), "ln_<b>".to_owned(), "x".to_owned()]
        {
            assert_eq!(page_of_id(&text), None, "{text}");
        }
    }

    #[test]
    fn an_entry_was_told_without_its_reason() {
        let event = Event {
            sequence: 7,
            at: notafter_cert::Time::from_unix_seconds(0),
            actor: crate::model::Actor::Engine,
            kind: "notafter.renewal.planned.v1".to_owned(),
            subject: Subject::Installation,
            data: json!({ "order": "or_1", "why": "the current certificate is revoked" }),
            hash: String::new(),
        };
        assert_eq!(sentence(&event), "renewal planned by notafter: the current certificate is revoked");
    }

    #[test]
    fn a_line_of_the_log_has_all_that_its_hash_needs() {
        let mut entry = Chained {
            sequence: 2,
            at: Time::from_unix_seconds(1_796_000_000),
            actor: "\"engine\"".to_owned(),
            kind: "notafter.lineage.put.v1".to_owned(),
            subject: "named:a \"b\"".to_owned(),
            data: r#"{"name":"büro, 2"}"#.to_owned(),
            previous: "0a".to_owned(),
            hash: String::new(),
        };
        let texts = r#"["0a",2,1796000000000000,"\"engine\"","notafter.lineage.put.v1","named:a \"b\"","{\"name\":\"büro, 2\"}"]"#;
        entry.hash = Fingerprint::of(texts.as_bytes()).to_string();
        assert!(entry.is_intact());
        let line: Value = serde_json::from_str(&entry.json()).unwrap();
        assert_eq!((&line["data"]["name"], &line["actor"]), (&json!("büro, 2"), &json!("engine")));
        assert_eq!((&line["subject"], &line["hash"]), (&json!(entry.subject), &json!(entry.hash)));
        let head = format!("2,{},1796000000000000,\"\"\"engine\"\"\",\"notafter.lineage.put.v1\",", entry.at);
        assert!(entry.csv().starts_with(&head), "{}", entry.csv());
        assert!(entry.csv().contains(r#","{""name"":""büro, 2""}",0a,"#), "{}", entry.csv());
        entry.data = "{}".to_owned();
        assert!(!entry.is_intact());
    }
}
