//! Alerts: who is told of what, and who has taken it; and whether the ways to people work.

use notafter_engine::operate::alert::{
    AcknowledgeArgs, ConfirmArgs, Confirmed, ListArgs, Listed, ListedFinding, ListedPath, Listing, ShowArgs,
    Shown, TestArgs, Tested,
};
use notafter_inventory::model::{self, Acknowledgement, Alert, AlertId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answer::{One, Part};
use super::call::{Call, call};
use super::list::{AfterId, Limit, part, shown};
use super::request::{Asked, Json, NoBody, Nothing};
use super::view::{Doer, Instant, Severity, words};
use crate::auth::Visit;
use crate::refusal::Refusal;
use crate::web::operate;

pub(crate) static LIST: Call = call!("list-alerts", "Alerts, newest first", list);
pub(crate) static SHOW: Call = call!("show-alert", "An alert", show);
pub(crate) static ACKNOWLEDGE: Call = call!(
    "acknowledge-alert",
    "Takes an alert: it does not climb further and does not remind, until it gets worse",
    acknowledge,
    [CONFLICT]
);
pub(crate) static PATHS: Call =
    call!("list-paths", "The ways to people, and whether they are known to work", paths);

pub(crate) static TEST_PATH: Call = call!(
    "test-path",
    "Sends a test message on ways to people: those of one owner, one channel, one address, or all of them",
    test_path,
    [CONFLICT, UNPROCESSABLE_ENTITY]
);
pub(crate) static CONFIRM_PATH: Call = call!(
    "confirm-path",
    "Takes the code of a test message that arrived: the way is proved",
    confirm_path,
    [NOT_FOUND, CONFLICT]
);

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Wish {
    /// Which.
    #[serde(default)]
    state: Which,
    /// How many at once.
    #[serde(default)]
    limit: Limit,
    /// The `next` of the part before.
    after: Option<AfterId<AlertId>>,
}

/// Which alerts.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Which {
    /// Those that stand.
    #[default]
    Open,
    /// Those that are over, too: the newest thousand.
    All,
}

#[derive(Deserialize, JsonSchema)]
struct At {
    /// Identity (`al_...`).
    id: String,
}

/// Somebody takes an alert.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Taking {
    /// What to tell the others.
    note: Option<String>,
}

words! {
    /// Whether it stands.
    AlertState = model::AlertState {
        /// It stands.
        Open,
        /// It is over.
        Closed,
    }
}

/// An alert: one cause that one owner hears of.
#[derive(Serialize, JsonSchema)]
struct OneAlert {
    /// Identity.
    id: String,
    /// Whether it stands.
    state: AlertState,
    /// The worst of its open findings now, or the last one.
    severity: Severity,
    /// What is behind it.
    subject: String,
    /// What people call that.
    name: String,
    /// Whose it is.
    owner: String,
    /// What its findings say: those that hold first, and of them the worst.
    findings: Vec<AlertFinding>,
    /// When the first finding joined.
    opened_at: Instant,
    /// When the recovery was established.
    closed_at: Option<Instant>,
    /// Who took it.
    acknowledged: Option<Taken>,
    /// Until when all of it is silenced.
    silenced_until: Option<Instant>,
    /// The silences that cover something of it (`si_...`), the one that ends last first.
    silences: Vec<String>,
}

/// A finding of an alert.
#[derive(Serialize, JsonSchema)]
struct AlertFinding {
    /// Which (`fd_...`).
    id: String,
    /// The rule's code.
    code: String,
    /// How bad it is.
    severity: Severity,
    /// What people call its subject.
    subject: String,
    /// What it says.
    text: String,
    /// Whether it holds.
    open: bool,
}

/// Somebody took an alert.
#[derive(Serialize, JsonSchema)]
struct Taken {
    /// When.
    at: Instant,
    /// Who.
    by: Doer,
    /// What they say about it.
    note: Option<String>,
}

/// An alert that somebody took just now.
#[derive(Serialize, JsonSchema)]
struct TakenAlert {
    /// Identity.
    id: String,
    /// How bad it is.
    severity: Severity,
    /// What is behind it.
    subject: String,
    /// Who took it.
    acknowledged: Option<Taken>,
}

/// One way to somebody.
#[derive(Serialize, JsonSchema)]
struct WayToPeople {
    /// The channel's name.
    channel: String,
    /// The address on it; nothing where the channel knows it itself.
    to: Option<String>,
    /// Whether it is known to work now.
    proved: bool,
    /// When a message was last confirmed from the far end.
    proved_at: Option<Instant>,
    /// When a message was last accepted.
    accepted_at: Option<Instant>,
    /// Since when every message failed.
    failing_since: Option<Instant>,
    /// What the last failure said.
    last_error: Option<String>,
}

/// The ways to people.
#[derive(Serialize, JsonSchema)]
struct WaysToPeople {
    /// Each of them.
    items: Vec<WayToPeople>,
}

async fn list(visit: Visit, asked: Asked<Nothing, Wish, NoBody>) -> Result<Part<OneAlert>, Refusal> {
    let Wish { state, limit, after } = asked.query;
    let listing: Listing = operate(&visit, "alert.list", ListArgs { all: state == Which::All }).await?;
    let mut alerts = listing.alerts;
    alerts.retain(|listed| after.is_none_or(|after| listed.alert.id < after.id()));
    alerts.sort_by_key(|listed| std::cmp::Reverse(listed.alert.id));
    Ok(shown(part(alerts, limit, |last| AfterId::written(last.alert.id)), one))
}

fn one(listed: Listed) -> OneAlert {
    let alert = listed.alert;
    OneAlert {
        id: alert.id.to_string(),
        state: alert.state.into(),
        severity: alert.severity.into(),
        subject: alert.root.to_string(),
        name: listed.name,
        owner: listed.owner,
        findings: listed.findings.into_iter().map(finding).collect(),
        opened_at: alert.opened_at.into(),
        closed_at: alert.closed_at.map(Instant),
        acknowledged: alert.acknowledged.map(Taken::from),
        silenced_until: listed.silenced_until.map(Instant),
        silences: listed.silenced_by.iter().map(|covering| covering.silence.to_string()).collect(),
    }
}

fn finding(finding: ListedFinding) -> AlertFinding {
    let ListedFinding { id, code, severity, subject, text, open, since: _ } = finding;
    AlertFinding { id: id.to_string(), code, severity: severity.into(), subject, text, open }
}

impl From<Acknowledgement> for Taken {
    fn from(Acknowledgement { at, by, note }: Acknowledgement) -> Self {
        Self { at: at.into(), by: by.into(), note }
    }
}

async fn show(visit: Visit, asked: Asked<At, Nothing, NoBody>) -> Result<One<OneAlert>, Refusal> {
    let id: AlertId = asked.path.id.parse().map_err(|_| Refusal::absent("such alert"))?;
    let Shown { listed, .. } = operate(&visit, "alert.show", ShowArgs { id }).await?;
    Ok(One(one(listed)))
}

async fn acknowledge(
    visit: Visit,
    asked: Asked<At, Nothing, Json<Taking>>,
) -> Result<One<TakenAlert>, Refusal> {
    let id: AlertId = asked.path.id.parse().map_err(|_| Refusal::absent("such alert"))?;
    let Json(Taking { note }) = asked.body;
    let note = note.map(|note| note.trim().to_owned()).filter(|note| !note.is_empty());
    let alert: Alert = operate(&visit, "alert.acknowledge", AcknowledgeArgs { id, note }).await?;
    Ok(One(TakenAlert {
        id: alert.id.to_string(),
        severity: alert.severity.into(),
        subject: alert.root.to_string(),
        acknowledged: alert.acknowledged.map(Taken::from),
    }))
}

async fn paths(visit: Visit, _: Asked<Nothing, Nothing, NoBody>) -> Result<One<WaysToPeople>, Refusal> {
    let listing: Listing = operate(&visit, "alert.list", ListArgs { all: false }).await?;
    Ok(One(WaysToPeople { items: listing.paths.into_iter().map(way).collect() }))
}

fn way(ListedPath { channel, path, proved }: ListedPath) -> WayToPeople {
    WayToPeople {
        channel,
        to: path.to,
        proved,
        proved_at: path.proved_at.map(Instant),
        accepted_at: path.accepted_at.map(Instant),
        failing_since: path.failing_since.map(Instant),
        last_error: path.last_error,
    }
}

/// Which ways are tried.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Trying {
    /// Only those of this owner, by name.
    owner: Option<String>,
    /// Only those on this channel, by name.
    channel: Option<String>,
    /// Only this address.
    to: Option<String>,
}

/// The ways that were tried.
#[derive(Serialize, JsonSchema)]
struct WaysTried {
    /// Each of them.
    items: Vec<WayTried>,
}

/// A way that was tried.
#[derive(Serialize, JsonSchema)]
struct WayTried {
    /// Whose it is.
    owner: String,
    /// The channel's name.
    channel: String,
    /// The address on it; nothing where the channel knows it itself.
    to: Option<String>,
    /// How far the message is.
    state: TestState,
    /// What the other side said.
    said: String,
    /// Whether somebody must give the code that the message carries.
    needs_code: bool,
    /// When the way was proved before.
    proved_before: Option<Instant>,
}

words! {
    /// How far a test message is.
    TestState = model::DeliveryState {
        /// It is being sent.
        Pending,
        /// The other side took it.
        Accepted,
        /// It is known to have arrived.
        Confirmed,
        /// It was given up.
        Failed,
    }
}

/// The code that arrived.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arrived {
    /// As the message has it.
    code: String,
}

/// A way that is proved.
#[derive(Serialize, JsonSchema)]
struct ProvedWay {
    /// The channel's name.
    channel: String,
    /// The address on it.
    to: Option<String>,
    /// Until when that is believed.
    until: Instant,
}

async fn test_path(
    visit: Visit,
    asked: Asked<Nothing, Nothing, Json<Trying>>,
) -> Result<One<WaysTried>, Refusal> {
    let Json(Trying { owner, channel, to }) = asked.body;
    let tested: Vec<Tested> = operate(&visit, "alert.test", TestArgs { channel, owner, to }).await?;
    Ok(One(WaysTried { items: tested.into_iter().map(tried).collect() }))
}

fn tried(tested: Tested) -> WayTried {
    let Tested { owner, channel, to, state, said, needs_code, proved_before } = tested;
    let proved_before = proved_before.map(Instant);
    WayTried { owner, channel, to, state: state.into(), said, needs_code, proved_before }
}

async fn confirm_path(
    visit: Visit,
    asked: Asked<Nothing, Nothing, Json<Arrived>>,
) -> Result<One<ProvedWay>, Refusal> {
    let Json(Arrived { code }) = asked.body;
    let Confirmed { channel, to, until } = operate(&visit, "alert.confirm", ConfirmArgs { code }).await?;
    Ok(One(ProvedWay { channel, to, until: until.into() }))
}
