//! Time-limited quiet: made, and ended.

use notafter_cert::{Span, Time};
use notafter_inventory::catalogue;
use notafter_inventory::code::Kind;
use notafter_inventory::model::{Actor, Silence, SilenceId, SilenceScope, Subject};
use notafter_store::{Change, StoreError, TaskSubject};
use serde::{Deserialize, Serialize};

use super::prove::unknown;
use crate::context::Context;
use crate::findings::ALERT;
use crate::operate::{Fault, endpoint};

/// What is silenced.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SilenceArgs {
    /// The code of the findings, or a whole area: `renewal.*`.
    pub code: Option<String>,
    /// An endpoint, a lineage's name, an identifier, or a subject as findings write it: `owner:ow_...`, `installation`.
    pub subject: Option<String>,
    /// An owner's name.
    pub owner: Option<String>,
    /// Until when.
    pub until: Option<Time>,
    /// For how long, where no instant is given.
    pub for_how_long: Option<Span>,
    /// Why.
    pub why: String,
}

/// A silence longer than this is a decision to be blind.
pub const LONGEST_SILENCE: Span = Span::days(90);

/// Silences what is known until an instant.
///
/// # Errors
/// It covers everything or nothing that exists, lasts too long, gives no reason, or the store failed.
pub(super) async fn silence(context: &Context, actor: &Actor, args: SilenceArgs) -> Result<Silence, Fault> {
    let now = context.clock.now();
    let until = end_of(&args, now)?;
    let owner = match &args.owner {
        Some(name) => {
            let owner = context.store.owner_named(&context.scope, name).await?;
            match owner.filter(|owner| context.scope.kept_to().is_none_or(|kept| kept == owner.id)) {
                Some(owner) => Some(owner.id),
                None => return Err(unknown(context, Kind::Owner, name).await),
            }
        }
        // Whoever is kept to one owner silences nothing of others.
        None => context.scope.kept_to(),
    };
    let subject = match &args.subject {
        Some(text) => Some(subject(context, text).await?),
        None => None,
    };
    let scope = SilenceScope { code: args.code.map(known).transpose()?, subject, owner };
    if !scope.names_something() {
        return Err(refused(
            "a silence over everything is a switched-off smoke alarm",
            "name --code, --subject or --owner",
        ));
    }
    let id = SilenceId::new(now, context.random());
    let silence = Silence { id, scope, from: now, until, why: args.why, by: actor.clone() };
    let mut changes = vec![Change::PutSilence(silence.clone())];
    changes.extend(wake_all(context, now).await?);
    context.apply(None, actor, &changes).await?;
    Ok(silence)
}

/// A silence over anything else would be kept and do nothing.
fn known(code: String) -> Result<String, Fault> {
    match catalogue::covers_findings(&code) {
        Ok(()) => Ok(code),
        Err(nothing) => Err(refused(&nothing.to_string(), &nothing.hint).because(nothing.why)),
    }
}

fn end_of(args: &SilenceArgs, now: Time) -> Result<Time, Fault> {
    if args.why.trim().is_empty() {
        return Err(refused(
            "a silence needs a reason",
            "say why in a few words (--why on the command line): the next person will ask",
        ));
    }
    let until = match (args.until, args.for_how_long) {
        (Some(until), None) => until,
        (None, Some(span)) => now + span,
        _ => return Err(refused("it is not clear how long to be silent", "give one of --until and --for")),
    };
    if until <= now {
        return Err(refused("that silence would be over already", "give an instant in the future"));
    }
    if until.since(now) > LONGEST_SILENCE {
        let what = format!("a silence lasts at most {LONGEST_SILENCE}");
        return Err(refused(&what, "silence it for a shorter time, or mend the cause"));
    }
    Ok(until)
}

fn refused(what: &str, hint: &str) -> Fault {
    Fault::new("alert.silence-refused", what, hint)
}

/// What a person means by a name: an identifier, a lineage, an endpoint or an issuer of the inventory, or a subject as findings
/// write it.
async fn subject(context: &Context, text: &str) -> Result<Subject, Fault> {
    let (store, scope) = (&context.store, &context.scope);
    let prefixes =
        [("ep_", "endpoint"), ("ln_", "lineage"), ("pl_", "place"), ("is_", "issuer"), ("ch_", "channel")];
    let identified = prefixes.iter().find(|(prefix, _)| text.starts_with(prefix));
    if let Some(Ok(subject)) = identified.map(|(_, kind)| format!("{kind}:{text}").parse()) {
        return Ok(subject);
    }
    if let Some(lineage) = store.lineage_named(scope, text).await? {
        return Ok(Subject::Lineage(lineage.id));
    }
    if let Some(endpoint) = endpoint::one(context, text).await? {
        return Ok(Subject::Endpoint(endpoint.id));
    }
    if let Some(issuer) = store.issuer_named(scope, text).await? {
        return Ok(Subject::Issuer(issuer.id()));
    }
    match text.parse() {
        Ok(Subject::Named(_)) | Err(_) => {}
        Ok(written) => return Ok(written),
    }
    let what = format!("there is no endpoint, lineage or issuer named {text:?}");
    Err(Fault::new("alert.unknown-name", what, "see their names with `notafter get`"))
}

/// Which silence ends now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnsilenceArgs {
    /// The silence.
    pub id: SilenceId,
}

/// Ends a silence.
///
/// # Errors
/// There is none of this identity in force, or the store failed.
pub(super) async fn unsilence(context: &Context, actor: &Actor, args: UnsilenceArgs) -> Result<(), Fault> {
    let now = context.clock.now();
    let known = context.store.silences_after(&context.scope, now).await?;
    // One that covers what is of others, too, is not for somebody to end who is kept to one owner.
    let within =
        |silence: &Silence| context.scope.kept_to().is_none_or(|kept| silence.scope.owner == Some(kept));
    if !known.iter().any(|silence| silence.id == args.id && within(silence)) {
        return Err(Fault::new(
            "alert.silence-unknown",
            format!("no silence {} is in force", args.id),
            "see them with `notafter alert list`",
        ));
    }
    let mut changes = vec![Change::RemoveSilence(args.id)];
    changes.extend(wake_all(context, now).await?);
    context.apply(None, actor, &changes).await.map_err(Fault::from)
}

/// A silence may concern every owner.
pub(crate) async fn wake_all(context: &Context, now: Time) -> Result<Vec<Change>, StoreError> {
    let owners = context.store.owners(&context.scope).await?;
    Ok(owners
        .iter()
        .map(|owner| Change::Schedule { task: ALERT, subject: TaskSubject::of(owner.id), due_at: now })
        .collect())
}
