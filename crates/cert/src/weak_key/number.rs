//! What several checks calculate.

use dashu_int::UBig;
use dashu_int::ops::{BitTest, SquareRootRem};

/// The length of a number: the place of its highest set bit.
pub(super) fn bits(number: &UBig) -> usize {
    number.bit_len()
}

/// The square root, where the number is a square.
pub(super) fn exact_root(number: &UBig) -> Option<UBig> {
    let last = number.as_words().first().map_or(0, |word| word & 15);
    if !matches!(last, 0 | 1 | 4 | 9) {
        return None;
    }
    let (root, rest) = number.sqrt_rem();
    rest.is_zero().then_some(root)
}

/// The primes from `first` up to, and without, `bound`.
pub(super) fn primes(first: u32, bound: u32) -> impl Iterator<Item = u32> {
    let bound = bound as usize;
    let mut composite = vec![false; bound];
    let mut next = 2;
    while next * next < bound {
        if !composite[next] {
            composite.iter_mut().skip(next * next).step_by(next).for_each(|it| *it = true);
        }
        next += 1;
    }
    let all = composite.into_iter().zip(0_u32..).skip(2);
    all.filter(move |(composite, number)| !composite && *number >= first).map(|(_, prime)| prime)
}

/// The smallest prime from `first` up to, and without, `bound` that divides the number and is not the number itself.
pub(super) fn smallest_factor(number: &UBig, first: u32, bound: u32) -> Option<u32> {
    let primes: Vec<u32> = primes(first, bound).collect();
    let mut rest = primes.as_slice();
    while !rest.is_empty() {
        let (product, count) = product_in_a_word(rest);
        let (several, others) = rest.split_at(count);
        let remainder = number % product;
        let divides =
            |prime: &&u32| remainder.is_multiple_of((**prime).into()) && *number != UBig::from(**prime);
        if let Some(prime) = several.iter().find(divides) {
            return Some(*prime);
        }
        rest = others;
    }
    None
}

/// As many primes from the front as their product fits 64 bits, and that product: one long division serves them all.
fn product_in_a_word(primes: &[u32]) -> (u64, usize) {
    let mut product = 1_u64;
    for (count, prime) in primes.iter().enumerate() {
        match product.checked_mul(u64::from(*prime)) {
            Some(longer) => product = longer,
            None => return (product, count),
        }
    }
    (product, primes.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn primes_are_those_of_the_table() {
        assert_eq!(primes(0, 30).collect::<Vec<_>>(), [2, 3, 5, 7, 11, 13, 17, 19, 23, 29]);
        assert_eq!(primes(7, 13).collect::<Vec<_>>(), [7, 11]);
        assert_eq!(primes(0, 1 << 16).count(), 6542);
        for bound in 0..3 {
            assert_eq!(primes(0, bound).count(), 0, "{bound}");
        }
    }

    #[test]
    fn the_smallest_factor_is_found_wherever_it_stands_among_the_primes() {
        let large = (UBig::ONE << 127) - UBig::ONE;
        for prime in primes(3, 2000) {
            let number = &large * UBig::from(prime);
            assert_eq!(smallest_factor(&number, 3, 2000), Some(prime));
            assert_eq!(smallest_factor(&number, 3, prime), None);
        }
        assert_eq!(smallest_factor(&UBig::from(7_u8), 3, 2000), None);
    }

    proptest! {
        #[test]
        fn only_squares_have_an_exact_root(root in any::<u128>()) {
            let root = UBig::from(root);
            let square = &root * &root;
            prop_assert_eq!(exact_root(&square), Some(root.clone()));
            if root > UBig::ONE {
                prop_assert_eq!(exact_root(&(&square + UBig::ONE)), None);
                prop_assert_eq!(exact_root(&(square - UBig::ONE)), None);
            }
        }
    }
}
