//! The lifetimes of all certificates, few each on its own, many in groups.

use notafter_engine::operate::status;
use notafter_inventory::lifetimes::{self, Body, Group, GroupRow, Of, Picture, Row, View, Zoom, picture};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answer::One;
use super::call::{Call, call};
use super::request::{Asked, NoBody, Nothing};
use super::view::{Instant, words};
use crate::auth::Visit;
use crate::refusal::Refusal;

pub(crate) static SHOW: Call = call!(
    "lifetimes",
    "The lifetimes of all certificates with their renewal windows: few each on its own, many in groups",
    show
);

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Wish {
    /// How far it reaches: `7`, `30`, `90` or `365` days from now, or `all`; else as far as most certificates end.
    #[serde(default)]
    #[schemars(regex(pattern = r"^(7|30|90|365|all)?$"))]
    zoom: String,
    /// By what many are grouped: `owner`, `issuer`, `state`, or `label.KEY`.
    #[serde(default)]
    #[schemars(regex(pattern = r"^(owner|issuer|state|label\..+)?$"))]
    group: String,
    /// The one group that is looked into, by its `key`, where they are grouped.
    #[serde(rename = "in")]
    opened: Option<String>,
    /// Words that the name, the owner or the issuer has, each of them, in whatever case.
    #[serde(default)]
    q: String,
    /// Rows before the first of the answer, which has 40 at most.
    #[serde(default)]
    from: u32,
}

/// The lifetimes.
#[derive(Serialize, JsonSchema)]
struct Lifetimes {
    /// The instant that it is about.
    now: Instant,
    /// Where the view begins.
    from: Instant,
    /// Where the view ends.
    to: Instant,
    /// How far it reaches: days, or `all`.
    zoom: String,
    /// How many certificates it is about.
    certificates: usize,
    /// How many of them ended before the view.
    ended_before: usize,
    /// How many of them end after the view.
    end_after: usize,
    /// Endpoints that show no certificate that could be read, or that nobody has looked at yet.
    endpoints_without: usize,
    /// How many rows there are.
    rows: usize,
    /// How many of them come before the first of this answer.
    skipped: usize,
    /// By what the rows are grouped; nothing where each is a certificate.
    group: Option<String>,
    /// The groups, where they are grouped.
    groups: Vec<Together>,
    /// The certificates, where they are not.
    items: Vec<Lifetime>,
}

words! {
    /// How a certificate stands.
    State = lifetimes::State {
        /// Its last instant has passed.
        Ended,
        /// A person has to see to it.
        Person,
        /// Nobody is known to renew it.
        Nobody,
        /// Automation of others renews it.
        Others,
        /// notafter renews it.
        Kept,
    }
}

/// A certificate that is in force somewhere.
#[derive(Serialize, JsonSchema)]
struct Lifetime {
    /// SHA-256 of it.
    fingerprint: String,
    /// The lineage or the endpoint that it belongs to.
    name: String,
    /// The endpoint (`ep_...`), where no lineage holds it.
    endpoint_id: Option<String>,
    /// Endpoints that serve it besides, where no lineage holds it.
    more_endpoints: u32,
    /// Who answers for it.
    owner: String,
    /// Who issued it.
    issuer: String,
    /// Its first instant.
    not_before: Instant,
    /// Its last instant.
    not_after: Instant,
    /// From when it is renewed, as far as that is known.
    renewal_from: Option<Instant>,
    /// Until when it is renewed.
    renewal_until: Option<Instant>,
    /// How it stands.
    state: State,
}

/// Certificates that have something in common.
#[derive(Serialize, JsonSchema)]
struct Together {
    /// What that is; empty where they are those without the label.
    key: String,
    /// How many they are.
    count: usize,
    /// How many of them need a person, or have ended.
    amiss: usize,
    /// The next end that is still to come; where all have ended, the last of them.
    next_end: Instant,
    /// The first end.
    first_end: Instant,
    /// The last end.
    last_end: Instant,
    /// How many ended before the view.
    ended_before: usize,
    /// How many end in each sixtieth of the view.
    ends: Vec<u32>,
    /// How many end after the view.
    end_after: usize,
}

async fn show(visit: Visit, asked: Asked<Nothing, Wish, NoBody>) -> Result<One<Lifetimes>, Refusal> {
    let Wish { zoom, group, opened, q, from } = asked.query;
    let unreadable = |what: &str| Refusal::unreadable("the address", what.to_owned());
    let zoom = match &zoom[..] {
        "" => None,
        text => Some(Zoom::read(text).ok_or_else(|| unreadable("zoom is 7, 30, 90, 365 or all"))?),
    };
    let group = match &group[..] {
        "" => None,
        text => {
            let read = Group::read(text);
            Some(read.ok_or_else(|| unreadable("group is owner, issuer, state or label.KEY"))?)
        }
    };
    let opened = opened.filter(|_| group.is_some());
    let view = View { zoom, group, opened, words: q, from: usize::try_from(from).unwrap_or(usize::MAX) };
    let known = status::kept(&visit.context).await?;
    let drawn = picture(&known.lifetimes.all, known.at, &view);
    Ok(One(Lifetimes::of(drawn, known.lifetimes.without)))
}

impl Lifetimes {
    fn of(picture: Picture, endpoints_without: usize) -> Self {
        let (group, groups, items) = match picture.body {
            Body::Groups(group, rows) => {
                (Some(group.to_string()), rows.into_iter().map(Together::from).collect(), Vec::new())
            }
            Body::Certificates(rows) => (None, Vec::new(), rows.into_iter().map(Lifetime::from).collect()),
        };
        Self {
            now: picture.now.into(),
            from: picture.from.into(),
            to: picture.to.into(),
            zoom: picture.zoom.to_string(),
            certificates: picture.all,
            ended_before: picture.before,
            end_after: picture.after,
            endpoints_without,
            rows: picture.rows,
            skipped: picture.skipped,
            group,
            groups,
            items,
        }
    }
}

impl From<Row> for Lifetime {
    fn from(Row { one, state, .. }: Row) -> Self {
        Self {
            fingerprint: one.fingerprint.to_string(),
            endpoint_id: match one.of {
                Of::Lineage => None,
                Of::Endpoint(id) => Some(id.to_string()),
            },
            name: one.name.into(),
            more_endpoints: one.more,
            owner: one.owner.to_string(),
            issuer: one.issuer.to_string(),
            not_before: one.not_before.into(),
            not_after: one.not_after.into(),
            renewal_from: one.renewal.map(|(begin, _)| Instant(begin)),
            renewal_until: one.renewal.map(|(_, end)| Instant(end)),
            state: state.into(),
        }
    }
}

impl From<GroupRow> for Together {
    fn from(row: GroupRow) -> Self {
        Self {
            key: row.key,
            count: row.count,
            amiss: row.amiss,
            next_end: row.nearest.into(),
            first_end: row.first.into(),
            last_end: row.last.into(),
            ended_before: row.before,
            ends: row.ends.into(),
            end_after: row.after,
        }
    }
}
