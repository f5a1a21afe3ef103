//! How much work a judgement may make.

/// Budgets for the checks of one key. Where one ends before a check is through, the answer is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The longest modulus, in bits, that costly checks calculate with.
    pub modulus_bits: usize,
    /// Rounds of Fermat's method; Baseline Requirements section 6.1.1.3 wants 100.
    pub fermat_rounds: u32,
    /// Primes below it are tried as factors; a sieve of as many octets is held meanwhile.
    pub factor_bound: u32,
    /// Rounds of the test for primes; all are needed only where the modulus is one.
    pub prime_rounds: u32,
    /// Steps of the continued fraction by which a small private exponent is found.
    pub fraction_steps: u32,
    /// Multiples of a curve's generator that a point is compared with.
    pub multiples: u32,
}

impl Default for Limits {
    /// Enough for every check to come through with moduli of up to 8192 bits.
    fn default() -> Self {
        Self {
            modulus_bits: 8192,
            fermat_rounds: 100,
            factor_bound: 1 << 16,
            prime_rounds: 16,
            fraction_steps: 4096,
            multiples: 256,
        }
    }
}

/// Budgets for what compares many keys with each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PileLimits {
    /// The longest modulus that is taken into the pile, in bits.
    pub modulus_bits: usize,
    /// All different moduli together, in bits: time and memory follow from it.
    pub total_bits: usize,
    /// Divisions and common divisors by which it is found out who shares what with whom.
    pub comparisons: u64,
}

impl Default for PileLimits {
    /// Enough for 20,000 moduli of 2048 bits: about a minute of one processor and 300 MB. Five times as many take ten minutes and
    /// 1.2 GB.
    fn default() -> Self {
        Self { modulus_bits: 8192, total_bits: 20_000 * 2048, comparisons: 1_000_000 }
    }
}
