//! What changed, as far as somebody may know of it: kinds of things, and which. A page says what it shows, and asks anew for
//! what a change concerns; nothing of what the log says is sent.

use std::collections::BTreeSet;

use notafter_engine::context::Context;
use notafter_inventory::model::{Event, PlaceId, Subject};
use notafter_store::StoreError;
use serde::Serialize;

/// More than this is anything.
const MOST: usize = 100;

/// What concerns everybody, although it is about nothing that anybody owns.
const COMMON: [&str; 7] = ["alert", "clock", "finding", "incident", "inventory", "maintenance", "silence"];

/// What changed.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Change {
    /// Kinds of things, as the log has them (`finding`, `deployment`); nothing where it may be any.
    what: Option<BTreeSet<String>>,
    /// Which: `lineage:ln_...`, `finding:fd_...`; nothing where it may be any.
    about: Option<BTreeSet<String>>,
}

impl Change {
    /// Nobody knows what; whoever shows anything asks anew.
    pub(super) const ANYTHING: Self = Self { what: None, about: None };

    /// Of these entries; nothing where none of them is within reach.
    ///
    /// # Errors
    /// The store failed.
    pub(super) async fn of(context: &Context, events: &[Event]) -> Result<Option<Self>, StoreError> {
        let (mut what, mut about) = (BTreeSet::new(), BTreeSet::new());
        for event in events {
            let Some(noun) = noun(&event.kind) else { continue };
            let Some(names) = within_reach(context, noun, event).await? else { continue };
            what.insert(noun.to_owned());
            about.extend(names);
        }
        if what.is_empty() {
            return Ok(None);
        }
        let about = (about.len() <= MOST).then_some(about);
        Ok(Some(Self { what: Some(what), about }))
    }
}

/// `notafter.finding.opened.v1` is about a finding.
fn noun(kind: &str) -> Option<&str> {
    kind.strip_prefix("notafter.")?.split('.').next()
}

/// What the entry is about, where that may be known.
async fn within_reach(
    context: &Context,
    noun: &str,
    event: &Event,
) -> Result<Option<BTreeSet<String>>, StoreError> {
    let mut names = BTreeSet::from([event.subject.to_string()]);
    for kind in ["alert", "finding", "lineage"] {
        if let Some(id) = event.data.get(kind).and_then(|id| id.as_str()) {
            let id = id.strip_prefix(&format!("{kind}:")).unwrap_or(id);
            if is_within_reach(context, kind, id).await? {
                names.insert(format!("{kind}:{id}"));
            }
        }
    }
    let kept = context.scope.kept_to();
    let (store, scope) = (&context.store, &context.scope);
    let is_seen = match &event.subject {
        Subject::Place(id) => match place(context, *id).await? {
            Some(lineage) => {
                names.insert(lineage);
                true
            }
            None => kept.is_none(),
        },
        _ if kept.is_none() => true,
        Subject::Endpoint(id) => store.endpoint(scope, *id).await?.is_some(),
        Subject::Lineage(id) => store.lineage(scope, *id).await?.is_some(),
        Subject::Owner(id) => kept == Some(*id),
        Subject::Drill(id) => store.drill(scope, *id).await?.is_some(),
        Subject::Issuer(_) | Subject::Channel(_) => true,
        Subject::Installation => COMMON.contains(&noun),
        Subject::Named(_) => false,
    };
    Ok(is_seen.then_some(names))
}

/// Whether a thing that an entry names beside its subject may be known of: an issuer is everybody's, what it signed is not.
async fn is_within_reach(context: &Context, kind: &str, id: &str) -> Result<bool, StoreError> {
    let (store, scope) = (&context.store, &context.scope);
    if scope.kept_to().is_none() {
        return Ok(true);
    }
    Ok(match kind {
        "alert" => match id.parse() {
            Ok(id) => store.alert(scope, id).await?.is_some(),
            Err(_) => false,
        },
        "finding" => match id.parse() {
            Ok(id) => store.finding(scope, id).await?.is_some(),
            Err(_) => false,
        },
        _ => match id.parse() {
            Ok(id) => store.lineage(scope, id).await?.is_some(),
            Err(_) => false,
        },
    })
}

/// The lineage of a place.
async fn place(context: &Context, id: PlaceId) -> Result<Option<String>, StoreError> {
    let place = context.store.place(&context.scope, id).await?;
    Ok(place.map(|place| Subject::Lineage(place.lineage_id).to_string()))
}
