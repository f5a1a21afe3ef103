//! small-factor: a modulus with a factor that the Baseline Requirements name.

use dashu_int::UBig;

use super::super::evidence::{Evidence, Factor, Verdict};
use super::super::key::Rsa;
use super::super::limits::Limits;
use super::super::number;
use super::{Check, Kind, Severity};

pub(super) static CHECK: Check = Check {
    id: "small-factor",
    title: "RSA with a modulus that has a small factor",
    why: "A modulus of two large primes has no factor below 752. One that has was damaged, as by a broken memory or file, and \
          what is left of it may be factored.",
    source: "Baseline Requirements section 6.1.6; NIST SP 800-89 section 5.3.3",
    hint: "Make a new key, compare what is stored with what was made, and replace the certificate.",
    severity: Severity::Error,
    kind: Kind::Rsa(judge),
};

/// The modulus should have no factor below it. Two is a check of its own.
pub(super) const BOUND: u32 = 752;

fn judge(rsa: &Rsa, _: &Limits) -> Verdict {
    match number::smallest_factor(&rsa.modulus, 3, BOUND) {
        Some(factor) => Verdict::Weak(Evidence::Factor(Factor::of(&UBig::from(factor)))),
        None => Verdict::Sound,
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::samples::{FRESH, Sample, judged, modulus, rsa};
    use super::*;

    #[test]
    fn every_prime_below_752_is_tried_and_none_above() {
        let fresh = modulus(FRESH);
        for (factor, is_weak) in [(2_u32, false), (3, true), (5, true), (97, true), (751, true), (757, false)]
        {
            let sample = Sample::of(&(&fresh * UBig::from(factor)), 65_537);
            let found = Verdict::Weak(Evidence::Factor(Factor::of(&UBig::from(factor))));
            assert_eq!(judged(&CHECK, &sample), if is_weak { found } else { Verdict::Sound }, "{factor}");
        }
        assert_eq!(judged(&CHECK, &rsa(FRESH, 3)), Verdict::Sound);
    }
}
