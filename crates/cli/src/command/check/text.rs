//! `--format text`: a block per target, for people.

use std::io::{self, Write};

use notafter_cert::Time;
use notafter_inventory::check::{AddressReport, ClientView, Facts, Found, Hsts, Passable, Report};
use notafter_inventory::model::Severity;
use notafter_tls::observation::Possession;
use owo_colors::{OwoColorize, Style};

use super::Output;
use super::nagios::name;
use super::tally::{Ending, Tally};
use crate::output::terminal::{self, wrap};

/// Writes blocks with ANSI styles; the stream strips them where they do not belong.
pub(super) struct Text<W> {
    out: W,
    width: usize,
    verbose: bool,
}

/// Where details begin.
const INDENT: &str = "          ";
/// Addresses that show the same, named before the rest is counted.
const NAMED: usize = 4;

impl<W: Write> Text<W> {
    pub(super) const fn new(out: W, width: usize, verbose: bool) -> Self {
        Self { out, width, verbose }
    }

    fn detail(&mut self, label: &str, text: &str) -> io::Result<()> {
        let hanging = format!("{INDENT}{}", " ".repeat(label.len()));
        for line in wrap(&format!("{INDENT}{label}{text}"), &hanging, self.width) {
            writeln!(self.out, "{line}")?;
        }
        Ok(())
    }

    fn addresses(&mut self, report: &Report) -> io::Result<()> {
        for group in groups(report) {
            let verdict = group.first.verdict.map_or_else(|| " ".repeat(INDENT.len()), padded);
            let shown = shown(group.first, report.at);
            let line = match group.addresses.as_slice() {
                [] => format!("  {verdict}{shown}"),
                addresses => format!("  {verdict}{}  {shown}", listed(addresses)),
            };
            for line in wrap(&line, &format!("{INDENT}  "), self.width) {
                writeln!(self.out, "{line}")?;
            }
        }
        Ok(())
    }

    fn finding(&mut self, found: &Found) -> io::Result<()> {
        let violation = &found.violation;
        let word = violation.severity.to_string().to_lowercase();
        let styled = word.style(style(violation.severity)).to_string();
        for (index, line) in wrap(&format!("{INDENT}{word} {}", violation.text), &format!("{INDENT}  "), self.width)
            .iter()
            .enumerate()
        {
            let line = if index == 0 { line.replacen(&word, &styled, 1) } else { line.clone() };
            writeln!(self.out, "{line}")?;
        }
        if self.verbose {
            self.detail("  means: ", &format!("{} [{}]", found.meaning, found.source))?;
            self.detail("  code:  ", &violation.code)?;
        }
        if !found.clients.is_empty() {
            self.detail("  seen:  ", &clients(&found.clients))?;
        }
        self.detail("  to do: ", &violation.hint)
    }
}

impl<W: Write> Output for Text<W> {
    fn report(&mut self, report: &Report) -> io::Result<()> {
        writeln!(self.out, "{}{}", padded(report.verdict), name(report).bold())?;
        self.addresses(report)?;
        if let Some(facts) = report.addresses.iter().find_map(|address| address.facts.as_ref()) {
            self.detail("path: ", &path(facts))?;
        }
        for found in &report.findings {
            self.finding(found)?;
        }
        if let Some(words) = hsts(report) {
            self.detail("hsts: ", words)?;
        }
        for note in &report.notes {
            self.detail("note: ", &note.text)?;
        }
        writeln!(self.out)?;
        self.out.flush()
    }

    fn finish(&mut self, tally: &Tally, ending: Ending) -> io::Result<()> {
        let ending = match ending {
            Ending::Complete => "",
            Ending::Interrupted => "; interrupted: the rest was not looked at",
            Ending::OutOfTime => "; out of time: the rest was not looked at",
        };
        writeln!(self.out, "{tally}{ending}")?;
        self.out.flush()
    }
}

/// Addresses that show the same thing.
struct Group<'a> {
    first: &'a AddressReport,
    addresses: Vec<String>,
}

fn groups(report: &Report) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for address in &report.addresses {
        let place = address.address.map(|address| address.to_string());
        match groups.iter_mut().find(|group| same(group.first, address)) {
            Some(group) => group.addresses.extend(place),
            None => groups.push(Group { first: address, addresses: place.into_iter().collect() }),
        }
    }
    groups
}

fn same(one: &AddressReport, other: &AddressReport) -> bool {
    let leaf = |report: &AddressReport| Some(report.facts.as_ref()?.leaf()?.fingerprint);
    let how = |report: &AddressReport| {
        let handshake = report.facts.as_ref()?.handshake.as_ref()?;
        Some((handshake.version.clone(), handshake.possession))
    };
    one.verdict == other.verdict
        && leaf(one) == leaf(other)
        && how(one) == how(other)
        && one.failure.as_ref().map(|failure| &failure.detail)
            == other.failure.as_ref().map(|failure| &failure.detail)
}

fn listed(addresses: &[String]) -> String {
    match addresses.len().saturating_sub(NAMED) {
        0 => addresses.join(", "),
        more => format!("{} and {more} more", addresses[..NAMED].join(", ")),
    }
}

/// What one address shows, in a line.
pub(super) fn shown(address: &AddressReport, at: Time) -> String {
    if let Some(failure) = &address.failure {
        return failure.detail.clone();
    }
    let Some(facts) = &address.facts else { return "no certificate could be read".to_owned() };
    let Some(leaf) = facts.leaf() else { return "no certificate was sent".to_owned() };
    let mut words = vec![terminal::until(leaf.not_after, at), leaf.key.clone()];
    if let Some(handshake) = &facts.handshake {
        words.push(handshake.version.clone());
        match handshake.possession {
            Possession::Proven => {}
            Possession::Wrong => words.push("WRONG KEY".to_owned()),
            Possession::Unchecked => words.push("key not checked".to_owned()),
        }
    }
    words.push(format!("sha256 {}", leaf.fingerprint.short()));
    words.join(", ")
}

fn path(facts: &Facts) -> String {
    let end = match (facts.path.trusted, &facts.path.anchor) {
        (true, _) => format!("trusted by {}", facts.path.anchors),
        (false, Some(_)) => format!("ends at an anchor of {}", facts.path.anchors),
        (false, None) => format!("ends at no anchor of {}", facts.path.anchors),
    };
    format!("{} ({end})", facts.path.steps.join(" < "))
}

/// `can be clicked through unless HSTS: Chrome and Edge (NET::ERR_CERT_DATE_INVALID), Firefox (...); passes ...`.
fn clients(views: &[ClientView]) -> String {
    const PASSABLE: [(Passable, &str); 4] = [
        (Passable::No, "cannot be passed"),
        (Passable::UnlessHsts, "can be clicked through unless HSTS"),
        (Passable::Yes, "can be clicked through"),
        (Passable::Insecure, "passes with --insecure"),
    ];
    let group = |(passable, words): &(Passable, &str)| {
        let shown = alike(views.iter().filter(|view| view.passable == *passable));
        (!shown.is_empty()).then(|| format!("{words}: {}", shown.join(", ")))
    };
    PASSABLE.iter().filter_map(group).collect::<Vec<_>>().join("; ")
}

/// What HSTS does to the warnings of browsers, where there are any.
fn hsts(report: &Report) -> Option<&'static str> {
    let browsers = |found: &Found| found.clients.iter().any(|view| view.client == "Chrome");
    if !report.findings.iter().any(browsers) {
        return None;
    }
    match report.hsts {
        Hsts::Preloaded => Some("browsers know this top-level domain for HTTPS alone: no warning can be clicked through"),
        Hsts::Asked => {
            Some("the server asks for HSTS: browsers that have seen it before allow no click-through")
        }
        Hsts::NotAsked => Some("the server does not ask for HSTS"),
        Hsts::Unknown => None,
    }
}

/// Programs that show the same, told together.
fn alike<'a>(views: impl Iterator<Item = &'a ClientView>) -> Vec<String> {
    let mut told: Vec<(Vec<&str>, &str)> = Vec::new();
    for view in views {
        match told.iter_mut().find(|(_, shows)| *shows == view.shows) {
            Some((clients, _)) => clients.push(view.client),
            None => told.push((vec![view.client], view.shows)),
        }
    }
    told.iter().map(|(clients, shows)| format!("{} ({shows})", clients.join(" and "))).collect()
}

/// Ten columns: the longest verdict and two spaces.
fn padded(severity: Severity) -> String {
    let word = severity.to_string();
    let spaces = " ".repeat(INDENT.len() - word.len());
    format!("{}{spaces}", word.style(style(severity)))
}

fn style(severity: Severity) -> Style {
    match severity {
        Severity::Ok => Style::new().green(),
        Severity::Warning => Style::new().yellow(),
        Severity::Unknown => Style::new().magenta(),
        Severity::Critical => Style::new().red().bold(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_that_show_the_same_are_told_together() {
        let view = |client, shows, passable| ClientView { client, shows, passable };
        let views = [
            view("Chrome", "NET::ERR_CERT_DATE_INVALID", Passable::UnlessHsts),
            view("Edge", "NET::ERR_CERT_DATE_INVALID", Passable::UnlessHsts),
            view("Firefox", "SEC_ERROR_EXPIRED_CERTIFICATE", Passable::UnlessHsts),
            view("curl", "60: SSL certificate problem: certificate has expired", Passable::Insecure),
        ];
        insta::assert_snapshot!(clients(&views), @"can be clicked through unless HSTS: Chrome and Edge (NET::ERR_CERT_DATE_INVALID), Firefox (SEC_ERROR_EXPIRED_CERTIFICATE); passes with --insecure: curl (60: SSL certificate problem: certificate has expired)");
    }

    #[test]
    fn many_addresses_are_named_in_part_and_counted_in_full() {
        let addresses: Vec<String> = (1..=6).map(|last| format!("192.0.2.{last}:443")).collect();
        assert_eq!(
            listed(&addresses),
            "192.0.2.1:443, 192.0.2.2:443, 192.0.2.3:443, 192.0.2.4:443 and 2 more"
        );
        assert_eq!(listed(&addresses[..1]), "192.0.2.1:443");
    }
}
