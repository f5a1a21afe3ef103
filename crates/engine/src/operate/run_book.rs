//! The run-book of a finding: what is known of its case, for `notafter_inventory::run_book`.

use notafter_cert::{Certificate, Fingerprint, Time, pem};
use notafter_inventory::model::{Actor, Endpoint, Finding, FindingId, Lineage, Subject, Version};
use notafter_inventory::run_book::{self, Case, KnownBy, KnownKey, RunBook};
use notafter_store::Look;
use notafter_tls::observation::{Outcome, Possession};
use serde::{Deserialize, Serialize};

use super::{Fault, Operation, operation};
use crate::context::Context;
use crate::tasks::alert;

/// The operations of this file.
pub const OPERATIONS: &[Operation] = &[operation!("run-book", run_book)];

/// Which finding.
#[derive(Debug, Serialize, Deserialize)]
pub struct Of {
    /// Its identity, `fd_...`.
    pub finding: FindingId,
}

/// The run-book, and whose it is.
#[derive(Debug, Serialize, Deserialize)]
pub struct Told {
    /// The finding.
    pub finding: Finding,
    /// What to do about it.
    pub run_book: RunBook,
}

async fn run_book(context: &Context, _: &Actor, Of { finding: id }: Of) -> Result<Told, Fault> {
    let absent = || {
        let hint = "see what there is: notafter status, or the page of findings";
        Fault::new("inventory.no-such-thing", format!("there is no finding {id}"), hint)
    };
    let finding = context.store.finding(&context.scope, id).await?.ok_or_else(absent)?;
    let run_book = of(context, &finding).await?;
    Ok(Told { finding, run_book })
}

/// The run-book of this finding.
///
/// # Errors
/// The store failed.
pub async fn of(context: &Context, finding: &Finding) -> Result<RunBook, Fault> {
    let (store, scope, violation) = (&context.store, &context.scope, &finding.violation);
    let mut case = Case::of(finding);
    if let Subject::Endpoint(id) = &violation.subject
        && let Some(endpoint) = store.endpoint(scope, *id).await?
    {
        case.key = key(context, &endpoint, finding).await?;
        case.target = Some(endpoint.target);
    }
    if case.over.is_none() {
        let channels = store.channels(scope).await?;
        let background = alert::gather(context, std::slice::from_ref(finding), &channels).await?;
        case.mend = background.to_type(violation);
        let alerts = store.alerts_open(scope).await?;
        if let Some(alert) = alerts.into_iter().find(|alert| alert.findings.contains(&finding.id)) {
            case.is_taken = alert.acknowledged.is_some();
            case.alert = Some(alert.id);
        }
    }
    Ok(run_book::of(&violation.code, &case))
}

/// The one key that every address serves now, where it is known to belong there.
async fn key(context: &Context, endpoint: &Endpoint, finding: &Finding) -> Result<Option<KnownKey>, Fault> {
    let (store, scope) = (&context.store, &context.scope);
    let Some(state) = store.endpoint_state(scope, endpoint.id).await? else { return Ok(None) };
    let Some((spki_sha256, since)) = served(&state.looks) else { return Ok(None) };
    for place in store.places(scope).await? {
        if !place.endpoints.contains(&endpoint.target) {
            continue;
        }
        let Some(lineage) = store.lineage(scope, place.lineage_id).await? else { continue };
        if is_blocked(&lineage, spki_sha256) {
            return Ok(None);
        }
        let versions = store.versions_of(scope, lineage.id).await?;
        if versions.iter().any(|version| key_of(version) == Some(spki_sha256)) {
            return Ok(Some(KnownKey { spki_sha256, by: KnownBy::Lineage(lineage.name) }));
        }
    }
    let before = since < finding.opened_at;
    Ok(before.then_some(KnownKey { spki_sha256, by: KnownBy::ServedSince(since) }))
}

/// The SHA-256 of the key that every address that answers has shown that it holds, and since when all of them do.
fn served(looks: &[Look]) -> Option<([u8; 32], Time)> {
    let mut found: Option<([u8; 32], Time)> = None;
    for Look { since, observation } in looks {
        let Outcome::Served(seen) = &observation.outcome else { continue };
        if seen.possession != Possession::Proven {
            return None;
        }
        let spki = Certificate::parse(seen.chain.first()?).ok()?.key().spki_sha256;
        found = match found {
            Some((known, _)) if known != spki => return None,
            Some((_, latest)) => Some((spki, latest.max(*since))),
            None => Some((spki, *since)),
        };
    }
    found
}

fn is_blocked(lineage: &Lineage, spki_sha256: [u8; 32]) -> bool {
    let key = Fingerprint::from_bytes(spki_sha256).to_string();
    lineage.renewal.blocked_keys.iter().any(|blocked| blocked.eq_ignore_ascii_case(&key))
}

fn key_of(version: &Version) -> Option<[u8; 32]> {
    let leaf = pem::chain_from(version.chain_pem.as_bytes()).ok()?.into_iter().next()?;
    Some(Certificate::parse(&leaf).ok()?.key().spki_sha256)
}
