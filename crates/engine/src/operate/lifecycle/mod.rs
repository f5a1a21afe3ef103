//! The life of a lineage by hand: issue, renew, deploy, roll back, revoke, import.

mod correct;
mod import;
mod outcome;
mod revoke;
mod rollback;

use notafter_cert::{Fingerprint, Span, Time, Trouble};
use notafter_inventory::code::{Kind, Mistakes, Prune};
use notafter_inventory::model::{Actor, Lineage, Mode, Renewal, Version};
use notafter_store::Change;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

pub use import::Import;
pub use outcome::{
    Attempt, DeploymentSummary, Ending, LeftOut, NotTried, NotTriedFor, Outcome, VersionSummary,
};
pub use revoke::Revoke;
pub use rollback::RollBack;
pub(crate) use rollback::{Needs, can_be_named, obstacle};

use super::{Fault, Operation, inventory, near, operation};
use crate::context::Context;
use crate::draft::{Draft, Stored, amend};
use crate::settle::settle;
use crate::tasks::{deploy, renew};

/// The operations of this file.
pub const OPERATIONS: &[Operation] = &[
    operation!("lifecycle.issue", issue, Begun),
    operation!("lifecycle.renew", renew),
    operation!("lifecycle.deploy", deploy),
    operation!("lifecycle.rollback", rollback::roll_back),
    operation!("lifecycle.revoke", revoke::revoke),
    operation!("lifecycle.import", import::import, Begun),
    operation!("lifecycle.outcome", came_of_it),
];

/// How long a person is kept waiting; what is left goes on in the server.
const PATIENCE: Span = Span::minutes(5);

const RELEASED: &str =
    "released: it was held at the version that was gone back to, and is renewed like any other again";

/// A lineage to be kept alive from now on, written as a piece of an inventory file.
#[derive(Serialize, Deserialize)]
pub struct Issue {
    /// The lineage's name.
    pub lineage: String,
    /// The piece of a file: the lineage, its places, and its issuer where that is new.
    pub text: String,
    /// Values of the secrets that it refers to.
    pub secrets: BTreeMap<String, String>,
}

/// Of the secrets the references alone.
impl fmt::Debug for Issue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { lineage, text, secrets } = self;
        let references: Vec<&String> = secrets.keys().collect();
        f.debug_struct("Issue")
            .field("lineage", lineage)
            .field("text", text)
            .field("secrets", &references)
            .finish()
    }
}

/// A lineage by name.
#[derive(Debug, Serialize, Deserialize)]
pub struct Named {
    /// The lineage's name.
    pub lineage: String,
}

/// A lineage, and when something was asked for it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Since {
    /// The lineage's name.
    pub lineage: String,
    /// When that was.
    pub since: Time,
}

/// A renewal that a person wants.
#[derive(Debug, Serialize, Deserialize)]
pub struct Renew {
    /// The lineage's name; every managed one when absent.
    pub lineage: Option<String>,
    /// Also when it is not due.
    pub force: bool,
    /// Never use the present key again.
    pub block_key: bool,
}

async fn issue(context: &Context, actor: &Actor, args: Issue) -> Result<Outcome, Fault> {
    let file = inventory::File { text: args.text, prune: Prune::Nothing, unread: BTreeMap::new() };
    let apply = inventory::Apply { file, secrets: args.secrets, upon: None };
    let manner = inventory::Manner { mistaken: of_a_command_line, rehearses: true };
    let before = correct::Before::of(context, &args.lineage).await?;
    let begun = context.clock.now();
    let written = inventory::write(context, actor, apply, &manner).await?;
    let lineage = named(context, &args.lineage).await?;
    let corrected = before.corrected(context, actor, &lineage, &written).await?;
    now_due(context, actor, &lineage).await?;
    settle(context, lineage.id, PATIENCE).await?;
    let deed = outcome::Deed { begun, written: &written.differences };
    let mut outcome = outcome::of_renewal(context, &lineage.name, deed).await?;
    outcome.remarks.splice(0..0, corrected);
    Ok(outcome)
}

/// Nobody who typed a command has a file with lines.
fn of_a_command_line(mistakes: Mistakes) -> Fault {
    let code = mistakes.code();
    let (what, hint) =
        ("this cannot be issued; nothing was changed", "notafter issue --help, docs/inventory.md");
    let Mistakes(mut mistakes) = mistakes;
    mistakes.iter_mut().for_each(|mistake| mistake.line = None);
    match mistakes.as_slice() {
        [one] => {
            Fault::new(code, format!("{what}: {}", one.what), one.hint.as_str()).because(one.why.as_str())
        }
        _ => {
            let all: String = mistakes.iter().map(|mistake| format!("\n{mistake}")).collect();
            Fault::new(code, format!("{what}{all}"), hint)
        }
    }
}

async fn renew(context: &Context, actor: &Actor, args: Renew) -> Result<Vec<Outcome>, Fault> {
    let begun = context.clock.now();
    let lineages = match &args.lineage {
        Some(name) => vec![managed(context, name).await?],
        None => context.store.lineages(&context.scope).await?,
    };
    let mut outcomes = Vec::new();
    for lineage in lineages {
        if !matches!(lineage.mode, Mode::Managed(_)) {
            continue;
        }
        wish(context, actor, &lineage, &args, begun).await?;
        now_due(context, actor, &lineage).await?;
        settle(context, lineage.id, PATIENCE).await?;
        let deed = outcome::Deed::since(begun);
        let mut outcome = outcome::of_renewal(context, &lineage.name, deed).await?;
        if args.lineage.is_some() && lineage.renewal.rolled_back.is_some() {
            outcome.remarks.insert(0, RELEASED.to_owned());
        }
        outcomes.push(outcome);
    }
    Ok(outcomes)
}

/// Stores what the person wants of the next renewal. Naming a lineage releases a rollback of it.
async fn wish(
    context: &Context,
    actor: &Actor,
    lineage: &Lineage,
    args: &Renew,
    at: Time,
) -> Result<(), Fault> {
    let blocked = match args.block_key {
        true => Some(key_of(&current(context, lineage).await?)?),
        false => None,
    };
    let wished = amend(context, None, actor, lineage.id, |Lineage { renewal, .. }| {
        if args.lineage.is_some() || args.force {
            renewal.rolled_back = None;
        }
        blocked.iter().for_each(|key| block(renewal, key));
        if args.force || args.block_key {
            renewal.forced_at = Some(at);
            renewal.not_before = None;
        }
        Some(Vec::new())
    });
    wished.await?.map(drop).ok_or_else(|| unknown(&lineage.name))
}

/// What came of what was asked for a lineage, as it stands now.
async fn came_of_it(context: &Context, _: &Actor, Since { lineage, since }: Since) -> Result<Outcome, Fault> {
    let lineage = named(context, &lineage).await?;
    outcome::of_renewal(context, &lineage.name, outcome::Deed::since(since)).await
}

async fn deploy(context: &Context, actor: &Actor, args: Named) -> Result<Outcome, Fault> {
    let lineage = named(context, &args.lineage).await?;
    let begun = context.clock.now();
    loop {
        let draft = Draft::load(context, lineage.id).await?.ok_or_else(|| unknown(&args.lineage))?;
        let version = current(context, &draft.lineage).await?;
        let changes = deploy::open_everywhere(context, lineage.id, &version, true).await?;
        if changes.is_empty() {
            return Err(Fault::new(
                "lineage.no-place",
                format!("lineage {} has no place to deploy to", lineage.name),
                "write a place for it into the inventory file, and apply it",
            ));
        }
        if draft.store(context, None, actor, changes).await? == Stored::Done {
            break;
        }
    }
    settle(context, lineage.id, PATIENCE).await?;
    outcome::of(context, &lineage.name, begun).await
}

/// The identity of a version's key: SHA-256 of its SPKI.
fn key_of(version: &Version) -> Result<String, Fault> {
    Ok(Fingerprint::from_bytes(revoke::leaf(version)?.key().spki_sha256).to_string())
}

/// No renewal uses this key again.
fn block(renewal: &mut Renewal, key: &str) {
    if !is_blocked(renewal, key) {
        renewal.blocked_keys.push(key.to_owned());
    }
}

fn is_blocked(renewal: &Renewal, key: &str) -> bool {
    renewal.blocked_keys.iter().any(|blocked| blocked.eq_ignore_ascii_case(key))
}

/// The renewal looks now, as if it had just been scheduled, and so do deployments that are under way; whether it is time
/// for their next step is for their own plans to say.
async fn now_due(context: &Context, actor: &Actor, lineage: &Lineage) -> Result<(), Fault> {
    let mut subjects = vec![(renew::KIND, renew::subject(lineage.id))];
    for place in context.store.places_of(&context.scope, lineage.id).await? {
        let latest = context.store.deployments_to(&context.scope, place.id, 1).await?;
        if latest.iter().any(|deployment| deployment.closed_at.is_none()) {
            subjects.push((deploy::KIND, deploy::subject(place.id)));
        }
    }
    let (due_at, mut changes) = (context.clock.now(), Vec::new());
    for (task, subject) in subjects {
        if context.store.due(task, &subject).await?.is_none_or(|due| due > due_at) {
            changes.push(Change::Schedule { task, subject, due_at });
        }
    }
    if changes.is_empty() {
        return Ok(());
    }
    Ok(context.apply(None, actor, &changes).await?)
}

pub(super) async fn named(context: &Context, name: &str) -> Result<Lineage, Fault> {
    match context.store.lineage_named(&context.scope, name).await? {
        Some(lineage) => Ok(lineage),
        None => Err(Fault { hint: near::hint(context, Kind::Lineage, name).await, ..unknown(name) }),
    }
}

fn unknown(name: &str) -> Fault {
    Fault::new(
        "lineage.unknown",
        format!("there is no lineage {name:?}"),
        "see what there is: notafter get lineage",
    )
}

pub(super) async fn managed(context: &Context, name: &str) -> Result<Lineage, Fault> {
    let lineage = named(context, name).await?;
    match lineage.mode {
        Mode::Managed(_) => Ok(lineage),
        Mode::WatchOnly(_) => Err(Fault::new(
            "lineage.watch-only",
            format!("lineage {name} is renewed by somebody else's automation"),
            format!("let that automation renew it, or take it over: notafter adopt --take-over {name}"),
        )),
    }
}

pub(super) async fn current(context: &Context, lineage: &Lineage) -> Result<Version, Fault> {
    let none = || {
        Fault::new(
            "lineage.no-version",
            format!("lineage {} has no certificate yet", lineage.name),
            format!("get one: notafter renew {}", lineage.name),
        )
    };
    let id = lineage.current.ok_or_else(none)?;
    context.store.version(&context.scope, id).await?.ok_or_else(none)
}
