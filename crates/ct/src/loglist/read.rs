//! Reading a list (<https://www.gstatic.com/ct/log_list/v3/log_list_schema.json>).

use std::collections::BTreeMap;

use notafter_cert::{Retry, Span, Time, Trouble, base64};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Api, Log, LogList, MIMICS, Purpose, State, StateKind};
use crate::{KeyFault, LogId, LogKey};

/// The longest list that is read: Chrome's has 70 kB, the list of all logs ever 200.
const LONGEST: usize = 4 * 1024 * 1024;

/// Bytes that are no log list.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// Longer than any list.
    #[error("{0} bytes are too long for a log list")]
    TooLong(usize),
    /// Not of the structure of schema v3.
    #[error("not a log list")]
    Structure(#[from] serde_json::Error),
}

impl Trouble for ListError {
    fn code(&self) -> &'static str {
        "ct.log-list-unreadable"
    }

    fn hint(&self) -> String {
        "give a file in the form of https://www.gstatic.com/ct/log_list/v3/log_list.json".to_owned()
    }

    fn retry(&self) -> Retry {
        Retry::Never
    }
}

/// An entry that is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Oddity {
    /// What the entry calls itself, or where it stands; safe to print.
    pub entry: String,
    /// Why.
    pub why: OddityKind,
}

/// Why an entry is left out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OddityKind {
    /// Not of the structure of the schema.
    #[error("not as the schema has it: {0}")]
    Structure(String),
    /// Its key is none.
    #[error("{0}")]
    Key(#[from] KeyFault),
    /// `log_id` is not the hash of the key.
    #[error("its log_id is not the hash of its key")]
    OtherId,
    /// Another entry has the same key.
    #[error("its key is that of an entry before")]
    Twice,
    /// Everybody has its private key.
    #[error("its private key is published, so that anybody can promise in its name")]
    Mimic,
}

impl Oddity {
    pub(super) const fn is_mimic(&self) -> bool {
        matches!(self.why, OddityKind::Mimic)
    }
}

#[derive(Deserialize)]
#[serde(expecting = "an object with operators")]
struct RawList {
    version: Option<Value>,
    log_list_timestamp: Option<Time>,
    operators: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(expecting = "an operator, an object")]
struct RawOperator {
    name: String,
    #[serde(default)]
    logs: Vec<Value>,
    #[serde(default)]
    tiled_logs: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(expecting = "a log, an object")]
struct RawLog {
    description: Option<String>,
    log_id: String,
    key: String,
    mmd: u32,
    #[serde(default)]
    previous_operators: Vec<RawPrevious>,
    log_type: Option<String>,
    state: Option<BTreeMap<String, RawState>>,
    temporal_interval: Option<RawInterval>,
    #[serde(flatten)]
    api: RawApi,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "neither url nor submission_url and monitoring_url are there")]
enum RawApi {
    Static { submission_url: String, monitoring_url: String },
    Rfc6962 { url: String },
}

#[derive(Deserialize)]
#[serde(expecting = "a previous operator, an object")]
struct RawPrevious {
    name: String,
    end_time: Time,
}

#[derive(Deserialize)]
#[serde(expecting = "a state, an object with a timestamp")]
struct RawState {
    timestamp: Time,
}

#[derive(Deserialize)]
#[serde(expecting = "an interval, an object")]
struct RawInterval {
    start_inclusive: Time,
    end_exclusive: Time,
}

impl LogList {
    /// Reads a list. An entry that is no log is left out and told by [`LogList::oddities`]; the others stay.
    ///
    /// # Errors
    /// When the bytes are no list at all.
    pub fn read(bytes: &[u8]) -> Result<Self, ListError> {
        if bytes.len() > LONGEST {
            return Err(ListError::TooLong(bytes.len()));
        }
        let raw: RawList = serde_json::from_slice(bytes)?;
        let version = raw.version.map(|version| match version {
            Value::String(text) => plain(&text),
            other => plain(&other.to_string()),
        });
        let mut list = Self {
            version,
            made: raw.log_list_timestamp,
            logs: Vec::new(),
            oddities: Vec::new(),
            by_id: BTreeMap::new(),
        };
        for (position, operator) in raw.operators.into_iter().enumerate() {
            list.take_operator(position, operator);
        }
        Ok(list)
    }

    fn take_operator(&mut self, position: usize, operator: Value) {
        let operator: RawOperator = match structure(operator) {
            Ok(operator) => operator,
            Err(why) => {
                return self.oddities.push(Oddity { entry: format!("operator {}", position + 1), why });
            }
        };
        let name = plain(&operator.name);
        for entry in operator.logs.into_iter().chain(operator.tiled_logs) {
            let called = entry.get("description").and_then(Value::as_str);
            let called = called.map_or_else(|| format!("a log of {name}"), plain);
            match log(entry, &name, &called).and_then(|log| self.take_log(log)) {
                Ok(()) => {}
                Err(why) => self.oddities.push(Oddity { entry: called, why }),
            }
        }
    }

    fn take_log(&mut self, log: Log) -> Result<(), OddityKind> {
        if MIMICS.contains(&log.id) {
            return Err(OddityKind::Mimic);
        }
        if self.by_id.contains_key(&log.id) {
            return Err(OddityKind::Twice);
        }
        self.by_id.insert(log.id, self.logs.len());
        self.logs.push(log);
        Ok(())
    }
}

fn structure<T: DeserializeOwned>(value: Value) -> Result<T, OddityKind> {
    serde_json::from_value(value).map_err(|error| OddityKind::Structure(plain(&error.to_string())))
}

fn log(entry: Value, operator: &str, called: &str) -> Result<Log, OddityKind> {
    let raw: RawLog = structure(entry)?;
    let wrong = |why: &str| OddityKind::Structure(why.to_owned());
    let key = LogKey::read(&base64::decode(&raw.key).ok_or_else(|| wrong("a key that is not base64"))?)?;
    let id: Option<[u8; 32]> = base64::decode(&raw.log_id).and_then(|id| id.try_into().ok());
    if id.map(LogId::from_bytes) != Some(key.id()) {
        return Err(OddityKind::OtherId);
    }
    let previous = raw.previous_operators.iter().map(|before| (plain(&before.name), before.end_time));
    Ok(Log {
        id: key.id(),
        name: raw.description.map_or_else(|| called.to_owned(), |text| plain(&text)),
        operator: operator.to_owned(),
        previous_operators: previous.collect(),
        key,
        api: match raw.api {
            RawApi::Rfc6962 { url } => Api::Rfc6962 { url },
            RawApi::Static { submission_url: submission, monitoring_url: monitoring } => {
                Api::Static { submission, monitoring }
            }
        },
        merge_delay: Span::seconds(raw.mmd.into()),
        state: raw
            .state
            .map(|state| one_state(&state).ok_or_else(|| wrong("a state that is none")))
            .transpose()?,
        interval: raw.temporal_interval.map(|interval| (interval.start_inclusive, interval.end_exclusive)),
        purpose: match raw.log_type.as_deref() {
            None | Some("prod") => Purpose::Production,
            Some("test") => Purpose::Test,
            Some("monitoring_only") => Purpose::Monitoring,
            Some(_) => return Err(wrong("a log_type that is none")),
        },
    })
}

/// The state of an object with one member, named as the state.
fn one_state(members: &BTreeMap<String, RawState>) -> Option<State> {
    let mut members = members.iter();
    let (name, state) = members.next()?;
    let kind = StateKind::ALL.into_iter().find(|kind| kind.name() == name)?;
    members.next().is_none().then_some(State { kind, since: state.timestamp })
}

/// Text from a stranger, short and without what moves a cursor.
fn plain(text: &str) -> String {
    const MOST: usize = 200;
    let fit = |letter: char| letter.is_alphanumeric() || letter.is_ascii_graphic() || letter == ' ';
    text.chars().take(MOST).map(|letter| if fit(letter) { letter } else { '\u{fffd}' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEdO/+dnH/NZSBSLmmN9u2h4HNTnCOLeU+oMBiRynIvQ8zt2ft0IMyO90e5nwSaCdY\
                       vA4JVGzCMarfs9DcNxFY1g==";
    const ID: &str = "9EGV1vAOLbVUNcrdV3iS5T4VrUFwWPh44U/2uRh0FYk=";

    fn list(entries: &str) -> LogList {
        let text = format!(
            r#"{{"version": "80.14", "log_list_timestamp": "2026-01-02T12:57:01Z",
                 "operators": [{{"name": "One", "logs": [{entries}]}}, {{"logs": []}}]}}"#
        );
        LogList::read(text.as_bytes()).unwrap()
    }

    #[test]
    fn entries_that_are_no_logs_are_left_out_with_the_reason() {
        let log = |id: &str, key: &str, more: &str| {
            format!(
                r#"{{"description": "A\u001b[2J", "log_id": "{id}", "key": "{key}", "mmd": 60, "url": "x"{more}}}"#
            )
        };
        let table = [
            (log(ID, KEY, ""), "its private key is published, so that anybody can promise in its name"),
            (log("AAAA", KEY, ""), "its log_id is not the hash of its key"),
            (log(ID, "!", ""), "not as the schema has it: a key that is not base64"),
            (log(ID, "MAA=", ""), "not a public key: byte 2: algorithm is missing"),
            (log(ID, KEY, r#", "log_type": "toy""#), "not as the schema has it: a log_type that is none"),
            (log(ID, KEY, r#", "state": {}"#), "not as the schema has it: a state that is none"),
            (
                log(ID, KEY, r#", "state": {"usable": {"timestamp": "today"}}"#),
                "not as the schema has it: not an RFC 3339 instant such as 2026-12-03T04:11:00Z: \"today\"",
            ),
            (
                "7".to_owned(),
                "not as the schema has it: invalid type: integer `7`, expected a log, an object",
            ),
        ];
        for (entry, why) in table {
            let list = list(&entry);
            assert_eq!(list.oddities()[0].why.to_string(), why, "{entry}");
            assert_eq!(list.oddities()[1].entry, "operator 2");
            assert!(list.logs().is_empty());
            assert!(!list.oddities()[0].entry.contains('\u{1b}'));
        }
    }

    #[test]
    fn bytes_that_are_no_list_are_an_error() {
        for text in ["", "[]", "{}", r#"{"operators": 1}"#, r#"{"operators": [], "log_list_timestamp": 7}"#] {
            assert!(matches!(LogList::read(text.as_bytes()), Err(ListError::Structure(_))), "{text}");
        }
        let told = std::error::Error::source(&LogList::read(b"[]").unwrap_err()).unwrap().to_string();
        assert_eq!(told, "invalid length 0, expected an object with operators at line 1 column 2");
        let long = vec![b' '; LONGEST + 1];
        assert!(matches!(LogList::read(&long), Err(ListError::TooLong(_))));
    }
}
