//! What several resources show: instants, severities, steps, and things in short. These are the API's own shapes: what the
//! engine calls a thing may change, and a program that reads this must not notice.

use std::borrow::Cow;

use notafter_cert::Time;
use notafter_engine::operate::status::Need;
use notafter_inventory::model::{self, Actor, AddressProof, StepRecord};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// An instant, as RFC 3339 in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Instant(pub(crate) Time);

impl From<Time> for Instant {
    fn from(at: Time) -> Self {
        Self(at)
    }
}

impl JsonSchema for Instant {
    fn schema_name() -> Cow<'static, str> {
        "Instant".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date-time", "description": "RFC 3339, in UTC." })
    }
}

/// Words of ours for an enum of the engine's, one for one: a new one there does not compile here.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident = $theirs:path { $($(#[$said:meta])* $word:ident),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[serde(rename_all = "kebab-case")]
        pub(crate) enum $name { $($(#[$said])* $word),* }

        impl From<$theirs> for $name {
            fn from(theirs: $theirs) -> Self {
                use $theirs as Theirs;
                match theirs { $(Theirs::$word => Self::$word),* }
            }
        }
    };
}
pub(crate) use words;

words! {
    /// How bad it is.
    Severity = model::Severity {
        /// Nothing to do.
        Ok,
        /// It could not be judged.
        Unknown,
        /// Somebody should act, soon.
        Warning,
        /// Somebody must act, now.
        Critical,
    }
}

impl From<Severity> for model::Severity {
    fn from(ours: Severity) -> Self {
        match ours {
            Severity::Ok => Self::Ok,
            Severity::Unknown => Self::Unknown,
            Severity::Warning => Self::Warning,
            Severity::Critical => Self::Critical,
        }
    }
}

words! {
    /// How far a deployment is.
    Step = model::Step {
        /// Nothing was touched.
        Issued,
        /// What is there is on record.
        Staged,
        /// Written beside, not yet swapped.
        Validated,
        /// Installed, not yet seen everywhere.
        Activated,
        /// Every address serves it; it is looked at once more.
        Proven,
        /// Done.
        Retired,
        /// The old pair was put back.
        Restored,
        /// A newer deployment took over.
        Superseded,
    }
}

words! {
    /// What an address serves after an installation.
    ProofState = model::ProofState {
        /// Not looked at yet.
        Pending,
        /// Exactly the new certificate, in a full handshake.
        Proven,
        /// Something else, as good as before.
        Stale,
        /// Worse than before.
        Worse,
        /// Nobody answers.
        Unreachable,
    }
}

words! {
    /// What may be done.
    Role = model::Role {
        /// Read the calendar, and nothing else.
        Calendar,
        /// Look.
        Viewer,
        /// Act on what is there.
        Operator,
        /// Change what is there.
        Admin,
    }
}

/// Something that a person should see to.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct OpenFinding {
    /// The finding (`fd_...`).
    finding: String,
    /// How bad it is.
    severity: Severity,
    /// The rule's code.
    code: String,
    /// What it is about: `endpoint:ep_...`, `lineage:ln_...`, `installation`.
    subject: String,
    /// What people call that.
    name: String,
    /// Who answers for it.
    owner: String,
    /// What is wrong.
    text: String,
    /// What to do.
    hint: String,
    /// Since when.
    since: Instant,
    /// Whether somebody has taken it.
    acknowledged: bool,
    /// The open alert that tells of it (`al_...`).
    alert: Option<String>,
    /// The silence that covers it (`si_...`), of several the one that ends last.
    silence: Option<String>,
    /// Until when that one does.
    silenced_until: Option<Instant>,
}

impl From<Need> for OpenFinding {
    fn from(need: Need) -> Self {
        Self {
            finding: need.finding.to_string(),
            severity: need.severity.into(),
            code: need.code,
            subject: need.subject.to_string(),
            name: need.name,
            owner: need.owner,
            text: need.text,
            hint: need.hint,
            since: need.since.into(),
            acknowledged: need.acknowledged,
            alert: need.alert.map(|id| id.to_string()),
            silence: need.silence.map(|id| id.to_string()),
            silenced_until: need.silenced_until.map(Instant),
        }
    }
}

/// What one address serves.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Proof {
    /// The endpoint of the place.
    target: String,
    /// One of its addresses.
    address: String,
    /// The judgement.
    state: ProofState,
    /// SHA-256 of the certificate that is served.
    serves: Option<String>,
    /// When it was looked at.
    at: Option<Instant>,
    /// In words.
    detail: String,
}

impl From<&AddressProof> for Proof {
    fn from(proof: &AddressProof) -> Self {
        Self {
            target: proof.target.to_string(),
            address: proof.address.to_string(),
            state: proof.state.into(),
            serves: proof.now.map(|leaf| leaf.to_string()),
            at: proof.at.map(Instant),
            detail: proof.detail.clone(),
        }
    }
}

/// One thing that was done.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Done {
    /// When.
    at: Instant,
    /// What.
    what: String,
    /// Whether it worked.
    ok: bool,
}

impl From<&StepRecord> for Done {
    fn from(record: &StepRecord) -> Self {
        let StepRecord { at, what, ok, .. } = record;
        Self { at: (*at).into(), what: what.clone(), ok: *ok }
    }
}

/// Who did something.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Doer {
    /// What kind of somebody.
    kind: DoerKind,
    /// The name of the account, token or user; nothing for notafter itself.
    name: Option<String>,
}

/// What kind of somebody.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum DoerKind {
    /// notafter itself.
    Engine,
    /// A user of the machine, at the command line.
    Person,
    /// An account, in a browser.
    User,
    /// A program with a token.
    Token,
    /// Whoever has the link of a message about an alert.
    Link,
    /// Whoever has the link of a test message.
    Answer,
    /// Whoever replied to a mail about an alert.
    Reply,
}

impl From<Actor> for Doer {
    fn from(actor: Actor) -> Self {
        let (kind, name) = match actor {
            Actor::Engine => (DoerKind::Engine, None),
            Actor::Person(name) => (DoerKind::Person, Some(name)),
            Actor::User(name) => (DoerKind::User, Some(name)),
            Actor::Token(name) => (DoerKind::Token, Some(name)),
            Actor::Link { contact, .. } => (DoerKind::Link, Some(contact)),
            Actor::Reply(contact) => (DoerKind::Reply, Some(contact)),
            Actor::Answer(contact) => (DoerKind::Answer, Some(contact)),
        };
        Self { kind, name }
    }
}
