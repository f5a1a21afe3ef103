//! What browsers ask of the promises that come with a certificate, one file each.

mod apple;
mod chrome;
mod evidence;
mod firefox;

pub use evidence::{Evidence, ListAge, Promise};

use std::fmt;

use notafter_cert::Time;

use crate::loglist::STALE;

/// What one browser asks.
pub struct Policy {
    /// Its name in commands and JSON, for ever.
    pub id: &'static str,
    /// Whose it is.
    pub name: &'static str,
    /// What is asked, in a few sentences.
    pub rule: &'static str,
    /// Where that is laid down.
    pub source: &'static str,
    /// Certificates from before were under older rules, which are not judged here.
    since: Option<Time>,
    /// What is missing, for each of the ways in which one can comply.
    ways: fn(&Evidence<'_>) -> Vec<Way>,
}

/// One of the ways to comply.
struct Way {
    /// Whether anything was presented that goes this way.
    is_tried: bool,
    /// What is missing, in words with counts; nothing where this way leads to the end.
    lacks: Vec<String>,
}

/// All policies, in the order in which people read them.
pub static ALL: &[Policy] = &[chrome::POLICY, apple::POLICY, firefox::POLICY];

/// What a browser thinks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is content.
    Compliant,
    /// It is not: what is missing, in words with counts.
    Lacking(Vec<String>),
    /// That cannot be told: why.
    Unknown(String),
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Compliant => f.write_str("complies"),
            Self::Lacking(lacks) => write!(f, "does not comply: {}", lacks.join("; ")),
            Self::Unknown(why) => write!(f, "unknown: {why}"),
        }
    }
}

impl Policy {
    /// What the browser thinks.
    #[must_use]
    pub fn judge(&self, evidence: &Evidence<'_>) -> Verdict {
        if let Some(since) = self.since.filter(|since| evidence.validity.not_before < *since) {
            let day = since.to_string();
            let day = day.get(..10).unwrap_or(&day);
            return Verdict::Unknown(format!(
                "it was issued before {day}, under rules that are not judged here"
            ));
        }
        let lacks = self.lacks(evidence);
        let doubt = self.doubt(evidence);
        match (lacks.is_empty(), doubt) {
            // Nothing was presented: no list could help.
            (false, _) if evidence.presented == 0 => Verdict::Lacking(lacks),
            (_, Some(doubt)) => Verdict::Unknown(doubt),
            (true, None) => Verdict::Compliant,
            (false, None) if evidence.undetermined > 0 => Verdict::Unknown(format!(
                "{} of {} SCTs could not be checked, and without them it lacks: {}",
                evidence.undetermined,
                evidence.presented,
                lacks.join("; ")
            )),
            (false, None) => Verdict::Lacking(lacks),
        }
    }

    /// What is missing on the ways that were tried, or on the first where none was; nothing where one leads to the end.
    fn lacks(&self, evidence: &Evidence<'_>) -> Vec<String> {
        let mut ways = (self.ways)(evidence);
        if ways.iter().any(|way| way.lacks.is_empty()) {
            return Vec::new();
        }
        if ways.iter().any(|way| way.is_tried) {
            ways.retain(|way| way.is_tried);
        } else {
            ways.truncate(1);
        }
        ways.into_iter().flat_map(|way| way.lacks).collect()
    }

    fn doubt(&self, evidence: &Evidence<'_>) -> Option<String> {
        match evidence.list {
            ListAge::NoList => Some("no log list was given".to_owned()),
            ListAge::Undated => Some("the log list does not say of when it is".to_owned()),
            ListAge::Known(age) if age >= STALE => Some(format!(
                "the log list is {} days old, and {} enforces nothing by one of 70 days or more",
                age.as_seconds() / 86_400,
                self.name
            )),
            ListAge::Known(_) => None,
        }
    }
}

/// What is missing, where there is less than needed: `SCTs of distinct logs in the certificate: 1 of 2`.
fn lack(what: impl fmt::Display, have: usize, need: usize) -> Option<String> {
    (have < need).then(|| format!("{what}: {have} of {need}"))
}

#[cfg(test)]
mod tests;
