//! moderate-factor: a modulus with a factor that is found by trying.

use dashu_int::UBig;

use super::super::evidence::{Evidence, Factor, Verdict};
use super::super::key::Rsa;
use super::super::limits::Limits;
use super::super::number;
use super::{Check, Kind, Severity, small_factor, sound_after};

pub(super) static CHECK: Check = Check {
    id: "moderate-factor",
    title: "RSA with a modulus that has a factor of up to 16 bits",
    why: "The modulus is not the product of two large primes: it was damaged, or made by a fault, and what is left of it may be \
          factored.",
    source: "Baseline Requirements section 6.1.6 (factors below 752; these are above); NIST SP 800-89 section 5.3.3",
    hint: "Make a new key, compare what is stored with what was made, and replace the certificate.",
    severity: Severity::Error,
    kind: Kind::CostlyRsa(judge),
};

/// All primes below it are tried at least.
const PROMISED: u32 = 1 << 16;

fn judge(rsa: &Rsa, limits: &Limits) -> Verdict {
    match number::smallest_factor(&rsa.modulus, small_factor::BOUND, limits.factor_bound) {
        Some(factor) => Verdict::Weak(Evidence::Factor(Factor::of(&UBig::from(factor)))),
        None => sound_after(limits.factor_bound, PROMISED),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::evidence::Unknown;
    use super::super::super::samples::{FRESH, Sample, judged, judged_within, modulus, rsa};
    use super::*;

    fn with(factor: u32) -> Sample {
        Sample::of(&(modulus(FRESH) * UBig::from(factor)), 65_537)
    }

    fn found(factor: u32) -> Verdict {
        Verdict::Weak(Evidence::Factor(Factor::of(&UBig::from(factor))))
    }

    #[test]
    fn primes_from_752_up_to_the_bound_are_tried() {
        for factor in [757, 4099, 65_521] {
            assert_eq!(judged(&CHECK, &with(factor)), found(factor));
        }
        for factor in [1, 751, 65_537] {
            assert_eq!(judged(&CHECK, &with(factor)), Verdict::Sound, "{factor}");
        }
    }

    #[test]
    fn a_low_bound_does_not_call_a_key_sound_and_a_high_one_finds_more() {
        let low = Limits { factor_bound: 1000, ..Limits::default() };
        let ended = Verdict::Unknown(Unknown::BudgetEnded { done: 1000, needed: 65_536 });
        assert_eq!(judged_within(&CHECK, &rsa(FRESH, 3), low), ended);
        assert_eq!(judged_within(&CHECK, &with(757), low), found(757));
        let high = Limits { factor_bound: 1 << 17, ..low };
        assert_eq!(judged_within(&CHECK, &with(65_537), high), found(65_537));
    }
}
