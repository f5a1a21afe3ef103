//! modulus-even: a modulus that everybody can halve.

use dashu_int::UBig;
use dashu_int::ops::BitTest;

use super::super::evidence::{Evidence, Factor, Verdict};
use super::super::key::Rsa;
use super::super::limits::Limits;
use super::{Check, Kind, Severity};

pub(super) static CHECK: Check = Check {
    id: "modulus-even",
    title: "RSA with an even modulus",
    why: "Two is a factor of it, so that the private key is known: the modulus was damaged, or never was the product of two \
          large primes.",
    source: "Baseline Requirements section 6.1.6",
    hint: "Make a new key with a library that is kept up, and replace the certificate.",
    severity: Severity::Error,
    kind: Kind::Rsa(judge),
};

fn judge(rsa: &Rsa, _: &Limits) -> Verdict {
    if rsa.modulus.bit(0) {
        return Verdict::Sound;
    }
    Verdict::Weak(Evidence::Factor(Factor::of(&UBig::from(2_u8))))
}

#[cfg(test)]
mod tests {
    use super::super::super::samples::{FRESH, judged, rsa};
    use super::*;

    #[test]
    fn the_last_bit_decides() {
        let weak = Verdict::Weak(Evidence::Factor(Factor::of(&UBig::from(2_u8))));
        assert_eq!(judged(&CHECK, &rsa("c0ffee", 3)), weak);
        assert_eq!(judged(&CHECK, &rsa("c0ffef", 3)), Verdict::Sound);
        assert_eq!(judged(&CHECK, &rsa(FRESH, 3)), Verdict::Sound);
    }
}
