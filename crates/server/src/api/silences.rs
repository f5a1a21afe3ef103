//! Silences: time-limited quiet for something that is known.

use std::borrow::Cow;

use notafter_cert::{Span, Time};
use notafter_engine::operate::alert::{LONGEST_SILENCE, ListArgs, Listing, SilenceArgs, UnsilenceArgs};
use notafter_inventory::model::{Silence, SilenceId};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::{Number, Value};

use super::answer::{Gone, Made, One};
use super::call::{Call, call};
use super::number::whole;
use super::request::{Asked, Json, NoBody, Nothing};
use super::view::{Doer, Instant};
use crate::auth::Visit;
use crate::refusal::Refusal;
use crate::web::operate;

pub(crate) static LIST: Call = call!("list-silences", "The silences in force, oldest first", list);
pub(crate) static MAKE: Call = call!(
    "make-silence",
    "Silences what is known, for 90 days at most; the findings stay open and visible",
    make,
    [UNPROCESSABLE_ENTITY]
);
pub(crate) static END: Call = call!("end-silence", "Ends a silence now", end);

/// What is silenced: findings that agree with everything that is named. At least one of code, subject and owner is.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewSilence {
    /// The code of the findings, or a whole area: `renewal.*`.
    code: Option<String>,
    /// An endpoint, the name of a lineage or an issuer, an identity, or a subject as findings have it.
    subject: Option<String>,
    /// The name of an owner. Whoever is kept to one owner silences within that one alone.
    owner: Option<String>,
    /// Until when; either this or `seconds`.
    until: Option<Instant>,
    /// For how many seconds.
    seconds: Option<Seconds>,
    /// Why: the next person will ask.
    why: String,
}

/// A number of seconds.
#[derive(Clone, Copy)]
struct Seconds(i64);

const LONGEST: i64 = LONGEST_SILENCE.as_seconds();

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match whole(&Number::deserialize(deserializer)?) {
            Some(seconds @ 1..=LONGEST) => Ok(Self(seconds)),
            _ => Err(de::Error::custom(format!("seconds is a whole number from 1 to {LONGEST}"))),
        }
    }
}

impl JsonSchema for Seconds {
    fn schema_name() -> Cow<'static, str> {
        "Seconds".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": 1, "maximum": LONGEST })
    }
}

#[derive(Deserialize, JsonSchema)]
struct At {
    /// Identity (`si_...`).
    id: String,
}

/// A silence.
#[derive(Serialize, JsonSchema)]
struct OneSilence {
    /// Identity.
    id: String,
    /// The code of the findings that it covers.
    code: Option<String>,
    /// What those are about.
    subject: Option<String>,
    /// Whose they are (`ow_...`).
    owner_id: Option<String>,
    /// From when.
    from: Instant,
    /// Until when.
    until: Instant,
    /// Why.
    why: String,
    /// Who made it.
    by: Doer,
}

/// The silences in force.
#[derive(Serialize, JsonSchema)]
struct Silences {
    /// Each of them.
    items: Vec<OneSilence>,
}

async fn list(visit: Visit, _: Asked<Nothing, Nothing, NoBody>) -> Result<One<Silences>, Refusal> {
    let listing: Listing = operate(&visit, "alert.list", ListArgs { all: false }).await?;
    Ok(One(Silences { items: listing.silences.into_iter().map(one).collect() }))
}

fn one(silence: Silence) -> OneSilence {
    let Silence { id, scope, from, until, why, by } = silence;
    OneSilence {
        id: id.to_string(),
        code: scope.code,
        subject: scope.subject.map(|subject| subject.to_string()),
        owner_id: scope.owner.map(|owner| owner.to_string()),
        from: from.into(),
        until: until.into(),
        why,
        by: by.into(),
    }
}

async fn make(
    visit: Visit,
    asked: Asked<Nothing, Nothing, Json<NewSilence>>,
) -> Result<Made<OneSilence>, Refusal> {
    let Json(NewSilence { code, subject, owner, until, seconds, why }) = asked.body;
    let until: Option<Time> = until.map(|Instant(until)| until);
    let for_how_long = seconds.map(|Seconds(seconds)| Span::seconds(seconds));
    let args = SilenceArgs { code, subject, owner, until, for_how_long, why };
    let silence: Silence = operate(&visit, "alert.silence", args).await?;
    Ok(Made(one(silence)))
}

async fn end(visit: Visit, asked: Asked<At, Nothing, NoBody>) -> Result<Gone, Refusal> {
    let id: SilenceId = asked.path.id.parse().map_err(|_| Refusal::absent("such silence"))?;
    let _: Value = operate(&visit, "alert.unsilence", UnsilenceArgs { id }).await?;
    Ok(Gone)
}
