//! Checks of key material: one file each, with its own words; help and pages are derived from them.
//!
//! To add one: a file named after its id (`exponent-one` is `exponent_one.rs`) with a `pub(super) static CHECK`, a `mod` line
//! and a line in [`ALL`].

use super::curve::Curve;
use super::evidence::{PileVerdict, Unknown, Verdict};
use super::key::{Key, Numbers, Rsa};
use super::limits::{Limits, PileLimits};
use super::list::{self, About, KeyList};
use super::number;
use crate::lint::Severity;

mod compromised;
mod debian;
mod exponent_even;
mod exponent_huge;
mod exponent_one;
mod fermat;
mod moderate_factor;
mod modulus_even;
mod modulus_pattern;
mod modulus_power;
pub(super) mod modulus_prime;
mod point_encoding;
mod point_off_curve;
mod reused_key;
mod roca;
mod shared_factor;
mod small_factor;
mod small_private_exponent;
mod small_private_key;

pub use reused_key::holder;

/// Every check, in the order in which people read them.
pub static ALL: &[&Check] = &[
    &exponent_one::CHECK,
    &exponent_even::CHECK,
    &exponent_huge::CHECK,
    &modulus_even::CHECK,
    &small_factor::CHECK,
    &moderate_factor::CHECK,
    &modulus_prime::CHECK,
    &modulus_power::CHECK,
    &modulus_pattern::CHECK,
    &fermat::CHECK,
    &roca::CHECK,
    &small_private_exponent::CHECK,
    &point_encoding::CHECK,
    &point_off_curve::CHECK,
    &small_private_key::CHECK,
    &debian::CHECK,
    &compromised::CHECK,
    &shared_factor::CHECK,
    &reused_key::CHECK,
];

/// Those that lints of documents stand on.
pub(crate) static FERMAT: &Check = &fermat::CHECK;
pub(crate) static MODULUS_EVEN: &Check = &modulus_even::CHECK;
pub(crate) static SMALL_FACTOR: &Check = &small_factor::CHECK;

/// The check of this id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Check> {
    ALL.iter().copied().find(|check| check.id == id)
}

/// One check.
pub struct Check {
    /// `kebab-case`, never reused.
    pub id: &'static str,
    /// A few words.
    pub title: &'static str,
    /// What it means when a key is weak in this way.
    pub why: &'static str,
    /// Where that is written, with the section.
    pub source: &'static str,
    /// What to do, in the imperative.
    pub hint: &'static str,
    /// How bad it is.
    pub severity: Severity,
    kind: Kind,
}

/// What a check looks at.
#[derive(Clone, Copy)]
enum Kind {
    /// An RSA key, in a time in proportion to its length.
    Rsa(fn(&Rsa, &Limits) -> Verdict),
    /// An RSA key, in a time that grows faster: the modulus must not be longer than is calculated with.
    CostlyRsa(fn(&Rsa, &Limits) -> Verdict),
    /// The octets of a point of a known curve.
    Point(fn(&Curve, &[u8], &Limits) -> Verdict),
    /// Any key, by what lists say.
    Listed(About),
    /// Many keys together.
    Pile(fn(&[Key<'_>], &PileLimits) -> PileVerdict),
}

/// What the checks of one key are given beside the key.
#[derive(Clone, Copy, Debug, Default)]
pub struct Given<'a> {
    /// How much work they may make.
    pub limits: Limits,
    /// Lists of keys that somebody else has.
    pub lists: &'a [KeyList],
}

/// What a check says of one key.
pub struct Judged {
    /// The check.
    pub check: &'static Check,
    /// What it says.
    pub verdict: Verdict,
}

/// What a check says of a pile of keys.
pub struct PileJudged {
    /// The check.
    pub check: &'static Check,
    /// What it says.
    pub verdict: PileVerdict,
}

/// Every check of one key that is about keys of its kind, in the order of [`ALL`].
#[must_use]
pub fn judge(key: &Key<'_>, given: &Given<'_>) -> Vec<Judged> {
    let all = ALL.iter().map(|check| Judged { check, verdict: check.judge(key, given) });
    all.filter(|judged| judged.verdict != Verdict::Inapplicable).collect()
}

/// Every check of many keys together, in the order of [`ALL`].
#[must_use]
pub fn judge_pile(keys: &[Key<'_>], limits: &PileLimits) -> Vec<PileJudged> {
    let all = ALL.iter().map(|check| (check, check.judge_pile(keys, limits)));
    all.filter_map(|(check, verdict)| verdict.map(|verdict| PileJudged { check, verdict })).collect()
}

impl Check {
    /// Whether it compares many keys with each other.
    #[must_use]
    pub const fn is_of_a_pile(&self) -> bool {
        matches!(self.kind, Kind::Pile(_))
    }

    /// What the check says of one key. Checks of many keys together say that they are about something else.
    #[must_use]
    pub fn judge(&self, key: &Key<'_>, given: &Given<'_>) -> Verdict {
        match (self.kind, key.numbers) {
            (Kind::Rsa(judge) | Kind::CostlyRsa(judge), Numbers::Rsa { modulus, exponent }) => {
                let rsa = Rsa::read(modulus, exponent);
                let rsa = rsa.and_then(|rsa| self.within_reach(rsa, &given.limits));
                rsa.map_or_else(Verdict::Unknown, |rsa| judge(&rsa, &given.limits))
            }
            (Kind::Point(judge), Numbers::Ec { curve, point }) => match Curve::of(curve) {
                Some(curve) => judge(&curve, point, &given.limits),
                None => {
                    Verdict::Unknown(Unknown::BeyondReach("nothing is known of the points of this curve"))
                }
            },
            (Kind::Listed(about), _) => list::find(key, about, given.lists),
            _ => Verdict::Inapplicable,
        }
    }

    /// What the check says of many keys together; nothing where it is about one.
    #[must_use]
    pub fn judge_pile(&self, keys: &[Key<'_>], limits: &PileLimits) -> Option<PileVerdict> {
        match self.kind {
            Kind::Pile(judge) => Some(judge(keys, limits)),
            _ => None,
        }
    }

    fn within_reach(&self, rsa: Rsa, limits: &Limits) -> Result<Rsa, Unknown> {
        let (bits, limit) = (number::bits(&rsa.modulus), limits.modulus_bits);
        match self.kind {
            Kind::CostlyRsa(_) if bits > limit => Err(Unknown::TooLong { bits, limit }),
            _ => Ok(rsa),
        }
    }
}

/// Sound, if as much was done as the check promises.
fn sound_after(done: u32, promised: u32) -> Verdict {
    if done >= promised {
        return Verdict::Sound;
    }
    Verdict::Unknown(Unknown::BudgetEnded { done: done.into(), needed: promised.into() })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::evidence::Evidence;
    use super::super::samples::{FRESH, key_of, rsa};
    use super::*;

    #[test]
    fn the_folder_and_the_list_are_the_same() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/weak_key/check");
        #[expect(clippy::disallowed_methods, reason = "the test compares the list with the folder")]
        let entries = std::fs::read_dir(folder).unwrap();
        let files: BTreeSet<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        let listed = ALL.iter().map(|check| format!("{}.rs", check.id.replace('-', "_")));
        assert_eq!(files, listed.chain(["mod.rs".to_owned()]).collect());
    }

    #[test]
    fn every_check_says_what_it_is_for() {
        let ids: BTreeSet<&str> = ALL.iter().map(|check| check.id).collect();
        assert_eq!(ids.len(), ALL.len());
        for check in ALL {
            for sentence in [check.why, check.hint] {
                assert!(sentence.ends_with('.') && sentence.starts_with(char::is_uppercase), "{sentence}");
            }
            assert!(!check.title.is_empty() && !check.title.ends_with('.'), "{}", check.id);
            assert!(!check.source.is_empty(), "{}", check.id);
        }
    }

    #[test]
    fn nothing_is_found_in_a_key_that_was_made_properly() {
        let key = rsa(FRESH, 65_537);
        for Judged { check, verdict } in judge(&key_of(&key), &Given::default()) {
            match check.kind {
                Kind::Listed(_) => assert_eq!(verdict, Verdict::Unknown(Unknown::NoList), "{}", check.id),
                _ => assert_eq!(verdict, Verdict::Sound, "{}", check.id),
            }
        }
    }

    #[test]
    fn a_key_that_cannot_be_read_is_unknown_to_every_check() {
        let numbers = Numbers::Rsa { modulus: &[0, 0], exponent: &[3] };
        let judged = judge(&Key { numbers, spki: &[] }, &Given::default());
        assert_eq!(judged.len(), 14);
        assert!(judged.iter().all(|judged| matches!(judged.verdict, Verdict::Unknown(_))));
    }

    #[test]
    fn a_modulus_over_the_limit_is_judged_by_what_costs_little() {
        let key = rsa(FRESH, 1);
        let limits = Limits { modulus_bits: 2047, ..Limits::default() };
        for Judged { check, verdict } in judge(&key_of(&key), &Given { limits, lists: &[] }) {
            let unknown = Verdict::Unknown(Unknown::TooLong { bits: 2048, limit: 2047 });
            match (check.kind, check.id) {
                (Kind::CostlyRsa(_), _) => assert_eq!(verdict, unknown, "{}", check.id),
                (_, "exponent-one") => {
                    assert_eq!(verdict, Verdict::Weak(Evidence::Exponent { value: Some(1), bits: 1 }));
                }
                _ => {}
            }
        }
    }
}
