//! small-private-key: a private key that is found by counting.

use super::super::curve::Curve;
use super::super::evidence::{Evidence, Unknown, Verdict};
use super::super::limits::Limits;
use super::{Check, Kind, Severity, sound_after};

pub(super) static CHECK: Check = Check {
    id: "small-private-key",
    title: "ECDSA with a private key that is a small number",
    why: "Everybody who counts from one upwards has the private key: it was set by hand, or the source of random numbers gave \
          zeros.",
    source: "NIST SP 800-186 section 3.2.1 (the generators); FIPS 186-5 appendix A.2 (private keys at random)",
    hint: "Make a new key with a library that is kept up, revoke the certificate, and replace it.",
    severity: Severity::Error,
    kind: Kind::Point(judge),
};

/// So many multiples of the generator are compared at least.
const PROMISED: u32 = 256;

fn judge(curve: &Curve, point: &[u8], limits: &Limits) -> Verdict {
    let Ok(point) = curve.decode(point) else {
        return Verdict::Unknown(Unknown::Unreadable("the key is not encoded as a point"));
    };
    if !curve.has(&point) {
        return Verdict::Unknown(Unknown::Unreadable("the point is not on its curve"));
    }
    let mut multiples = (1..=limits.multiples).zip(curve.multiples());
    match multiples.find(|(_, x)| *x == point.x) {
        Some((number, _)) => Verdict::Weak(Evidence::PrivateKey(number)),
        None => sound_after(limits.multiples, PROMISED),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::key::NamedCurve;
    use super::super::super::samples::{generated_point, judged_point, judged_point_within, point_of};
    use super::*;

    #[test]
    fn private_keys_up_to_the_budget_are_found() {
        for number in [1_u32, 2, 3, 20, 255, 256] {
            let point = point_of(&number.to_be_bytes());
            let weak = Verdict::Weak(Evidence::PrivateKey(number));
            assert_eq!(judged_point(&CHECK, NamedCurve::P256, &point), weak, "{number}");
            let compressed = [&[2][..], &point[1..33]].concat();
            assert_eq!(judged_point(&CHECK, NamedCurve::P256, &compressed), weak, "{number}");
        }
        let point = point_of(&257_u32.to_be_bytes());
        assert_eq!(judged_point(&CHECK, NamedCurve::P256, &point), Verdict::Sound);
        let more = Limits { multiples: 300, ..Limits::default() };
        let weak = Verdict::Weak(Evidence::PrivateKey(257));
        assert_eq!(judged_point_within(&CHECK, (NamedCurve::P256, &point), more), weak);
    }

    #[test]
    fn the_negative_of_a_private_key_is_found_as_well() {
        let order = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
        let minus_seven = dashu_int::UBig::from_str_radix(order, 16).unwrap() - dashu_int::UBig::from(7_u8);
        let point = point_of(&minus_seven.to_be_bytes());
        let weak = Verdict::Weak(Evidence::PrivateKey(7));
        assert_eq!(judged_point(&CHECK, NamedCurve::P256, &point), weak);
    }

    #[test]
    fn a_random_key_is_sound_and_a_small_budget_says_so() {
        let point = generated_point();
        assert_eq!(judged_point(&CHECK, NamedCurve::P256, &point), Verdict::Sound);
        let few = Limits { multiples: 10, ..Limits::default() };
        let ended = Verdict::Unknown(Unknown::BudgetEnded { done: 10, needed: 256 });
        assert_eq!(judged_point_within(&CHECK, (NamedCurve::P256, &point), few), ended);
    }
}
