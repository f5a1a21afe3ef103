//! What a look says, as values.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use notafter_cert::{Span, Time};
use notafter_tls::Target;
use notafter_tls::observation::{Failure, FailureKind};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Facts, Hsts, Shown};
use crate::model::{Severity, Subject, Violation};
use crate::rule::{self, Clients, Kind, Mark, Page, Rule, Said};

/// The judgement of one endpoint or file.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// What it is about.
    pub subject: Subject,
    /// The endpoint; `None` for a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<Target>,
    /// The instant of judgement.
    pub at: Time,
    /// The worst of its findings.
    pub verdict: Severity,
    /// Every address that the name has now, looked at or not.
    pub resolved: Vec<SocketAddr>,
    /// Whether these are all: every address family gave an answer.
    pub fully_resolved: bool,
    /// Address by address, in the order of the resolution; one without an address for a file.
    pub addresses: Vec<AddressReport>,
    /// What is wrong, each told once with the addresses that it is about; the worst first.
    pub findings: Vec<Found>,
    /// What is odd, without harm, each told once.
    pub notes: Vec<Remark>,
    /// What is known of the name and HSTS: what visitors see depends on it.
    pub hsts: Hsts,
    /// Whether there were no anchors to judge by.
    #[serde(skip)]
    pub trust_is_unknown: bool,
}

/// The judgement of one address.
#[derive(Clone, Debug, Serialize)]
pub struct AddressReport {
    /// The address; `None` for a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<SocketAddr>,
    /// Who looked.
    pub vantage: String,
    /// When the look began.
    pub seen_at: Time,
    /// How long the look took, in microseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub took: Option<Span>,
    /// The worst of its findings; `None` where nobody could look, which says nothing about the address.
    pub verdict: Option<Severity>,
    /// Why no certificate was seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// What was seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub facts: Option<Facts>,
    /// What is wrong here.
    pub findings: Vec<Found>,
    /// What is odd, without harm.
    pub notes: Vec<Remark>,
}

/// One thing that is wrong.
#[derive(Clone, Debug, Serialize)]
pub struct Found {
    /// Code, severity, subject, cause, text, hint (what to do) and evidence.
    #[serde(flatten)]
    pub violation: Violation,
    /// A few words.
    pub title: &'static str,
    /// What it means.
    pub meaning: &'static str,
    /// Where that is written.
    pub source: &'static str,
    /// Where it was seen.
    pub addresses: Vec<SocketAddr>,
    /// What visitors see.
    pub clients: Vec<ClientView>,
}

/// What one program shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ClientView<S = &'static str> {
    /// The program.
    pub client: &'static str,
    /// Its error.
    pub shows: S,
    /// Whether a person can go on all the same.
    pub passable: Passable,
}

/// Whether a person can pass an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Passable {
    /// With a click.
    Yes,
    /// With a click, where the browser does not know the site for HSTS (RFC 6797 section 12.1).
    UnlessHsts,
    /// With curl's `--insecure`.
    Insecure,
    /// Not at all.
    No,
}

impl Passable {
    /// In words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Yes => "with a click",
            Self::UnlessHsts => "with a click, unless the browser knows the site for HSTS",
            Self::Insecure => "with --insecure",
            Self::No => "no",
        }
    }
}

/// Something odd, without harm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Remark {
    /// Code in the catalogue.
    pub code: &'static str,
    /// One line.
    pub text: String,
}

impl Report {
    /// What is wrong, for the life of findings.
    #[must_use]
    pub fn violations(&self) -> Vec<Violation> {
        // What follows from the name alone is known without a look.
        let by_name = self.target.as_ref().map(|target| Hsts::of_name(&target.expected_name()));
        let is_learnt = by_name == Some(Hsts::Unknown);
        let is_warned_of = |found: &Found| {
            let mut browsers = found.clients.iter();
            browsers.any(|view| matches!(view.passable, Passable::Yes | Passable::UnlessHsts))
        };
        let of = |found: &Found| match is_warned_of(found) {
            true if is_learnt => self.hsts.kept_with(found.violation.clone()),
            _ => found.violation.clone(),
        };
        self.findings.iter().map(of).collect()
    }

    /// Whether a visitor who verifies is served well, as far as is known: the one bit that probes have. Findings about
    /// what is still to come, and warnings, do not count; what could not be judged does.
    #[must_use]
    pub fn serves(&self) -> bool {
        let judged = self.addresses.iter().any(|report| report.facts.is_some());
        judged && !self.findings.iter().any(|found| found.violation.fails_a_probe())
    }

    /// Whether a person would see a warning of which it is not known whether HSTS keeps them from passing it.
    #[must_use]
    pub fn depends_on_hsts(&self) -> bool {
        let mut views = self.findings.iter().flat_map(|found| &found.clients);
        self.hsts == Hsts::Unknown && views.any(|view| view.passable == Passable::UnlessHsts)
    }

    /// Whether an earlier violation could have been seen again in this look (law 6): every address that it was about
    /// has either shown what it is about, or is known to be no address of the endpoint any more.
    #[must_use]
    pub fn could_see(&self, earlier: &Violation) -> bool {
        let Some(rule) = rule::find(&earlier.code) else { return false };
        if self.trust_is_unknown && rule.meta.marks.contains(&Mark::ByAnchors) {
            return false;
        }
        let about = about(earlier);
        let shows = |report: &&AddressReport| match rule.kind {
            Kind::Failure(_) => report.answers() || earlier.severity == Severity::Unknown,
            _ => report.facts.is_some(),
        };
        let seen: BTreeSet<SocketAddr> =
            self.addresses.iter().filter(shows).filter_map(|report| report.address).collect();
        let left = |one: &SocketAddr| self.fully_resolved && !self.resolved.contains(one);
        match rule.kind {
            _ if !self.could_tell(earlier, rule) => false,
            Kind::Endpoint(_) if about.is_empty() => !self.resolved.is_empty(),
            Kind::Chain(_)
            | Kind::Unreadable(_)
            | Kind::Handshake(_)
            | Kind::Revocation(_)
            | Kind::Transparency(_)
            | Kind::Failure(_)
            | Kind::Endpoint(_) => {
                !seen.is_empty() && about.iter().all(|one| seen.contains(one) || left(one))
            }
            _ => false,
        }
    }

    /// Whether what was found by asking others could be found again: a certificate that was revoked is not good because nobody is
    /// asked any more, or its server staples no answer (law 6).
    fn could_tell(&self, earlier: &Violation, rule: &Rule) -> bool {
        let mut facts = self.addresses.iter().filter_map(|report| report.facts.as_ref());
        match rule.kind {
            Kind::Transparency(_) => facts.all(|facts| facts.transparency.is_some()),
            Kind::Revocation(_) if rule.meta.marks.contains(&Mark::ByAsking) => {
                let about = earlier.evidence["fingerprint"].as_str().unwrap_or_default();
                let is_known = |facts: &&Facts| {
                    let mut known =
                        facts.revocation.iter().filter(|status| !matches!(status.told.verdict, "unknown"));
                    known.any(|status| status.fingerprint.to_string() == about)
                };
                let serves =
                    |facts: &&Facts| facts.chain.iter().any(|one| one.fingerprint.to_string() == about);
                // Of one certificate: what is known of it at one address holds at every other.
                let serving: Vec<&Facts> = facts.filter(serves).collect();
                serving.is_empty() || serving.iter().any(is_known)
            }
            Kind::Revocation(_) => {
                let about = about(earlier);
                let mut reports = self.addresses.iter().filter(|report| report.is_among(&about));
                reports.all(|report| report.facts.as_ref().is_none_or(Facts::tells_of_staple))
            }
            _ => true,
        }
    }

    /// With the DER of every certificate that was seen.
    #[must_use]
    pub fn with_evidence(mut self) -> Self {
        for report in &mut self.addresses {
            report.facts = report.facts.take().map(Facts::with_evidence);
        }
        self
    }

    /// The certificate that ends first, of all addresses and their paths.
    #[must_use]
    pub fn earliest_end(&self) -> Option<Time> {
        let facts = self.addresses.iter().filter_map(|report| report.facts.as_ref());
        facts.map(|facts| facts.path.earliest_end).min()
    }
}

impl Found {
    pub(super) fn new(rule: &'static Rule, said: Said, shown: &Shown<'_>) -> Self {
        let pages = said.clients.or(rule.meta.clients);
        Self {
            violation: rule.violation(shown.subject.clone(), said),
            title: rule.meta.title,
            meaning: rule.meta.why,
            source: rule.meta.source,
            addresses: shown.address.into_iter().collect(),
            clients: pages.map_or_else(Vec::new, |pages| clients(&pages, shown.hsts, shown.https)),
        }
    }
}

/// The addresses that a violation is about; none where it is about all of them.
fn about(violation: &Violation) -> Vec<SocketAddr> {
    serde_json::from_value(violation.evidence["addresses"].clone()).unwrap_or_default()
}

/// What visitors see; browsers do not visit mail servers and databases.
pub(crate) fn clients<S: Clone>(pages: &Clients<S>, hsts: Hsts, https: bool) -> Vec<ClientView<S>> {
    let view = |(client, page): (&'static str, &Page<S>)| {
        let (shows, passable) = match page {
            Page::Nothing | Page::Unknown => return None,
            Page::Wall(shows) => (shows, Passable::No),
            Page::Warning(shows) if client == "curl" => (shows, Passable::Insecure),
            Page::Warning(shows) => (
                shows,
                match hsts {
                    Hsts::Preloaded => Passable::No,
                    Hsts::NotAsked => Passable::Yes,
                    Hsts::Asked | Hsts::Unknown => Passable::UnlessHsts,
                },
            ),
        };
        Some(ClientView { client, shows: shows.clone(), passable })
    };
    programs(pages, https).filter_map(view).collect()
}

/// Each program with what it shows; browsers where they come (`https`).
pub(crate) fn programs<S>(pages: &Clients<S>, https: bool) -> impl Iterator<Item = (&'static str, &Page<S>)> {
    let browsers = [
        ("Chrome", &pages.chromium),
        ("Edge", &pages.chromium),
        ("Firefox", &pages.firefox),
        ("Safari", &pages.safari),
    ];
    browsers.into_iter().filter(move |_| https).chain([("curl", &pages.curl)])
}

/// One finding per code and cause, with all the addresses that it is about; the worst first.
pub(super) fn merge(together: Vec<Found>, addresses: &[AddressReport]) -> Vec<Found> {
    let judged = addresses.iter().filter(|report| report.verdict.is_some()).count();
    let mut merged: Vec<Found> = Vec::new();
    for found in addresses.iter().flat_map(|report| &report.findings) {
        let same = |one: &&mut Found| {
            one.violation.code == found.violation.code && one.violation.cause == found.violation.cause
        };
        match merged.iter_mut().find(same) {
            Some(known) => known.addresses.extend(&found.addresses),
            None => merged.push(found.clone()),
        }
    }
    for found in &mut merged {
        // A file has no addresses to count.
        if (1..judged).contains(&found.addresses.len()) {
            let part = format!(", at {} of {judged} addresses", found.addresses.len());
            found.violation.text.push_str(&part);
        }
        if let (Some(evidence), false) =
            (found.violation.evidence.as_object_mut(), found.addresses.is_empty())
        {
            evidence.insert("addresses".to_owned(), json!(found.addresses));
        }
    }
    merged.extend(together);
    merged.sort_by_key(|found| std::cmp::Reverse(found.violation.severity));
    merged
}

impl AddressReport {
    /// Whether the address showed what it is: a certificate, or a failure that is a fact of its own.
    #[must_use]
    pub fn answers(&self) -> bool {
        let unknown =
            [FailureKind::Timeout, FailureKind::NoRoute, FailureKind::Unreachable, FailureKind::Forbidden];
        self.failure.as_ref().is_none_or(|failure| !unknown.contains(&failure.kind))
    }

    /// Whether it is one of these, or any where there are none.
    fn is_among(&self, addresses: &[SocketAddr]) -> bool {
        addresses.is_empty() || self.address.is_some_and(|address| addresses.contains(&address))
    }

    /// The verdict, with what nobody could look at as unknown.
    #[must_use]
    pub fn verdict_or_unknown(&self) -> Severity {
        self.verdict.unwrap_or(Severity::Unknown)
    }
}
