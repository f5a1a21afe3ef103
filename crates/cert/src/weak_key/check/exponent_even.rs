//! exponent-even: a public exponent that has no private one.

use dashu_int::UBig;
use dashu_int::ops::BitTest;

use super::super::evidence::Verdict;
use super::super::key::Rsa;
use super::super::limits::Limits;
use super::{Check, Kind, Severity, exponent_one};

pub(super) static CHECK: Check = Check {
    id: "exponent-even",
    title: "RSA with an even public exponent",
    why: "There is no private exponent for it: whatever the key is, it is not RSA, and clients refuse it.",
    source: "RFC 8017 section 3.1; Baseline Requirements section 6.1.6",
    hint: "Make a new key with the exponent 65537, and replace the certificate.",
    severity: Severity::Error,
    kind: Kind::Rsa(judge),
};

fn judge(rsa: &Rsa, _: &Limits) -> Verdict {
    if rsa.exponent.bit(0) || rsa.exponent <= UBig::ONE {
        return Verdict::Sound;
    }
    Verdict::Weak(exponent_one::evidence(rsa))
}

#[cfg(test)]
mod tests {
    use super::super::super::evidence::Evidence;
    use super::super::super::samples::{FRESH, judged, rsa};
    use super::*;

    #[test]
    fn even_exponents_are_told_and_zero_is_left_to_another_check() {
        for (exponent, bits) in [(2, 2), (65_536, 17)] {
            let weak = Verdict::Weak(Evidence::Exponent { value: Some(exponent), bits });
            assert_eq!(judged(&CHECK, &rsa(FRESH, exponent)), weak);
        }
        for exponent in [0, 1, 3, 65_537] {
            assert_eq!(judged(&CHECK, &rsa(FRESH, exponent)), Verdict::Sound);
        }
    }
}
