//! An alert in a few words, for a page that is read on a phone at 03:00.

use notafter_cert::Time;

use super::message::{Letter, phrase};
use super::{Background, children, deployed};
use crate::model::{Alert, AlertState, Finding, FindingState, Owner, Purpose};

/// Findings that are told; the others are counted.
const TOLD: usize = 5;

/// What an alert is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brief {
    /// What people call the thing behind it.
    pub name: String,
    /// One line that is enough, with the severity before it.
    pub line: String,
    /// What is wrong, or was, the worst first.
    pub causes: Vec<String>,
    /// What mends it.
    pub hints: Vec<String>,
    /// What to type.
    pub commands: Vec<String>,
}

/// Tells an alert as it is now.
#[must_use]
pub fn brief(
    alert: &Alert,
    findings: &[Finding],
    background: &Background,
    owner: &Owner,
    now: Time,
) -> Brief {
    let over = alert.state == AlertState::Closed;
    let letter = Letter {
        alert,
        purpose: if over { Purpose::Recovered } else { Purpose::Opened },
        findings: children(alert, findings),
        background,
        owner,
        next_contact: None,
        also_told: Vec::new(),
        now,
    };
    let shown = letter.worst_first();
    let holds = shown.iter().any(|finding| finding.state == FindingState::Open);
    let mut causes: Vec<String> = shown.iter().take(TOLD).map(|finding| cause(finding, &letter)).collect();
    if shown.len() > TOLD {
        causes.push(format!("and {} more", shown.len() - TOLD));
    }
    Brief {
        name: letter.name(),
        line: letter.subject(),
        causes,
        hints: if holds { letter.hints() } else { Vec::new() },
        commands: if holds { letter.to_type() } else { Vec::new() },
    }
}

fn cause(finding: &Finding, letter: &Letter<'_>) -> String {
    let deployed = deployed::Summary::of(&[finding]);
    let said = deployed.map_or_else(|| phrase(finding, letter.now), |deployed| deployed.alone());
    let words = said.lines().next().unwrap_or_default();
    let name = letter.background.name(&finding.violation.subject);
    if finding.violation.subject == letter.alert.root || words.contains(&name) {
        return words.to_owned();
    }
    format!("{name}: {words}")
}
