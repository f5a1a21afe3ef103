//! Back to an earlier version: what a person chose is kept until it comes near its end, or is released.

use notafter_cert::{Identifier, Time};
use notafter_inventory::model::{self, Actor, Lineage, Mode, Subject, Version, VersionState, WentBackFrom};
use notafter_inventory::plan::renew::kept_until;
use notafter_inventory::threshold::Thresholds;
use notafter_store::Change;
use notafter_tls::Target;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::Fault;
use super::revoke::leaf;
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
    let mut remark;
    loop {
        let draft = Draft::load(context, lineage.id).await?;
        let mut draft = draft.ok_or_else(|| unknown(&args.lineage))?;
        let present = current(context, &draft.lineage).await?;
        let versions = context.store.versions_of(&context.scope, lineage.id).await?;
        let earlier =
            choose(context, &draft.lineage, (&versions, &present, begun), args.to.as_deref()).await?;
        remark = without(&Needs::of(context, &draft.lineage).await?.wanted_without(&earlier)?);
        keep(&mut draft.lineage, &earlier, begun);
        let after = versions.iter().filter(|version| version.obtained_at > earlier.obtained_at);
        let left = WentBackFrom(after.map(|version| version.id).collect());
        draft.lineage.renewal.went_back_from = Some(Box::new(left));
        let back = Version { state: VersionState::Current, ..earlier };
        let mut changes = vec![Change::PutVersion(back.clone()), told(&present, &back)];
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
    let mut outcome = outcome::of(context, &args.lineage, begun).await?;
    outcome.remarks.extend(remark);
    Ok(outcome)
}

/// What the log says of it: a version that is put says nothing of why.
fn told(present: &Version, back: &Version) -> Change {
    let text = format!("from certificate {} to {}", present.fingerprint.short(), back.fingerprint.short());
    Change::Event {
        kind: "notafter.lineage.rolled-back.v1".to_owned(),
        subject: Subject::Lineage(back.lineage_id),
        data: json!({ "from": present.id, "to": back.id, "text": text }),
    }
}

/// What a person who insisted on the version should know.
fn without(missed: &[Identifier]) -> Option<String> {
    let names = (!missed.is_empty()).then(|| listed(missed))?;
    Some(format!("this version does not cover {names}, which the lineage wants"))
}

fn listed(names: &[Identifier]) -> String {
    names.iter().map(Identifier::to_string).collect::<Vec<_>>().join(", ")
}

/// The names that a version of a lineage must cover.
pub(crate) struct Needs {
    /// What the lineage wants.
    wanted: Vec<Identifier>,
    /// What its places must serve: an address that serves something else is worse than before, and put back.
    served: Vec<Identifier>,
}

impl Needs {
    /// What the lineage and its places need now.
    pub(crate) async fn of(context: &Context, lineage: &Lineage) -> Result<Self, Fault> {
        let wanted = match &lineage.mode {
            Mode::Managed(spec) => {
                let shed = &lineage.renewal.shed;
                spec.identifiers.iter().filter(|one| !shed.contains(one)).cloned().collect()
            }
            Mode::WatchOnly(_) => Vec::new(),
        };
        let places = context.store.places_of(&context.scope, lineage.id).await?;
        let mut served: Vec<Identifier> = Vec::new();
        for name in places.iter().flat_map(|place| &place.endpoints).map(Target::expected_name) {
            if !served.contains(&name) {
                served.push(name);
            }
        }
        Ok(Self { wanted, served })
    }

    fn wanted_without(&self, version: &Version) -> Result<Vec<Identifier>, Fault> {
        not_covered(&self.wanted, version)
    }

    fn served_without(&self, version: &Version) -> Result<Vec<Identifier>, Fault> {
        not_covered(&self.served, version)
    }

    fn are_met_by(&self, version: &Version) -> Result<bool, Fault> {
        Ok(self.wanted_without(version)?.is_empty() && self.served_without(version)?.is_empty())
    }
}

fn not_covered(names: &[Identifier], version: &Version) -> Result<Vec<Identifier>, Fault> {
    let leaf = leaf(version)?;
    Ok(names.iter().filter(|name| !leaf.covers(name)).cloned().collect())
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

/// The version to go back to: the one that is wanted, or the newest of the earlier ones that can be gone back to and has
/// every name that is needed. What was gone back from before is none of them, nor is what is served already under another
/// number: it was imported twice, or taken over again.
async fn choose(
    context: &Context,
    lineage: &Lineage,
    (versions, present, now): (&[Version], &Version, Time),
    wanted: Option<&str>,
) -> Result<Version, Fault> {
    let mut versions = versions.to_vec();
    versions.sort_by_key(|version| std::cmp::Reverse(version.obtained_at));
    let needs = Needs::of(context, lineage).await?;
    if let Some(id) = wanted {
        return insisted_on(lineage, &needs, (&versions, now), id);
    }
    let left = lineage.renewal.went_back_from.as_deref();
    let (earlier, others): (Vec<Version>, Vec<Version>) = versions.into_iter().partition(|version| {
        version.obtained_at < present.obtained_at
            && version.fingerprint != present.fingerprint
            && !left.is_some_and(|WentBackFrom(left)| left.contains(&version.id))
    });
    let mut refused = None;
    for version in earlier {
        match obstacle(lineage, &version, now)? {
            None if needs.are_met_by(&version)? => return Ok(version),
            None => refused = refused.or(Some(incomplete(lineage, &needs, &version)?)),
            Some(fault) => refused = refused.or(Some(fault)),
        }
    }
    Err(refused.unwrap_or_else(|| none_earlier(lineage, &needs, (&others, present, now))))
}

/// Nothing is left from before the present version; where others are kept, they are named.
fn none_earlier(
    lineage: &Lineage,
    needs: &Needs,
    (others, present, now): (&[Version], &Version, Time),
) -> Fault {
    let name = &lineage.name;
    let others = others.iter().filter(|version| version.fingerprint != present.fingerprint);
    let fit: Vec<String> = others
        .filter(|version| can_be_named(lineage, needs, version, now))
        .map(|version| version.id.to_string())
        .collect();
    let what = format!("lineage {name} keeps no version from before the present one");
    let hint = match fit.is_empty() {
        true => format!("renew instead: notafter renew {name} --force"),
        false => format!(
            "what else is kept is newer, or was gone back from before; to go to it all the same, name it: \
             notafter rollback {name} --to {}",
            fit.join(", or --to ")
        ),
    };
    Fault::new("lineage.no-earlier-version", what, hint)
}

/// The version that a person names. That it lacks a name that is wanted is for him to know; that it lacks one which a place
/// must serve would be undone by the proof, after an outage.
fn insisted_on(
    lineage: &Lineage,
    needs: &Needs,
    (versions, now): (&[Version], Time),
    id: &str,
) -> Result<Version, Fault> {
    let version = versions.iter().find(|version| version.id.to_string() == id).ok_or_else(|| {
        Fault::new(
            "lineage.no-earlier-version",
            format!("lineage {} has no version {id}", lineage.name),
            "see what is kept: notafter status LINEAGE",
        )
    })?;
    if let Some(fault) = obstacle(lineage, version, now)? {
        return Err(fault);
    }
    let missed = needs.served_without(version)?;
    if missed.is_empty() {
        return Ok(version.clone());
    }
    let mut fit = Vec::new();
    for other in versions {
        if obstacle(lineage, other, now)?.is_none() && needs.are_met_by(other)? {
            fit.push(other.id.to_string());
        }
    }
    let hint = match fit.is_empty() {
        true => format!(
            "no kept version covers it: renew instead (notafter renew {} --force), or take the endpoint out of the place",
            lineage.name
        ),
        false => format!("these cover every name: --to {}", fit.join(", --to ")),
    };
    let what = format!("version {id} does not cover {}, which a place of it must serve", listed(&missed));
    Err(Fault::new("lineage.names-missing", what, hint))
}

fn incomplete(lineage: &Lineage, needs: &Needs, version: &Version) -> Result<Fault, Fault> {
    let served = needs.served_without(version)?;
    let (id, name) = (version.id, &lineage.name);
    let (missed, by, hint) = match served.is_empty() {
        false => {
            (served, "a place of it must serve", format!("renew instead: notafter renew {name} --force"))
        }
        true => (
            needs.wanted_without(version)?,
            "the lineage wants",
            format!(
                "renew instead: notafter renew {name} --force; or insist: notafter rollback {name} --to {id}"
            ),
        ),
    };
    let what = format!("version {id} does not cover {}, which {by}", listed(&missed));
    Ok(Fault::new("lineage.names-missing", what, hint))
}

/// Whether a person who names this version goes back to it, as [`insisted_on`] decides.
pub(crate) fn can_be_named(lineage: &Lineage, needs: &Needs, version: &Version, now: Time) -> bool {
    let is_served = || needs.served_without(version).is_ok_and(|missed| missed.is_empty());
    matches!(obstacle(lineage, version, now), Ok(None)) && is_served()
}

/// Why this version cannot be gone back to whatever names are needed, if it cannot.
pub(crate) fn obstacle(lineage: &Lineage, version: &Version, now: Time) -> Result<Option<Fault>, Fault> {
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
