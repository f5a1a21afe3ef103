//! The catalogue: every code of findings, errors and notes, with what it means and what to do.

use notafter_inventory::catalogue::{self, Entry};
use notafter_inventory::rule;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answer::One;
use super::call::{Anybody, Call, call};
use super::request::{Asked, NoBody, Nothing};
use super::view::{Severity, words};
use crate::refusal::Refusal;

pub(crate) static LIST: Call = call!("list-codes", "Every code, with what it means and what to do", list);
pub(crate) static SHOW: Call = call!("explain-code", "What a code means, and what to do", show);

#[derive(Deserialize, JsonSchema)]
struct At {
    /// The code: `renewal.failing`.
    code: String,
}

words! {
    /// Where a code is met.
    Origin = catalogue::Origin {
        /// A rule finds it.
        Finding,
        /// An error carries it.
        Error,
        /// A note carries it: odd, without harm.
        Note,
        /// A path of certificates breaks the rule; `notafter verify` tells it.
        Path,
        /// Nobody gives it any more.
        Retired,
    }
}

/// A code.
#[derive(Serialize, JsonSchema)]
struct OneCode {
    /// The code.
    code: &'static str,
    /// A few words.
    title: &'static str,
    /// Where it is met.
    origin: Origin,
    /// The worst that it can be, where a rule finds it.
    severity: Option<Severity>,
    /// What it means, and why it matters.
    why: &'static str,
    /// What to do, where the case says nothing better.
    hint: &'static str,
    /// Where that is laid down.
    source: &'static str,
}

/// The catalogue.
#[derive(Serialize, JsonSchema)]
struct Codes {
    /// Findings first, in the order of the manual.
    items: Vec<OneCode>,
}

async fn list(_: Anybody, _: Asked<Nothing, Nothing, NoBody>) -> Result<One<Codes>, Refusal> {
    Ok(One(Codes { items: catalogue::all().map(one).collect() }))
}

async fn show(_: Anybody, asked: Asked<At, Nothing, NoBody>) -> Result<One<OneCode>, Refusal> {
    catalogue::find(&asked.path.code).map(|entry| One(one(entry))).ok_or_else(|| Refusal::absent("such code"))
}

fn one(Entry { code, title, origin, why, hint, source }: Entry) -> OneCode {
    let severity = rule::find(code).map(|rule| rule.meta.severity.into());
    OneCode { code, title, origin: origin.into(), severity, why, hint, source }
}
