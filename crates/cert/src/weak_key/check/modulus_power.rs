//! modulus-power: a modulus whose root is its factor.

use dashu_int::UBig;

use super::super::evidence::{Evidence, Factor, Verdict};
use super::super::key::Rsa;
use super::super::limits::Limits;
use super::super::number;
use super::{Check, Kind, Severity};

pub(super) static CHECK: Check = Check {
    id: "modulus-power",
    title: "RSA with a square or another power as its modulus",
    why: "The root of the modulus is a factor of it, so that the private key is known: both primes were the same.",
    source: "Baseline Requirements section 6.1.6 (not the power of a prime); NIST SP 800-89 section 5.3.3",
    hint: "Make a new key with a library that is kept up, and replace the certificate.",
    severity: Severity::Error,
    kind: Kind::CostlyRsa(judge),
};

/// Roots below two to the power of this are found by the checks of factors.
const ROOT_BITS: usize = 16;

/// The primes that a modulus is looked at by, before its root is calculated, are below it.
const BOUND: u32 = 1 << 16;

fn judge(rsa: &Rsa, _: &Limits) -> Verdict {
    let primes: Vec<u32> = number::primes(2, BOUND).collect();
    let longest = (number::bits(&rsa.modulus) - 1) / ROOT_BITS;
    let degrees = primes.iter().take_while(|degree| **degree as usize <= longest);
    let found = degrees.copied().find_map(|degree| {
        let root = root(&rsa.modulus, degree, &primes)?;
        Some(Evidence::Power { root: Factor::of(&root), degree: degree as usize })
    });
    found.map_or(Verdict::Sound, Verdict::Weak)
}

fn root(number: &UBig, degree: u32, primes: &[u32]) -> Option<UBig> {
    if degree == 2 {
        return number::exact_root(number);
    }
    if !may_be_a_power(number, degree, primes) {
        return None;
    }
    let degree = degree as usize;
    let mut root = UBig::ZERO;
    for bit in (0..=number::bits(number) / degree).rev() {
        let larger = &root | (UBig::ONE << bit);
        if larger.pow(degree) <= *number {
            root = larger;
        }
    }
    (root.pow(degree) == *number).then_some(root)
}

/// Modulo a prime that is one above a multiple of the degree, only one number among so many is such a power (Euler's criterion,
/// for higher degrees). A few primes leave next to nothing.
fn may_be_a_power(number: &UBig, degree: u32, primes: &[u32]) -> bool {
    let telling = primes.iter().filter(|prime| **prime % degree == 1).take(8);
    telling.copied().all(|prime| {
        let residue = number % prime;
        residue == 0 || power(residue.into(), (prime - 1) / degree, prime.into()) == 1
    })
}

/// `base^exponent` modulo a number of up to 32 bits.
fn power(base: u64, exponent: u32, modulus: u64) -> u64 {
    let square = |number: u64| number * number % modulus;
    (0..u32::BITS).rev().fold(1, |power, bit| {
        let squared = square(power);
        if exponent >> bit & 1 == 1 { squared * base % modulus } else { squared }
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::samples::{FRESH, PRIME, Sample, judged, modulus, rsa};
    use super::*;

    #[test]
    fn powers_of_every_prime_degree_are_told_by_their_root() {
        let prime = (UBig::ONE << 127) - UBig::ONE;
        for degree in [2, 3, 5, 7, 11, 13] {
            let weak = Verdict::Weak(Evidence::Power { root: Factor::of(&prime), degree });
            assert_eq!(judged(&CHECK, &Sample::of(&prime.pow(degree), 3)), weak, "{degree}");
            let beside = prime.pow(degree) + UBig::from(2_u8);
            assert_eq!(judged(&CHECK, &Sample::of(&beside, 3)), Verdict::Sound, "{degree}");
        }
        let square = modulus(PRIME).sqr();
        let weak = Verdict::Weak(Evidence::Power { root: Factor::of(&modulus(PRIME)), degree: 2 });
        assert_eq!(judged(&CHECK, &Sample::of(&square, 3)), weak);
        assert_eq!(judged(&CHECK, &rsa(FRESH, 3)), Verdict::Sound);
    }

    #[test]
    fn roots_of_sixteen_bits_are_left_to_the_checks_of_factors() {
        let (short, shorter) = (UBig::from(65_537_u32), UBig::from(65_521_u32));
        let weak = Verdict::Weak(Evidence::Power { root: Factor::of(&short), degree: 101 });
        assert_eq!(judged(&CHECK, &Sample::of(&short.pow(101), 3)), weak);
        assert_eq!(judged(&CHECK, &Sample::of(&shorter.pow(101), 3)), Verdict::Sound);
    }
}
