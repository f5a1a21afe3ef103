//! modulus-prime: a modulus that is no product at all.

use aws_lc_rs::digest::{SHA256, digest};
use dashu_int::UBig;
use dashu_int::monty::MontgomeryRepr;
use dashu_int::ops::BitTest;

use super::super::evidence::{Evidence, Unknown, Verdict};
use super::super::key::Rsa;
use super::super::limits::Limits;
use super::{Check, Kind, Severity};

pub(super) static CHECK: Check = Check {
    id: "modulus-prime",
    title: "RSA with a prime as its modulus",
    why: "The private exponent follows from the modulus by a subtraction and an inversion, for everybody.",
    source: "RFC 8017 section 3.1; FIPS 186-5 appendix B.3.1 (the test for primes)",
    hint: "Make a new key with a library that is kept up, and replace the certificate.",
    severity: Severity::Error,
    kind: Kind::CostlyRsa(judge),
};

/// As many rounds must be passed before a number is called a prime: a composite passes one with a chance of a quarter at most.
const PROMISED: u32 = 16;

fn judge(rsa: &Rsa, limits: &Limits) -> Verdict {
    let rounds = limits.prime_rounds.min(PROMISED);
    if !passes(&rsa.modulus, rounds) {
        return Verdict::Sound;
    }
    if rounds < PROMISED {
        return Verdict::Unknown(Unknown::BudgetEnded { done: rounds.into(), needed: PROMISED.into() });
    }
    Verdict::Weak(Evidence::Prime)
}

/// Miller and Rabin's test (FIPS 186-5 appendix B.3.1) of a number above one: what fails a round is composite. The bases come
/// from a hash of the number, so that nobody can choose a composite that passes them.
pub(in crate::weak_key) fn passes(number: &UBig, rounds: u32) -> bool {
    if !number.bit(0) || *number == UBig::from(3_u8) {
        return number.bit_len() == 2;
    }
    let field = MontgomeryRepr::new(number.clone());
    let (one, minus_one) = (field.reduce(UBig::ONE), field.reduce(number - UBig::ONE));
    let even = number - UBig::ONE;
    let twos = even.trailing_zeros().unwrap_or(0);
    let odd = even >> twos;
    (0..rounds).all(|round| {
        let base = field.reduce(base(number, round));
        let mut power = base.pow(&odd);
        if power == one || power == minus_one {
            return true;
        }
        (1..twos).any(|_| {
            power = power.sqr();
            power == minus_one
        })
    })
}

/// A base from 2 to two below the number, which is odd and above 3.
fn base(number: &UBig, round: u32) -> UBig {
    let seed = [&round.to_be_bytes()[..], &number.to_be_bytes()].concat();
    let hash = UBig::from_be_bytes(digest(&SHA256, &seed).as_ref());
    hash % (number - UBig::from(3_u8)) + UBig::from(2_u8)
}

#[cfg(test)]
mod tests {
    use super::super::super::number::primes;
    use super::super::super::samples::{FRESH, PRIME, Sample, judged, judged_within, rsa};
    use super::*;

    #[test]
    fn only_a_prime_passes_all_rounds() {
        assert_eq!(judged(&CHECK, &rsa(PRIME, 65_537)), Verdict::Weak(Evidence::Prime));
        assert_eq!(judged(&CHECK, &rsa(FRESH, 65_537)), Verdict::Sound);
        let mersenne = (UBig::ONE << 521) - UBig::ONE;
        assert_eq!(judged(&CHECK, &Sample::of(&mersenne, 3)), Verdict::Weak(Evidence::Prime));
    }

    #[test]
    fn a_budget_that_ends_leaves_a_prime_unknown_and_a_composite_known() {
        let few = Limits { prime_rounds: 3, ..Limits::default() };
        let ended = Verdict::Unknown(Unknown::BudgetEnded { done: 3, needed: 16 });
        assert_eq!(judged_within(&CHECK, &rsa(PRIME, 3), few), ended);
        assert_eq!(judged_within(&CHECK, &rsa(FRESH, 3), few), Verdict::Sound);
        let none = Limits { prime_rounds: 0, ..Limits::default() };
        assert!(matches!(judged_within(&CHECK, &rsa(FRESH, 3), none), Verdict::Unknown(_)));
    }

    /// 561 and its like pass Fermat's test, and 3215031751 passes the bases 2, 3, 5 and 7.
    #[test]
    fn the_test_agrees_with_a_sieve_and_sees_through_pseudoprimes() {
        let known: Vec<u32> = primes(0, 2000).collect();
        for number in 2_u32..2000 {
            assert_eq!(passes(&UBig::from(number), 16), known.contains(&number), "{number}");
        }
        for pseudoprime in [561_u64, 1105, 41_041, 3_215_031_751, 3_825_123_056_546_413_051] {
            assert!(!passes(&UBig::from(pseudoprime), 16), "{pseudoprime}");
        }
    }
}
