//! The inventory as code: read it, see what a file would change, apply a file upon the state that was read.

use std::collections::BTreeMap;

use http::header::{ACCEPT, IF_MATCH};
use http::{HeaderMap, StatusCode};
use notafter_engine::operate::Fault;
use notafter_engine::operate::inventory::{Apply, File, Get, Planned, Printed, SecretState};
use notafter_inventory::code::{self, Difference, FieldChange, Mistake, Prune};
use notafter_store::Revision;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::answer::{Answers, JSON, One, Told, Written};
use super::call::{Call, call};
use super::document::Schemas;
use super::request::{Asked, LongJson, NoBody, Nothing};
use super::view::words;
use crate::auth::Visit;
use crate::refusal::Refusal;
use crate::web::operate;

pub(crate) static SHOW: Call = call!(
    "get-inventory",
    "The inventory as a file; its ETag names the revision",
    show,
    [NOT_FOUND, UNPROCESSABLE_ENTITY]
);
pub(crate) static PLAN: Call = call!(
    "plan-inventory",
    "What applying a file would change; nothing is changed",
    plan,
    [UNPROCESSABLE_ENTITY]
);
pub(crate) static APPLY: Call = call!(
    "apply-inventory",
    "Applies a file, in one step, to the inventory as the header If-Match names it",
    apply,
    [CONFLICT, PRECONDITION_FAILED, UNPROCESSABLE_ENTITY, PRECONDITION_REQUIRED]
);

const TOML: &str = "application/toml";

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Wish {
    /// One kind of thing; everything where it is left out.
    kind: Option<InventoryKind>,
    /// One thing of that kind, by name.
    name: Option<String>,
}

words! {
    /// A kind of thing in the inventory.
    InventoryKind = code::Kind {
        /// Ways to carry a message.
        Channel,
        /// Teams and persons.
        Owner,
        /// Accounts at CAs.
        Issuer,
        /// How much endpoints with a label matter.
        Criticality,
        /// Where certificates are served.
        Endpoint,
        /// Successions of certificates.
        Lineage,
        /// Where versions of a lineage are installed.
        Place,
    }
}

impl From<InventoryKind> for code::Kind {
    fn from(kind: InventoryKind) -> Self {
        match kind {
            InventoryKind::Channel => Self::Channel,
            InventoryKind::Owner => Self::Owner,
            InventoryKind::Issuer => Self::Issuer,
            InventoryKind::Criticality => Self::Criticality,
            InventoryKind::Endpoint => Self::Endpoint,
            InventoryKind::Lineage => Self::Lineage,
            InventoryKind::Place => Self::Place,
        }
    }
}

/// The inventory. `Accept: application/toml` gives the file alone.
#[derive(Serialize, JsonSchema)]
struct Inventory {
    /// Counts every write of the inventory.
    revision: i64,
    /// The file: docs/inventory.md describes every key. Secrets are references.
    text: String,
    /// The issuers in it at which no account was made yet.
    without_account: Vec<String>,
}

/// The inventory in the form that was asked for.
enum Shown {
    Json(Inventory),
    Toml(Inventory),
}

impl Answers for Shown {
    fn written(self) -> Result<Written, Refusal> {
        match self {
            Self::Json(inventory) => {
                let revision = Some(inventory.revision);
                Ok(Written { revision, ..One(inventory).written()? })
            }
            Self::Toml(Inventory { revision, text, .. }) => Ok(Written {
                status: StatusCode::OK,
                kind: TOML,
                bytes: text.into_bytes(),
                revision: Some(revision),
                next: None,
            }),
        }
    }

    fn told(schemas: &mut Schemas) -> Told {
        let content = vec![(JSON, schemas.said::<Inventory>()), (TOML, json!({ "type": "string" }))];
        Told { status: StatusCode::OK, words: "The inventory.", content, in_parts: false }
    }
}

/// A file to be compared with the inventory.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct FileToCompare {
    /// Its text.
    text: String,
    /// Whether what no file wrote is removed, too.
    #[serde(default)]
    prune: bool,
    /// Secrets that the caller cannot read, by reference, with the reason: one that is not stored either is a mistake.
    #[serde(default)]
    unread: BTreeMap<String, String>,
}

/// A file to be applied.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct FileToApply {
    /// Its text.
    text: String,
    /// Whether what no file wrote is removed, too.
    #[serde(default)]
    prune: bool,
    /// Values of the secrets that it refers to, by reference (`env:NAME`, `file:/PATH`): the server reads none by itself.
    /// Those that are stored already may be left out.
    #[serde(default)]
    secrets: BTreeMap<String, String>,
}

/// What a file changes, or changed.
#[derive(Serialize, JsonSchema)]
struct WhatChanges {
    /// Whether anything differs.
    changes: bool,
    /// What is added, changed and removed.
    differences: Vec<OneDifference>,
    /// What is there without having been written by a file.
    left_alone: Vec<String>,
    /// The secrets that the file refers to.
    secrets: Vec<OneSecret>,
    /// Whether the file becomes the source of something that is there already.
    claims: bool,
    /// What stands in the way of installing at places that are added or changed, on the server's machine.
    warnings: Vec<Doubt>,
}

words! {
    /// What happens to a thing.
    Verb = code::Verb {
        /// It is new.
        Add,
        /// It changes.
        Change,
        /// It goes.
        Remove,
    }
}

/// One thing that is added, changed or removed.
#[derive(Serialize, JsonSchema)]
struct OneDifference {
    /// What happens.
    verb: Verb,
    /// To what kind of thing.
    kind: InventoryKind,
    /// Its name.
    name: String,
    /// Field by field; none for what goes.
    fields: Vec<OneField>,
    /// What follows from it that is not plain to see.
    note: Option<String>,
}

/// One field.
#[derive(Serialize, JsonSchema)]
struct OneField {
    /// Its key.
    field: String,
    /// Before.
    from: Option<String>,
    /// After.
    to: Option<String>,
}

/// One secret of a file.
#[derive(Serialize, JsonSchema)]
struct OneSecret {
    /// Its reference.
    name: String,
    /// Whether a value is stored.
    stored: bool,
    /// Whether the value given now is another one.
    changes: bool,
}

/// What stands in the way.
#[derive(Serialize, JsonSchema)]
struct Doubt {
    /// The line, from 1.
    line: Option<usize>,
    /// What is wrong.
    what: String,
    /// Why.
    why: String,
    /// What to do.
    hint: String,
}

async fn show(visit: Visit, asked: Asked<Nothing, Wish, NoBody>) -> Result<Shown, Refusal> {
    let Wish { kind, name } = asked.query;
    if name.is_some() && kind.is_none() {
        let fault = Fault::new(
            "access.unreadable",
            "a name is looked for among the things of one kind",
            "say which kind: ?kind=lineage&name=NAME",
        );
        return Err(Refusal::with(StatusCode::UNPROCESSABLE_ENTITY, fault));
    }
    let get = Get { kind: kind.map(code::Kind::from), name };
    let Printed { text, without_account, revision } = operate(&visit, "inventory.get", get).await?;
    let inventory = Inventory { revision: revision.number(), text, without_account };
    Ok(if wants_toml(&asked.headers) { Shown::Toml(inventory) } else { Shown::Json(inventory) })
}

/// Whether TOML is named, and JSON is not named before it.
fn wants_toml(headers: &HeaderMap) -> bool {
    let named = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kinds = named.split(',').map(|one| one.split(';').next().unwrap_or_default().trim());
    kinds.into_iter().find(|kind| [TOML, JSON].contains(kind)) == Some(TOML)
}

async fn plan(
    visit: Visit,
    asked: Asked<Nothing, Nothing, LongJson<FileToCompare>>,
) -> Result<One<WhatChanges>, Refusal> {
    let LongJson(FileToCompare { text, prune, unread }) = asked.body;
    let planned: Planned =
        operate(&visit, "inventory.plan", File { text, prune: pruned(prune), unread }).await?;
    Ok(One(planned.into()))
}

async fn apply(
    visit: Visit,
    asked: Asked<Nothing, Nothing, LongJson<FileToApply>>,
) -> Result<One<WhatChanges>, Refusal> {
    let upon = upon(&asked.headers)?;
    let LongJson(FileToApply { text, prune, secrets }) = asked.body;
    let file = File { text, prune: pruned(prune), unread: BTreeMap::new() };
    let planned: Planned = operate(&visit, "inventory.apply", Apply { file, secrets, upon }).await?;
    Ok(One(planned.into()))
}

const fn pruned(everything: bool) -> Prune {
    if everything { Prune::Everything } else { Prune::Written }
}

/// The revision that `If-Match` names; none where any will do. A tag is the revision, a hyphen, and the form it was read in.
fn upon(headers: &HeaderMap) -> Result<Option<Revision>, Refusal> {
    let Some(value) = headers.get(IF_MATCH) else {
        let fault = Fault::new(
            "inventory.revision-missing",
            "the header If-Match is missing, and nothing was done",
            "send the ETag of GET /api/v1/inventory, so that nothing is undone that somebody else wrote meanwhile; or *",
        );
        return Err(Refusal::with(StatusCode::PRECONDITION_REQUIRED, fault));
    };
    match value.to_str() {
        Ok("*") => Ok(None),
        written => {
            let number = written.ok().and_then(|tag| tag.strip_prefix('"')?.split('-').next()?.parse().ok());
            // A tag that we never gave names a state that is not there.
            Ok(Some(Revision::of_number(number.unwrap_or(-1))))
        }
    }
}

impl From<Planned> for WhatChanges {
    fn from(planned: Planned) -> Self {
        let Planned { differences, left_alone, secrets, changes, claims, warnings } = planned;
        Self {
            changes,
            differences: differences.into_iter().map(OneDifference::from).collect(),
            left_alone,
            secrets: secrets.into_iter().map(OneSecret::from).collect(),
            claims,
            warnings: warnings.into_iter().map(Doubt::from).collect(),
        }
    }
}

impl From<Difference> for OneDifference {
    fn from(Difference { verb, kind, name, fields, note }: Difference) -> Self {
        let field = |FieldChange { field, from, to }| OneField { field, from, to };
        let fields = fields.into_iter().map(field).collect();
        Self { verb: verb.into(), kind: kind.into(), name, fields, note }
    }
}

impl From<SecretState> for OneSecret {
    fn from(SecretState { name, stored, changes }: SecretState) -> Self {
        Self { name, stored, changes }
    }
}

impl From<Mistake> for Doubt {
    fn from(Mistake { line, what, why, hint }: Mistake) -> Self {
        Self { line, what, why, hint }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_names_the_revision_in_whatever_form_it_was_read() {
        let named = |tag: &'static str| {
            let headers = HeaderMap::from_iter([(IF_MATCH, tag.parse().unwrap())]);
            upon(&headers).unwrap().map(Revision::number)
        };
        for (tag, revision) in [("*", None), ("\"12-9f86\"", Some(12)), ("\"x\"", Some(-1)), ("12", Some(-1))]
        {
            assert_eq!(named(tag), revision, "{tag}");
        }
        assert!(upon(&HeaderMap::new()).is_err());
    }

    #[test]
    fn the_form_that_is_named_first_is_given() {
        for (accept, toml) in [
            ("application/toml", true),
            ("application/toml;q=0.9, */*", true),
            ("application/json, application/toml", false),
            ("*/*", false),
        ] {
            let headers = HeaderMap::from_iter([(ACCEPT, accept.parse().unwrap())]);
            assert_eq!(wants_toml(&headers), toml, "{accept}");
        }
    }
}
