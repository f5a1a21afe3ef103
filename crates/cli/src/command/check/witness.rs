//! What is asked of others beside the look: whether certificates were revoked, and which logs are relied upon.

use std::collections::HashMap;
use std::path::PathBuf;

use futures_util::future::join_all;
use notafter_cert::revocation::crlite::Filter;
use notafter_cert::{Certificate, Span, Time};
use notafter_inventory::check::{Judge, LogJudge, Statuses};
use notafter_net::Clock;
use notafter_net::dns::Resolver;
use notafter_net::http::{self, Client, Request};
use notafter_net::limits::AddressPolicy;
use notafter_net::revocation::{Asker, LONGEST_CRL, Options};
use notafter_net::trust::Trust;
use tokio::time::Instant;

use super::Format;
use crate::failure::Failure;
use crate::file;
use crate::output::transparency;

/// Options of those who testify.
#[derive(clap::Args, Debug)]
pub(super) struct Witnesses {
    /// Ask whether certificates were revoked: the OCSP responders and CRLs that the leaf and the intermediates name
    #[arg(long)]
    revocation: bool,
    /// Judge revocation by this CRLite filter, a file or an https:// address (repeatable)
    #[arg(long, value_name = "FILTER")]
    crlite: Vec<String>,
    /// Judge what logs promised by this list (log_list.json, schema v3), as Chrome, Apple and Firefox do
    #[arg(long, value_name = "FILE")]
    ct_log_list: Option<PathBuf>,
}

/// CRLs and filters may be large, and whoever asks for them waits; but for a plug-in, whose run has a limit.
const LIST_WITHIN: Span = Span::seconds(60);
/// Filters have some million bytes.
const LONGEST_FILTER: usize = 64 * 1024 * 1024;

impl Witnesses {
    /// By which list promises are judged.
    pub(super) fn logs(&self) -> Result<Option<LogJudge>, Failure> {
        self.ct_log_list.as_deref().map(transparency::read).transpose()
    }

    /// Whoever is asked; nobody without these options. A plug-in's looks end after `within`, and half of that is for asking.
    pub(super) async fn asker(
        &self,
        resolver: Resolver,
        clock: Clock,
        (within, format): (Span, Format),
    ) -> Result<Option<Asker>, Failure> {
        if !self.revocation && self.crlite.is_empty() {
            return Ok(None);
        }
        let is_bound = format == Format::Nagios;
        let mut filters = Vec::new();
        for place in &self.crlite {
            let within = if is_bound { within.min(LIST_WITHIN) } else { LIST_WITHIN };
            filters.push((place.clone(), filter(place, &resolver, within).await?));
        }
        let deadline = is_bound.then(|| Instant::now() + within.to_std());
        let within = if is_bound { within.share(1, 2) } else { within };
        Ok(Some(Asker::new(Options {
            resolver,
            // Strangers wrote the addresses: they may lead into a private network, as those of private CAs do, and no further.
            policy: AddressPolicy::Server { private_allowed: true },
            clock,
            answer_within: within,
            crl_within: if is_bound { within } else { within.max(LIST_WITHIN) },
            deadline,
            crl_limit: LONGEST_CRL,
            asks: self.revocation,
            filters,
        })))
    }
}

/// A filter from where it is. It is not signed: over http anybody could have put another in its place.
async fn filter(place: &str, resolver: &Resolver, within: Span) -> Result<Filter, Failure> {
    let what = |how: &str| format!("the CRLite filter {place} cannot be {how}");
    let hint = "name a filter of Firefox's remote settings (collection cert-revocations), as a file or an https:// address";
    if place.starts_with("http://") {
        let why = "it is not signed, and over http anybody could put another in its place";
        return Err(Failure::usage(what("fetched"), "write https://, or fetch it and name the file").because(why));
    }
    let octets = if place.starts_with("https://") {
        let plain = http::Options::new(resolver.clone(), AddressPolicy::Anywhere, Some(Trust::mozilla()));
        let client = Client::new(http::Options { body_limit: LONGEST_FILTER, within, ..plain });
        let answer = client.send(Request::get(place).follow(3)).await;
        let answer = answer.map_err(|error| Failure::new(what("fetched"), hint).because(error))?;
        if answer.status != 200 {
            return Err(Failure::new(what("fetched"), hint).because(format!("status {}", answer.status)));
        }
        answer.body
    } else {
        file::read(place.as_ref())
            .map_err(|error| Failure::new(format!("the CRLite filter {place} {error}"), error.hint()))?
    };
    Filter::read(&octets).map_err(|error| Failure::new(what("read"), hint).because(error))
}

/// What came of asking about the certificates of these chains, each once; nothing where nobody is asked.
pub(super) async fn statuses(
    asker: Option<&Asker>,
    judge: &Judge,
    chains: impl IntoIterator<Item = &std::sync::Arc<[Vec<u8>]>>,
    at: Time,
) -> Option<Statuses> {
    let asker = asker?;
    let pairs = chains.into_iter().flat_map(|chain| judge.chain(chain, at).askable());
    let pairs: HashMap<_, (Certificate, Certificate)> =
        pairs.map(|(certificate, issuer)| (certificate.fingerprint(), (certificate, issuer))).collect();
    let asked = pairs.into_iter().map(|(fingerprint, (certificate, issuer))| async move {
        Some((fingerprint, asker.status(&certificate, &issuer, at).await?))
    });
    Some(join_all(asked).await.into_iter().flatten().collect())
}
