//! Trees of lists, mappings and words, read from YAML and JSON, each part with the line where it stands.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::rc::Rc;

use notafter_cert::{Retry, Trouble};
use saphyr_parser::{Event, Parser, ScanError, Span};
use serde_json::value::RawValue;

use crate::words;

/// Deeper than any of these lists is.
const DEEPEST: usize = 64;
/// More parts than a text of the greatest length has: only references to what has been said come to more.
const MOST_PARTS: usize = 8_000_000;

/// A text that is no list of the format.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// There is nothing in it.
    #[error("there is nothing in it")]
    Nothing,
    /// It is longer than lists are.
    #[error("{0} bytes are too long for a list")]
    TooLong(usize),
    /// It is not written as its format is.
    #[error("line {line}: {why}")]
    Syntax {
        /// Where reading ended, from 1.
        line: usize,
        /// Why.
        why: String,
    },
    /// It says other things than such a list does.
    #[error("{0}")]
    Shape(&'static str),
}

impl Unreadable {
    pub(super) fn syntax(line: usize, why: impl fmt::Display) -> Self {
        Self::Syntax { line: line.max(1), why: words::one_line(&why.to_string(), 300) }
    }
}

impl Trouble for Unreadable {
    fn code(&self) -> &'static str {
        "list.unreadable"
    }

    fn hint(&self) -> String {
        "see that the format is the file's: docs/lists.md has an example of each".to_owned()
    }

    fn retry(&self) -> Retry {
        Retry::Never
    }
}

/// A part of a tree.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// Where it begins, from 1.
    pub(super) line: usize,
    value: Value,
    /// Levels below it, and parts with it, each as often as it is referred to.
    height: usize,
    parts: usize,
}

#[derive(Clone, Debug)]
enum Value {
    Word(String),
    List(Vec<Rc<Node>>),
    Map(Vec<(String, Rc<Node>)>),
}

impl Node {
    fn new(line: usize, value: Value) -> Self {
        let below: Vec<&Self> = match &value {
            Value::Word(_) => Vec::new(),
            Value::List(parts) => parts.iter().map(|part| &**part).collect(),
            Value::Map(pairs) => pairs.iter().map(|(_, part)| &**part).collect(),
        };
        let height = below.iter().map(|part| part.height + 1).max().unwrap_or(0);
        let parts = below.iter().fold(1_usize, |sum, part| sum.saturating_add(part.parts));
        Self { line, value, height, parts }
    }

    /// What it says, where it is a word, a number or a truth value.
    pub(super) fn word(&self) -> Option<&str> {
        match &self.value {
            Value::Word(word) => Some(word),
            _ => None,
        }
    }

    /// Its parts, where it is a list.
    pub(super) fn list(&self) -> Option<&[Rc<Self>]> {
        match &self.value {
            Value::List(parts) => Some(parts),
            _ => None,
        }
    }

    /// Its parts by name, where it is a mapping. What is merged in (`<<`) comes last.
    pub(super) fn pairs(&self) -> Vec<(&str, &Self)> {
        let Value::Map(pairs) = &self.value else { return Vec::new() };
        let own = pairs.iter().filter(|(name, _)| name != "<<").map(|(name, node)| (name.as_str(), &**node));
        let merged = pairs.iter().filter(|(name, _)| name == "<<").flat_map(|(_, node)| match &node.value {
            Value::List(parts) => parts.iter().flat_map(|part| part.pairs_of_its_own()).collect(),
            _ => node.pairs_of_its_own(),
        });
        own.chain(merged).collect()
    }

    /// What is merged into something that is merged itself is not looked for: a name would be found in endless ways.
    fn pairs_of_its_own(&self) -> Vec<(&str, &Self)> {
        let Value::Map(pairs) = &self.value else { return Vec::new() };
        pairs.iter().filter(|(name, _)| name != "<<").map(|(name, node)| (name.as_str(), &**node)).collect()
    }

    /// The part of this name, where it is a mapping and has one.
    pub(super) fn get(&self, name: &str) -> Option<&Self> {
        self.pairs().into_iter().find(|(known, _)| *known == name).map(|(_, node)| node)
    }

    /// The word of this name.
    pub(super) fn say(&self, name: &str) -> Option<&str> {
        self.get(name)?.word()
    }

    /// Whether the truth value of this name is `is`.
    pub(super) fn is(&self, name: &str, is: bool) -> bool {
        let words: &[&str] = if is { &["true", "1", "yes"] } else { &["false", "0", "no"] };
        self.say(name).is_some_and(|word| words.contains(&word.to_ascii_lowercase().as_str()))
    }

    pub(super) fn is_map(&self) -> bool {
        matches!(self.value, Value::Map(_))
    }
}

/// Reads YAML 1.2, its first document.
pub(super) fn yaml(text: &str) -> Result<Rc<Node>, Unreadable> {
    let mut reader = Reader { events: Parser::new_from_str(text), anchors: HashMap::new(), parts: 0 };
    loop {
        let (event, span) = reader.next()?;
        match event {
            Event::StreamStart | Event::DocumentStart(_) | Event::Nothing => {}
            Event::StreamEnd | Event::DocumentEnd => return Err(Unreadable::Nothing),
            event => return reader.node(event, span, 0),
        }
    }
}

struct Reader<'a> {
    events: Parser<'a, saphyr_parser::StrInput<'a>>,
    /// What `&name` stands for. It is shared and not copied.
    anchors: HashMap<usize, Rc<Node>>,
    /// What was referred to, counted in full: whoever reads the tree goes through it as often.
    parts: usize,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<(Event<'a>, Span), Unreadable> {
        match self.events.next_event() {
            Some(Ok(next)) => Ok(next),
            Some(Err(error)) => Err(of_scan(&error)),
            None => Err(Unreadable::Nothing),
        }
    }

    fn node(&mut self, event: Event<'a>, span: Span, depth: usize) -> Result<Rc<Node>, Unreadable> {
        let line = span.start.line();
        if depth > DEEPEST {
            return Err(Unreadable::syntax(line, format!("it is more than {DEEPEST} levels deep")));
        }
        let (value, anchor) = match event {
            Event::Scalar(word, _, anchor, _) => (Value::Word(word.into_owned()), anchor),
            Event::Alias(anchor) => {
                let unknown = || Unreadable::syntax(line, "it refers to what does not stand before it");
                let node = self.anchors.get(&anchor).cloned().ok_or_else(unknown)?;
                self.parts = self.parts.saturating_add(node.parts);
                if depth + node.height > DEEPEST || self.parts > MOST_PARTS {
                    return Err(Unreadable::syntax(line, "it refers to too much of what stands before it"));
                }
                return Ok(node);
            }
            Event::SequenceStart(anchor, _) => (self.list(depth)?, anchor),
            Event::MappingStart(anchor, _) => (self.map(depth)?, anchor),
            _ => return Err(Unreadable::syntax(line, "it ends in the middle")),
        };
        let node = Rc::new(Node::new(line, value));
        if anchor > 0 {
            self.anchors.insert(anchor, Rc::clone(&node));
        }
        Ok(node)
    }

    fn list(&mut self, depth: usize) -> Result<Value, Unreadable> {
        let mut parts = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(Value::List(parts)),
                (event, span) => parts.push(self.node(event, span, depth + 1)?),
            }
        }
    }

    fn map(&mut self, depth: usize) -> Result<Value, Unreadable> {
        let mut pairs: Vec<(String, Rc<Node>)> = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if event == Event::MappingEnd {
                return Ok(Value::Map(pairs));
            }
            let key = self.node(event, span, depth + 1)?;
            let (event, span) = self.next()?;
            let value = self.node(event, span, depth + 1)?;
            // A key that is no word is none that anybody looks for.
            pairs.extend(key.word().map(|key| (key.to_owned(), value)));
        }
    }
}

fn of_scan(error: &ScanError) -> Unreadable {
    Unreadable::syntax(error.marker().line(), error.info())
}

/// Whether a text is meant as JSON: a list or an object, and no YAML that begins with a word.
pub(super) fn is_json(text: &str) -> bool {
    text.trim_start().starts_with(['[', '{'])
}

/// A text, and where its lines begin.
pub(super) struct Lines<'a> {
    text: &'a str,
    ends: Vec<usize>,
}

impl<'a> Lines<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        Self { text, ends: text.match_indices('\n').map(|(at, _)| at).collect() }
    }

    /// The line of what begins at or after this byte, from 1: a program may count the end of a line to what follows it.
    pub(super) fn line_at(&self, byte: usize) -> usize {
        let rest = self.text.as_bytes().get(byte..).unwrap_or_default();
        let begins = byte + rest.iter().take_while(|byte| b"\r\n".contains(byte)).count();
        self.ends.partition_point(|end| *end < begins) + 1
    }

    /// Reads it as JSON.
    pub(super) fn json(&'a self) -> Result<Json<'a>, Unreadable> {
        let read: Result<&'a RawValue, _> = serde_json::from_str(self.text);
        let raw = read.map_err(|error| {
            let why = error.to_string();
            // The line stands before it.
            Unreadable::syntax(error.line(), why.split(" at line ").next().unwrap_or_default())
        })?;
        Ok(Json { lines: self, raw })
    }
}

/// A part of a JSON text that knows where it stands.
#[derive(Clone, Copy)]
pub(super) struct Json<'a> {
    lines: &'a Lines<'a>,
    raw: &'a RawValue,
}

impl<'a> Json<'a> {
    /// Its parts, where it is a list.
    pub(super) fn list(self) -> Option<Vec<Self>> {
        let parts: Vec<&'a RawValue> = serde_json::from_str(self.raw.get()).ok()?;
        Some(parts.into_iter().map(|raw| Self { raw, ..self }).collect())
    }

    /// Its parts by name, where it is an object.
    pub(super) fn pairs(self) -> Option<BTreeMap<String, Self>> {
        let parts: BTreeMap<String, &'a RawValue> = serde_json::from_str(self.raw.get()).ok()?;
        Some(parts.into_iter().map(|(name, raw)| (name, Self { raw, ..self })).collect())
    }

    /// The whole of it; every part has the line where this begins.
    pub(super) fn node(self) -> Result<Rc<Node>, Unreadable> {
        let line = self.line();
        let value: serde_json::Value =
            serde_json::from_str(self.raw.get()).map_err(|error| Unreadable::syntax(line, error))?;
        Ok(of_json(value, line))
    }

    /// What was read lies in the text: how far in, their addresses tell.
    fn line(self) -> usize {
        let before = self.raw.get().as_ptr().addr().saturating_sub(self.lines.text.as_ptr().addr());
        self.lines.line_at(before)
    }
}

/// `null` says nothing: an empty word.
fn of_json(value: serde_json::Value, line: usize) -> Rc<Node> {
    let value = match value {
        serde_json::Value::Null => Value::Word(String::new()),
        serde_json::Value::String(word) => Value::Word(word),
        serde_json::Value::Array(parts) => {
            Value::List(parts.into_iter().map(|part| of_json(part, line)).collect())
        }
        serde_json::Value::Object(pairs) => {
            Value::Map(pairs.into_iter().map(|(name, part)| (name, of_json(part, line))).collect())
        }
        other => Value::Word(other.to_string()),
    };
    Rc::new(Node::new(line, value))
}
