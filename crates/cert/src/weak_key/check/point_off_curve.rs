//! point-off-curve: a point of another curve than the key says.

use super::super::curve::Curve;
use super::super::evidence::{Evidence, Unknown, Verdict};
use super::super::limits::Limits;
use super::{Check, Kind, Severity};

pub(super) static CHECK: Check = Check {
    id: "point-off-curve",
    title: "ECDSA with a point that is not on its curve",
    why: "Nobody has a private key for it: no signature is ever good, and clients that do not check it calculate on a weaker \
          curve.",
    source: "NIST SP 800-56A revision 3 section 5.6.2.3; Baseline Requirements section 6.1.6",
    hint: "Make a new key, compare what is stored with what was made, and replace the certificate.",
    severity: Severity::Error,
    kind: Kind::Point(judge),
};

fn judge(curve: &Curve, point: &[u8], _: &Limits) -> Verdict {
    match curve.decode(point) {
        Ok(point) if curve.has(&point) => Verdict::Sound,
        Ok(_) => Verdict::Weak(Evidence::OffCurve),
        Err(_) => Verdict::Unknown(Unknown::Unreadable("the key is not encoded as a point")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::key::NamedCurve;
    use super::super::super::samples::{generated_point, judged_point};
    use super::*;

    #[test]
    fn one_bit_more_or_less_leaves_the_curve() {
        let point = generated_point();
        assert_eq!(judged_point(&CHECK, NamedCurve::P256, &point), Verdict::Sound);
        for place in [20, 40, 64] {
            let mut other = point.clone();
            other[place] ^= 1;
            assert_eq!(judged_point(&CHECK, NamedCurve::P256, &other), Verdict::Weak(Evidence::OffCurve));
        }
        assert!(matches!(judged_point(&CHECK, NamedCurve::P256, &point[..33]), Verdict::Unknown(_)));
    }

    #[test]
    fn half_of_all_compressed_points_are_on_the_curve() {
        let sound = (0..=255_u8).filter(|x| {
            let point = [&[2][..], &[0; 31], &[*x]].concat();
            judged_point(&CHECK, NamedCurve::P256, &point) == Verdict::Sound
        });
        assert!((100..156).contains(&sound.count()));
    }
}
