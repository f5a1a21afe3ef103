//! What ends when, as a calendar; and the links by which a person's own calendar fetches it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use notafter_cert::{Certificate, Fingerprint, Time};
use notafter_inventory::calendar::{self, Entry, Served};
use notafter_inventory::code::endpoint_name;
use notafter_inventory::model::{Actor, EndpointId, Grant, LineageId, Role, Token, User};
use notafter_store::{Access, Change, EndpointState, Scope};
use notafter_tls::Target;
use notafter_tls::observation::Outcome;
use serde::{Deserialize, Serialize};

use super::token::LONGEST;
use super::user::owner_of;
use super::{Fault, Operation, operation};
use crate::access::Secret;
use crate::context::Context;
use crate::tasks::renew::{Case, Loaded, Source};

/// The operations of this file.
pub const OPERATIONS: &[Operation] = &[operation!("calendar", calendar)];

/// Endpoints read at once.
const PAGE: u32 = 1000;

/// What the calendar shall be about.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Wish {
    /// Only what this owner answers for, by name.
    pub owner: Option<String>,
}

/// A calendar.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    /// The whole of it (RFC 5545, `text/calendar`).
    pub text: String,
    /// How many entries it has.
    pub entries: usize,
    /// How many came after the last of them.
    pub left_out: usize,
}

async fn calendar(context: &Context, _: &Actor, wish: Wish) -> Result<Written, Fault> {
    match wish.owner {
        None => write(context, None).await,
        Some(name) => {
            let owner = owner_of(context, &name).await?;
            write(&context.within(Scope::owner(owner)), None).await
        }
    }
}

/// The calendar, within reach. A link or token that it is fetched with stands in it, with its own end.
///
/// # Errors
/// The store failed.
pub async fn write(context: &Context, by: Option<&Token>) -> Result<Written, Fault> {
    let lineages = context.store.lineages(&context.scope).await?;
    let loaded = Case::load_all(&Source::of(context), lineages).await?;
    let now = context.clock.now();
    let mut entries: Vec<Entry> = Vec::new();
    for Loaded { lineage, version, case } in &loaded {
        // One lineage that cannot be decided keeps its end: `status` says why it cannot.
        let plan = case.as_ref().ok().and_then(Option::as_ref).map(|case| case.plan(now));
        entries.extend(calendar::of_lineage(lineage, version.as_ref(), plan.as_ref()));
    }
    let current: HashSet<Fingerprint> =
        loaded.iter().filter_map(|one| one.version.as_ref()).map(|version| version.fingerprint).collect();
    entries.extend(served(context, &loaded, &current).await?);
    entries.extend(by.map(calendar::of_token));
    let (entries, left_out) = calendar::soonest(entries, now);
    let site = context.settings.base_url.as_deref().map(|site| site.trim_end_matches('/'));
    let text = calendar::written(&entries, left_out, site);
    Ok(Written { text, entries: entries.len(), left_out })
}

/// What endpoints serve that is no lineage's present certificate.
async fn served(
    context: &Context,
    loaded: &[Loaded],
    current: &HashSet<Fingerprint>,
) -> Result<Vec<Entry>, Fault> {
    let (store, scope) = (&context.store, &context.scope);
    let names: HashMap<LineageId, &str> =
        loaded.iter().map(|one| (one.lineage.id, one.lineage.name.as_str())).collect();
    let places = store.places(scope).await?;
    let installed: HashMap<&Target, &str> = places
        .iter()
        .filter_map(|place| Some((names.get(&place.lineage_id).copied()?, place)))
        .flat_map(|(lineage, place)| place.endpoints.iter().map(move |target| (target, lineage)))
        .collect();
    let mut others = Others::default();
    let mut after: Option<EndpointId> = None;
    loop {
        let page = store.endpoint_states_after(scope, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.endpoint_id);
        let ids: Vec<EndpointId> = page.iter().map(|state| state.endpoint_id).collect();
        let targets: HashMap<EndpointId, Target> =
            store.endpoints_of(scope, &ids).await?.into_iter().map(|one| (one.id, one.target)).collect();
        for state in &page {
            if let Some(target) = targets.get(&state.endpoint_id) {
                others.add(state, target, installed.get(target).copied(), current);
            }
        }
    }
    Ok(others.0.values().flatten().map(Served::entry).collect())
}

/// Certificates by what they are, each read once however many serve it. Of one that cannot be read there is no end to tell; a
/// finding says so.
#[derive(Default)]
struct Others(BTreeMap<Fingerprint, Option<Served>>);

impl Others {
    fn add(
        &mut self,
        state: &EndpointState,
        target: &Target,
        lineage: Option<&str>,
        current: &HashSet<Fingerprint>,
    ) {
        let mut here = BTreeSet::new();
        for look in &state.looks {
            let Outcome::Served(shown) = &look.observation.outcome else { continue };
            let Some(der) = shown.chain.first() else { continue };
            let fingerprint = Fingerprint::of(der);
            if current.contains(&fingerprint) || !here.insert(fingerprint) {
                continue;
            }
            let known = self.0.entry(fingerprint).or_insert_with(|| {
                let leaf = Certificate::parse(der).ok()?;
                Some(Served::by(&leaf, state.endpoint_id, look.since))
            });
            if let Some(served) = known {
                served.also(endpoint_name(target), look.since, lineage);
            }
        }
    }
}

/// A link that a person's calendar is fetched by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Where it leads; a secret, which is told here and never again.
    pub url: String,
    /// Leads nowhere from then on.
    pub until: Time,
}

/// The token behind the link of an account, where it has one that is not over.
///
/// # Errors
/// The store failed.
pub async fn link_of(context: &Context, user: &User) -> Result<Option<Token>, Fault> {
    let now = context.clock.now();
    let tokens = context.store.tokens(&Scope::EVERYTHING).await?;
    Ok(tokens.into_iter().find(|token| token.of == Some(user.id) && token.until > now))
}

/// Makes a link for an account. The one that it had leads nowhere from then on.
///
/// # Errors
/// The store failed.
pub async fn make_link(context: &Context, actor: &Actor, user: &User) -> Result<Link, Fault> {
    let now = context.clock.now();
    let token = Token {
        id: context.new_id(),
        name: format!("calendar+{}", user.name),
        grant: Grant { role: Role::Calendar, owner: user.grant.owner },
        from: now,
        until: now + LONGEST,
        by: actor.clone(),
        of: Some(user.id),
    };
    let secret = Secret::new(context.random());
    let mut changes = without_link(context, user).await?;
    changes.push(Change::Access(Access::RemoveOver(now)));
    changes.push(Change::Access(Access::PutToken(secret.hash(), token.clone())));
    context.apply(None, actor, &changes).await?;
    Ok(Link { url: format!("{}{}", context.site(), path(&secret)), until: token.until })
}

/// Takes the link of an account away.
///
/// # Errors
/// The store failed.
pub async fn remove_link(context: &Context, actor: &Actor, user: &User) -> Result<(), Fault> {
    let changes = without_link(context, user).await?;
    if changes.is_empty() { Ok(()) } else { Ok(context.apply(None, actor, &changes).await?) }
}

/// What takes the links of an account away.
pub(super) async fn without_link(context: &Context, user: &User) -> Result<Vec<Change>, Fault> {
    let tokens = context.store.tokens(&Scope::EVERYTHING).await?;
    let own = tokens.into_iter().filter(|token| token.of == Some(user.id));
    Ok(own.map(|token| Change::Access(Access::RemoveToken(token.id))).collect())
}

/// Where a calendar with this secret is fetched, below the address of the pages.
#[must_use]
pub fn path(secret: &Secret) -> String {
    format!("/calendar/{}/notafter.ics", secret.written())
}
