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

/// The plug-in's answer in the making: a line per target, no more.
pub(super) struct Plugin<W> {
    out: W,
    thresholds: Thresholds,
    verbose: bool,
    lines: Vec<(Severity, String)>,
    performance: Vec<String>,
}

impl<W: Write> Plugin<W> {
    pub(super) const fn new(out: W, thresholds: Thresholds, verbose: bool) -> Self {
        Self { out, thresholds, verbose, lines: Vec::new(), performance: Vec::new() }
    }

    fn performance(&self, name: &str, report: &Report) -> String {
        let leaves = report.addresses.iter().filter_map(leaf);
        let first = leaves.min_by_key(|leaf| leaf.not_after);
        let Some(leaf) = first else { return format!("{}=U", label(name)) };
        let limits = self.thresholds.leaf(leaf.not_after.since(leaf.not_before));
        let seconds = leaf.not_after.since(report.at).as_seconds();
        // Alert when less is left: the range is from the limit upwards.
        let [warning, critical] = [limits.warning, limits.critical].map(Span::as_seconds);
        format!("{}={seconds}s;{warning}:;{critical}:", label(name))
    }
}

impl<W: Write> Output for Plugin<W> {
    fn report(&mut self, report: &Report) -> io::Result<()> {
        let name = name(report);
        self.performance.push(self.performance(&name, report));
        let mut line = clean(&format!("{name}: {}", summary(report)));
        for found in report.findings.iter().filter(|_| self.verbose) {
            line.push_str(&format!("\n  {}: {}", found.violation.code, clean(&found.violation.text)));
            line.push_str(&format!("\n  to do: {}", clean(&found.violation.hint)));
        }
        self.lines.push((report.verdict, line));
        Ok(())
    }

    fn finish(&mut self, tally: &Tally, ending: Ending) -> io::Result<()> {
        let verdict = tally.verdict(ending);
        self.lines.sort_by_key(|(severity, _)| std::cmp::Reverse(*severity));
        let first = match (self.lines.as_slice(), ending) {
            ([], Ending::OutOfTime) => "nothing was seen within the time limit".to_owned(),
            ([], Ending::Interrupted) => "interrupted before anything was seen".to_owned(),
            ([], Ending::Complete) => "no target to look at".to_owned(),
            ([(_, only)], Ending::Complete) => only.lines().next().unwrap_or_default().to_owned(),
            ([(_, worst), ..], ending) => {
                let worst = worst.lines().next().unwrap_or_default();
                let cut = if ending == Ending::Complete { "" } else { ", not all within the time limit" };
                format!("{tally}{cut}; {worst}")
            }
        };
        write!(self.out, "CERTIFICATES {verdict} - {first}")?;
        if !self.performance.is_empty() {
            write!(self.out, " | {}", self.performance.join(" "))?;
        }
        writeln!(self.out)?;
        let told_in_full = self.lines.len() == 1 && ending == Ending::Complete;
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

/// One line without the bar that separates performance data.
fn clean(text: &str) -> String {
    text.replace('|', "/").replace(['\n', '\r'], " ")
}

/// A label: quoted where it must be, without the equals sign and the quote that it may not hold.
fn label(name: &str) -> String {
    let name: String = name.chars().filter(|letter| !matches!(letter, '=' | '\'' | '|') && !letter.is_control()).collect();
    format!("'{name}'")
}
