//! The judgement of looks: what an endpoint's addresses showed, or what a file holds, against the rules.
//!
//! The same chain is read and followed once, however many addresses serve it.

mod ends;
mod facts;
mod hsts;
mod known;
mod links;
mod report;
pub mod stores;
mod turning;
mod witness;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use notafter_cert::path::Anchors;
use notafter_cert::{Certificate, Identifier, Time};
use notafter_tls::observation::{FailureKind, Observation, Outcome, Served, Staple};
use notafter_tls::{Resolution, ResolveError, Target};

use crate::model::{Severity, Subject};
use crate::rule::{self, AnchorsNamedAt, ChainFacts, EndpointFacts, Kind, Mark, Rule, Said};
use crate::threshold::Thresholds;

pub use ends::Ends;
pub use facts::{CertificateSummary, Facts, Handshake, PathSummary};
pub use hsts::Hsts;
pub use known::Known;
pub use links::{Link, LinkFault, Role};
pub use report::{AddressReport, ClientView, Found, Passable, Remark, Report};
pub use witness::{
    CertificateStatus, ListSummary, LogJudge, PolicySummary, SctSummary, SourceStatement, Statuses, Told,
    Transparency,
};

use known::Cache;
use report::merge;
pub(crate) use report::{clients, programs};
use witness::Witnesses;

/// Everything that was learnt by looking at one endpoint once.
#[derive(Clone, Debug)]
pub struct Look {
    /// What findings will be about.
    pub subject: Subject,
    /// The endpoint.
    pub target: Target,
    /// Its addresses, or why there are none.
    pub resolution: Result<Resolution, ResolveError>,
    /// What each address showed.
    pub observations: Vec<Observation>,
    /// The name that the certificate must cover; usually [`Target::expected_name`].
    pub expected: Identifier,
    /// What is known of the name and HSTS.
    pub hsts: Hsts,
    /// What came of asking about revocation; nothing where nobody was asked.
    pub statuses: Option<Arc<Statuses>>,
}

impl Look {
    /// A look at a target that is not in the inventory.
    #[must_use]
    pub fn at(
        target: Target,
        resolution: Result<Resolution, ResolveError>,
        observations: Vec<Observation>,
    ) -> Self {
        Self {
            subject: Subject::Named(target.to_string()),
            expected: target.expected_name(),
            hsts: Hsts::of_name(&target.expected_name()),
            target,
            resolution,
            observations,
            statuses: None,
        }
    }
}

/// Judges looks by one set of anchors and thresholds, and remembers the chains that it has seen. Safe to share.
pub struct Judge {
    anchors: Anchors,
    thresholds: Thresholds,
    /// Why there are no anchors to judge by.
    blind: Option<String>,
    /// By which list promises of logs are judged.
    logs: Option<LogJudge>,
    /// Whether the anchors of named clients are asked, too.
    asks_stores: bool,
    cache: Cache,
    ends: ends::Cache,
}

impl Judge {
    /// A judge that has seen nothing yet.
    #[must_use]
    pub fn new(anchors: Anchors, thresholds: Thresholds) -> Self {
        let (cache, ends) = (Cache::default(), ends::Cache::default());
        Self { anchors, thresholds, blind: None, logs: None, asks_stores: false, cache, ends }
    }

    /// A judge that does not know whom to trust, and why. Everything else is judged all the same; whether a chain can be
    /// trusted is unknown, and that is a finding (law 6).
    #[must_use]
    pub fn without_anchors(why: String, thresholds: Thresholds) -> Self {
        let nothing: [&[u8]; 0] = [];
        Self { blind: Some(why), ..Self::new(Anchors::from_ders("nothing", nothing), thresholds) }
    }

    /// The same, and what logs promised is judged, too, by this list.
    #[must_use]
    pub fn with_logs(self, logs: Option<LogJudge>) -> Self {
        Self { logs, ..self }
    }

    /// One that says of every chain what the anchors of named clients make of it: about as much work again.
    #[must_use]
    pub fn with_stores(self, asks_stores: bool) -> Self {
        Self { asks_stores, ..self }
    }

    /// When a chain ends, and until when it can be trusted: kept in a few bytes, for whoever asks about whole fleets.
    #[must_use]
    pub fn ends(&self, chain: &[Vec<u8>], at: Time) -> Ends {
        let ends = self.ends.of(chain, &self.anchors, at);
        Ends { trusted_until: ends.trusted_until.filter(|_| self.blind.is_none()), ..ends }
    }

    /// The anchors it judges by.
    #[must_use]
    pub const fn anchors(&self) -> &Anchors {
        &self.anchors
    }

    /// A chain as it is judged at `at`: read and followed at most once.
    #[must_use]
    pub fn chain(&self, chain: &Arc<[Vec<u8>]>, at: Time) -> Known {
        self.cache.known(chain, (&self.anchors, self.asks_stores), at)
    }

    /// Judges a look at the instant `at`.
    #[must_use]
    pub fn look(&self, look: &Look, at: Time) -> Report {
        let known = look.resolution.as_ref().map_or(&[][..], |known| &known.addresses);
        let order: HashMap<&SocketAddr, usize> = known.iter().zip(0..).collect();
        let mut seen: Vec<&Observation> = look.observations.iter().collect();
        seen.sort_by_key(|one| order.get(&one.address).copied().unwrap_or(usize::MAX));
        let mut served: Vec<(SocketAddr, Certificate)> = Vec::new();
        let addresses: Vec<AddressReport> =
            seen.into_iter().map(|observation| self.address(look, observation, at, &mut served)).collect();
        let facts = EndpointFacts {
            resolution: look.resolution.as_ref(),
            observations: &look.observations,
            served: &served,
            no_anchors: self.blind.as_deref(),
        };
        let together = judge(&look.shown(None), |kind| match kind {
            Kind::Endpoint(judge) => judge(&facts),
            _ => Vec::new(),
        });
        let findings = merge(together, &addresses);
        Report {
            subject: look.subject.clone(),
            target: Some(look.target.clone()),
            at,
            verdict: worst(&findings),
            resolved: known.to_vec(),
            fully_resolved: look.resolution.as_ref().is_ok_and(|known| known.failures.is_empty()),
            notes: notes(&addresses),
            addresses,
            findings,
            trust_is_unknown: self.blind.is_some(),
            hsts: look.hsts,
        }
    }

    /// Judges the certificates of a file, in its order: the first one is the leaf.
    #[must_use]
    pub fn file(
        &self,
        (name, chain): (&str, &[Certificate]),
        expected: Option<&Identifier>,
        statuses: Option<&Statuses>,
        at: Time,
    ) -> Report {
        let subject = Subject::Named(name.to_owned());
        let known = self.chain(&ders(chain), at);
        let shown = Shown { subject: &subject, address: None, https: true, hsts: Hsts::Unknown };
        let witnesses = self.witnesses(&known, &Staple::Unknown, statuses, at);
        let mut findings = self.chain_findings(&known, expected, at, &shown);
        findings.extend(witnesses.findings(&known, &shown));
        let mut remarks = facts::chain_remarks(&known);
        remarks.extend(witnesses.remarks(&known));
        let one = AddressReport {
            address: None,
            vantage: "local".to_owned(),
            seen_at: at,
            took: None,
            verdict: Some(worst(&findings)),
            failure: None,
            notes: remarks,
            facts: Facts::of(&known, None).map(|facts| witnesses.beside(facts)),
            findings,
        };
        let addresses = vec![one];
        let findings = merge(Vec::new(), &addresses);
        Report {
            subject,
            target: None,
            at,
            verdict: worst(&findings),
            resolved: Vec::new(),
            fully_resolved: true,
            notes: notes(&addresses),
            addresses,
            findings,
            trust_is_unknown: self.blind.is_some(),
            hsts: Hsts::Unknown,
        }
    }

    fn address(
        &self,
        look: &Look,
        observation: &Observation,
        at: Time,
        served: &mut Vec<(SocketAddr, Certificate)>,
    ) -> AddressReport {
        let shown = look.shown(Some(observation.address));
        let mut report = AddressReport {
            address: Some(observation.address),
            vantage: observation.vantage.clone(),
            seen_at: observation.at,
            took: Some(observation.took),
            verdict: None,
            failure: None,
            facts: None,
            findings: Vec::new(),
            notes: Vec::new(),
        };
        match &observation.outcome {
            Outcome::Served(what) => {
                let known = self.chain(&what.chain, at);
                if let Ok(chain) = known.chain.as_ref() {
                    served.push((observation.address, chain.leaf().clone()));
                }
                let witnesses = self.witnesses(&known, &what.staple, look.statuses.as_deref(), at);
                report.findings = self.served_findings(&known, what, &look.expected, at, &shown);
                report.findings.extend(witnesses.findings(&known, &shown));
                report.notes = facts::remarks(&known, what);
                report.notes.extend(witnesses.remarks(&known));
                report.facts = Facts::of(&known, Some(what)).map(|facts| witnesses.beside(facts));
            }
            Outcome::Failed(failure) => {
                report.findings = judge(&shown, |kind| match kind {
                    Kind::Failure(judge) => judge(failure),
                    _ => Vec::new(),
                });
                if failure.kind == FailureKind::NoRoute {
                    let text = format!("no route from here to {}: not looked at", observation.address.ip());
                    report.notes.push(Remark { code: "note.no-route", text });
                    report.failure = Some(failure.clone());
                    return report;
                }
                report.failure = Some(failure.clone());
            }
        }
        report.verdict = Some(worst(&report.findings));
        report
    }

    fn witnesses<'a>(
        &self,
        known: &Known,
        staple: &'a Staple,
        statuses: Option<&Statuses>,
        at: Time,
    ) -> Witnesses<'a> {
        let transparency = self.logs.as_ref().and_then(|logs| logs.of(known, staple.answer(), at));
        Witnesses {
            staple,
            statuses: known.statuses(staple, statuses, at).into(),
            were_asked: statuses.is_some(),
            transparency: transparency.map(Arc::new),
        }
    }

    fn served_findings(
        &self,
        known: &Known,
        served: &Served,
        expected: &Identifier,
        at: Time,
        shown: &Shown<'_>,
    ) -> Vec<Found> {
        let mut findings = self.chain_findings(known, Some(expected), at, shown);
        findings.extend(judge(shown, |kind| match kind {
            Kind::Handshake(judge) => judge(served),
            _ => Vec::new(),
        }));
        findings
    }

    fn chain_findings(
        &self,
        known: &Known,
        expected: Option<&Identifier>,
        at: Time,
        shown: &Shown<'_>,
    ) -> Vec<Found> {
        let (thresholds, named_at) = (&self.thresholds, AnchorsNamedAt::of(shown.subject));
        let mut findings = judge(shown, |kind| match (kind, known.chain.as_ref(), known.path.as_deref()) {
            (Kind::Chain(judge), Ok(chain), Some(path)) => {
                judge(&ChainFacts { chain, path, expected, at, thresholds, named_at })
            }
            (Kind::Unreadable(judge), Err(error), _) => judge(error),
            _ => Vec::new(),
        });
        findings.retain(|found| self.blind.is_none() || !found.violation.is_marked(Mark::ByAnchors));
        findings
    }
}

/// A chain as it is sent.
#[must_use]
pub fn ders(chain: &[Certificate]) -> Arc<[Vec<u8>]> {
    chain.iter().map(|one| one.der().to_vec()).collect()
}

/// Who a finding is about, and who would see it.
struct Shown<'a> {
    subject: &'a Subject,
    address: Option<SocketAddr>,
    https: bool,
    hsts: Hsts,
}

impl Look {
    fn shown(&self, address: Option<SocketAddr>) -> Shown<'_> {
        let https = self.target.starttls.is_none();
        Shown { subject: &self.subject, address, https, hsts: self.hsts }
    }
}

/// What all rules of one kind say.
fn judge(shown: &Shown<'_>, ask: impl Fn(Kind) -> Vec<Said>) -> Vec<Found> {
    let found = |rule: &&'static Rule| {
        let said = ask(rule.kind).into_iter();
        said.map(|said| Found::new(rule, said, shown)).collect::<Vec<_>>()
    };
    rule::ALL.iter().flat_map(found).collect()
}

/// What is odd, each told once.
fn notes(addresses: &[AddressReport]) -> Vec<Remark> {
    let mut notes: Vec<Remark> = Vec::new();
    for note in addresses.iter().flat_map(|report| &report.notes) {
        if !notes.contains(note) {
            notes.push(note.clone());
        }
    }
    notes
}

fn worst(findings: &[Found]) -> Severity {
    findings.iter().map(|found| found.violation.severity).max().unwrap_or(Severity::Ok)
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_of_witnesses;
