//! Back to an earlier version: what a person chose is kept until it comes near its end, or is released.

use notafter_cert::Time;
use notafter_inventory::model::{self, Actor, Lineage, Mode, Version, VersionState};
use notafter_inventory::plan::renew::kept_until;
use notafter_inventory::threshold::Thresholds;
use notafter_store::Change;
use serde::{Deserialize, Serialize};

use super::super::Fault;
use super::{Outcome, PATIENCE, current, is_blocked, key_of, named, outcome, unknown};
use crate::context::Context;
use crate::draft::{Draft, Stored};
use crate::settle::settle;
use crate::tasks::{deploy, renew};

/// Back to an earlier version.
#[derive(Debug, Serialize, Deserialize)]
pub struct RollBack {
    /// The lineage's name.
    pub lineage: String,
    /// Which version; the one before the present one when absent.
    pub to: Option<String>,
}

pub(super) async fn roll_back(context: &Context, actor: &Actor, args: RollBack) -> Result<Outcome, Fault> {
    let lineage = named(context, &args.lineage).await?;
    let begun = context.clock.now();
    loop {
        let draft = Draft::load(context, lineage.id).await?;
        let mut draft = draft.ok_or_else(|| unknown(&args.lineage))?;
        let present = current(context, &draft.lineage).await?;
        let earlier = choose(context, &draft.lineage, (&present, begun), args.to.as_deref()).await?;
        keep(&mut draft.lineage, &earlier, begun);
        let back = Version { state: VersionState::Current, ..earlier };
        let mut changes = vec![Change::PutVersion(back.clone())];
        if present.state == VersionState::Current {
            changes.push(Change::PutVersion(Version { state: VersionState::Superseded, ..present }));
        }
        changes.extend(deploy::open_everywhere(context, lineage.id, &back, true).await?);
        // The renewal was planned for the version that goes.
        let subject = renew::subject(lineage.id);
        changes.push(Change::Schedule { task: renew::KIND, subject, due_at: begun });
        if draft.store(context, None, actor, changes).await? == Stored::Done {
            break;
        }
    }
    settle(context, lineage.id, PATIENCE).await?;
    outcome::of(context, &args.lineage, begun).await
}

/// The version is current, and what was under way to replace the one that goes is not waited for any more.
fn keep(lineage: &mut Lineage, earlier: &Version, at: Time) {
    lineage.current = Some(earlier.id);
    let Mode::Managed(spec) = &lineage.mode else { return };
    let (version, identifiers, key) = (earlier.id, spec.identifiers.clone(), spec.key);
    lineage.renewal.rolled_back = Some(Box::new(model::RollBack { at, version, identifiers, key }));
    lineage.renewal.order = None;
    lineage.renewal.forced_at = None;
}

/// The version to go back to: the one that is wanted, or the newest of the earlier ones that can be gone back to.
async fn choose(
    context: &Context,
    lineage: &Lineage,
    (present, now): (&Version, Time),
    wanted: Option<&str>,
) -> Result<Version, Fault> {
    let mut versions = context.store.versions_of(&context.scope, lineage.id).await?;
    versions.sort_by_key(|version| std::cmp::Reverse(version.obtained_at));
    if let Some(id) = wanted {
        let version = versions.into_iter().find(|version| version.id.to_string() == id);
        let version = version.ok_or_else(|| {
            Fault::new(
                "lineage.no-earlier-version",
                format!("lineage {} has no version {id}", lineage.name),
                "see what is kept: notafter status LINEAGE",
            )
        })?;
        return match obstacle(lineage, &version, now)? {
            None => Ok(version),
            Some(fault) => Err(fault),
        };
    }
    let earlier = versions.into_iter().filter(|version| version.obtained_at < present.obtained_at);
    let mut refused = None;
    for version in earlier {
        match obstacle(lineage, &version, now)? {
            None => return Ok(version),
            Some(fault) => refused = refused.or(Some(fault)),
        }
    }
    Err(refused.unwrap_or_else(|| {
        Fault::new(
            "lineage.no-earlier-version",
            format!("lineage {} keeps no earlier version", lineage.name),
            "see what is kept: notafter status LINEAGE",
        )
    }))
}

/// Why this version cannot be gone back to, if it cannot.
pub(in crate::operate) fn obstacle(
    lineage: &Lineage,
    version: &Version,
    now: Time,
) -> Result<Option<Fault>, Fault> {
    let Version { id, not_before, not_after, .. } = version;
    let renew = format!("renew instead: notafter renew {} --force", lineage.name);
    let fault = |code: &str, what: String| Ok(Some(Fault::new(code, what, renew.clone())));
    match version.state {
        VersionState::Revoked => {
            return fault("lineage.revoked-version", format!("version {id} is revoked"));
        }
        VersionState::Current if lineage.current == Some(*id) => {
            let hint = format!("to install it again: notafter deploy {}", lineage.name);
            let what = format!("version {id} is the present one");
            return Ok(Some(Fault::new("lineage.no-earlier-version", what, hint)));
        }
        _ => {}
    }
    if version.key_id.is_none() || version.state == VersionState::Retired {
        let what = format!("the key of version {id} is not kept any more");
        return fault("lineage.no-earlier-version", what);
    }
    if *not_after <= now {
        let what = format!("version {id} expired {}", not_after.for_people());
        return fault("lineage.expired-version", what);
    }
    if kept_until(*not_before, *not_after, Thresholds::default(), now).is_none() {
        let what = format!("version {id} ends in {} and would be replaced at once", not_after.since(now));
        return fault("lineage.ending-version", what);
    }
    if is_blocked(&lineage.renewal, &key_of(version)?) {
        return fault("lineage.blocked-key", format!("the key of version {id} is blocked"));
    }
    Ok(None)
}
