//! exponent-huge: a public exponent beyond what anybody makes.

use super::super::evidence::Verdict;
use super::super::key::Rsa;
use super::super::limits::Limits;
use super::super::number;
use super::{Check, Kind, Severity, exponent_one};

pub(super) static CHECK: Check = Check {
    id: "exponent-huge",
    title: "RSA with a huge public exponent",
    why: "Every client that checks a signature works for seconds, many refuse the key, and such exponents come from swapping \
          the public exponent for a small private one, which is found then.",
    source: "Baseline Requirements section 6.1.6 (from 2^16+1 to 2^256-1); RFC 8017 section 3.1 (below the modulus)",
    hint: "Make a new key with the exponent 65537, and replace the certificate.",
    severity: Severity::Warning,
    kind: Kind::Rsa(judge),
};

/// The longest exponent of the Baseline Requirements, in bits.
const LONGEST: usize = 256;

fn judge(rsa: &Rsa, _: &Limits) -> Verdict {
    if number::bits(&rsa.exponent) <= LONGEST && rsa.exponent < rsa.modulus {
        return Verdict::Sound;
    }
    Verdict::Weak(exponent_one::evidence(rsa))
}

#[cfg(test)]
mod tests {
    use super::super::super::evidence::Evidence;
    use super::super::super::samples::{FRESH, Sample, judged, rsa};
    use super::*;

    #[test]
    fn an_exponent_may_have_256_bits_and_must_be_below_the_modulus() {
        let with = |exponent: &[u8]| Sample { exponent: exponent.to_vec(), ..rsa(FRESH, 3) };
        assert_eq!(judged(&CHECK, &with(&[0xff; 32])), Verdict::Sound);
        let weak = Verdict::Weak(Evidence::Exponent { value: None, bits: 257 });
        assert_eq!(judged(&CHECK, &with(&[&[1][..], &[0; 31], &[1]].concat())), weak);
        let weak = Verdict::Weak(Evidence::Exponent { value: Some(35), bits: 6 });
        assert_eq!(judged(&CHECK, &rsa("23", 35)), weak);
    }
}
