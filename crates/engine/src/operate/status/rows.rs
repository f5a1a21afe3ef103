//! Every lineage in one line, and every lifetime, kept for those who look often: to decide when each of ten thousand lineages is renewed takes a
//! second, and twenty people watch the same page.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use notafter_cert::{Span, Time};
use notafter_inventory::model::OwnerId;
use notafter_store::Revision;

use super::lifetimes::{Gathering, Lifetimes};
use super::{Fault, LineageRow, planned, row};
use crate::context::Context;
use crate::tasks::renew::{Case, Source};

/// What nothing has changed since is as old as this at most: what is due falls due by itself.
const UNCHANGED_HOLDS: Span = Span::seconds(30);
/// What has changed is shown as it was for so many times as long as it takes to make it anew, so that it takes a twentieth
/// of one processor at most. A few hundred lineages are always as they are now.
const COSTS: i64 = 20;

/// Every lineage within somebody's reach, the one that ends first at the top.
#[derive(Debug)]
pub struct LineageRows {
    /// The instant that they are about.
    pub at: Time,
    /// One line each.
    pub rows: Vec<LineageRow>,
    /// Every certificate that is in force, of lineages and of endpoints.
    pub lifetimes: Lifetimes,
}

/// The lines that were made last, by reach.
#[derive(Debug, Default)]
pub struct KeptRows(Mutex<HashMap<Option<OwnerId>, Kept>>);

/// The last entry of the log, and the revision of the inventory: most that changes a lineage changes one of them.
type AsOf = (i64, Revision);

#[derive(Debug)]
struct Kept {
    rows: Arc<LineageRows>,
    /// What they know of.
    as_of: AsOf,
    cost: Span,
    being_made: bool,
}

impl Kept {
    fn is_good(&self, as_of: AsOf, now: Time) -> bool {
        let age = now.since(self.rows.at);
        let holds = if self.as_of == as_of { UNCHANGED_HOLDS } else { self.cost.share(COSTS, 1) };
        self.being_made || (!age.is_negative() && age < holds)
    }
}

impl KeptRows {
    /// Those that are good enough; else the caller makes them, and others go on with those of before meanwhile.
    fn good(&self, owner: Option<OwnerId>, as_of: AsOf, now: Time) -> Option<Arc<LineageRows>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = kept.get_mut(&owner)?;
        if known.is_good(as_of, now) {
            return Some(Arc::clone(&known.rows));
        }
        known.being_made = true;
        None
    }

    /// Those that were made last, good or not.
    fn last(&self, owner: Option<OwnerId>) -> Option<Arc<LineageRows>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(&owner).map(|known| Arc::clone(&known.rows))
    }

    fn keep(&self, owner: Option<OwnerId>, made: Kept) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = made.rows.at;
        // Whoever does not look any more keeps nothing in memory.
        kept.retain(|_, known| now.since(known.rows.at) < UNCHANGED_HOLDS.share(COSTS, 1));
        kept.insert(owner, made);
    }

    /// Whoever was to make them failed, or went away: the next one makes them.
    fn release(&self, owner: Option<OwnerId>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = kept.get_mut(&owner) {
            known.being_made = false;
        }
    }
}

/// Gives the turn back however the making ends.
struct Turn<'a>(&'a KeptRows, Option<OwnerId>);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.release(self.1);
    }
}

/// Every lineage within reach of `context`, as it was a moment ago at the earliest: the more of them there are, the longer
/// a moment is (20 s for ten thousand).
///
/// # Errors
/// The store failed.
pub async fn kept(context: &Context) -> Result<Arc<LineageRows>, Fault> {
    let (store, scope) = (&context.store, &context.scope);
    let owner = scope.kept_to();
    let begun = context.clock.now();
    let as_of = (store.last_event(scope).await?, store.inventory_revision(scope).await?);
    if let Some(rows) = context.lineage_rows.good(owner, as_of, begun) {
        return Ok(rows);
    }
    let _turn = Turn(&context.lineage_rows, owner);
    let before = context.lineage_rows.last(owner);
    let made = Arc::new(made(context, begun, before.as_ref().map(|rows| &rows.lifetimes)).await?);
    drop(before);
    let cost = context.clock.now().since(begun);
    context.lineage_rows.keep(owner, Kept { rows: Arc::clone(&made), as_of, cost, being_made: false });
    Ok(made)
}

/// Each plan is made once, for the line and for the lifetime.
async fn made(context: &Context, now: Time, before: Option<&Lifetimes>) -> Result<LineageRows, Fault> {
    let lineages = context.store.lineages(&context.scope).await?;
    let loaded = Case::load_all(&Source::of(context), lineages).await?;
    let mut gathering = Gathering::begin(context, before).await?;
    let mut rows = Vec::with_capacity(loaded.len());
    for loaded in loaded {
        let plan = planned(&loaded, now);
        gathering.lineage(&loaded, plan.as_ref());
        rows.push(row(loaded, plan, now));
    }
    rows.sort_by_key(|row| (row.ends.is_none(), row.ends, row.name.clone()));
    gathering.endpoints(context).await?;
    Ok(LineageRows { at: now, rows, lifetimes: gathering.end(now) })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time::from_unix_seconds(1_796_000_000);

    const fn as_of(event: i64) -> AsOf {
        (event, Revision::of_number(3))
    }

    fn kept(cost: Span) -> Kept {
        let rows =
            Arc::new(LineageRows { at: NOW, rows: Vec::new(), lifetimes: Lifetimes::of(Vec::new(), 0, NOW) });
        Kept { rows, as_of: as_of(7), cost, being_made: false }
    }

    #[test]
    fn what_costs_little_is_always_as_it_is_now_and_what_costs_much_is_a_moment_old() {
        let (cheap, dear) = (kept(Span::millis(2)), kept(Span::seconds(1)));
        for (rows, event, after, good) in [
            (&cheap, 7, Span::seconds(29), true),
            (&cheap, 7, Span::seconds(30), false),
            (&cheap, 8, Span::millis(39), true),
            (&cheap, 8, Span::millis(40), false),
            (&dear, 8, Span::seconds(19), true),
            (&dear, 8, Span::seconds(20), false),
            (&dear, 7, -Span::seconds(1), false),
        ] {
            assert_eq!(rows.is_good(as_of(event), NOW + after), good, "{event} {after}");
        }
    }

    /// Twenty people who look at once would each make what one of them makes.
    #[test]
    fn one_makes_them_anew_and_the_others_go_on_with_those_of_before() {
        let all = KeptRows::default();
        let later = NOW + Span::minutes(2);
        assert!(all.good(None, as_of(7), NOW).is_none(), "there are none");
        all.keep(None, kept(Span::seconds(1)));
        assert!(all.good(None, as_of(8), later).is_none(), "this one makes them");
        assert!(all.good(None, as_of(8), later).is_some(), "this one does not wait for it");
        assert!(all.good(Some(OwnerId::from_bytes([1; 16])), as_of(8), later).is_none(), "of another reach");
        drop(Turn(&all, None));
        assert!(all.good(None, as_of(8), later).is_none(), "the first one failed");
    }
}
