//! Asking whether certificates were revoked: responders of OCSP, CRLs, and filters that somebody brought.
//!
//! Whoever issued a certificate wrote the addresses in it, so whoever asks makes sure first that somebody who is trusted vouches for
//! them. Even so they are not believed far: http and https alone, no link-local or metadata addresses, few redirects, limits on
//! time and size. What comes is signed; how it came says nothing.

mod allowance;
mod answer;
mod cache;
mod list;
mod shape;
mod silent;

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use notafter_cert::revocation::crlite::Filter;
use notafter_cert::revocation::{
    Because, Exempt, Expectation, Source, Statement, Status, Verdict, expectation,
};
use notafter_cert::x509::Anatomy;
use notafter_cert::{Certificate, Span, Time};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use crate::Clock;
use crate::dns::Resolver;
use crate::http::{self, Client, HttpError};
use crate::limits::AddressPolicy;
use allowance::{Allowance, Share};
use cache::Cache;
use silent::Silent;

/// The most sources of one kind that are asked about one certificate; honest ones name one or two.
const MOST_SOURCES: usize = 3;
/// Questions under way at most.
const AT_ONCE: usize = 64;
/// Redirects that are followed; content networks need one.
const REDIRECTS: u8 = 3;
/// The longest answer of a responder; honest ones have 500 to 3,000 bytes.
const LONGEST_ANSWER: usize = 64 * 1024;
/// The longest CRL that is read, never held: the largest of public CAs have some ten million bytes.
pub const LONGEST_CRL: usize = 100 * 1024 * 1024;

/// What whoever asks is made of.
pub struct Options {
    /// Finds addresses.
    pub resolver: Resolver,
    /// Where it may go.
    pub policy: AddressPolicy,
    /// Dates what is kept.
    pub clock: Clock,
    /// The limit on all that responders answer about one certificate.
    pub answer_within: Span,
    /// The limit on all CRLs of one certificate.
    pub crl_within: Span,
    /// When whoever asks must know: what has not come by then is told as such.
    pub deadline: Option<Instant>,
    /// The most bytes of a CRL.
    pub crl_limit: usize,
    /// Whether anybody is asked; filters are at hand.
    pub asks: bool,
    /// Filters, with their names.
    pub filters: Vec<(String, Filter)>,
}

/// Asks, and keeps what was answered as long as it is good. Cheap to clone; clones share what they keep.
#[derive(Clone)]
pub struct Asker(Arc<Inner>);

struct Inner {
    clock: Clock,
    asks: bool,
    answer_within: Span,
    crl_within: Span,
    deadline: Option<Instant>,
    filters: Vec<(String, Filter)>,
    silent: Silent,
    responders: Client,
    lists: Client,
    permits: Arc<Semaphore>,
    answers: Cache<answer::Kept>,
    small: Cache<list::Kept>,
    large: Cache<list::Kept>,
}

impl fmt::Debug for Asker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asker")
            .field("asks", &self.0.asks)
            .field("filters", &self.0.filters)
            .finish_non_exhaustive()
    }
}

impl Asker {
    /// One that has asked nothing yet.
    #[must_use]
    pub fn new(options: Options) -> Self {
        let client = |within: Span, body_limit: usize| {
            // Nobody is believed for how the answer came: what came is signed.
            let plain = http::Options::new(options.resolver.clone(), options.policy, None);
            let connect_within = plain.connect_within.min(within);
            // The limit is kept by whoever asks: what is left of it differs from source to source.
            Client::new(http::Options { connect_within, within: within + within, body_limit, ..plain })
        };
        Self(Arc::new(Inner {
            responders: client(options.answer_within, LONGEST_ANSWER),
            lists: client(options.crl_within, options.crl_limit),
            clock: options.clock,
            asks: options.asks,
            answer_within: options.answer_within,
            crl_within: options.crl_within,
            deadline: options.deadline,
            filters: options.filters,
            silent: Silent::default(),
            permits: Arc::new(Semaphore::new(AT_ONCE)),
            answers: Cache::new(1024),
            small: Cache::new(64),
            large: Cache::new(1024),
        }))
    }

    /// What everybody who must know says of a certificate at an instant. Where nobody must, nobody is asked, but for one that lives
    /// short and names somebody all the same. Nothing where only filters are at hand, and none tells of it.
    pub async fn status(&self, certificate: &Certificate, issuer: &Certificate, at: Time) -> Option<Status> {
        let anatomy = certificate.anatomy();
        let expected = expectation(&anatomy, at);
        let exempt = expected.exempt();
        if !matches!(exempt, None | Some(Exempt::ShortLived)) {
            return self.0.asks.then(|| Status { statements: Vec::new(), exempt });
        }
        let question = Question { certificate, issuer, at };
        let (answers, lists) =
            tokio::join!(self.0.by_responders(&question, &expected), self.0.by_lists(&question, &expected));
        let mut filters = self.0.by_filters(&anatomy, &issuer.anatomy(), at);
        // Filters are made of what logs have: of a CA, that none covers it says nothing.
        filters.retain(|said| !certificate.is_ca() || said.verdict.is_revoked());
        let statements: Vec<Statement> = answers.into_iter().chain(lists).chain(filters).collect();
        (self.0.asks || !statements.is_empty()).then_some(Status { statements, exempt })
    }
}

/// About which certificate is asked.
#[derive(Clone, Copy)]
struct Question<'q> {
    certificate: &'q Certificate,
    issuer: &'q Certificate,
    at: Time,
}

impl Inner {
    async fn by_responders(&self, question: &Question<'_>, expected: &Expectation) -> Vec<Statement> {
        let mut statements = Vec::new();
        let mut allowance = Allowance::new(self.answer_within, self.deadline);
        let urls: Vec<&String> = expected.ocsp.iter().filter(|_| self.asks).take(MOST_SOURCES).collect();
        for (place, url) in urls.iter().enumerate() {
            let ask = async |share: &Share| self.ask_responder(question, url, share).await;
            let answered = allowance.ask(urls.len() - place, ask).await;
            let statement =
                answered.unwrap_or_else(|because| Statement::nothing(Source::Ocsp((*url).clone()), because));
            let is_known = !matches!(statement.verdict, Verdict::Unknown(_));
            statements.push(statement);
            if is_known {
                break;
            }
        }
        statements
    }

    fn by_filters(&self, certificate: &Anatomy<'_>, issuer: &Anatomy<'_>, at: Time) -> Vec<Statement> {
        let Ok(key) = issuer.key.as_ref() else { return Vec::new() };
        self.filters.iter().map(|(name, filter)| filter.testify(name, certificate, key, at)).collect()
    }

    async fn permit(&self) -> Option<OwnedSemaphorePermit> {
        // The semaphore is never closed; a permit that failed would only lift the limit.
        Arc::clone(&self.permits).acquire_owned().await.ok()
    }
}

/// Why nothing came, with the reasons below.
fn unfetched(error: &HttpError) -> Because {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(deeper) = source {
        words.push_str(&format!(": {deeper}"));
        source = deeper.source();
    }
    Because::Unfetched(words)
}

/// What came has another status than that of an answer.
fn refused(status: u16) -> Because {
    Because::Unfetched(format!("the server answers with status {status}"))
}

/// How long an answer is said to be good for (RFC 9111 section 5.2.2.1), where it says so.
fn max_age(response: &http::Response) -> Option<Span> {
    let directives = response.header("cache-control")?.split(',').map(str::trim);
    let mut ages = directives.filter_map(|directive| directive.strip_prefix("max-age="));
    Some(Span::seconds(ages.next()?.trim_matches('"').parse::<u32>().ok()?.into()))
}
