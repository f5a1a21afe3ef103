//! roca: primes of the library of Infineon (CVE-2017-15361).

use dashu_int::UBig;

use super::super::evidence::{Evidence, Verdict};
use super::super::key::Rsa;
use super::super::limits::Limits;
use super::super::number;
use super::{Check, Kind, Severity};

pub(super) static CHECK: Check = Check {
    id: "roca",
    title: "RSA from a chip with the ROCA fault",
    why: "The chip's library made primes of a form that is seen in the modulus and that makes factoring cheap: hours to days for \
          1024 and 2048 bits (CVE-2017-15361).",
    source: "Nemec and others, The Return of Coppersmith's Attack, CCS 2017, sections 2.1 and 2.3; Baseline Requirements \
             section 6.1.1.3",
    hint: "Make a new key outside the chip or after its update, revoke the certificate, and replace it.",
    severity: Severity::Error,
    kind: Kind::Rsa(judge),
};

/// The primes of every affected key are `k * M + (65537^a mod M)`, and M is a multiple of the product of the primes below this.
const BOUND: u32 = 168;

/// The library makes no shorter moduli.
const SHORTEST: usize = 512;

fn judge(rsa: &Rsa, _: &Limits) -> Verdict {
    if number::bits(&rsa.modulus) < SHORTEST {
        return Verdict::Inapplicable;
    }
    match logarithm(&rsa.modulus) {
        Some(power) => Verdict::Weak(Evidence::Logarithm(power)),
        None => Verdict::Sound,
    }
}

/// The exponent of 65537 that gives the number modulo all the primes (section 2.3 of the paper), taken prime by prime and put
/// together as the Chinese remainder theorem has it. There is one for a number by chance once in 2^154.
fn logarithm(number: &UBig) -> Option<u64> {
    let mut whole = Congruence { rest: 0, order: 1 };
    for prime in number::primes(2, BOUND) {
        let residue = u128::from(number % prime);
        whole = whole.and(&discrete_logarithm(residue, prime.into())?)?;
    }
    u64::try_from(whole.rest).ok()
}

/// An exponent that is known modulo an order.
struct Congruence {
    rest: u128,
    order: u128,
}

impl Congruence {
    /// What holds for both; nothing where they contradict each other.
    fn and(&self, other: &Self) -> Option<Self> {
        let steps = other.order / common_divisor(self.order, other.order);
        let mut candidates = (0..steps).map(|step| self.rest + step * self.order);
        let rest = candidates.find(|candidate| candidate % other.order == other.rest)?;
        Some(Self { rest, order: self.order * steps })
    }
}

/// By trying: the orders are below 168.
fn discrete_logarithm(residue: u128, prime: u128) -> Option<Congruence> {
    let mut rest = None;
    let mut power = 1;
    for exponent in 0.. {
        if exponent > 0 && power == 1 {
            return rest.map(|rest| Congruence { rest, order: exponent });
        }
        if power == residue {
            rest = Some(exponent);
        }
        power = power * 65_537 % prime;
    }
    None
}

fn common_divisor(one: u128, other: u128) -> u128 {
    if other == 0 { one } else { common_divisor(other, one % other) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::super::samples::{FRESH, NOT_ROCA, ROCA, Sample, judged, prime_after, rsa};
    use super::*;

    /// The order of 65537 modulo the product, as the paper's authors publish it.
    const ORDER: u64 = 2_454_106_387_091_158_800;

    fn product() -> UBig {
        number::primes(2, BOUND).map(UBig::from).product()
    }

    /// `k * M + (65537^a mod M)`.
    fn of_the_form(k: UBig, a: u64) -> UBig {
        let field = dashu_int::fast_div::ConstDivisor::new(product());
        k * product() + field.reduce(65_537_u32).pow(&UBig::from(a)).residue()
    }

    #[test]
    fn published_keys_are_told_apart() {
        for modulus in ROCA {
            let found = judged(&CHECK, &rsa(modulus, 65_537));
            assert!(matches!(found, Verdict::Weak(Evidence::Logarithm(_))), "{modulus}");
        }
        for modulus in [NOT_ROCA, FRESH] {
            assert_eq!(judged(&CHECK, &rsa(modulus, 65_537)), Verdict::Sound, "{modulus}");
        }
        assert_eq!(judged(&CHECK, &Sample::of(&of_the_form(UBig::from(5_u8), 77), 3)), Verdict::Inapplicable);
    }

    #[test]
    fn the_logarithm_of_a_key_that_was_made_so_is_the_sum_of_its_primes_logarithms() {
        let p = of_the_form(UBig::from(0xbead_u32) << 40, 123_456_789_012);
        let q = of_the_form(UBig::from(0xcafe_u32) << 64, ORDER - 5);
        let weak = Verdict::Weak(Evidence::Logarithm(123_456_789_007));
        assert_eq!(judged(&CHECK, &Sample::of(&(p * q), 65_537)), weak);
    }

    #[test]
    fn one_prime_of_the_form_is_not_enough() {
        let p = of_the_form(UBig::from(0xbead_u32) << 300, 99);
        let q = prime_after("another", 512);
        assert_eq!(judged(&CHECK, &Sample::of(&(p * q), 65_537)), Verdict::Sound);
    }

    proptest! {
        #[test]
        fn every_power_is_found_and_nothing_beside_it(k in any::<u128>(), a in 0..ORDER) {
            let number = of_the_form(UBig::from(k) << 256, a);
            prop_assert_eq!(logarithm(&number), Some(a));
            prop_assert_eq!(logarithm(&(number + UBig::ONE)), None);
        }
    }
}
