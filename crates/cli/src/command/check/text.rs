//! `--format text`: a block per target, for people.

use std::io::{self, Write};

use notafter_cert::{Identifier, Time};
use notafter_cert::revocation::Statement;
use notafter_inventory::check::{
    AddressReport, CertificateStatus, ClientView, Facts, Found, Hsts, Passable, Report, stores,
};
use notafter_inventory::model::Severity;
use notafter_tls::observation::Possession;
use owo_colors::{OwoColorize, Style};

use super::Output;
use super::nagios::name;
use super::tally::{Ending, Tally};
use crate::output::terminal::{visible, wrap};
use crate::output::transparency;

/// Writes blocks with ANSI styles; the stream strips them where they do not belong.
pub(super) struct Text<W> {
    out: W,
    width: usize,
    /// 1: what findings mean as well; 2: how each address was seen.
    verbosity: u8,
}

/// Where details begin.
const INDENT: &str = "          ";
/// Addresses that show the same, named before the rest is counted.
const NAMED: usize = 4;

impl<W: Write> Text<W> {
    pub(super) const fn new(out: W, width: usize, verbosity: u8) -> Self {
        Self { out, width, verbosity }
    }

    fn detail(&mut self, label: &str, text: &str) -> io::Result<()> {
        let hanging = format!("{INDENT}{}", " ".repeat(label.len()));
        for line in wrap(&format!("{INDENT}{label}{}", visible(text)), &hanging, self.width) {
            writeln!(self.out, "{line}")?;
        }
        Ok(())
    }

    fn addresses(&mut self, report: &Report) -> io::Result<()> {
        for group in groups(report) {
            let verdict = group.first.verdict.map_or_else(|| " ".repeat(INDENT.len()), padded);
            let shown = shown(group.first, report.at);
            let shown = visible(&shown);
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

    /// What others say of the chain: first what it comes to, then who says what.
    fn witnesses(&mut self, facts: &Facts) -> io::Result<()> {
        for known in facts.revocation.iter() {
            self.detail("revocation: ", &format!("{}: {}", known.name, in_all(known)))?;
            for statement in &known.status.statements {
                self.detail("  - ", &said(statement))?;
            }
        }
        let Some(transparency) = &facts.transparency else { return Ok(()) };
        let lines = transparency::lines(transparency, self.verbosity > 0);
        for (place, line) in lines.iter().enumerate() {
            self.detail(if place == 0 { "ct:   " } else { "  - " }, line)?;
        }
        Ok(())
    }

    /// Where clients differ; with more asked for, every one of them.
    fn stores(&mut self, facts: &Facts, at: Time) -> io::Result<()> {
        let ends = facts.leaf().map_or(facts.path.earliest_end, |leaf| leaf.not_after);
        let lines = match self.verbosity {
            0 => stores::differences(&facts.path.stores, ends, at),
            _ => stores::every(&facts.path.stores, at),
        };
        lines.iter().try_for_each(|line| self.detail("clients: ", line))
    }

    /// How an address was seen, each on its own.
    fn seen(&mut self, address: &AddressReport) -> io::Result<()> {
        let place = address.address.map_or_else(|| "file".to_owned(), |place| place.to_string());
        self.detail("how:  ", &format!("{place}: {}", how(address)))
    }

    fn finding(&mut self, found: &Found) -> io::Result<()> {
        let violation = &found.violation;
        let word = violation.severity.to_string().to_lowercase();
        let styled = word.style(style(violation.severity)).to_string();
        let text = format!("{INDENT}{word} {}", visible(&violation.text));
        for (index, line) in wrap(&text, &format!("{INDENT}  "), self.width)
            .iter()
            .enumerate()
        {
            let line = if index == 0 { line.replacen(&word, &styled, 1) } else { line.clone() };
            writeln!(self.out, "{line}")?;
        }
        if self.verbosity > 0 {
            self.detail("  means: ", &format!("{} [{}]", found.meaning, found.source))?;
            self.detail("  code:  ", &violation.code)?;
        }
        if !found.clients.is_empty() {
            self.detail("  seen:  ", &clients(&found.clients))?;
        }
        self.detail("  to do: ", &violation.hint)
    }
}

impl<W: Write + Send> Output for Text<W> {
    fn report(&mut self, report: &Report) -> io::Result<()> {
        let asked = report.target.as_ref().and_then(|target| target.sni.as_ref());
        let asked = asked.map(|sni| format!(" as {}", visible(sni))).unwrap_or_default();
        writeln!(self.out, "{}{}{asked}", padded(report.verdict), visible(&name(report)).bold())?;
        self.addresses(report)?;
        if let Some(facts) = report.addresses.iter().find_map(|address| address.facts.as_ref()) {
            self.detail("path: ", &path(facts))?;
            self.witnesses(facts)?;
            self.stores(facts, report.at)?;
        }
        let each = if self.verbosity > 1 { report.addresses.as_slice() } else { &[] };
        for address in each {
            self.seen(address)?;
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
        // Why there was nothing is told as an error.
        if tally.targets > 0 || !ending.is_empty() {
            wrap(&format!("{tally}{ending}"), "  ", self.width).iter().try_for_each(|line| writeln!(self.out, "{line}"))?;
        }
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
    let mut words = vec![leaf.not_after.as_end(at), leaf.key.clone()];
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

/// `TLS 1.3, TLS_AES_128_GCM_SHA256, X25519, key proven, in 4 ms; sent: shop.example (sha256 0123), Intermediate (...)`.
fn how(address: &AddressReport) -> String {
    let mut words = Vec::new();
    if let Some(handshake) = address.facts.as_ref().and_then(|facts| facts.handshake.as_ref()) {
        words.extend([handshake.version.clone(), handshake.suite.clone()]);
        words.extend(handshake.group.clone());
        words.push(match handshake.possession {
            Possession::Proven => "key proven".to_owned(),
            Possession::Wrong => "WRONG KEY".to_owned(),
            Possession::Unchecked => "key not checked".to_owned(),
        });
        words.extend(handshake.incomplete.clone());
    }
    words.extend(address.failure.as_ref().map(|failure| failure.detail.clone()));
    words.extend(address.took.map(|took| format!("in {} ms", took.as_micros() / 1000)));
    let sent = address.facts.iter().flat_map(|facts| facts.chain.iter());
    let sent: Vec<String> =
        sent.map(|one| format!("{} (sha256 {})", one.certificate.shown_name(), one.fingerprint.short())).collect();
    let told = words.join(", ");
    match (told.is_empty(), sent.is_empty()) {
        (_, true) => told,
        (true, false) => format!("holds {}", sent.join(", ")),
        (false, false) => format!("{told}; sent: {}", sent.join(", ")),
    }
}

fn path(facts: &Facts) -> String {
    let end = match (facts.path.trusted, &facts.path.anchor) {
        (true, _) => format!("trusted by {}", facts.path.anchors),
        (false, Some(_)) => format!("ends at an anchor of {}", facts.path.anchors),
        (false, None) => format!("ends at no anchor of {}", facts.path.anchors),
    };
    format!("{} ({end})", facts.path.steps.join(" < "))
}

/// What all that was said of a certificate comes to.
fn in_all(known: &CertificateStatus) -> String {
    match known.status.exempt {
        Some(exempt) if known.told.verdict == "unknown" => format!("nobody must tell: {exempt}"),
        _ => known.status.verdict().to_string(),
    }
}

/// `CRL http://crl.example/1.crl: good (2026-12-03 04:11 UTC to 2026-12-10 04:11 UTC)`.
fn said(statement: &Statement) -> String {
    let window = match (statement.this_update, statement.next_update) {
        (Some(from), Some(to)) => format!(" ({} to {})", from.for_people(), to.for_people()),
        (Some(from), None) => format!(" (as of {})", from.for_people()),
        (None, _) => String::new(),
    };
    format!("{}: {}{window}", statement.source, statement.verdict)
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
    let mut views = report.findings.iter().flat_map(|found| &found.clients);
    let can_be_passed = views.any(|view| view.passable == Passable::Yes);
    let is_address = report.target.as_ref().is_some_and(|target| matches!(target.expected_name(), Identifier::Ip(_)));
    match report.hsts {
        // Nobody was asked: an address that serves nothing, or one that HSTS is not for.
        Hsts::NotAsked if !can_be_passed => None,
        Hsts::NotAsked if is_address => Some("does not apply to addresses (RFC 6797 section 8.1.1)"),
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
