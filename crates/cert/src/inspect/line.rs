//! Lines, and lines below lines.

use std::borrow::Cow;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use crate::der::{Fault, Field};
use crate::{Time, hex};

/// Something with its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What it is called.
    pub name: Cow<'static, str>,
    /// What it is.
    pub shown: Shown,
    /// A word about it: `critical`.
    pub note: Option<&'static str>,
    /// What belongs to it.
    pub lines: Vec<Self>,
}

/// What is shown of something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// Nothing of its own: it only holds others.
    Nothing,
    /// Words.
    Text(String),
    /// Octets.
    Octets(Vec<u8>),
    /// That it cannot be read, why, and where.
    Fault(Fault),
}

/// Lines that belong together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Section {
    /// Their heading.
    pub name: &'static str,
    /// The lines.
    pub lines: Vec<Line>,
}

/// Something that programs ask for, by a name that stays.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// Its name.
    pub name: &'static str,
    /// Its value.
    pub value: FactValue,
}

/// A value for programs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum FactValue {
    /// Words.
    Text(String),
    /// Several.
    List(Vec<String>),
    /// An instant.
    Time(Time),
    /// A number.
    Number(u64),
    /// Yes or no.
    Flag(bool),
    /// It is not there, or cannot be read.
    Nothing,
}

impl Line {
    /// With words.
    pub fn text(name: impl Into<Cow<'static, str>>, text: impl Into<String>) -> Self {
        Self::shown(name, Shown::Text(text.into()))
    }

    /// With octets.
    pub fn octets(name: impl Into<Cow<'static, str>>, octets: &[u8]) -> Self {
        Self::shown(name, Shown::Octets(octets.to_vec()))
    }

    /// That cannot be read.
    pub fn fault(name: impl Into<Cow<'static, str>>, fault: Fault) -> Self {
        Self::shown(name, Shown::Fault(fault))
    }

    /// That holds others.
    pub fn group(name: impl Into<Cow<'static, str>>, lines: Vec<Self>) -> Self {
        Self::shown(name, Shown::Nothing).with(lines)
    }

    /// A field: as this shows its value, or its fault.
    pub(super) fn of<T>(
        name: &'static str,
        field: &Field<T>,
        show: impl FnOnce(&'static str, &T) -> Self,
    ) -> Self {
        match field {
            Ok(value) => show(name, value),
            Err(fault) => Self::fault(name, *fault),
        }
    }

    fn shown(name: impl Into<Cow<'static, str>>, shown: Shown) -> Self {
        Self { name: name.into(), shown, note: None, lines: Vec::new() }
    }

    /// The same, with these below it.
    #[must_use]
    pub fn with(self, lines: Vec<Self>) -> Self {
        Self { lines, ..self }
    }

    /// The same, with a word about it.
    #[must_use]
    pub fn noted(self, note: Option<&'static str>) -> Self {
        Self { note, ..self }
    }
}

impl Section {
    pub(super) const fn new(name: &'static str, lines: Vec<Line>) -> Self {
        Self { name, lines }
    }
}

impl Fact {
    pub(super) fn new(name: &'static str, value: impl Into<FactValue>) -> Self {
        Self { name, value: value.into() }
    }
}

impl Serialize for Line {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", &self.name)?;
        match &self.shown {
            Shown::Nothing => {}
            Shown::Text(text) => map.serialize_entry("text", text)?,
            Shown::Octets(octets) => map.serialize_entry("hex", &hex(octets))?,
            Shown::Fault(fault) => {
                map.serialize_entry("fault", &fault.what.to_string())?;
                map.serialize_entry("at", &fault.at)?;
            }
        }
        if let Some(note) = self.note {
            map.serialize_entry("note", note)?;
        }
        if !self.lines.is_empty() {
            map.serialize_entry("lines", &self.lines)?;
        }
        map.end()
    }
}

impl Serialize for Fact {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.name, &self.value).serialize(serializer)
    }
}

macro_rules! values {
    ($($kind:ty => $variant:ident,)*) => {
        $(impl From<$kind> for FactValue {
            fn from(value: $kind) -> Self {
                Self::$variant(value)
            }
        })*
    };
}

values! {
    String => Text,
    Vec<String> => List,
    Time => Time,
    u64 => Number,
    bool => Flag,
}

impl From<&str> for FactValue {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl<T: Into<Self>> From<Option<T>> for FactValue {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Nothing, Into::into)
    }
}
