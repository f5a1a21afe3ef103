//! What each of many numbers has in common with all the others, in a time far below that of comparing all pairs (Bernstein,
//! How to find smooth parts of integers, 2004, sections 2 and 3; Heninger and others, Mining Your Ps and Qs, 2012, section 3.3).

use dashu_int::UBig;
use dashu_int::ops::Gcd;

/// For each number, its greatest common divisor with the product of the others. No number may be zero.
///
/// Beside every product goes the sum of the products that each leave out one of its numbers: modulo that number, the sum is the
/// product of the others. Modulo the products it goes down again. The textbook has squares there, twice as long.
pub(super) fn common_factors(numbers: &[UBig]) -> Vec<UBig> {
    let mut levels = Vec::new();
    let mut products = numbers.to_vec();
    let mut sums = vec![UBig::ONE; numbers.len()];
    while products.len() > 1 {
        sums = products.chunks(2).zip(sums.chunks(2)).map(|(two, sums)| left_out(two, sums)).collect();
        let above = products.chunks(2).map(|two| two.iter().product()).collect();
        levels.push(std::mem::replace(&mut products, above));
    }
    while let Some(level) = levels.pop() {
        sums = level.iter().enumerate().map(|(place, product)| &sums[place / 2] % product).collect();
    }
    numbers.iter().zip(&sums).map(|(number, rest)| number.gcd(rest)).collect()
}

/// The sum for the product of two, from their own sums; one without a neighbour goes up as it is.
fn left_out(products: &[UBig], sums: &[UBig]) -> UBig {
    match (products, sums) {
        ([one, other], [sum, other_sum]) => sum * other + other_sum * one,
        _ => sums.first().cloned().unwrap_or(UBig::ONE),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn one_by_one(numbers: &[UBig]) -> Vec<UBig> {
        let others = |place: usize| -> UBig {
            numbers
                .iter()
                .enumerate()
                .filter(|(other, _)| *other != place)
                .map(|(_, number)| number)
                .product()
        };
        numbers.iter().enumerate().map(|(place, number)| number.gcd(&others(place))).collect()
    }

    #[test]
    fn few_numbers_are_answered_as_well() {
        let number = |value: u32| UBig::from(value);
        assert_eq!(common_factors(&[]), []);
        assert_eq!(common_factors(&[number(15)]), [number(1)]);
        assert_eq!(common_factors(&[number(15), number(21)]), [number(3), number(3)]);
        let of_three = common_factors(&[number(15), number(21), number(35)]);
        assert_eq!(of_three, [number(15), number(21), number(35)]);
    }

    proptest! {
        #[test]
        fn the_tree_answers_what_comparing_with_all_others_does(numbers in prop::collection::vec(1_u64.., 0..40)) {
            let numbers: Vec<UBig> = numbers.into_iter().map(UBig::from).collect();
            prop_assert_eq!(common_factors(&numbers), one_by_one(&numbers));
        }
    }
}
