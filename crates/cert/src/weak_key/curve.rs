//! The curves of NIST, y^2 = x^3 - 3x + b over a prime field (SP 800-186 section 3.2.1): as much as the checks need.

use dashu_int::UBig;
use dashu_int::fast_div::ConstDivisor;
use dashu_int::modular::Reduced;

use super::key::{EncodingFault, NamedCurve};

/// A curve to calculate with.
pub(super) struct Curve {
    field: ConstDivisor,
    prime: UBig,
    b: UBig,
    generator: (UBig, UBig),
    /// The length of a coordinate, in octets.
    octets: usize,
}

/// A point as its octets have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Encoded {
    pub(super) x: UBig,
    /// Compressed points leave it to be calculated.
    pub(super) y: Option<UBig>,
}

/// The numbers of a curve, in hexadecimal.
struct Written {
    prime: &'static str,
    b: &'static str,
    x: &'static str,
    y: &'static str,
    octets: usize,
}

const P256: Written = Written {
    prime: "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff",
    b: "5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b",
    x: "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296",
    y: "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5",
    octets: 32,
};

const P384: Written = Written {
    prime: "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe\
            ffffffff0000000000000000ffffffff",
    b: "b3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875a\
        c656398d8a2ed19d2a85c8edd3ec2aef",
    x: "aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a38\
        5502f25dbf55296c3a545e3872760ab7",
    y: "3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c0\
        0a60b1ce1d7e819d7a431d7c90ea0e5f",
    octets: 48,
};

const P521: Written = Written {
    prime: "01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff\
            ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff\
            ffff",
    b: "0051953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef1\
        09e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b50\
        3f00",
    x: "00c6858e06b70404e9cd9e3ecb662395b4429c648139053fb521f828af606b4d\
        3dbaa14b5e77efe75928fe1dc127a2ffa8de3348b3c1856a429bf97e7e31c2e5\
        bd66",
    y: "011839296a789a3bc0045c8a5fb42c7d1bd998f54449579b446817afbd17273e\
        662c97ee72995ef42640c550b9013fad0761353c7086a272c24088be94769fd1\
        6650",
    octets: 66,
};

impl Curve {
    /// Nothing for a curve of which nothing is known.
    pub(super) fn of(name: NamedCurve) -> Option<Self> {
        let written = match name {
            NamedCurve::P256 => P256,
            NamedCurve::P384 => P384,
            NamedCurve::P521 => P521,
            NamedCurve::Other => return None,
        };
        let number = |digits| UBig::from_str_radix(digits, 16).ok();
        let prime = number(written.prime)?;
        Some(Self {
            field: ConstDivisor::new(prime.clone()),
            prime,
            b: number(written.b)?,
            generator: (number(written.x)?, number(written.y)?),
            octets: written.octets,
        })
    }

    /// Reads the octets of a point (SEC 1 section 2.3.4), whether or not it is on the curve.
    pub(super) fn decode(&self, point: &[u8]) -> Result<Encoded, EncodingFault> {
        let (form, coordinates) = point.split_first().ok_or(EncodingFault::Empty)?;
        let count = match form {
            0 if coordinates.is_empty() => return Err(EncodingFault::Infinity),
            2 | 3 => 1,
            4 => 2,
            other => return Err(EncodingFault::Form(*other)),
        };
        let expected = 1 + count * self.octets;
        if point.len() != expected {
            return Err(EncodingFault::Length { expected, found: point.len() });
        }
        let (x, y) = coordinates.split_at(self.octets);
        let encoded = Encoded { x: UBig::from_be_bytes(x), y: (count == 2).then(|| UBig::from_be_bytes(y)) };
        let is_below = |number: &UBig| *number < self.prime;
        let all_below = is_below(&encoded.x) && encoded.y.as_ref().is_none_or(is_below);
        all_below.then_some(encoded).ok_or(EncodingFault::Coordinate)
    }

    /// Whether the point is on the curve; a compressed one is where there is a y for its x (Euler's criterion).
    pub(super) fn has(&self, point: &Encoded) -> bool {
        let x = self.reduced(&point.x);
        let three = self.field.reduce(3_u8);
        let right = x.sqr() * &x - three * x + self.reduced(&self.b);
        match &point.y {
            Some(y) => self.reduced(y).sqr() == right,
            None => right.pow(&(&self.prime >> 1)).residue() <= UBig::ONE,
        }
    }

    /// The x coordinates of the generator's multiples, beginning with its own. A point and its negative have the same.
    pub(super) fn multiples(&self) -> impl Iterator<Item = UBig> {
        let generator = (self.reduced(&self.generator.0), self.reduced(&self.generator.1));
        let first = generator.clone();
        let all = std::iter::successors(Some(first), move |point| self.sum(point, &generator));
        all.map(|(x, _)| x.residue())
    }

    /// The chord through two points, or the tangent of one (SEC 1 section 2.2.1); nothing where the sum is at infinity.
    fn sum<'a>(&'a self, one: &Point<'a>, other: &Point<'a>) -> Option<Point<'a>> {
        let three = || self.field.reduce(3_u8);
        let slope = if one.0 == other.0 {
            (three() * one.0.sqr() - three()) * one.1.clone().dbl().inv()?
        } else {
            (&other.1 - &one.1) * (&other.0 - &one.0).inv()?
        };
        let x = slope.sqr() - &one.0 - &other.0;
        let y = slope * (&one.0 - &x) - &one.1;
        Some((x, y))
    }

    fn reduced(&self, number: &UBig) -> Reduced<'_> {
        self.field.reduce(number.clone())
    }
}

type Point<'a> = (Reduced<'a>, Reduced<'a>);

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [NamedCurve; 3] = [NamedCurve::P256, NamedCurve::P384, NamedCurve::P521];

    #[test]
    fn the_generator_of_every_curve_is_on_it() {
        for name in ALL {
            let curve = Curve::of(name).unwrap();
            let (x, y) = curve.generator.clone();
            assert!(curve.has(&Encoded { x: x.clone(), y: Some(y.clone()) }), "{name:?}");
            assert!(curve.has(&Encoded { x: x.clone(), y: None }), "{name:?}");
            assert!(!curve.has(&Encoded { x, y: Some(y + UBig::ONE) }), "{name:?}");
        }
        assert!(Curve::of(NamedCurve::Other).is_none());
    }

    /// The multiples of NIST's test vectors (point multiplication, k = 2, 3 and 20).
    #[test]
    fn multiples_of_the_generator_are_those_of_the_published_table() {
        let curve = Curve::of(NamedCurve::P256).unwrap();
        let multiples: Vec<String> = curve.multiples().take(20).map(|x| format!("{x:064x}")).collect();
        assert_eq!(multiples[1], "7cf27b188d034f7e8a52380304b51ac3c08969e277f21b35a60b48fc47669978");
        assert_eq!(multiples[2], "5ecbe4d1a6330a44c8f7ef951d4bf165e6c6b721efada985fb41661bc6e7fd6c");
        assert_eq!(multiples[19], "83a01a9378395bab9bcd6a0ad03cc56d56e6b19250465a94a234dc4c6b28da9a");
    }

    #[test]
    fn points_that_are_no_points_are_told_by_their_fault() {
        let curve = Curve::of(NamedCurve::P256).unwrap();
        let filled = |form: u8, octets: usize, with: u8| [vec![form], vec![with; octets]].concat();
        let table = [
            (Vec::new(), EncodingFault::Empty),
            (vec![0], EncodingFault::Infinity),
            (filled(0, 64, 1), EncodingFault::Form(0)),
            (filled(6, 64, 1), EncodingFault::Form(6)),
            (filled(4, 63, 1), EncodingFault::Length { expected: 65, found: 64 }),
            (filled(2, 64, 1), EncodingFault::Length { expected: 33, found: 65 }),
            (filled(4, 64, 0xff), EncodingFault::Coordinate),
            (filled(3, 32, 0xff), EncodingFault::Coordinate),
        ];
        for (point, fault) in table {
            assert_eq!(curve.decode(&point), Err(fault), "{point:?}");
        }
        assert!(curve.decode(&filled(4, 64, 1)).is_ok());
        assert!(curve.decode(&filled(3, 32, 1)).is_ok());
    }
}
