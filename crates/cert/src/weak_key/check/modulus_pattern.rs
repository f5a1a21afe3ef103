//! modulus-pattern: a modulus that chance does not make.

use super::super::evidence::{Evidence, Verdict};
use super::super::key::Rsa;
use super::super::limits::Limits;
use super::{Check, Kind, Severity};

pub(super) static CHECK: Check = Check {
    id: "modulus-pattern",
    title: "RSA with a modulus that repeats itself",
    why: "Octets that repeat come from primes with a form, such as a number that was counted up from a round one: whoever \
          knows the form finds them.",
    source: "Baseline Requirements section 6.1.1.3 (a known weak key or method); FIPS 186-5 appendix A.1.1 (primes from \
             random bits)",
    hint: "Make a new key with a library that is kept up, and replace the certificate.",
    severity: Severity::Error,
    kind: Kind::Rsa(judge),
};

/// So many octets in a row must be as chance has them once in 2^120.
const REPEATED: usize = 15;

/// The longest unit that is looked for, in octets.
const LONGEST_UNIT: usize = 8;

fn judge(rsa: &Rsa, _: &Limits) -> Verdict {
    let octets = rsa.modulus.to_be_bytes();
    let found = (1..=LONGEST_UNIT).find_map(|unit| repeated(&octets, unit));
    found.map_or(Verdict::Sound, |(unit, length)| Verdict::Weak(Evidence::Pattern { unit, length }))
}

/// The first run in which every octet is the one that stood a unit before it.
fn repeated(octets: &[u8], unit: usize) -> Option<(Vec<u8>, usize)> {
    let same: Vec<bool> =
        octets.iter().zip(octets.iter().skip(unit)).map(|(before, now)| before == now).collect();
    let start = same.windows(REPEATED).position(|run| run.iter().all(|same| *same))?;
    let run = same.iter().skip(start).take_while(|same| **same).count();
    Some((octets.iter().skip(start).take(unit).copied().collect(), unit + run))
}

#[cfg(test)]
mod tests {
    use super::super::super::samples::{FRESH, PATTERN, judged, rsa};
    use super::*;

    #[test]
    fn a_key_from_round_numbers_repeats_zeros() {
        let weak = Verdict::Weak(Evidence::Pattern { unit: vec![0], length: 125 });
        assert_eq!(judged(&CHECK, &rsa(PATTERN, 65_537)), weak);
        assert_eq!(judged(&CHECK, &rsa(FRESH, 65_537)), Verdict::Sound);
    }

    #[test]
    fn units_of_up_to_eight_octets_are_seen_from_fifteen_repeated_ones_on() {
        let unit = "0102030405060708";
        for length in 1..=8 {
            let unit = &unit[..2 * length];
            let repeated = unit.repeat(30 / length + 2);
            let cut = |octets: usize| format!("c9{}f1", &repeated[..2 * octets]);
            let found = judged(&CHECK, &rsa(&cut(length + REPEATED), 3));
            assert!(
                matches!(&found, Verdict::Weak(Evidence::Pattern { length: found, .. }) if *found == length + REPEATED),
                "{length} {found:?}"
            );
            assert_eq!(judged(&CHECK, &rsa(&cut(length + REPEATED - 1), 3)), Verdict::Sound, "{length}");
        }
    }
}
