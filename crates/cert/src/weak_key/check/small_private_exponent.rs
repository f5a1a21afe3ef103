//! small-private-exponent: a private exponent that the public one gives away.

use dashu_int::UBig;

use super::super::evidence::{Evidence, Unknown, Verdict};
use super::super::key::Rsa;
use super::super::limits::Limits;
use super::super::number;
use super::{Check, Kind, Severity};

pub(super) static CHECK: Check = Check {
    id: "small-private-exponent",
    title: "RSA with a private exponent that is too small",
    why: "A private exponent below the fourth root of the modulus is read off the public numbers: somebody chose it to sign \
          faster.",
    source: "Wiener, Cryptanalysis of Short RSA Secret Exponents, IEEE IT 36 (1990), section IV; FIPS 186-5 appendix A.1.1 \
             (d is above 2^(nlen/2))",
    hint: "Make a new key with the public exponent 65537, revoke the certificate, and replace it.",
    severity: Severity::Error,
    kind: Kind::CostlyRsa(judge),
};

/// Denominators so much longer than the fourth root are looked at as well: primes of a common divisor cost some bits.
const BEYOND: usize = 8;

fn judge(rsa: &Rsa, limits: &Limits) -> Verdict {
    if rsa.exponent >= rsa.modulus {
        let why = "the public exponent is not below the modulus, so that the fraction of both says nothing";
        return Verdict::Unknown(Unknown::BeyondReach(why));
    }
    if rsa.exponent <= UBig::ONE || is_too_small_for_it(rsa) {
        return Verdict::Sound;
    }
    let longest = number::bits(&rsa.modulus) / 4 + BEYOND;
    for (step, (numerator, denominator)) in (0_u32..).zip(convergents(rsa)) {
        if number::bits(&denominator) > longest {
            break;
        }
        if step >= limits.fraction_steps {
            let needed = u64::try_from(2 * longest).unwrap_or(u64::MAX);
            return Verdict::Unknown(Unknown::BudgetEnded { done: step.into(), needed });
        }
        if fits(rsa, &numerator, &denominator) {
            return Verdict::Weak(Evidence::PrivateExponent { bits: number::bits(&denominator) });
        }
    }
    Verdict::Sound
}

/// The product of both exponents is above about half of the modulus: a short public one leaves a long private one.
fn is_too_small_for_it(rsa: &Rsa) -> bool {
    let bits = number::bits(&rsa.modulus);
    number::bits(&rsa.exponent) + bits / 4 + BEYOND + 3 < bits
}

/// The convergents of the continued fraction of exponent over modulus, beginning with the second (the first is zero).
fn convergents(rsa: &Rsa) -> impl Iterator<Item = (UBig, UBig)> {
    let mut rest = (rsa.modulus.clone(), rsa.exponent.clone());
    let mut before = (UBig::ONE, UBig::ZERO);
    let mut last = (UBig::ZERO, UBig::ONE);
    std::iter::from_fn(move || {
        if rest.1.is_zero() {
            return None;
        }
        let quotient = &rest.0 / &rest.1;
        let smaller = &rest.0 - &quotient * &rest.1;
        rest = (std::mem::take(&mut rest.1), smaller);
        let next = (&quotient * &last.0 + &before.0, &quotient * &last.1 + &before.1);
        before = std::mem::replace(&mut last, next.clone());
        Some(next)
    })
}

/// Whether the fraction gives a count of units modulo n of which the two primes follow (section III of the paper).
fn fits(rsa: &Rsa, numerator: &UBig, denominator: &UBig) -> bool {
    let units = &rsa.exponent * denominator / numerator;
    if units >= rsa.modulus {
        return false;
    }
    let sum = &rsa.modulus - units + UBig::ONE;
    let (square, four) = (sum.sqr(), &rsa.modulus << 2);
    if square < four {
        return false;
    }
    let Some(distance) = number::exact_root(&(square - four)) else { return false };
    let doubled = sum - distance;
    doubled > UBig::from(2_u8) && (&rsa.modulus << 1) % &doubled == UBig::ZERO && doubled < rsa.modulus
}

#[cfg(test)]
mod tests {
    use dashu_int::IBig;
    use dashu_int::ops::ExtendedGcd;

    use super::super::super::samples::{FRESH, Sample, judged, judged_within, modulus, prime_after, rsa};
    use super::*;

    /// A key of two primes of 512 bits with a private exponent from here upwards.
    fn with_private(from: UBig) -> (Sample, UBig) {
        let (p, q) = (prime_after("wiener one", 512), prime_after("wiener two", 512));
        let units = (&p - UBig::ONE) * (&q - UBig::ONE);
        let mut private = from | UBig::ONE;
        loop {
            let (divisor, inverse, _) = (&private).gcd_ext(&units);
            if divisor.is_one() {
                let exponent =
                    ((inverse % IBig::from(units.clone())) + IBig::from(units.clone())) % IBig::from(units);
                let exponent = UBig::try_from(exponent).unwrap();
                return (
                    Sample { exponent: exponent.to_be_bytes().into_vec(), ..Sample::of(&(p * q), 3) },
                    private,
                );
            }
            private += UBig::from(2_u8);
        }
    }

    #[test]
    fn private_exponents_below_the_fourth_root_are_found() {
        for bits in [2_usize, 3, 17, 100, 200, 254] {
            let (sample, private) = with_private(UBig::ONE << (bits - 1));
            let weak = Verdict::Weak(Evidence::PrivateExponent { bits: number::bits(&private) });
            assert_eq!(judged(&CHECK, &sample), weak, "{bits}");
        }
    }

    #[test]
    fn long_private_exponents_are_not() {
        for bits in [300_usize, 512, 1020] {
            assert_eq!(judged(&CHECK, &with_private(UBig::ONE << (bits - 1)).0), Verdict::Sound, "{bits}");
        }
        for exponent in [1, 3, 65_537] {
            assert_eq!(judged(&CHECK, &rsa(FRESH, exponent)), Verdict::Sound, "{exponent}");
        }
        let long = (modulus(FRESH) >> 1).to_be_bytes().into_vec();
        assert_eq!(judged(&CHECK, &Sample { exponent: long, ..rsa(FRESH, 3) }), Verdict::Sound);
    }

    #[test]
    fn a_budget_that_ends_is_unknown_and_so_is_an_exponent_above_the_modulus() {
        let (sample, _) = with_private(UBig::ONE << 199);
        let few = Limits { fraction_steps: 5, ..Limits::default() };
        let found = judged_within(&CHECK, &sample, few);
        assert!(matches!(found, Verdict::Unknown(Unknown::BudgetEnded { done: 5, .. })), "{found:?}");
        let above = (modulus(FRESH) << 1).to_be_bytes().into_vec();
        let found = judged(&CHECK, &Sample { exponent: above, ..rsa(FRESH, 3) });
        assert!(matches!(found, Verdict::Unknown(Unknown::BeyondReach(_))));
    }
}
