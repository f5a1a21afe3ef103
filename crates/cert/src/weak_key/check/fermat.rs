//! fermat: two primes that are near each other.

use dashu_int::UBig;
use dashu_int::ops::SquareRoot;

use super::super::evidence::{Evidence, Factor, Verdict};
use super::super::key::Rsa;
use super::super::limits::Limits;
use super::super::number;
use super::{Check, Kind, Severity, sound_after};

pub(super) static CHECK: Check = Check {
    id: "fermat",
    title: "RSA with primes that are too near each other",
    why: "Fermat's method finds both primes in a moment where they differ little: they were not chosen independently of each \
          other (CVE-2022-26320).",
    source: "Baseline Requirements section 6.1.1.3 (within 100 rounds of Fermat's method); FIPS 186-5 appendix A.1.1",
    hint: "Make a new key elsewhere than on the device that made this one, revoke the certificate, and replace it.",
    severity: Severity::Error,
    kind: Kind::CostlyRsa(judge),
};

/// The rounds of the Baseline Requirements.
const PROMISED: u32 = 100;

fn judge(rsa: &Rsa, limits: &Limits) -> Verdict {
    match factor(&rsa.modulus, limits.fermat_rounds) {
        Some(factor) => Verdict::Weak(Evidence::Factor(Factor::of(&factor))),
        None => sound_after(limits.fermat_rounds, PROMISED),
    }
}

/// Looks for the number as a difference of two squares, from the least that is possible upwards.
fn factor(number: &UBig, rounds: u32) -> Option<UBig> {
    let mut larger = (number - UBig::ONE).sqrt() + UBig::ONE;
    let mut difference = larger.sqr() - number;
    for _ in 0..rounds {
        let smaller = number::exact_root(&difference);
        if let Some(factor) = smaller.map(|smaller| &larger - smaller).filter(|factor| *factor > UBig::ONE) {
            return Some(factor);
        }
        difference += (&larger << 1) + UBig::ONE;
        larger += UBig::ONE;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::super::evidence::Unknown;
    use super::super::super::samples::{FRESH, NEAR, Sample, judged, judged_within, modulus, rsa};
    use super::*;

    /// An odd number whose squares are found in this round exactly, counted from one: `larger^2 - smaller^2` where the square
    /// root of their difference is `larger - round`, rounded down.
    fn found_in(round: u64) -> UBig {
        let smaller = UBig::from(7_u8) << 300;
        let larger = (smaller.sqr() / UBig::from(2 * round - 1)) | UBig::ONE;
        larger.sqr() - smaller.sqr()
    }

    #[test]
    fn primes_that_are_near_are_found() {
        let found = judged(&CHECK, &rsa(NEAR, 65_537));
        let Verdict::Weak(Evidence::Factor(factor)) = found else { panic!("{found:?}") };
        let factor = UBig::from_be_bytes(factor.as_bytes());
        assert!(number::bits(&factor) == 1024 && (modulus(NEAR) % factor).is_zero());
        assert_eq!(judged(&CHECK, &rsa(FRESH, 65_537)), Verdict::Sound);
    }

    #[test]
    fn the_hundredth_round_is_the_last_one_that_is_asked_for() {
        for round in [1, 2, 50, 99, 100] {
            let number = found_in(round);
            let rounds = u32::try_from(round).unwrap();
            assert!(factor(&number, rounds).is_some() && factor(&number, rounds - 1).is_none(), "{round}");
            assert!(matches!(judged(&CHECK, &Sample::of(&number, 3)), Verdict::Weak(_)), "{round}");
        }
        assert_eq!(judged(&CHECK, &Sample::of(&found_in(101), 3)), Verdict::Sound);
    }

    #[test]
    fn fewer_rounds_than_the_rules_want_do_not_call_a_key_sound() {
        let few = Limits { fermat_rounds: 99, ..Limits::default() };
        let ended = Verdict::Unknown(Unknown::BudgetEnded { done: 99, needed: 100 });
        assert_eq!(judged_within(&CHECK, &rsa(FRESH, 3), few), ended);
        let more = Limits { fermat_rounds: 101, ..Limits::default() };
        let found = judged_within(&CHECK, &Sample::of(&found_in(101), 3), more);
        assert!(matches!(found, Verdict::Weak(_)));
    }

    #[test]
    fn every_small_number_is_answered_with_a_factor_or_not_at_all() {
        for number in 2_u32..3000 {
            let number = UBig::from(number);
            if let Some(factor) = factor(&number, 100) {
                assert!((&number % &factor).is_zero() && factor < number, "{number} {factor}");
            }
        }
    }
}
