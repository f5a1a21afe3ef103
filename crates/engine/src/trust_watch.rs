//! Notices that other anchors are in force than those that endpoints were judged by, and has all of them looked at again: a
//! root that was missing in the setting `trust` must not alarm anybody for hours after it was added, and one that was taken
//! out must not be trusted for as long.

use std::sync::{Mutex, PoisonError};

use notafter_cert::{Fingerprint, Span};
use notafter_inventory::model::Actor;
use notafter_store::{Change, TaskSubject};

use crate::context::Context;
use crate::findings;
use crate::operate::Fault;
use crate::tasks::{scan, urgent};

/// So long nobody is told of what was found by the anchors of before: the looks take seconds.
const HELD_BACK: Span = Span::minutes(1);

/// The set of anchors (`Anchors::identity`) that this process compared last.
#[derive(Debug, Default)]
pub struct TrustSeen(Mutex<Option<Fingerprint>>);

impl TrustSeen {
    /// The one before.
    fn replace(&self, anchors: Fingerprint) -> Option<Fingerprint> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).replace(anchors)
    }

    /// It is to be compared again: what came of it was not stored.
    fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// For the start of a server, when every owner is looked after, and for now and then: compares the anchors in force with those
/// that the store knows.
///
/// # Errors
/// The store failed.
pub(crate) async fn look(context: &Context) -> Result<(), Fault> {
    let looked = compare(context).await;
    if looked.is_err() {
        context.trust_seen.forget();
    }
    looked
}

async fn compare(context: &Context) -> Result<(), Fault> {
    let (store, scope) = (&context.store, &context.scope);
    let judge = context.judge();
    let anchors = judge.anchors();
    // Once for each set that comes into force in this process: of two servers of one database with other anchors neither
    // must undo for ever what the other one wrote.
    if context.trust_seen.replace(anchors.identity()) == Some(anchors.identity()) {
        return Ok(());
    }
    let known = store.trust(scope).await?;
    if known == Some(anchors.identity()) {
        return Ok(());
    }
    let replaces = known.map(|_| (anchors.name().to_owned(), anchors.len()));
    let mut changes = vec![Change::PutTrust { anchors: anchors.identity(), replaces }];
    if known.is_some() {
        tracing::warn!(
            trust = anchors.name(),
            "other anchors than before: every endpoint is looked at again"
        );
        changes.extend([scan::KIND, urgent::KIND].map(|task| Change::BringForward { task }));
        let told_from = context.clock.now() + HELD_BACK;
        for owner in store.owners(scope).await? {
            let subject = TaskSubject::of(owner.id);
            if store.due(findings::ALERT, &subject).await?.is_some_and(|due| due < told_from) {
                changes.push(Change::Schedule { task: findings::ALERT, subject, due_at: told_from });
            }
        }
    }
    Ok(context.apply(None, &Actor::Engine, &changes).await?)
}
