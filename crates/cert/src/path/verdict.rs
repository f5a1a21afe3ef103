//! What came of a validation.

use super::rule::Meta;
use crate::Certificate;

/// Whether a usable path exists, and every path that was tried.
#[derive(Clone, Debug)]
pub struct Verification {
    /// The answer.
    pub verdict: Verdict,
    /// The paths, the most telling first.
    pub paths: Vec<Path>,
    /// What ended the search before every path had been tried, where something did.
    pub exhausted: Option<&'static str>,
}

/// Nothing was tried: nobody can tell.
impl Default for Verification {
    fn default() -> Self {
        Self { verdict: Verdict::Unknown, paths: Vec::new(), exhausted: None }
    }
}

/// The answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// A path holds.
    Valid,
    /// None does.
    Invalid,
    /// None does, as far as could be told.
    Unknown,
}

impl Verdict {
    /// The word in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Invalid => "invalid",
            Self::Unknown => "unknown",
        }
    }
}

/// One path.
#[derive(Clone, Debug)]
pub struct Path {
    /// From the leaf upwards.
    pub certificates: Vec<Link>,
    /// Everything that is wrong with it, certificate by certificate from the leaf.
    pub errors: Vec<PathError>,
    /// The policies under which it is valid, dotted: anyPolicy alone for any, none for none; `None` where that cannot be told.
    pub policies: Option<Vec<String>>,
}

/// One certificate of a path.
#[derive(Clone, Debug)]
pub struct Link {
    /// The certificate.
    pub certificate: Certificate,
    /// Position among the certificates as given, 0 the leaf; `None` where it came from the anchors alone.
    pub given: Option<usize>,
    /// Whether it is a trust anchor.
    pub anchor: bool,
}

/// Something wrong with a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathError {
    /// Which certificate, 0 the leaf.
    pub certificate: usize,
    /// Which rule.
    pub rule: &'static Meta,
    /// What the rule expects.
    pub expected: String,
    /// What was found.
    pub found: String,
}

impl Path {
    /// The verdict on this path alone.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match self.errors.iter().all(|error| error.rule.is_doubt) {
            _ if self.errors.is_empty() => Verdict::Valid,
            true => Verdict::Unknown,
            false => Verdict::Invalid,
        }
    }

    /// Whether it ends at an anchor.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.certificates.last().is_some_and(|link| link.anchor)
    }

    /// How far it is from being valid, the nearest lowest: what people should read first.
    pub(super) fn distance(&self) -> (u8, bool, usize, usize) {
        let rank = match self.verdict() {
            Verdict::Valid => 0,
            Verdict::Unknown => 1,
            Verdict::Invalid => 2,
        };
        let weight = self.errors.iter().map(|error| usize::from(error.rule.weight)).sum();
        (rank, !self.is_complete(), weight, self.certificates.len())
    }
}

impl PathError {
    /// In one sentence.
    #[must_use]
    pub fn text(&self) -> String {
        match (self.found.is_empty(), self.expected.is_empty()) {
            (false, false) => format!("{}: {}; must be: {}", self.rule.title, self.found, self.expected),
            (false, true) => format!("{}: {}", self.rule.title, self.found),
            (true, false) => format!("{}; must be: {}", self.rule.title, self.expected),
            (true, true) => self.rule.title.to_owned(),
        }
    }
}
