//! Keys that anybody can break: judged by their numbers alone.
//!
//! A check never says that a key is sound where its budget ended, where it could not read the key, or where it had no list:
//! then it says [`Unknown`], and why (law 6).

mod check;
mod curve;
mod evidence;
mod key;
mod limits;
mod list;
mod number;
#[cfg(test)]
mod samples;
mod tree;

pub use check::{ALL, Check, Given, Judged, PileJudged, find, holder, judge, judge_pile};
pub(crate) use check::{FERMAT, MODULUS_EVEN, SMALL_FACTOR};
pub use evidence::{Evidence, Factor, Group, PileVerdict, Unknown, Verdict};
pub use key::{EncodingFault, Key, NamedCurve, Numbers};
pub use limits::{Limits, PileLimits};
pub use list::{About, KeyList, ListFormat, Listing, ParseListError, ParseListFormatError};
