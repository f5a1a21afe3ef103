//! point-encoding: octets that are no point.

use super::super::curve::Curve;
use super::super::evidence::{Evidence, Verdict};
use super::super::limits::Limits;
use super::{Check, Kind, Severity};

pub(super) static CHECK: Check = Check {
    id: "point-encoding",
    title: "ECDSA with a key that is not encoded as a point",
    why: "Clients that check it refuse the key; those that do not may be led to calculate with something that is no point.",
    source: "RFC 5480 section 2.2; SEC 1 section 2.3.4",
    hint: "Make a new key with a library that is kept up, and replace the certificate.",
    severity: Severity::Error,
    kind: Kind::Point(judge),
};

fn judge(curve: &Curve, point: &[u8], _: &Limits) -> Verdict {
    match curve.decode(point) {
        Ok(_) => Verdict::Sound,
        Err(fault) => Verdict::Weak(Evidence::Encoding(fault)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::key::EncodingFault;
    use super::super::super::key::NamedCurve;
    use super::super::super::samples::{generated_point, judged_point};
    use super::*;

    #[test]
    fn a_point_that_was_made_properly_is_encoded_well_and_half_of_it_is_not() {
        let point = generated_point();
        assert_eq!(judged_point(&CHECK, NamedCurve::P256, &point), Verdict::Sound);
        let compressed = [&[2][..], &point[1..33]].concat();
        assert_eq!(judged_point(&CHECK, NamedCurve::P256, &compressed), Verdict::Sound);
        let fault = EncodingFault::Length { expected: 65, found: 33 };
        assert_eq!(
            judged_point(&CHECK, NamedCurve::P256, &point[..33]),
            Verdict::Weak(Evidence::Encoding(fault))
        );
        let fault = EncodingFault::Infinity;
        assert_eq!(judged_point(&CHECK, NamedCurve::P384, &[0]), Verdict::Weak(Evidence::Encoding(fault)));
    }

    #[test]
    fn nothing_is_said_of_curves_that_are_not_known() {
        assert!(matches!(judged_point(&CHECK, NamedCurve::Other, &[0]), Verdict::Unknown(_)));
    }
}
