//! exponent-one: a public exponent that does not encrypt.

use dashu_int::UBig;

use super::super::evidence::{Evidence, Verdict};
use super::super::key::Rsa;
use super::super::limits::Limits;
use super::super::number;
use super::{Check, Kind, Severity};

pub(super) static CHECK: Check = Check {
    id: "exponent-one",
    title: "RSA with the public exponent 1",
    why: "A signature is the signed value itself, and an encrypted value is the value: everybody can make both.",
    source: "RFC 8017 section 3.1; Baseline Requirements section 6.1.6",
    hint: "Make a new key with the exponent 65537, and replace the certificate.",
    severity: Severity::Error,
    kind: Kind::Rsa(judge),
};

fn judge(rsa: &Rsa, _: &Limits) -> Verdict {
    if rsa.exponent > UBig::ONE {
        return Verdict::Sound;
    }
    Verdict::Weak(evidence(rsa))
}

/// The exponent, as all checks of it show it.
pub(super) fn evidence(rsa: &Rsa) -> Evidence {
    Evidence::Exponent { value: u64::try_from(&rsa.exponent).ok(), bits: number::bits(&rsa.exponent) }
}

#[cfg(test)]
mod tests {
    use super::super::super::samples::{FRESH, judged, rsa};
    use super::*;

    #[test]
    fn zero_and_one_are_no_exponents() {
        for (exponent, bits) in [(0, 0), (1, 1)] {
            let weak = Verdict::Weak(Evidence::Exponent { value: Some(exponent), bits });
            assert_eq!(judged(&CHECK, &rsa(FRESH, exponent)), weak);
        }
        for exponent in [2, 3, 65_537] {
            assert_eq!(judged(&CHECK, &rsa(FRESH, exponent)), Verdict::Sound);
        }
    }
}
