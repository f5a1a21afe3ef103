//! What is known of an incident when somebody sits down to learn from it: when it began, was seen, was told and was over, whom it
//! hit, and what happened when. It is for those inside: it names endpoints and findings.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use notafter_cert::{Span, Time};
use serde::{Deserialize, Serialize};

use super::spell::{self, Spell, cause};
use super::state::{Effect, effect};
use super::{Component, Facts, event};
use crate::model::{ComponentState, EndpointId, Finding, Incident};

/// What is known of an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// What was told of it.
    pub incident: Incident,
    /// When it began: what was the matter, a person or a look says so, whichever is earliest.
    pub began_at: Time,
    /// When it was over on the wire and by word; nothing while it goes on.
    pub ended_at: Option<Time>,
    /// When a look first showed it; nothing where none did.
    pub detected_at: Option<Time>,
    /// What really began when, where that is on record: a certificate that ended says the second.
    pub caused_at: Option<Time>,
    /// When the public was first told by a person.
    pub told_at: Time,
    /// Whom it hit, as looks show.
    pub impact: Vec<Impact>,
    /// What happened, oldest first.
    pub timeline: Vec<Line>,
}

/// A component that did not serve as it should.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Impact {
    /// Its name.
    pub component: String,
    /// From when: what looks showed first, or the end of a certificate before that.
    pub from: Time,
    /// Until when; nothing while it goes on.
    pub until: Option<Time>,
    /// How bad it was at the worst.
    pub worst: ComponentState,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Line {
    /// When.
    pub at: Time,
    /// What.
    pub text: String,
}

impl Report {
    /// How long it was there before a look showed it; nothing where its beginning is not on record.
    #[must_use]
    pub fn to_detect(&self) -> Option<Span> {
        Some(self.detected_at?.since(self.caused_at?).max(Span::ZERO))
    }

    /// How long it took from its beginning until the public was told by a person.
    #[must_use]
    pub fn to_tell(&self) -> Span {
        self.told_at.since(self.began_at).max(Span::ZERO)
    }
}

/// Puts together what is known of an incident. `names` are what people call endpoints.
#[must_use]
pub fn report(facts: &Facts, incident: &Incident, names: &BTreeMap<EndpointId, String>, now: Time) -> Report {
    let about: Vec<&Component> =
        facts.components.iter().filter(|one| incident.components.contains(&one.name)).collect();
    let mut impact = Vec::new();
    let mut timeline = Vec::new();
    let mut caused: Vec<Time> = Vec::new();
    let mut seen: Vec<Time> = Vec::new();
    for component in about {
        let spells = spell::all(component);
        for spell in spells.iter().filter(|spell| event::is_of(incident, &component.name, spell, now)) {
            seen.push(spell.from);
            for endpoint in &component.endpoints {
                let during = endpoint.findings.iter().filter(|finding| is_during(finding, spell));
                let during: Vec<&Finding> = during.collect();
                let name = names.get(&endpoint.id).map_or(component.name.as_str(), String::as_str);
                let causes = during.iter().map(|finding| cause(endpoint, finding));
                timeline.extend(during.iter().zip(causes.clone()).flat_map(|(it, at)| lines(it, at, name)));
                caused.extend(causes.flatten().filter(|at| *at >= spell.began));
            }
            impact.push(hit(component, spell));
        }
    }
    timeline.extend(incident.updates.iter().map(|update| Line {
        at: update.at,
        text: format!("{} told the public ({}): {}", update.by, update.status, one_line(&update.text)),
    }));
    timeline.sort();
    timeline.dedup();
    let detected_at = seen.into_iter().min();
    let caused_at = caused.into_iter().min();
    let ends = impact.iter().map(|hit| hit.until).chain([incident.resolved_at()]);
    Report {
        began_at: [detected_at, caused_at].into_iter().flatten().fold(incident.began_at, Time::min),
        ended_at: ends.collect::<Option<Vec<Time>>>().and_then(|ends| ends.into_iter().max()),
        detected_at,
        caused_at,
        told_at: incident.updates.first().map_or(incident.began_at, |first| first.at),
        incident: incident.clone(),
        impact,
        timeline,
    }
}

fn hit(component: &Component, spell: &Spell) -> Impact {
    Impact { component: component.name.clone(), from: spell.began, until: spell.until, worst: spell.worst }
}

fn is_during(finding: &Finding, spell: &Spell) -> bool {
    let is_felt = matches!(effect(&finding.violation), Some(Effect::Fails | Effect::Hinders));
    let begins = spell.until.is_none_or(|until| finding.opened_at <= until);
    is_felt && begins && finding.closed_at.is_none_or(|closed| closed >= spell.from)
}

fn lines(finding: &Finding, caused_at: Option<Time>, name: &str) -> Vec<Line> {
    let code = &finding.violation.code;
    let begun = Line {
        at: finding.opened_at,
        text: format!("a look showed {code} at {name}: {}", one_line(&finding.violation.text)),
    };
    let over =
        finding.closed_at.map(|at| Line { at, text: format!("looks show no {code} at {name} any more") });
    let ended = caused_at.map(|at| Line { at, text: format!("the certificate at {name} ended") });
    ended.into_iter().chain([begun]).chain(over).collect()
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl Report {
    /// As Markdown, with what only people know left to be written.
    #[must_use]
    pub fn markdown(&self) -> String {
        let Self { incident, began_at, ended_at, detected_at, .. } = self;
        let or = |at: Option<Time>, nothing: &str| at.map_or_else(|| nothing.to_owned(), Time::for_people);
        let detected = self.to_detect().map_or_else(
            || "how long after it began is not on record".to_owned(),
            |span| format!("{} after it began", span.for_people()),
        );
        let lasted = ended_at
            .map_or_else(String::new, |at| format!("| lasted | {} |\n", at.since(*began_at).for_people()));
        let mut text = format!("# {}\n\n", plain(&incident.name));
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "| | |\n| --- | --- |\n| status | {} |\n| began | {} |\n| over | {} |\n{lasted}| detected | {} |\n\
             | told by a person | {}, {} after it began |\n\n## Impact\n\n",
            incident.status(),
            began_at.for_people(),
            or(*ended_at, "not yet"),
            detected_at.map_or_else(
                || "no look showed it".to_owned(),
                |at| format!("{}, {detected}", at.for_people())
            ),
            self.told_at.for_people(),
            self.to_tell().for_people(),
        );
        match &self.impact[..] {
            [] => text += "No look showed a service that did not serve. Write who was hit, and how.\n",
            impact => {
                text += "| service | from | until | at the worst |\n| --- | --- | --- | --- |\n";
                for Impact { component, from, until, worst } in impact {
                    let (from, until) = (from.for_people(), or(*until, "not yet"));
                    let _ = writeln!(text, "| {} | {from} | {until} | {} |", plain(component), worst.words());
                }
            }
        }
        text += "\n## Timeline\n\n";
        for Line { at, text: what } in &self.timeline {
            let _ = writeln!(text, "- {}: {}", at.for_people(), plain(what));
        }
        text += TO_WRITE;
        text
    }
}

/// As Markdown that shows these letters and nothing else: peers and people write what stands here, and none of it is markup
/// (CommonMark 0.31, section 2.4; what GitHub makes links of by itself is held apart as well).
fn plain(text: &str) -> String {
    let text = one_line(text);
    let letters: Vec<char> = text.chars().collect();
    let is_word =
        |at: Option<usize>| at.and_then(|at| letters.get(at)).is_some_and(|it| it.is_alphanumeric());
    let mut written = String::with_capacity(text.len());
    for (at, letter) in letters.iter().enumerate() {
        let follows = |text: &str| letters[at..].iter().copied().take(text.len()).eq(text.chars());
        let is_markup = match letter {
            '\\' | '`' | '*' | '[' | ']' | '<' | '>' | '|' | '&' | '~' | '#' | '@' => true,
            '_' => !(is_word(at.checked_sub(1)) && is_word(Some(at + 1))),
            ':' => follows("://"),
            '.' => at >= 3 && letters[at - 3..at].iter().all(|it| it.eq_ignore_ascii_case(&'w')),
            _ => false,
        };
        if is_markup {
            written.push('\\');
        }
        written.push(*letter);
    }
    written
}

/// What no program knows.
const TO_WRITE: &str = "
## What happened, and why

## What went well, what did not

## What we do about it
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_peers_and_people_wrote_was_markup_in_the_report() {
        for (written, told) in [
            ("<b>Shop</b> & co", "\\<b\\>Shop\\</b\\> \\& co"),
            ("# not a heading\n## nor this", "\\# not a heading \\#\\# nor this"),
            ("a | b", "a \\| b"),
            ("`rm -rf /`", "\\`rm -rf /\\`"),
            ("![x](https://evil.example/)", "!\\[x\\](https\\://evil.example/)"),
            (
                "see www.evil.example or mallory@evil.example",
                "see www\\.evil.example or mallory\\@evil.example",
            ),
            ("*much* _this_ not_this \\", "\\*much\\* \\_this\\_ not_this \\\\"),
            ("shop.example: not valid - at all", "shop.example: not valid - at all"),
        ] {
            assert_eq!(plain(written), told, "{written}");
        }
    }
}
