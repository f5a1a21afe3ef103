//! Times at which looks showed that a component did not serve as it should.

use notafter_cert::{Span, Time};

use super::state::{Course, Effect, effect, is_old, until};
use super::{Component, Watched, identity};
use crate::model::{ComponentState, Finding};

/// What comes back this soon was not over.
pub(super) const COMES_BACK: Span = Span::minutes(10);

/// A time without a break at which something was wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Spell {
    /// What programs know it by.
    pub(super) id: String,
    /// When a look first showed it.
    pub(super) from: Time,
    /// When it began: before that look, where the end of a certificate says so.
    pub(super) began: Time,
    /// When looks showed that it is over; nothing while it goes on.
    pub(super) until: Option<Time>,
    /// How bad it was at the worst.
    pub(super) worst: ComponentState,
    /// Codes of what was wrong, in the order in which it was seen.
    pub(super) codes: Vec<String>,
}

/// Every spell of a component, oldest first.
pub(super) fn all(component: &Component) -> Vec<Spell> {
    let mut findings: Vec<(&Finding, Time)> = Vec::new();
    for endpoint in &component.endpoints {
        let felt = |finding: &&Finding| {
            let is_shown = |until| until > finding.opened_at && until > endpoint.public_since;
            matches!(effect(&finding.violation), Some(Effect::Fails | Effect::Hinders))
                && until(finding).is_none_or(is_shown)
        };
        let felt = endpoint.findings.iter().filter(felt);
        findings.extend(felt.map(|finding| (finding, began(endpoint, finding))));
    }
    findings.sort_by_key(|(finding, _)| (finding.opened_at, finding.id));
    let mut course = Course::of(component);
    let mut spells: Vec<Spell> = Vec::new();
    for (finding, began) in findings {
        let worst = course.at(finding.opened_at);
        match spells.last_mut().filter(|spell| goes_on(spell, finding.opened_at)) {
            Some(spell) => {
                spell.until = spell.until.and_then(|end| until(finding).map(|until| until.max(end)));
                spell.worst = spell.worst.max(worst);
                spell.began = spell.began.min(began);
                if !spell.codes.contains(&finding.violation.code) {
                    spell.codes.push(finding.violation.code.clone());
                }
            }
            None => spells.push(Spell {
                id: identity("spell", &format!("{}\n{}", component.name, finding.opened_at.as_micros())),
                from: finding.opened_at,
                began,
                until: until(finding),
                worst,
                codes: vec![finding.violation.code.clone()],
            }),
        }
    }
    let mut over = None;
    for spell in &mut spells {
        // What was over before did not last until then.
        if over.is_some_and(|over| spell.began <= over) {
            spell.began = spell.from;
        }
        over = spell.until;
    }
    spells
}

/// When what a finding shows began, as far as that is known.
pub(super) fn began(endpoint: &Watched, finding: &Finding) -> Time {
    cause(endpoint, finding).unwrap_or(finding.opened_at)
}

/// When what a finding shows really began, where that is on record: a certificate that ended says the second. At an endpoint that
/// was looked at long after that end and found well, the certificate was put there later.
pub(super) fn cause(endpoint: &Watched, finding: &Finding) -> Option<Time> {
    let violation = &finding.violation;
    let ended = (violation.code == "certificate.expired").then(|| violation.evidence["not_after"].clone())?;
    let ended = serde_json::from_value::<Time>(ended).ok().filter(|at| *at <= finding.opened_at)?;
    let is_seen_first = endpoint.id.made_at() > ended;
    (is_seen_first || !is_old(endpoint.criticality, ended, finding.opened_at)).then_some(ended)
}

fn goes_on(spell: &Spell, at: Time) -> bool {
    spell.until.is_none_or(|until| at.since(until) <= COMES_BACK)
}
