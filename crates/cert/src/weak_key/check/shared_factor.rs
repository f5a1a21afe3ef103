//! shared-factor: keys that give each other away.

use std::collections::{BTreeMap, BTreeSet};

use dashu_int::UBig;
use dashu_int::ops::Gcd;

use super::super::evidence::{Evidence, Factor, Group, PileVerdict, Unknown};
use super::super::key::{Key, Numbers, Rsa};
use super::super::limits::PileLimits;
use super::super::{number, tree};
use super::{Check, Kind, Severity};

pub(super) static CHECK: Check = Check {
    id: "shared-factor",
    title: "RSA keys that share a prime",
    why: "The common divisor of two moduli is found in a moment, and with it both private keys: the devices that made them had \
          too little randomness when they began.",
    source: "Heninger and others, Mining Your Ps and Qs, USENIX Security 2012, section 3.3; Baseline Requirements section \
             6.1.1.3",
    hint: "Make new keys elsewhere than on the devices that made these, revoke the certificates, and replace them.",
    severity: Severity::Error,
    kind: Kind::Pile(judge),
};

/// The places of the keys that have a modulus.
type Pile = BTreeMap<UBig, Vec<usize>>;

/// A modulus that shares something, where its keys are, and what of it occurs elsewhere.
struct Affected<'a> {
    modulus: &'a UBig,
    places: &'a [usize],
    common: UBig,
}

fn judge(keys: &[Key<'_>], limits: &PileLimits) -> PileVerdict {
    let (pile, mut unknown) = read(keys, limits);
    let moduli = within(&pile, limits.total_bits);
    let common = tree::common_factors(&moduli);
    let affected = pile.iter().zip(common).filter(|(_, common)| !common.is_one());
    let affected: Vec<Affected<'_>> =
        affected.map(|((modulus, places), common)| Affected { modulus, places, common }).collect();
    let (mut groups, undecided) = group(&affected, limits.comparisons);
    unknown.extend(undecided);
    if moduli.len() < pile.len() {
        let ended = Unknown::BudgetEnded { done: moduli.len() as u64, needed: pile.len() as u64 };
        let mut told: BTreeSet<usize> = groups.iter().flat_map(|group| &group.members).copied().collect();
        told.extend(unknown.iter().map(|(place, _)| *place));
        unknown.extend(
            pile.values().flatten().filter(|place| !told.contains(place)).map(|place| (*place, ended)),
        );
    }
    groups.extend(same_moduli(keys, &pile));
    groups.sort_by(|one, other| one.members.cmp(&other.members));
    unknown.sort_by_key(|(place, _)| *place);
    PileVerdict { groups, unknown }
}

/// Every readable modulus once, and the keys whose modulus is not.
fn read(keys: &[Key<'_>], limits: &PileLimits) -> (Pile, Vec<(usize, Unknown)>) {
    let (mut pile, mut unknown) = (Pile::new(), Vec::new());
    for (place, key) in keys.iter().enumerate() {
        let Numbers::Rsa { modulus, exponent } = key.numbers else { continue };
        match Rsa::read(modulus, exponent).map(|rsa| (number::bits(&rsa.modulus), rsa)) {
            Ok((bits, _)) if bits > limits.modulus_bits => {
                unknown.push((place, Unknown::TooLong { bits, limit: limits.modulus_bits }));
            }
            Ok((_, rsa)) => pile.entry(rsa.modulus).or_default().push(place),
            Err(why) => unknown.push((place, why)),
        }
    }
    (pile, unknown)
}

/// As many moduli from the front as have so many bits together.
fn within(pile: &Pile, total_bits: usize) -> Vec<UBig> {
    let mut left = total_bits;
    let fits = pile.keys().take_while(|modulus| match left.checked_sub(number::bits(modulus)) {
        Some(rest) => {
            left = rest;
            true
        }
        None => false,
    });
    fits.cloned().collect()
}

/// Who shares what with whom. Where the comparisons run out, a key with a factor is in a group of its own: weak it is all the same.
///
/// Whoever makes a multiple of somebody's modulus proves nothing about that one: it takes part only by a factor that is not all of
/// it, and where nobody looked for one, that is unknown.
fn group(affected: &[Affected<'_>], comparisons: u64) -> (Vec<Group>, Vec<(usize, Unknown)>) {
    let mut left = comparisons;
    let per_factor = affected.len() as u64;
    let mut told = BTreeSet::new();
    let mut groups = Vec::new();
    let (factors, is_whole) = factors(affected, &mut left);
    let mut are_all = is_whole;
    for factor in factors {
        let Some(rest) = left.checked_sub(per_factor) else {
            are_all = false;
            break;
        };
        left = rest;
        let has = |it: &&Affected<'_>| *it.modulus != factor && (it.modulus % &factor).is_zero();
        let having: Vec<&Affected<'_>> = affected.iter().filter(has).collect();
        told.extend(having.iter().map(|it| it.modulus));
        if !having.is_empty() {
            let members = having.iter().flat_map(|it| it.places).copied();
            groups.push(of(members.collect(), &factor));
        }
    }
    let untold = || affected.iter().filter(|it| !told.contains(it.modulus));
    let alone = untold().filter(|it| it.common != *it.modulus);
    groups.extend(alone.map(|it| of(it.places.to_vec(), &it.common)));
    let whole = untold().filter(|it| !are_all && it.common == *it.modulus).flat_map(|it| it.places);
    let ended = Unknown::BudgetEnded { done: comparisons - left, needed: comparisons + 1 };
    (groups, whole.map(|place| (*place, ended)).collect())
}

/// What occurs in more than one modulus: what a modulus shares with all others is one prime, but where it shares both, and then
/// it is compared with each. And whether these are all.
fn factors(affected: &[Affected<'_>], left: &mut u64) -> (BTreeSet<UBig>, bool) {
    let mut found: BTreeSet<UBig> =
        affected.iter().filter(|it| it.common != *it.modulus).map(|it| it.common.clone()).collect();
    let others = affected.len() as u64;
    for whole in affected.iter().filter(|it| it.common == *it.modulus) {
        let Some(rest) = left.checked_sub(others) else { return (found, false) };
        *left = rest;
        let parts = affected.iter().filter(|it| it.modulus != whole.modulus);
        found.extend(parts.map(|it| it.modulus.gcd(whole.modulus)).filter(|part| !part.is_one()));
    }
    (found, true)
}

fn of(mut members: Vec<usize>, factor: &UBig) -> Group {
    members.sort_unstable();
    Group { members, evidence: Evidence::SharedFactor(Factor::of(factor)) }
}

/// Keys with the same modulus that are not the same key: the owner of each has the private key of the others.
fn same_moduli(keys: &[Key<'_>], pile: &Pile) -> Vec<Group> {
    let differ = |places: &&Vec<usize>| {
        let written: BTreeSet<&[u8]> =
            places.iter().filter_map(|place| keys.get(*place)).map(|key| key.spki).collect();
        written.len() > 1
    };
    let same = pile.values().filter(differ);
    same.map(|places| Group { members: places.clone(), evidence: Evidence::SharedModulus }).collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::samples::{Sample, key_of, prime_after};
    use super::*;

    fn prime(name: &str) -> UBig {
        prime_after(name, 128)
    }

    fn pile(moduli: &[UBig], limits: PileLimits) -> PileVerdict {
        let samples: Vec<Sample> = moduli.iter().map(|modulus| Sample::of(modulus, 65_537)).collect();
        CHECK.judge_pile(&samples.iter().map(key_of).collect::<Vec<_>>(), &limits).unwrap()
    }

    fn shared(members: &[usize], factor: &UBig) -> Group {
        Group { members: members.to_vec(), evidence: Evidence::SharedFactor(Factor::of(factor)) }
    }

    #[test]
    fn two_of_five_hundred_are_found() {
        let mut moduli: Vec<UBig> =
            (0..500).map(|place| prime(&format!("p{place}")) * prime(&format!("q{place}"))).collect();
        assert_eq!(pile(&moduli, PileLimits::default()), PileVerdict::default());
        moduli[417] = prime("p33") * prime("another");
        let found = pile(&moduli, PileLimits::default());
        assert_eq!(
            found,
            PileVerdict { groups: vec![shared(&[33, 417], &prime("p33"))], unknown: Vec::new() }
        );
    }

    #[test]
    fn who_shares_both_primes_is_in_both_groups() {
        let [a, b, c, d] = ["a", "b", "c", "d"].map(prime);
        let moduli = [&a * &b, &b * &c, &c * &a, prime("e") * prime("f"), &c * &d];
        let found = pile(&moduli, PileLimits::default());
        assert_eq!(found.groups, [shared(&[0, 1], &b), shared(&[0, 2], &a), shared(&[1, 2, 4], &c)]);
    }

    /// The sound key was accused by a stranger's multiple of its modulus, which everybody can make.
    #[test]
    fn who_multiplies_anothers_modulus_accuses_nobody_but_himself() {
        let [a, b, c, d, e] = ["a", "b", "c", "d", "e"].map(prime);
        let victim = &a * &b;
        let multiple = &victim * &c;
        let groups = |moduli: &[UBig]| pile(moduli, PileLimits::default());
        let alone = PileVerdict { groups: vec![shared(&[1], &victim)], unknown: Vec::new() };
        assert_eq!(groups(&[victim.clone(), multiple.clone()]), alone);
        // Two who do so give each other away, and still nobody else.
        let both = groups(&[victim.clone(), multiple.clone(), &victim * &d]);
        assert_eq!(both.groups, [shared(&[1, 2], &victim)]);
        // Whoever has a factor of it is another matter.
        let found = groups(&[victim.clone(), multiple.clone(), &b * &e]);
        assert!(found.groups.contains(&shared(&[0, 1, 2], &b)), "{found:?}");
        // Where nobody looked, nobody knows.
        let limits = PileLimits { comparisons: 1, ..PileLimits::default() };
        let ended = Unknown::BudgetEnded { done: 0, needed: 2 };
        assert_eq!(pile(&[victim, multiple], limits).unknown, [(0, ended)]);
    }

    #[test]
    fn where_comparisons_run_out_a_key_stays_weak_without_its_partner() {
        let [a, b, c] = ["a", "b", "c"].map(prime);
        let limits = PileLimits { comparisons: 1, ..PileLimits::default() };
        let found = pile(&[&a * &b, &b * &c], limits);
        assert_eq!(found.groups, [shared(&[0], &b), shared(&[1], &b)]);
    }

    #[test]
    fn a_pile_over_the_budget_calls_nobody_sound() {
        let moduli: Vec<UBig> = ["a", "b", "c"].map(|name| prime(name) * prime("d")).into();
        let limits = PileLimits { total_bits: 2 * 256, ..PileLimits::default() };
        let found = pile(&moduli, limits);
        let ended = Unknown::BudgetEnded { done: 2, needed: 3 };
        assert_eq!((found.groups.len(), found.unknown.len(), found.unknown[0].1), (1, 1, ended));
        let alone = pile(&moduli, PileLimits { total_bits: 300, ..PileLimits::default() });
        assert_eq!((alone.groups.len(), alone.unknown.len()), (0, 3));
    }

    #[test]
    fn keys_that_cannot_be_compared_are_unknown() {
        let long = prime("a") * prime("b");
        let limits = PileLimits { modulus_bits: 200, ..PileLimits::default() };
        let found = pile(&[UBig::ZERO, long, UBig::from(15_u8)], limits);
        let unreadable = Unknown::Unreadable("the modulus is not above one");
        assert_eq!(found.groups, []);
        assert!(matches!(
            found.unknown.as_slice(),
            [(0, unread), (1, Unknown::TooLong { limit: 200, .. })] if *unread == unreadable
        ));
    }

    #[test]
    fn one_modulus_with_two_exponents_is_told_and_the_same_key_twice_is_left_to_another_check() {
        let modulus = prime("a") * prime("b");
        let samples = [
            Sample::of(&modulus, 3),
            Sample::of(&modulus, 65_537),
            Sample::of(&(prime("c") * prime("d")), 3),
        ];
        let judged = |samples: &[&Sample]| {
            let keys: Vec<Key<'_>> = samples.iter().map(|sample| key_of(sample)).collect();
            CHECK.judge_pile(&keys, &PileLimits::default()).unwrap().groups
        };
        let same = Group { members: vec![0, 2], evidence: Evidence::SharedModulus };
        assert_eq!(judged(&[&samples[0], &samples[2], &samples[1]]), [same]);
        assert_eq!(judged(&[&samples[0], &samples[0]]), []);
    }
}
