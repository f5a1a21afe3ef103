//! Pings of other people's jobs, as they arrive: the protocol of healthchecks.io, so that programs that know it work as they are.
//!
//! An address is signed (HMAC-SHA-256, cut to 128 bits) with a key that lies in the vault, over the lineage and the number of its
//! address: nothing that is stored holds one, and one that was told to the wrong people is changed by another number.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use notafter_inventory::model::{
    Actor, Expected, Lineage, LineageId, Mode, Ping, Pings, Says, Subject, Violation,
};
use notafter_inventory::rule::{self, PingFacts};
use notafter_keys::{hmac_sha256_128, hmac_sha256_128_is};
use notafter_store::{Change, Lease, StoreError, TaskSubject};
use serde_json::json;

use crate::access::Peer;
use crate::context::Context;
use crate::findings;
use crate::operate::Fault;
use crate::signing_key;
use crate::tasks::ping as task;

/// The key's name in the vault. It is made when the first address is told; no inventory file can name it.
const SECRET: &str = "pings";

/// So much of a ping's body is kept.
pub const BODY_KEPT: usize = 10_000;

/// What a ping came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Came {
    /// It is on record, and judged.
    Taken,
    /// Too many came before it within the minute, and it was not taken.
    TooMany,
    /// Its address leads nowhere: which of the reasons is not said.
    Nowhere,
}

/// What a ping's address and request say.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The identity in its address.
    pub id: String,
    /// What it says.
    pub says: Says,
    /// Which run it is of.
    pub run: Option<String>,
    /// What its body said.
    pub body: String,
}

/// How often a lineage's job is to ping, where it is to.
#[must_use]
pub fn expected(lineage: &Lineage) -> Option<Expected> {
    match &lineage.mode {
        Mode::WatchOnly(automation) => automation.ping.as_deref().copied(),
        Mode::Managed(_) => None,
    }
}

/// Takes a ping.
///
/// # Errors
/// The store or the vault failed.
pub async fn take(context: &Context, asked: &Asked, peer: &Peer) -> Result<Came, Fault> {
    let Some(id) = lineage_of(context, &asked.id).await? else {
        // Many jobs behind one address ping at midnight: what leads somewhere is not counted.
        let counted = context.gate.begin(&tried(peer), context.clock.now());
        return Ok(if counted.is_ok() { Came::Nowhere } else { Came::TooMany });
    };
    loop {
        // A new address may have been asked for meanwhile: then this one leads nowhere any more.
        if lineage_of(context, &asked.id).await? != Some(id) {
            return Ok(Came::Nowhere);
        }
        match take_once(context, id, asked, peer).await {
            Err(StoreError::Overtaken(_)) => {}
            came => return Ok(came?),
        }
    }
}

/// Guesses are counted by where they come from. Where no source is known nothing is counted, and 128 bits are what guards.
fn tried(peer: &Peer) -> Vec<String> {
    peer.source().map(|source| format!("pings from {source}")).into_iter().collect()
}

/// The lineage that an address is of, where it is the present address of one that expects pings.
async fn lineage_of(context: &Context, id: &str) -> Result<Option<LineageId>, Fault> {
    let bytes = URL_SAFE_NO_PAD.decode(id).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    let (Some(bytes), Some(key)) = (bytes, signing_key::known(context, SECRET).await?) else {
        return Ok(None);
    };
    let Some((lineage, code)) = bytes.split_first_chunk::<16>() else { return Ok(None) };
    let lineage = LineageId::from_bytes(*lineage);
    let pings = context.store.pings(&context.scope, lineage).await?;
    let generation = pings.map_or(0, |pings| pings.generation);
    Ok(hmac_sha256_128_is(&key, &signed(lineage, generation), code).then_some(lineage))
}

fn signed(lineage: LineageId, generation: u32) -> Vec<u8> {
    [b"notafter ping\0", lineage.as_bytes().as_slice(), &generation.to_be_bytes()].concat()
}

async fn take_once(context: &Context, id: LineageId, asked: &Asked, peer: &Peer) -> Result<Came, StoreError> {
    let lineage = context.store.lineage(&context.scope, id).await?;
    let Some((lineage, expected)) = lineage.and_then(|lineage| {
        let expected = expected(&lineage)?;
        Some((lineage, expected))
    }) else {
        return Ok(Came::Nowhere);
    };
    let now = context.clock.now();
    let before = context.store.pings(&context.scope, id).await?;
    let known = before.clone().unwrap_or_else(|| Pings::new(id, now));
    if !known.takes_another(now) {
        return Ok(Came::TooMany);
    }
    let after = known.with(Ping {
        at: now,
        says: asked.says,
        run: asked.run.clone(),
        from: peer.address.to_string(),
        body: asked.body.clone(),
    });
    let mut changes = judged(context, &lineage, &after, expected).await?;
    let due_at = after.turns_at(expected, now).unwrap_or(now);
    changes.push(Change::Event {
        kind: "notafter.ping.came.v1".to_owned(),
        subject: Subject::Lineage(id),
        data: json!({ "ping": asked.says, "run": asked.run, "from": peer.address }),
    });
    changes.push(Change::PutPings { before, after });
    changes.push(Change::Schedule { task: task::KIND, subject: TaskSubject::of(id), due_at });
    context.apply(None, &Actor::Engine, &changes).await?;
    Ok(Came::Taken)
}

/// What the rules say of a lineage's pings now, compared with what is open.
///
/// # Errors
/// The store failed.
pub(crate) async fn judged(
    context: &Context,
    lineage: &Lineage,
    pings: &Pings,
    expected: Expected,
) -> Result<Vec<Change>, StoreError> {
    let subject = Subject::Lineage(lineage.id);
    let facts = PingFacts { name: &lineage.name, pings, expected, now: context.clock.now() };
    let violations = rule::judge_ping(&facts, &subject);
    let is_judged = |earlier: &Violation| rule::is_about_pings(&earlier.code);
    findings::of_subject(context, lineage.owner_id, &subject, violations, &is_judged).await
}

/// Begins to expect pings of a lineage, and judges those that came; answers what is known of them afterwards, and nothing
/// where none are expected any more, of which nothing stays open.
///
/// # Errors
/// The store failed, or somebody else wrote the same in the meantime: then nothing was written.
pub(crate) async fn look_after(
    context: &Context,
    lease: &Lease,
    lineage: &Lineage,
) -> Result<Option<(Pings, Expected)>, StoreError> {
    let Some(expected) = expected(lineage) else {
        let subject = Subject::Lineage(lineage.id);
        let mut changes = findings::end_of(context, &subject, rule::is_about_pings).await?;
        let stored = context.store.pings(&context.scope, lineage.id).await?;
        if let Some(before) = stored.filter(|before| !before.at_rest) {
            let after = before.at_rest(context.clock.now());
            changes.push(Change::PutPings { before: Some(before), after });
        }
        context.apply(Some(lease), &Actor::Engine, &changes).await?;
        return Ok(None);
    };
    let stored = context.store.pings(&context.scope, lineage.id).await?;
    let mut changes = Vec::new();
    let pings = match stored {
        Some(pings) if !pings.at_rest => pings,
        Some(before) => {
            // They are expected again, from now on.
            let after = Pings { at_rest: false, since: context.clock.now(), ..before.clone() };
            changes.push(Change::PutPings { before: Some(before), after: after.clone() });
            after
        }
        None => {
            let after = Pings::new(lineage.id, context.clock.now());
            changes.push(Change::PutPings { before: None, after: after.clone() });
            after
        }
    };
    changes.extend(judged(context, lineage, &pings, expected).await?);
    context.apply(Some(lease), &Actor::Engine, &changes).await?;
    Ok(Some((pings, expected)))
}

/// The address to which a lineage's job pings, below that of the pages.
///
/// # Errors
/// The store or the vault failed.
pub async fn path(context: &Context, lineage: LineageId, generation: u32) -> Result<String, Fault> {
    let key = signing_key::made(context, SECRET).await?;
    let mut bytes = lineage.as_bytes().to_vec();
    bytes.extend_from_slice(&hmac_sha256_128(&key, &signed(lineage, generation)));
    Ok(format!("/ping/{}", URL_SAFE_NO_PAD.encode(bytes)))
}
