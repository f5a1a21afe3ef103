//! `--format nagios`: the monitoring plug-in guidelines, "Output" and "Range expressions".
//!
//! The first line is short and carries the performance data; the lines after it are long output. Nothing is printed
//! before the end, because the first line tells the worst.

use std::io::{self, Write};

use notafter_cert::{Span, Time};
use notafter_inventory::check::{AddressReport, CertificateSummary, Report};
use notafter_inventory::model::{Severity, Subject};
use notafter_inventory::threshold::Thresholds;

use super::Output;
use super::tally::{Ending, Tally};
use crate::output::terminal::is_obeyed;

/// What a monitoring system is told before anything could be looked at: nagios shows standard output alone.
pub(crate) fn cannot_run(what: &str, more: &str) -> String {
    let more: String = more.lines().filter(|line| !line.trim().is_empty()).map(|line| clean(line) + "\n").collect();
    format!("CERTIFICATES {} - {}\n{more}", Severity::Unknown, clean(what))
}

/// By what, and how much, is told.
#[derive(Clone, Copy)]
pub(super) struct Told {
    /// The limits of the ranges.
    pub(super) thresholds: Thresholds,
    /// 0: a line per target; 1: its findings and what to do; 2: every address as well.
    pub(super) verbosity: u8,
    /// The limit of the run.
    pub(super) within: Span,
}

/// The plug-in's answer in the making: a line per target, no more.
pub(super) struct Plugin<W> {
    out: W,
    told: Told,
    /// What was asked for, and not reported yet; nothing where a list told it.
    open: Vec<String>,
    lines: Vec<(Severity, String)>,
    performance: Vec<String>,
}

impl<W: Write> Plugin<W> {
    pub(super) const fn new(out: W, told: Told, asked: Vec<String>) -> Self {
        Self { out, told, open: asked, lines: Vec::new(), performance: Vec::new() }
    }

    fn performance(&self, name: &str, report: &Report) -> String {
        let leaves = report.addresses.iter().filter_map(leaf);
        let first = leaves.min_by_key(|leaf| leaf.not_after);
        let Some(leaf) = first else { return format!("{}=U", label(name)) };
        let limits = self.told.thresholds.leaf(leaf.not_after.since(leaf.not_before));
        let seconds = leaf.not_after.since(report.at).as_seconds();
        // Alert when less is left: the range is from the limit upwards.
        let [warning, critical] = [limits.warning, limits.critical].map(Span::as_seconds);
        format!("{}={seconds}s;{warning}:;{critical}:", label(name))
    }
}

impl<W: Write> Plugin<W> {
    /// What was asked for and never reported: unknown, and graphs show the gap.
    fn give_up_the_rest(&mut self, ending: Ending) {
        let why = match ending {
            Ending::Interrupted => "not finished when it was interrupted".to_owned(),
            Ending::OutOfTime | Ending::Complete => format!("not finished within {}", self.told.within),
        };
        for name in std::mem::take(&mut self.open) {
            self.performance.push(format!("{}=U", label(&name)));
            self.lines.push((Severity::Unknown, clean(&format!("{name}: {why}"))));
        }
    }

    /// The short line that stands for all.
    fn first(&self, tally: &Tally, ending: Ending) -> String {
        let first = |line: &str| line.lines().next().unwrap_or_default().to_owned();
        let cut = match ending {
            Ending::Complete => String::new(),
            Ending::OutOfTime => format!("the time limit of {} ended the run; ", self.told.within),
            Ending::Interrupted => "interrupted; ".to_owned(),
        };
        match self.lines.as_slice() {
            [] => format!("{cut}nothing was seen"),
            [(_, only)] => cut + &first(only),
            [(_, worst), ..] if tally.targets == 0 => format!("{cut}nothing was seen; {}", first(worst)),
            [(_, worst), ..] => format!("{cut}{tally}; {}", first(worst)),
        }
    }
}

impl<W: Write + Send> Output for Plugin<W> {
    fn report(&mut self, report: &Report) -> io::Result<()> {
        let name = name(report);
        if let Some(at) = self.open.iter().position(|open| *open == name) {
            self.open.remove(at);
        }
        self.performance.push(self.performance(&name, report));
        let mut line = clean(&format!("{name}: {}", summary(report)));
        for found in report.findings.iter().filter(|_| self.told.verbosity > 0) {
            line.push_str(&format!("\n  {}: {}", found.violation.code, clean(&found.violation.text)));
            line.push_str(&format!("\n  to do: {}", clean(&found.violation.hint)));
        }
        for address in report.addresses.iter().filter(|_| self.told.verbosity > 1) {
            line.push_str(&format!("\n  {}", clean(&seen(address, report.at))));
        }
        self.lines.push((report.verdict, line));
        Ok(())
    }

    fn finish(&mut self, tally: &Tally, ending: Ending) -> io::Result<()> {
        if tally.targets == 0 && ending == Ending::Complete {
            // Why there was nothing to look at is told instead.
            return Ok(());
        }
        let verdict = tally.verdict(ending);
        self.give_up_the_rest(ending);
        self.lines.sort_by_key(|(severity, _)| std::cmp::Reverse(*severity));
        write!(self.out, "CERTIFICATES {verdict} - {}", self.first(tally, ending))?;
        if !self.performance.is_empty() {
            write!(self.out, " | {}", self.performance.join(" "))?;
        }
        writeln!(self.out)?;
        let told_in_full = self.lines.len() == 1;
        for (severity, line) in &self.lines {
            match line.split_once('\n') {
                Some((_, rest)) if told_in_full => writeln!(self.out, "{rest}")?,
                None if told_in_full => {}
                _ => writeln!(self.out, "{severity} {line}")?,
            }
        }
        self.out.flush()
    }
}

/// One address, in a line: the stage that was reached, and how.
fn seen(address: &AddressReport, at: Time) -> String {
    let place = address.address.map_or_else(|| "file".to_owned(), |place| place.to_string());
    let took = address.took.map(|took| format!(" in {} ms", took.as_micros() / 1000)).unwrap_or_default();
    format!("{place}: {}{took}", super::text::shown(address, at))
}

fn leaf(address: &AddressReport) -> Option<&CertificateSummary> {
    address.facts.as_ref()?.leaf()
}

/// The target as a person writes it.
pub(super) fn name(report: &Report) -> String {
    match (&report.target, &report.subject) {
        (Some(target), _) => target.to_string(),
        (None, Subject::Named(name)) => name.clone(),
        (None, subject) => subject.to_string(),
    }
}

/// The worst finding, or when the certificate ends.
fn summary(report: &Report) -> String {
    match (report.findings.first(), report.earliest_end()) {
        (Some(found), _) if report.findings.len() > 1 => {
            format!("{} (and {} more)", found.violation.text, report.findings.len() - 1)
        }
        (Some(found), _) => found.violation.text.clone(),
        (None, Some(end)) => valid_until(end, report.at),
        (None, None) => "nothing was seen".to_owned(),
    }
}

fn valid_until(end: Time, at: Time) -> String {
    format!("valid until {} ({})", end.for_people(), end.since(at))
}

/// One line without the bar that separates performance data, and without what terminals obey.
fn clean(text: &str) -> String {
    let plain = anstream::adapter::strip_str(text).to_string();
    plain.replace('|', "/").replace(is_obeyed, " ")
}

/// A label: quoted where it must be, without the equals sign and the quote that it may not hold.
fn label(name: &str) -> String {
    let name: String = name.chars().filter(|letter| !matches!(letter, '=' | '\'' | '|') && !is_obeyed(*letter)).collect();
    format!("'{name}'")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A listed target could paint the terminal of whoever read the plug-in's answer.
    #[test]
    fn what_terminals_obey_is_taken_out() {
        assert_eq!(clean("\u{1b}[31mred\u{1b}[0m|\u{7}x\ny\u{1b}]0;title\u{7}"), "red/x y");
        assert_eq!((clean("a\u{202e}b").as_str(), label("a\u{202e}\u{7f}b").as_str()), ("a b", "'ab'"));
        assert!(!cannot_run("a\u{1b}b\u{9b}c", "d\u{1b}[2Je").contains(['\u{1b}', '\u{9b}']));
    }

    /// Ctrl-C after a second told of ten that nobody had waited.
    #[test]
    fn what_ctrl_c_cut_off_is_not_told_as_too_slow() {
        let ended = |ending| {
            let told = Told { thresholds: Thresholds::default(), verbosity: 0, within: Span::seconds(10) };
            let mut written = Vec::new();
            let mut plugin = Plugin::new(&mut written, told, vec!["shop.example:443".to_owned()]);
            plugin.finish(&Tally::default(), ending).unwrap();
            String::from_utf8(written).unwrap()
        };
        let interrupted = ended(Ending::Interrupted);
        let first = "CERTIFICATES UNKNOWN - interrupted; shop.example:443: not finished when it was interrupted | ";
        assert!(interrupted.starts_with(first), "{interrupted}");
        assert!(ended(Ending::OutOfTime).contains("shop.example:443: not finished within 10 s"));
    }
}
