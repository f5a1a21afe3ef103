//! The answer for people: what it is, then every path with what is wrong at each certificate, then who says otherwise.

use std::fmt::Write;

use notafter_cert::Time;
use notafter_cert::path::{Link, Path, PathError, Role, Verdict, Verification};
use notafter_inventory::check::stores;

use super::Answer;
use crate::output::terminal::{self, visible};
use crate::output::transparency;

/// Any policy (RFC 5280 section 4.2.1.4).
const ANY_POLICY: &str = "2.5.29.32.0";

/// More paths than anybody reads.
const MOST_PATHS: usize = 5;

pub(super) fn write(answer: &Answer) -> String {
    let mut text = headline(answer);
    let paths = &answer.asked.paths;
    for (path, number) in paths.iter().take(MOST_PATHS).zip(1..) {
        text.push('\n');
        if paths.len() > 1 {
            let nearest = if number == 1 { ", the nearest" } else { "" };
            writeln!(text, "path {number} of {}{nearest}: {}", paths.len(), word(path.verdict())).ok();
        }
        text.push_str(&tree(path, answer.question.at));
    }
    if paths.len() > MOST_PATHS {
        writeln!(text, "\n{} more paths: see them with --format json", paths.len() - MOST_PATHS).ok();
    }
    if let Some(why) = answer.asked.exhausted {
        writeln!(text, "\nnot every way was tried: {why}").ok();
    }
    for remark in &answer.remarks {
        writeln!(text, "\nleft out: {remark}").ok();
    }
    if let Some(transparency) = &answer.transparency {
        writeln!(text, "\nct: {}", transparency::lines(transparency, true).join("\n  ")).ok();
        transparency.cautions.iter().for_each(|caution| {
            writeln!(text, "  note: {caution}").ok();
        });
    }
    text.push('\n');
    text.push_str(&clients(answer));
    text.push_str(&anchors_of_others(answer));
    text.push_str(&lasts(answer));
    if let Some(error) = paths.first().and_then(|path| path.errors.first()) {
        writeln!(text, "hint: {}", error.rule.hint).ok();
    }
    let width = terminal::width();
    text.lines().flat_map(|line| terminal::wrap(line, hanging(line), width)).map(|line| line + "\n").collect()
}

/// Lines that go on stay below their beginning.
fn hanging(line: &str) -> &'static str {
    if line.starts_with("    ") { "      " } else { "  " }
}

const fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Valid => "valid",
        Verdict::Invalid => "not valid",
        Verdict::Unknown => "cannot be told",
    }
}

fn headline(answer: &Answer) -> String {
    let question = &answer.question;
    let leaf = visible(&question.leaf.shown_name()).into_owned();
    let name = question.name.as_ref().map(|name| format!(" for {name}")).unwrap_or_default();
    let purpose = match question.purpose.name() {
        "any" => String::new(),
        purpose => format!(" as {purpose}"),
    };
    format!(
        "{leaf}: {}{name}{purpose} by {} at {}, anchors: {}\n",
        word(answer.asked.verdict),
        question.profile,
        question.at.for_people(),
        question.anchors.name()
    )
}

fn tree(path: &Path, at: Time) -> String {
    let mut text = String::new();
    for (place, link) in path.certificates.iter().enumerate() {
        let errors: Vec<&PathError> = path.errors.iter().filter(|error| error.certificate == place).collect();
        let mark = match () {
            () if errors.iter().any(|error| !error.rule.is_doubt) => "x",
            () if errors.is_empty() => "ok",
            () => "?",
        };
        writeln!(text, "  {mark:>2} {place} {}", described(link, at)).ok();
        for error in errors {
            writeln!(text, "     {}: {} ({})", error.rule.code, visible(&error.text()), error.rule.section).ok();
        }
    }
    if let Some(policies) = path.policies.as_ref().filter(|policies| !policies.is_empty()) {
        let told = if policies.iter().any(|policy| policy == ANY_POLICY) { "any".to_owned() } else { policies.join(", ") };
        writeln!(text, "     policies: {told}").ok();
    }
    text
}

fn described(link: &Link, at: Time) -> String {
    let certificate = &link.certificate;
    let role = match (link.anchor, link.given) {
        (true, _) => ", anchor",
        (false, Some(_)) => "",
        (false, None) => ", known here",
    };
    format!("{}{role}, {}, {}", visible(&certificate.shown_name()), certificate.key().algorithm, certificate.not_after().as_end(at))
}

/// Who says the same, and who says otherwise and why.
fn clients(answer: &Answer) -> String {
    let (same, others): (Vec<_>, Vec<_>) = answer.clients.iter().partition(|(_, said)| is_same(said, &answer.asked));
    let mut text = String::new();
    if !same.is_empty() {
        let names: Vec<&str> = same.iter().map(|(profile, _)| profile.name).collect();
        writeln!(text, "the same by {}", names.join(", ")).ok();
    }
    for (profile, said) in others {
        let mut why = String::new();
        if let (Verdict::Invalid | Verdict::Unknown, Some(path)) = (said.verdict, said.paths.first()) {
            let told = |error: &PathError| format!("certificate {}: {}", error.certificate, visible(&error.text()));
            let errors: Vec<String> = path.errors.iter().map(told).collect();
            why = format!(": {}", errors.join("; "));
        }
        writeln!(text, "{}: {}{why}", profile.name, word(said.verdict)).ok();
    }
    text
}

/// Where the anchors of named clients make a difference; with more asked for, every one of them.
fn anchors_of_others(answer: &Answer) -> String {
    let (at, leaf) = (answer.question.at, &answer.question.leaf);
    let lines = match answer.verbose {
        false => stores::differences(&answer.stores, leaf.not_after(), at),
        true => stores::every(&answer.stores, at),
    };
    lines.iter().map(|line| format!("{}\n", visible(line))).collect()
}

/// Paths that end before the certificate itself does.
fn lasts(answer: &Answer) -> String {
    let Some(horizon) = &answer.horizon else { return String::new() };
    let at = answer.question.at;
    let mut text = String::new();
    for cliff in &horizon.cliffs {
        let until = cliff.until.with_distance(at);
        let (by, anchor, then) = (cliff.ending.told(), cliff.anchor.shown_name(), cliff.then.shown_name());
        let told = format!("the path to {anchor} lasts until {until}, when {by} ends; after that there is {then}");
        writeln!(text, "{}", visible(&told)).ok();
    }
    if horizon.ending.role != Role::Leaf {
        let (until, by) = (horizon.until.with_distance(at), horizon.ending.told());
        writeln!(text, "{}", visible(&format!("the last path ends {until}, before the certificate does: {by} ends"))).ok();
    }
    text
}

/// Whether both say the same for the same reasons.
fn is_same(one: &Verification, other: &Verification) -> bool {
    let reasons = |said: &Verification| -> Vec<(usize, &'static str)> {
        let errors = said.paths.first().into_iter().flat_map(|path| &path.errors);
        errors.map(|error| (error.certificate, error.rule.code)).collect()
    };
    one.verdict == other.verdict && reasons(one) == reasons(other)
}
