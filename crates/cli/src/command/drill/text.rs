//! What a drill showed, for people.

use notafter_engine::operate::drill::Shown;
use notafter_inventory::drill::{Heard, Step, heard};
use notafter_inventory::model::{Alarm, Drill, DrillFault, Played};

/// One drill with everything that it showed.
pub(super) fn one(shown: &Shown) -> String {
    let Shown { drill, result } = shown;
    let mut text = headline(shown);
    text += &format!("  begun {} by {}{}\n", drill.begun_at.for_people(), drill.begun_by, fault(drill));
    text.extend(result.steps.iter().map(step));
    if let Some(runway) = result.runway_for_people() {
        text += &format!("  runway: {runway}\n");
    }
    text.extend(drill.played.as_ref().map(told));
    text.extend(drill.alarm.as_ref().map(alarm));
    if drill.is_open() {
        text += &format!("it goes on in the server: notafter drill show {}\n", drill.id);
    }
    text
}

fn headline(shown: &Shown) -> String {
    format!("{}  {}: {}\n", shown.drill.id, shown.drill.lineage, shown.headline())
}

fn fault(drill: &Drill) -> String {
    let words = |fault: DrillFault| format!("; {}: {}", fault.name(), fault.words());
    drill.script.fault.map_or_else(String::new, words)
}

fn step(step: &Step) -> String {
    let Step { name, points, of, text, mend, .. } = step;
    let verdict = step.verdict_words();
    let points = if *of > 0 { format!(" ({points} of {of})") } else { String::new() };
    let mut lines = format!("  {verdict:<10} {}: {text}{points}\n", name.words());
    lines.extend(mend.iter().map(|line| format!("      mend: {}\n", line.replace('\n', "\n            "))));
    lines
}

/// Who would have been told, by the stage's clock: each for the first time, and how often.
fn told(played: &Played) -> String {
    let heard = heard(played);
    if heard.is_empty() {
        return String::new();
    }
    let mut text = "  who would have been told, counted from the renewal's first try:\n".to_owned();
    for one in &heard {
        let Heard { first, .. } = one;
        let after = first.at.since(played.began_at);
        let often = one.often().map_or_else(String::new, |often| format!(" ({often}, while nobody took it)"));
        text += &format!("      after {after}  {}  {}{often}\n", first.contact.shown(), first.subject);
    }
    text
}

fn alarm(alarm: &Alarm) -> String {
    let mut text = format!("  the alarm, given {}:\n", alarm.at.for_people());
    for told in &alarm.told {
        text += &format!("      {}  {}  {}\n", told.at.for_people(), told.contact.shown(), told.words());
    }
    if let Some(taken) = &alarm.taken {
        let note = taken.note.as_ref().map_or_else(String::new, |note| format!(": {note}"));
        text += &format!("      {}  taken by {}{note}\n", taken.at.for_people(), taken.by);
    }
    text
}

/// A line for each.
pub(super) fn list(drills: &[Shown]) -> String {
    if drills.is_empty() {
        return "nothing was rehearsed yet: notafter drill LINEAGE\n".to_owned();
    }
    let line = |shown: &Shown| {
        let begun = shown.drill.begun_at.for_people();
        format!("{}      {begun}{}\n", headline(shown), fault(&shown.drill))
    };
    drills.iter().map(line).collect()
}
