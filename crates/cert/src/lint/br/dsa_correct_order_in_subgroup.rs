//! The public value of a DSA key lies in its group.

use super::ask;
use crate::der::Integer;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};
use crate::x509::DsaDomain;
use dashu_int::UBig;
use dashu_int::fast_div::ConstDivisor;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.dsa-correct-order-in-subgroup",
        title: "The public value of a DSA key has the order of its group.",
        why: "Signatures by another value leak the key, or are worth nothing.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements 1.7.0 section 6.1.6",
        severity: Severity::Error,
        effective: Effective::BASELINE_REQUIREMENTS.until(2020, 8, 20),
        affects_path: false,
        alias: Some("zlint:e_dsa_correct_order_in_subgroup"),
        hint: "make a new key, of RSA or of an elliptic curve",
    },
    applies: ask::is_dsa,
    judge: |subject| ask::dsa_domain(subject, |domain, y| in_group(&domain, &y)),
};

/// Beyond so many bits nothing is calculated: a hostile key could ask for minutes.
const MOST_BITS: u32 = 16_384;

/// Whether y to the power of q is 1 modulo p.
fn in_group(domain: &DsaDomain<'_>, y: &Integer<'_>) -> Verdict {
    let numbers = [&domain.p, &domain.q, y];
    if numbers.iter().any(|number| !number.is_positive() || number.bit_length() > MOST_BITS) {
        return Verdict::Unknown("a number is not positive, or too long to calculate with".to_owned());
    }
    let [p, q, y] = numbers.map(|number| UBig::from_be_bytes(number.magnitude()));
    let power = ConstDivisor::new(p).reduce(y).pow(&q).residue();
    Verdict::holds(power == UBig::ONE, || "the public value has another order".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::der::Reader;

    fn judged(p: u8, q: u8, y: u8) -> Verdict {
        let elements = [[2, 1, p], [2, 1, q], [2, 1, y]];
        let [p, q, y] =
            elements.each_ref().map(|it| Reader::new(it).element().and_then(|it| it.integer()).unwrap());
        in_group(&DsaDomain { p, q, g: y }, &y)
    }

    #[test]
    fn values_of_the_group_are_told_from_others() {
        assert_eq!(judged(23, 11, 4), Verdict::Pass);
        assert!(matches!(judged(23, 11, 5), Verdict::Violated(_)));
        for (p, q, y) in [(0, 11, 4), (23, 0, 4), (23, 11, 0), (0x80, 11, 4)] {
            assert!(matches!(judged(p, q, y), Verdict::Unknown(_)), "{p} {q} {y}");
        }
    }
}
