//! The primes of an RSA key are not near each other.

use dashu_int::UBig;
use dashu_int::ops::{SquareRoot, SquareRootRem};

use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "community.rsa-fermat-factorization",
        title: "The primes of an RSA key are not near each other.",
        why: "Fermat's method finds both in a moment: anybody can calculate the private key from the certificate \
              (CVE-2022-26320).",
        source: Source::Community,
        citation: "Baseline Requirements section 6.1.1.3; FIPS 186-5 appendix A.1.1",
        severity: Severity::Error,
        effective: Effective::ALWAYS,
        affects_path: false,
        alias: Some("zlint:e_rsa_fermat_factorization"),
        hint: "make the key elsewhere than on the device that made this one, and have this certificate revoked",
    },
    applies: reading::is_rsa,
    judge: |subject| {
        reading::rsa(subject, |modulus, _| {
            let number = UBig::from_be_bytes(modulus.magnitude());
            Verdict::of(factor(&number).map(|factor| format!("{factor} divides the modulus")))
        })
    },
};

/// The rounds that the baseline requirements want.
const ROUNDS: u32 = 100;

/// Looks for an odd number as a difference of two squares, from the least that is possible upwards.
fn factor(number: &UBig) -> Option<UBig> {
    if number.is_zero() {
        return None;
    }
    let mut larger = (number - UBig::ONE).sqrt() + UBig::ONE;
    let mut difference = larger.sqr() - number;
    for _ in 0..ROUNDS {
        let (smaller, rest) = difference.sqrt_rem();
        let factor = &larger - smaller;
        if rest.is_zero() && factor > UBig::ONE {
            return Some(factor);
        }
        difference += (&larger << 1) + UBig::ONE;
        larger += UBig::ONE;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_numbers_are_answered_with_a_factor_or_not_at_all() {
        let found = |number: u32| factor(&UBig::from(number));
        assert_eq!((found(0), found(1), found(15)), (None, None, Some(UBig::from(3_u8))));
        for number in 2_u32..2000 {
            if let Some(factor) = found(number) {
                assert!((UBig::from(number) % &factor).is_zero(), "{number} {factor}");
            }
        }
    }
}
