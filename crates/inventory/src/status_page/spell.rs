//! Times at which looks showed that a component did not serve as it should.

use notafter_cert::{Span, Time};

use super::state::{Course, Effect, effect, until};
use super::{Component, identity};
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
    /// When looks showed that it is over; nothing while it goes on.
    pub(super) until: Option<Time>,
    /// How bad it was at the worst.
    pub(super) worst: ComponentState,
    /// Codes of what was wrong, in the order in which it was seen.
    pub(super) codes: Vec<String>,
}

/// Every spell of a component, oldest first.
pub(super) fn all(component: &Component) -> Vec<Spell> {
    let mut findings: Vec<&Finding> = Vec::new();
    for endpoint in &component.endpoints {
        let felt = |finding: &&Finding| {
            let is_shown = |until| until > finding.opened_at && until > endpoint.public_since;
            matches!(effect(&finding.violation), Some(Effect::Fails | Effect::Hinders))
                && until(finding).is_none_or(is_shown)
        };
        findings.extend(endpoint.findings.iter().filter(felt));
    }
    findings.sort_by_key(|finding| (finding.opened_at, finding.id));
    let mut course = Course::of(component);
    let mut spells: Vec<Spell> = Vec::new();
    for finding in findings {
        let worst = course.at(finding.opened_at);
        match spells.last_mut().filter(|spell| goes_on(spell, finding.opened_at)) {
            Some(spell) => {
                spell.until = spell.until.and_then(|end| until(finding).map(|until| until.max(end)));
                spell.worst = spell.worst.max(worst);
                if !spell.codes.contains(&finding.violation.code) {
                    spell.codes.push(finding.violation.code.clone());
                }
            }
            None => spells.push(Spell {
                id: identity("spell", &format!("{}\n{}", component.name, finding.opened_at.as_micros())),
                from: finding.opened_at,
                until: until(finding),
                worst,
                codes: vec![finding.violation.code.clone()],
            }),
        }
    }
    spells
}

fn goes_on(spell: &Spell, at: Time) -> bool {
    spell.until.is_none_or(|until| at.since(until) <= COMES_BACK)
}
