//! Fetching CRLs (RFC 5280 section 6.3.3). A small one is kept whole, for whoever asks next; of a large one no more is kept than what
//! it says of the certificate.

use std::ops::ControlFlow;
use std::sync::Arc;

use notafter_cert::der::Fault;
use notafter_cert::revocation::crl::{Crl, CrlIssuer, Material, Policy, Sieve, SievedCrl, Sought, judge};
use notafter_cert::revocation::{Because, Expectation, Source, Statement, Verdict};
use notafter_cert::x509::extension::{DistributionPoint, FreshestCrl};
use notafter_cert::{Certificate, Fingerprint, Span};

use super::cache::Fetched;
use super::{Inner, MOST_SOURCES, Question, REDIRECTS, max_age, refused, unfetched};
use crate::http::Request;

/// The longest CRL that is kept whole.
const SMALL: usize = 1024 * 1024;

/// What is kept of a CRL.
#[derive(Clone)]
pub(super) enum Kept {
    /// All of it.
    Whole(Arc<[u8]>),
    /// What it says of one certificate.
    Of(Fingerprint, Arc<SievedCrl>),
    /// Nothing: why.
    Nothing(Because),
}

impl Inner {
    /// One CRL after the other, until they tell enough: each statement is by all that came until then.
    pub(super) async fn by_lists(&self, question: &Question<'_>, expected: &Expectation) -> Vec<Statement> {
        let mut statements = Vec::new();
        let mut lists: Vec<Arc<SievedCrl>> = Vec::new();
        for url in expected.crls.iter().filter(|_| self.asks).take(MOST_SOURCES) {
            let source = Source::Crl(url.clone());
            let list = match self.list(url, question.certificate).await {
                Ok(list) => list,
                Err(because) => {
                    statements.push(Statement::nothing(source, because));
                    continue;
                }
            };
            lists.push(Arc::clone(&list));
            lists.extend(self.changes(question, expected, &list).await);
            let statement = stated(source, &list, judged(question, &lists));
            let is_known = !matches!(statement.verdict, Verdict::Unknown(_));
            statements.push(statement);
            if is_known {
                break;
            }
        }
        statements
    }

    /// The delta CRL, where the certificate or the CRL names one; without it the complete one counts alone.
    async fn changes(
        &self,
        question: &Question<'_>,
        expected: &Expectation,
        list: &SievedCrl,
    ) -> Option<Arc<SievedCrl>> {
        let crl = Crl::sieved(list);
        let points = crl.anatomy.trailer.readable::<FreshestCrl<'_>>();
        let of_list = points.iter().flat_map(|points| &points.0).flat_map(DistributionPoint::uris);
        let of_list = of_list.map(|uri| String::from_utf8_lossy(uri).into_owned());
        let url = expected.deltas.iter().cloned().chain(of_list).next()?;
        self.list(&url, question.certificate).await.ok()
    }

    async fn list(&self, url: &str, certificate: &Certificate) -> Result<Arc<SievedCrl>, Because> {
        let mine = certificate.fingerprint();
        let fetch = async || self.download(url, certificate).await;
        match self.small.of(url.to_owned(), &self.clock, fetch).await {
            Kept::Whole(octets) => sieve(&octets, certificate).map(Arc::new),
            Kept::Of(of, list) if of == mine => Ok(list),
            Kept::Nothing(because) => Err(because),
            Kept::Of(..) => {
                let fetch = async || self.download(url, certificate).await;
                match self.large.of(format!("{url} {mine}"), &self.clock, fetch).await {
                    Kept::Whole(octets) => sieve(&octets, certificate).map(Arc::new),
                    Kept::Of(_, list) => Ok(list),
                    Kept::Nothing(because) => Err(because),
                }
            }
        }
    }

    async fn download(&self, url: &str, certificate: &Certificate) -> Fetched<Kept> {
        let _permit = self.permit().await;
        let nothing = |because| Fetched::undated(Kept::Nothing(because));
        let sought = match sought(certificate) {
            Ok(sought) => sought,
            Err(because) => return nothing(because),
        };
        let mut reading = Reading { sieve: Sieve::new(vec![sought]), whole: Some(Vec::new()), fault: None };
        let request = Request::get(url).header("accept", "application/pkix-crl").follow(REDIRECTS);
        let answer = self.lists.receive(request, &mut |piece| reading.take(piece)).await;
        let Reading { sieve, whole, fault } = reading;
        let finished = fault.map_or_else(|| sieve.finish(), Err);
        match (answer, finished) {
            (Err(error), _) => nothing(unfetched(&error)),
            (Ok(response), _) if response.status != 200 => nothing(refused(response.status)),
            (_, Err(fault)) => nothing(unreadable(fault)),
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
    /// What came until now; nothing more once it is too much to be kept.
    whole: Option<Vec<u8>>,
    fault: Option<Fault>,
}

impl Reading {
    fn take(&mut self, piece: &[u8]) -> ControlFlow<()> {
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
