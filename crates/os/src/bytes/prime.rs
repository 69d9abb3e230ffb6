//! The search for a random prime, in steps: as it goes on it can be copied and stopped anywhere.

use super::{
    big::{Big, Modulus, Power, Residue},
    random::Stream,
};

/// Rounds of Miller and Rabin's test: for random candidates of these sizes far more than enough.
const ROUNDS: u32 = 5;
/// Candidates with a prime factor below this are not tested.
const SMALL: u32 = 2048;

/// What a step of the search came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// A candidate is about to be tested: openssl's dot.
    Candidate,
    /// It goes on.
    Busy,
    /// The number is a prime.
    Found,
}

/// A search under way.
#[derive(Clone, PartialEq, Debug)]
pub struct PrimeSearch {
    bits: usize,
    /// What a prime less one must not be divisible by.
    exponent: u32,
    small: Vec<u32>,
    base: Big,
    /// The remainders of `base` by the small primes.
    rests: Vec<u32>,
    /// The candidate's distance from `base`.
    offset: u32,
    test: Option<Test>,
}

impl PrimeSearch {
    /// A prime of exactly so many bits, of which the two highest are set; `exponent` has no part in it less one.
    pub fn new(bits: usize, exponent: u32) -> PrimeSearch {
        PrimeSearch {
            bits,
            exponent,
            small: small_primes(),
            base: Big::default(),
            rests: Vec::new(),
            offset: 0,
            test: None,
        }
    }

    /// The prime, once found.
    pub fn number(&self) -> Big {
        self.base.plus(&Big::from(self.offset))
    }

    /// What a step costs, in thousandths of a multiplication of limbs: about one microsecond.
    pub fn cost(&self) -> u64 {
        let limbs = self.bits.div_ceil(32) as u64;
        1 + limbs * limbs * STEP as u64 / 500
    }

    /// Goes on a little.
    pub fn step(&mut self, random: &mut Stream) -> Step {
        if let Some(test) = &mut self.test {
            return match test.step(random, STEP) {
                None => Step::Busy,
                Some(true) => Step::Found,
                Some(false) => {
                    self.test = None;
                    Step::Busy
                }
            };
        }
        if self.rests.is_empty() || self.offset > 1 << 20 {
            let bytes = random.bytes(self.bits.div_ceil(8));
            let number = Big::from_bytes(&bytes).halved(bytes.len() * 8 - self.bits);
            self.base = number.with_bit(0).with_bit(self.bits - 1).with_bit(self.bits - 2);
            self.rests = self.small.iter().map(|p| self.base.rem_small(*p)).collect();
            self.offset = 0;
        } else {
            self.offset += 2;
        }
        while !self.coprime() {
            self.offset += 2;
        }
        let number = self.number();
        if number.bits() == self.bits && number.minus(&Big::from(1)).rem_small(self.exponent) != 0 {
            self.test = Test::new(&number, ROUNDS, random);
            return Step::Candidate;
        }
        Step::Busy
    }

    fn coprime(&self) -> bool {
        self.small.iter().zip(&self.rests).all(|(p, rest)| !(rest + self.offset).is_multiple_of(*p))
    }
}

/// Multiplications of a step.
const STEP: usize = 256;

/// Miller and Rabin's test of one number.
#[derive(Clone, PartialEq, Debug)]
pub struct Test {
    modulus: Modulus,
    /// The number less one, without its factors of two, and how many these are.
    odd: Big,
    twos: usize,
    rounds: u32,
    power: Power,
    minus_one: Residue,
}

impl Test {
    /// None where there is nothing to test: the number is even, or below 4.
    pub fn new(number: &Big, rounds: u32, random: &mut Stream) -> Option<Test> {
        let modulus = Modulus::new(number).filter(|_| number.bits() > 2)?;
        let less = number.minus(&Big::from(1));
        let twos = (0..).find(|i| less.bit(*i)).unwrap_or(0);
        let odd = less.halved(twos);
        let power = Test::begin(&modulus, &odd, random);
        let minus_one = modulus.residue(&less);
        Some(Test { modulus, odd, twos, rounds, power, minus_one })
    }

    fn begin(modulus: &Modulus, odd: &Big, random: &mut Stream) -> Power {
        let limit = modulus.number().minus(&Big::from(3));
        let base = Big::from_bytes(&random.bytes(modulus.limbs() * 4)).rem(&limit).plus(&Big::from(2));
        Power::new(modulus, &modulus.residue(&base), odd)
    }

    /// Goes on; whether the number is a prime, once that is known.
    pub fn step(&mut self, random: &mut Stream, multiplications: usize) -> Option<bool> {
        if !self.power.step(&self.modulus, &self.odd, multiplications) {
            return None;
        }
        let mut x = self.power.result.clone();
        let mut passed = x == self.modulus.one || x == self.minus_one;
        for _ in 1..self.twos {
            if passed {
                break;
            }
            x = self.modulus.mul(&x, &x);
            passed = x == self.minus_one;
        }
        self.rounds -= 1;
        if !passed || self.rounds == 0 {
            return Some(passed);
        }
        self.power = Test::begin(&self.modulus, &self.odd, random);
        None
    }
}

/// Whether the number is a prime, in one go.
pub fn is_prime(number: &Big) -> bool {
    let mut random = Stream::new(0x9E37_79B9_7F4A_7C15);
    match Test::new(number, ROUNDS, &mut random) {
        Some(mut test) => loop {
            if let Some(known) = test.step(&mut random, usize::MAX) {
                return known;
            }
        },
        None => *number == Big::from(2) || *number == Big::from(3),
    }
}

/// The odd primes below [`SMALL`].
fn small_primes() -> Vec<u32> {
    let mut primes: Vec<u32> = Vec::new();
    for n in (3..SMALL).step_by(2) {
        if primes.iter().take_while(|p| *p * *p <= n).all(|p| n % p != 0) {
            primes.push(n);
        }
    }
    primes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn search(mut random: Stream, bits: usize) -> (Big, usize) {
        let mut search = PrimeSearch::new(bits, 65_537);
        for steps in 0.. {
            if search.step(&mut random) == Step::Found {
                return (search.number(), steps);
            }
        }
        unreachable!()
    }

    #[test]
    fn primes_are_told_from_others() {
        for prime in ["3", "5", "7", "65537", "10001", "7fffffffffffffffffffffffffffffff", "1fffffffffffffff"]
        {
            let decimal = prime == "65537";
            let n = if decimal { Big::from(65_537) } else { Big::from_hex(prime) };
            assert!(is_prime(&n), "{prime}");
        }
        // Carmichael numbers, a square, even ones.
        for composite in [1, 4, 9, 561, 1105, 1729, 2465, 6601, 1_000_006_000_009u64 as u32, 100] {
            assert!(!is_prime(&Big::from(composite)), "{composite}");
        }
    }

    #[test]
    fn a_search_that_is_copied_anywhere_finds_the_same() {
        let (prime, steps) = search(Stream::new(42), 192);
        assert!(is_prime(&prime) && prime.bits() == 192);
        let mut random = Stream::new(42);
        let mut original = PrimeSearch::new(192, 65_537);
        for step in 0..steps {
            assert_ne!(original.step(&mut random), Step::Found, "at {step}");
            if step % 7 == 0 {
                let (mut copy, mut other) = (original.clone(), random.clone());
                while copy.step(&mut other) != Step::Found {}
                assert_eq!(copy.number(), prime);
            }
        }
    }
}
