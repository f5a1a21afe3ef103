//! Dialogues that lead a plain-text protocol to TLS, without a socket.

use std::fmt;
use std::hash::{Hash, Hasher};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub mod starttls;

/// What a dialogue wants next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Send these bytes, then feed what comes back.
    Send(Vec<u8>),
    /// Nothing to say until more bytes arrive.
    Receive,
    /// The peer agreed: the next byte in either direction belongs to TLS.
    StartTls,
    /// The peer said no, or something else than the protocol: why, in its words.
    Refused(String),
}

/// One conversation. Contract: `step` is called first with no bytes, then once per read with the bytes that are
/// new; an implementation buffers partial lines itself, within [`BUDGET`] bytes, and refuses bytes that come after the
/// agreement in the same read (STARTTLS injection, CVE-2011-0411).
pub trait Dialogue: Send {
    /// Takes what the peer said and answers what to do.
    fn step(&mut self, received: &[u8]) -> Step;
}

/// The most bytes that a dialogue accepts before TLS starts.
pub const BUDGET: usize = 16 * 1024;

/// A protocol that has a dialogue: its name is the scheme of a target.
#[derive(Clone, Copy)]
pub struct Protocol(&'static Meta);

/// What one dialogue file declares about itself.
pub struct Meta {
    /// The scheme, lower case.
    pub name: &'static str,
    /// The port when the target names none.
    pub port: u16,
    /// Where the dialogue is specified.
    pub source: &'static str,
    /// Begins a conversation; `host` is the name of the peer (XMPP and the like ask for it).
    pub begin: fn(host: &str) -> Box<dyn Dialogue>,
}

/// Every protocol, in the order people see.
pub const ALL: &[Protocol] =
    &[Protocol(&starttls::smtp::META), Protocol(&starttls::imap::META), Protocol(&starttls::postgres::META)];

/// The protocol of this name.
#[must_use]
pub fn find(name: &str) -> Option<Protocol> {
    ALL.iter().find(|protocol| protocol.name() == name).copied()
}

impl Protocol {
    /// The scheme, such as `smtp`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.0.name
    }

    /// The port when a target names none.
    #[must_use]
    pub const fn port(self) -> u16 {
        self.0.port
    }

    /// Begins a conversation with the peer of this name.
    #[must_use]
    pub fn begin(self, host: &str) -> Box<dyn Dialogue> {
        (self.0.begin)(host)
    }
}

impl PartialEq for Protocol {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Protocol {}

impl PartialOrd for Protocol {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Protocol {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.name().cmp(other.name())
    }
}

impl Hash for Protocol {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name().hash(state);
    }
}

impl fmt::Debug for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for Protocol {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Protocol {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        find(&name).ok_or_else(|| serde::de::Error::custom(format!("unknown STARTTLS protocol {name:?}")))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_folder_and_the_list_are_the_same() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/dialogue/starttls");
        #[expect(clippy::disallowed_methods, reason = "the test compares the list with the folder")]
        let entries = std::fs::read_dir(folder).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let files: BTreeSet<String> = names
            .filter_map(|name| name.strip_suffix(".rs").map(str::to_owned))
            // What dialogues that are made of lines share.
            .filter(|name| !["mod", "lines"].contains(&name.as_str()))
            .collect();
        let listed: BTreeSet<String> = ALL.iter().map(|protocol| protocol.name().to_owned()).collect();
        assert_eq!(files, listed);
        assert_eq!(listed.len(), ALL.len(), "a protocol is listed twice");
    }
}
