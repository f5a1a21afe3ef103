//! Fetching CRLs (RFC 5280 section 6.3.3). A small one is kept whole, for whoever asks next; of a large one no more is kept than what
//! it says of the certificate, and a hash of each that is on it.

use std::ops::ControlFlow;
use std::sync::Arc;

use notafter_cert::der::Fault;
use notafter_cert::revocation::crl::{Crl, CrlIssuer, Material, Policy, Sieve, SievedCrl, Sought, judge};
use notafter_cert::revocation::{Because, Expectation, Source, Statement, Verdict};
use notafter_cert::x509::extension::{DistributionPoint, FreshestCrl};
use notafter_cert::{Certificate, Fingerprint, Span};

use super::cache::Fetched;
use super::{Allowance, Inner, MOST_SOURCES, Question, REDIRECTS, Share, max_age, refused, shape, unfetched};
use crate::http::Request;

/// The longest CRL that is kept whole.
const SMALL: usize = 1024 * 1024;

/// Of a larger one it is kept who is on it, where it has no more entries: 8 MB at most. Whoever is not needs no second download.
const MOST_SERIALS: usize = 1_000_000;

/// What is kept of a CRL.
#[derive(Clone)]
pub(super) enum Kept {
    /// All of it.
    Whole(Arc<[u8]>),
    /// What it says of one certificate, and hashes of all that are on it.
    Of(Fingerprint, Arc<SievedCrl>),
    /// Nothing: why.
    Nothing(Because),
}

impl Inner {
    /// One CRL after the other, until they tell enough: each statement is by all that came until then.
    pub(super) async fn by_lists(&self, question: &Question<'_>, expected: &Expectation) -> Vec<Statement> {
        let mut statements = Vec::new();
        let mut lists: Vec<Arc<SievedCrl>> = Vec::new();
        let mut allowance = Allowance::new(self.crl_within, self.deadline);
        let urls: Vec<&String> = expected.crls.iter().filter(|_| self.asks).take(MOST_SOURCES).collect();
        for (place, url) in urls.iter().enumerate() {
            let remaining = urls.len() - place;
            let (source, certificate) = (Source::Crl((*url).clone()), question.certificate);
            let list = async |share: &Share| self.list(url, certificate, share).await;
            let list = match allowance.ask(remaining, list).await.flatten() {
                Ok(list) => list,
                Err(because) => {
                    statements.push(Statement::nothing(source, because));
                    continue;
                }
            };
            lists.push(Arc::clone(&list));
            let mut statement = stated(source, &list, judged(question, &lists));
            let mut of_changes = Vec::new();
            if is_believed(&statement.verdict) {
                let changes = changes(expected, &list);
                let changed = self.changed(question, (&changes, remaining), &mut lists, &mut allowance).await;
                of_changes = changed.1;
                statement.verdict = changed.0.unwrap_or(statement.verdict);
            }
            let is_known = !matches!(statement.verdict, Verdict::Unknown(_));
            statements.push(statement);
            statements.extend(of_changes);
            if is_known {
                break;
            }
        }
        statements
    }

    /// What the complete CRL says with its changes, and of each delta CRL that is of no use, why: then the complete one counts
    /// alone.
    async fn changed(
        &self,
        question: &Question<'_>,
        (urls, remaining): (&[String], usize),
        lists: &mut Vec<Arc<SievedCrl>>,
        allowance: &mut Allowance,
    ) -> (Option<Verdict>, Vec<Statement>) {
        let mut unusable = Vec::new();
        for url in urls {
            let list = async |share: &Share| self.list(url, question.certificate, share).await;
            let because = match allowance.ask(remaining + 1, list).await.flatten() {
                Ok(list) => {
                    lists.push(list);
                    match judged(question, lists) {
                        Verdict::Unknown(because) => {
                            lists.pop();
                            because
                        }
                        known => return (Some(known), unusable),
                    }
                }
                Err(because) => because,
            };
            unusable.push(Statement::nothing(Source::Crl(url.clone()), because));
        }
        (None, unusable)
    }

    async fn list(
        &self,
        url: &str,
        certificate: &Certificate,
        share: &Share,
    ) -> Result<Arc<SievedCrl>, Because> {
        let mine = certificate.fingerprint();
        let fetch = async || self.download(url, certificate, share).await;
        match self.small.of(url.to_owned(), &self.clock, fetch).await {
            Kept::Whole(octets) => sieve(&octets, certificate).map(Arc::new),
            Kept::Of(of, list) if of == mine => Ok(list),
            Kept::Nothing(because) => Err(because),
            Kept::Of(_, list) => {
                if let Some(absent) = list.of_absent(sought(certificate)?) {
                    return Ok(Arc::new(absent));
                }
                let fetch = async || self.download(url, certificate, share).await;
                match self.large.of(format!("{url} {mine}"), &self.clock, fetch).await {
                    Kept::Whole(octets) => sieve(&octets, certificate).map(Arc::new),
                    Kept::Of(_, list) => Ok(list),
                    Kept::Nothing(because) => Err(because),
                }
            }
        }
    }

    async fn download(&self, url: &str, certificate: &Certificate, share: &Share) -> Fetched<Kept> {
        let _permit = self.permit().await;
        let nothing = |because| Fetched::undated(Kept::Nothing(because));
        let sought = match sought(certificate) {
            Ok(sought) => sought,
            Err(because) => return nothing(because),
        };
        let mut reading = Reading::new(sought);
        let request = Request::get(url).header("accept", "application/pkix-crl").follow(REDIRECTS);
        let mut take = |piece: &[u8]| reading.take(piece);
        let answer = match share.spend(self.lists.receive(request, &mut take)).await {
            Ok(answer) => answer,
            Err(because) => return nothing(because),
        };
        let Reading { sieve, first, whole, fault } = reading;
        let finished = fault.map_or_else(|| sieve.finish(), Err);
        match (answer, finished) {
            (Err(error), _) => nothing(unfetched(&error)),
            (Ok(response), _) if response.status != 200 => nothing(refused(response.status)),
            (_, Err(fault)) => nothing(shape::of_others(&first).unwrap_or_else(|| unreadable(fault))),
            (Ok(response), Ok(list)) => {
                let header = Crl::sieved(&list).anatomy.header;
                let until = header.next_update.and_then(Result::ok).map(|moment| moment.time);
                let value = match whole {
                    Some(whole) => Kept::Whole(whole.into()),
                    None => Kept::Of(certificate.fingerprint(), Arc::new(list)),
                };
                Fetched { value, until, max_age: max_age(&response) }
            }
        }
    }
}

/// A CRL on its way.
struct Reading {
    sieve: Sieve,
    /// How it begins.
    first: Vec<u8>,
    /// What came until now; nothing more once it is too much to be kept.
    whole: Option<Vec<u8>>,
    fault: Option<Fault>,
}

impl Reading {
    fn new(sought: Sought) -> Self {
        let sieve = Sieve::new(vec![sought]).remembering(MOST_SERIALS);
        Self { sieve, first: Vec::new(), whole: Some(Vec::new()), fault: None }
    }

    fn take(&mut self, piece: &[u8]) -> ControlFlow<()> {
        self.first.extend(piece.iter().take(shape::FIRST.saturating_sub(self.first.len())));
        self.whole = self.whole.take().filter(|whole| whole.len() + piece.len() <= SMALL);
        if let Some(whole) = &mut self.whole {
            whole.extend_from_slice(piece);
        }
        match self.sieve.push(piece) {
            Ok(()) => ControlFlow::Continue(()),
            Err(fault) => {
                self.fault = Some(fault);
                ControlFlow::Break(())
            }
        }
    }
}

fn judged(question: &Question<'_>, lists: &[Arc<SievedCrl>]) -> Verdict {
    let policy = Policy { tolerance: Span::minutes(5), ..Policy::default() };
    let issuer = question.issuer.anatomy();
    let issuers: Vec<CrlIssuer<'_>> = CrlIssuer::certificate(&issuer).into_iter().collect();
    let crls: Vec<Crl<'_>> = lists.iter().map(|list| Crl::sieved(list)).collect();
    let material = Material { crls: &crls, issuers: &issuers };
    judge(&question.certificate.anatomy(), &material, question.at, &policy)
}

/// Whether the complete CRL is what it should be: nobody follows what a forged one names.
const fn is_believed(verdict: &Verdict) -> bool {
    match verdict {
        Verdict::Good | Verdict::Revoked { .. } => true,
        Verdict::Unknown(because) => matches!(because, Because::ReasonsLeft(_)),
    }
}

/// Where delta CRLs are, by the certificate and by the CRL.
fn changes(expected: &Expectation, list: &SievedCrl) -> Vec<String> {
    let crl = Crl::sieved(list);
    let points = crl.anatomy.trailer.readable::<FreshestCrl<'_>>();
    let of_list = points.iter().flat_map(|points| &points.0).flat_map(DistributionPoint::uris);
    let of_list = of_list.map(|uri| String::from_utf8_lossy(uri).into_owned());
    let mut urls: Vec<String> = Vec::new();
    for url in expected.deltas.iter().cloned().chain(of_list) {
        if !urls.contains(&url) {
            urls.push(url);
        }
    }
    urls.truncate(MOST_SOURCES);
    urls
}

fn stated(source: Source, list: &SievedCrl, verdict: Verdict) -> Statement {
    let header = Crl::sieved(list).anatomy.header;
    Statement {
        source,
        verdict,
        this_update: header.this_update.ok().map(|moment| moment.time),
        next_update: header.next_update.and_then(Result::ok).map(|moment| moment.time),
    }
}

fn sought(certificate: &Certificate) -> Result<Sought, Because> {
    Sought::of(&certificate.anatomy()).map_err(|fault| Because::Unreadable { what: "the certificate", fault })
}

fn sieve(octets: &[u8], certificate: &Certificate) -> Result<SievedCrl, Because> {
    let mut sieve = Sieve::new(vec![sought(certificate)?]);
    sieve.push(octets).and_then(|()| sieve.finish()).map_err(unreadable)
}

const fn unreadable(fault: Fault) -> Because {
    Because::Unreadable { what: "the CRL", fault }
}
