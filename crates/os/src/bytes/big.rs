//! Natural numbers of any size, and arithmetic modulo an odd one, for the keys of `openssl`.
//!
//! Written here because the crates that do it (rsa 38 kB of brotli in the page, p256 23, ed25519-dalek 20, x509-cert 58)
//! weigh many times this file, and none can stop in the middle of a computation. It takes no care that its time tells
//! nothing about its numbers, and its randomness is the machine's seed: good enough where nothing is secret, and only
//! there.
//!
//! Limbs have 32 bits: their products fit wasm's own 64-bit multiplication.

use std::cmp::Ordering;

/// A natural number: 32-bit limbs, least first, without leading zeros.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Big(Vec<u32>);

impl Ord for Big {
    fn cmp(&self, other: &Big) -> Ordering {
        self.0.len().cmp(&other.0.len()).then_with(|| self.0.iter().rev().cmp(other.0.iter().rev()))
    }
}

impl PartialOrd for Big {
    fn partial_cmp(&self, other: &Big) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl From<u32> for Big {
    fn from(n: u32) -> Big {
        Big::trimmed(vec![n])
    }
}

impl Big {
    fn trimmed(mut limbs: Vec<u32>) -> Big {
        while limbs.last() == Some(&0) {
            limbs.pop();
        }
        Big(limbs)
    }

    /// From bytes, the greatest first.
    pub fn from_bytes(bytes: &[u8]) -> Big {
        let word = |c: &[u8]| c.iter().fold(0u32, |n, b| n << 8 | u32::from(*b));
        Big::trimmed(bytes.rchunks(4).map(word).collect())
    }

    /// From hexadecimal digits; others are passed over.
    pub fn from_hex(text: &str) -> Big {
        let digits: Vec<u8> = text.chars().rev().filter_map(|c| c.to_digit(16)).map(|d| d as u8).collect();
        let mut bytes: Vec<u8> = digits.chunks(2).map(|p| p[0] | p.get(1).unwrap_or(&0) << 4).collect();
        bytes.reverse();
        Big::from_bytes(&bytes)
    }

    /// The bytes, the greatest first, without leading zeros; none for zero.
    pub fn bytes(&self) -> Vec<u8> {
        self.padded(self.bits().div_ceil(8))
    }

    /// The lowest `length` bytes, the greatest first.
    pub fn padded(&self, length: usize) -> Vec<u8> {
        (0..length).rev().map(|i| (self.limb(i / 4) >> (i % 4 * 8)) as u8).collect()
    }

    fn limb(&self, i: usize) -> u32 {
        self.0.get(i).copied().unwrap_or(0)
    }

    /// How many bits it takes.
    pub fn bits(&self) -> usize {
        self.0.last().map_or(0, |top| self.0.len() * 32 - top.leading_zeros() as usize)
    }

    pub fn bit(&self, i: usize) -> bool {
        self.limb(i / 32) >> (i % 32) & 1 == 1
    }

    pub fn is_zero(&self) -> bool {
        self.0.is_empty()
    }

    pub fn is_odd(&self) -> bool {
        self.bit(0)
    }

    /// The number with this bit set.
    pub fn with_bit(mut self, i: usize) -> Big {
        if self.0.len() <= i / 32 {
            self.0.resize(i / 32 + 1, 0);
        }
        self.0[i / 32] |= 1 << (i % 32);
        self
    }

    pub fn plus(&self, other: &Big) -> Big {
        let mut carry = 0u64;
        let mut limbs = Vec::with_capacity(self.0.len().max(other.0.len()) + 1);
        for i in 0..self.0.len().max(other.0.len()) + 1 {
            carry += u64::from(self.limb(i)) + u64::from(other.limb(i));
            limbs.push(carry as u32);
            carry >>= 32;
        }
        Big::trimmed(limbs)
    }

    /// The difference; zero where the other is greater.
    pub fn minus(&self, other: &Big) -> Big {
        if *self < *other {
            return Big::default();
        }
        let mut limbs = self.0.clone();
        subtract(&mut limbs, &other.0);
        Big::trimmed(limbs)
    }

    pub fn times(&self, other: &Big) -> Big {
        let mut limbs = vec![0u32; self.0.len() + other.0.len()];
        for (i, a) in self.0.iter().enumerate() {
            add_product(&mut limbs[i..], &other.0, *a);
        }
        Big::trimmed(limbs)
    }

    /// Moved up by `n` bits.
    pub fn shifted(&self, n: usize) -> Big {
        let mut limbs = vec![0u32; n / 32];
        let mut carry = 0u64;
        for limb in self.0.iter().chain([&0]) {
            carry |= u64::from(*limb) << (n % 32);
            limbs.push(carry as u32);
            carry >>= 32;
        }
        Big::trimmed(limbs)
    }

    /// Moved down by `n` bits.
    pub fn halved(&self, n: usize) -> Big {
        let at = |i: usize| u64::from(self.limb(i)) | u64::from(self.limb(i + 1)) << 32;
        Big::trimmed((n / 32..self.0.len()).map(|i| (at(i) >> (n % 32)) as u32).collect())
    }

    /// The remainder of a division by a small number.
    pub fn rem_small(&self, divisor: u32) -> u32 {
        let d = u64::from(divisor);
        self.0.iter().rev().fold(0u64, |rest, limb| (rest << 32 | u64::from(*limb)) % d) as u32
    }

    /// Quotient and remainder (Knuth's algorithm D); division by zero gives zero and the number itself.
    pub fn div_rem(&self, divisor: &Big) -> (Big, Big) {
        if *self < *divisor || divisor.is_zero() {
            return (Big::default(), self.clone());
        }
        let shift = divisor.0[divisor.0.len() - 1].leading_zeros() as usize;
        let (mut u, v) = (self.shifted(shift).0, divisor.shifted(shift).0);
        let n = v.len();
        u.resize(u.len().max(self.0.len()) + 1, 0);
        let top = u64::from(v[n - 1]);
        let mut quotient = vec![0u32; u.len() - n];
        for j in (0..u.len() - n).rev() {
            let head = u64::from(u[j + n]) << 32 | u64::from(u[j + n - 1]);
            // At most two too large.
            let mut q = (head / top).min(u64::from(u32::MAX));
            let product = |q: u64| Big(v.clone()).times(&Big::from(q as u32));
            let mut part = product(q);
            let window = Big::trimmed(u[j..=j + n].to_vec());
            while part > window {
                q -= 1;
                part = part.minus(&Big(v.clone()));
            }
            subtract(&mut u[j..=j + n], &part.0);
            quotient[j] = q as u32;
        }
        (Big::trimmed(quotient), Big::trimmed(u).halved(shift))
    }

    pub fn rem(&self, divisor: &Big) -> Big {
        self.div_rem(divisor).1
    }

    /// The greatest common divisor.
    pub fn gcd(&self, other: &Big) -> Big {
        let (mut a, mut b) = (self.clone(), other.clone());
        while !b.is_zero() {
            (a, b) = (b.clone(), a.rem(&b));
        }
        a
    }

    /// The number whose product with this one is 1 modulo `modulus` (any, even or odd).
    pub fn inverse(&self, modulus: &Big) -> Option<Big> {
        // Euclid; of each remainder the factor of `self`, with its sign.
        let (mut r, mut next) = (modulus.clone(), self.rem(modulus));
        let (mut t, mut t_next) = ((Big::default(), false), (Big::from(1), false));
        while !next.is_zero() {
            let (q, rest) = r.div_rem(&next);
            let step = q.times(&t_next.0);
            let after = match (t.1 == t_next.1, t.0 < step) {
                (true, true) => (step.minus(&t.0), !t.1),
                (true, false) => (t.0.minus(&step), t.1),
                (false, _) => (t.0.plus(&step), t.1),
            };
            (r, next) = (next, rest);
            (t, t_next) = (t_next, after);
        }
        if r != Big::from(1) {
            return None;
        }
        Some(if t.1 { modulus.minus(&t.0) } else { t.0 })
    }
}

/// `a -= b`, where `a` is not less.
fn subtract(a: &mut [u32], b: &[u32]) {
    let mut borrow = 0i64;
    for (i, limb) in a.iter_mut().enumerate() {
        borrow += i64::from(*limb) - i64::from(b.get(i).copied().unwrap_or(0));
        *limb = borrow as u32;
        borrow >>= 32;
    }
}

/// `to += b * factor`; the carry goes as far as it must.
fn add_product(to: &mut [u32], b: &[u32], factor: u32) {
    let mut carry = 0u64;
    let (low, high) = to.split_at_mut(b.len());
    for (limb, x) in low.iter_mut().zip(b) {
        carry += u64::from(*limb) + u64::from(*x) * u64::from(factor);
        *limb = carry as u32;
        carry >>= 32;
    }
    for limb in high {
        if carry == 0 {
            return;
        }
        carry += u64::from(*limb);
        *limb = carry as u32;
        carry >>= 32;
    }
}

/// Arithmetic modulo an odd number, in Montgomery's form: residues are kept times 2^(32·limbs).
#[derive(Clone, PartialEq, Debug)]
pub struct Modulus {
    n: Vec<u32>,
    /// -1/n modulo 2^32.
    minus_inverse: u32,
    /// What brings a number into the form.
    square: Residue,
    pub one: Residue,
}

/// A number modulo a [`Modulus`], in its form; as many limbs as the modulus has.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Residue(Vec<u32>);

impl Modulus {
    /// None when the number is even or one.
    pub fn new(n: &Big) -> Option<Modulus> {
        if !n.is_odd() || n.bits() < 2 {
            return None;
        }
        // Newton's iteration doubles the right bits.
        let mut inverse = n.0[0];
        for _ in 0..4 {
            inverse = inverse.wrapping_mul(2u32.wrapping_sub(n.0[0].wrapping_mul(inverse)));
        }
        let size = n.0.len();
        let residue = |bit: usize| {
            let mut limbs = Big::default().with_bit(bit).rem(n).0;
            limbs.resize(size, 0);
            Residue(limbs)
        };
        Some(Modulus {
            n: n.0.clone(),
            minus_inverse: inverse.wrapping_neg(),
            square: residue(64 * size),
            one: residue(32 * size),
        })
    }

    pub fn number(&self) -> Big {
        Big(self.n.clone())
    }

    /// How many limbs a residue has.
    pub fn limbs(&self) -> usize {
        self.n.len()
    }

    /// Brings a number into the form.
    pub fn residue(&self, number: &Big) -> Residue {
        let mut limbs = if *number < self.number() { number.0.clone() } else { number.rem(&self.number()).0 };
        limbs.resize(self.n.len(), 0);
        self.mul(&Residue(limbs), &self.square)
    }

    /// The number itself.
    pub fn value(&self, residue: &Residue) -> Big {
        let mut one = vec![0; self.n.len()];
        one[0] = 1;
        Big::trimmed(self.mul(residue, &Residue(one)).0)
    }

    pub fn mul(&self, a: &Residue, b: &Residue) -> Residue {
        let size = self.n.len();
        let mut sum = vec![0u32; 2 * size + 1];
        for i in 0..size {
            add_product(&mut sum[i..], &b.0, a.0[i]);
            let factor = sum[i].wrapping_mul(self.minus_inverse);
            add_product(&mut sum[i..], &self.n, factor);
        }
        self.once_less(sum.split_off(size))
    }

    pub fn add(&self, a: &Residue, b: &Residue) -> Residue {
        let mut sum = a.0.clone();
        sum.push(0);
        add_product(&mut sum, &b.0, 1);
        self.once_less(sum)
    }

    pub fn sub(&self, a: &Residue, b: &Residue) -> Residue {
        let mut sum = a.0.clone();
        sum.push(0);
        add_product(&mut sum, &self.n, 1);
        subtract(&mut sum, &b.0);
        self.once_less(sum)
    }

    /// Takes the modulus away once where the number is not less; it has one limb more than the modulus.
    fn once_less(&self, mut limbs: Vec<u32>) -> Residue {
        let size = self.n.len();
        if limbs[size] != 0 || limbs[..size].iter().rev().cmp(self.n.iter().rev()) != Ordering::Less {
            subtract(&mut limbs, &self.n);
        }
        limbs.truncate(size);
        Residue(limbs)
    }

    /// `base` to the power of `exponent`, in one go.
    pub fn pow(&self, base: &Residue, exponent: &Big) -> Residue {
        let mut power = Power::new(self, base, exponent);
        while !power.step(self, exponent, usize::MAX) {}
        power.result
    }

    /// The inverse, where the modulus is a prime.
    pub fn inverse(&self, a: &Residue) -> Residue {
        self.pow(a, &self.number().minus(&Big::from(2)))
    }
}

/// A power under way: four bits of the exponent at a time, from the top.
#[derive(Clone, PartialEq, Debug)]
pub struct Power {
    /// The powers of the base up to the fifteenth.
    table: Vec<Residue>,
    /// Bits of the exponent that are left.
    left: usize,
    pub result: Residue,
}

impl Power {
    pub fn new(modulus: &Modulus, base: &Residue, exponent: &Big) -> Power {
        let mut table = vec![modulus.one.clone()];
        for i in 0..15 {
            table.push(modulus.mul(&table[i], base));
        }
        Power { table, left: exponent.bits().next_multiple_of(4), result: modulus.one.clone() }
    }

    /// Goes on by about so many multiplications; whether it is done.
    pub fn step(&mut self, modulus: &Modulus, exponent: &Big, multiplications: usize) -> bool {
        let mut spent = 0;
        while self.left > 0 && spent < multiplications {
            for _ in 0..4 {
                self.result = modulus.mul(&self.result, &self.result);
            }
            self.left -= 4;
            let digit = exponent.limb(self.left / 32) >> (self.left % 32) & 15;
            if digit != 0 {
                self.result = modulus.mul(&self.result, &self.table[digit as usize]);
            }
            spent += 5;
        }
        self.left == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers from a seed, of up to so many bits.
    fn dice(seed: &mut u64, bits: usize) -> Big {
        let mut bytes = Vec::new();
        for _ in 0..bits.div_ceil(8) {
            *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            bytes.push((*seed >> 56) as u8);
        }
        Big::from_bytes(&bytes)
    }

    #[test]
    fn bytes_come_back() {
        for text in ["", "01", "ff", "0100", "123456789abcdef0", "fffffffffffffffffffffffffffffffffff1"] {
            let number = Big::from_hex(text);
            assert_eq!(Big::from_bytes(&number.bytes()), number);
            assert_eq!(Big::from_bytes(&number.padded(40)), number);
        }
        assert_eq!(Big::from_hex("1:02").bytes(), [1, 2]);
    }

    #[test]
    fn division_undoes_multiplication() {
        let mut seed = 1;
        for i in 0..300 {
            let (a, b) = (dice(&mut seed, 8 + i * 7 % 500), dice(&mut seed, 8 + i * 3 % 300));
            let b = if i % 5 == 0 { b.shifted(64).plus(&Big::from(u32::MAX)) } else { b };
            let c = dice(&mut seed, 8).rem(&b);
            let (q, r) = a.times(&b).plus(&c).div_rem(&b);
            if !b.is_zero() {
                assert_eq!((q, r), (a.clone(), c), "{a:?} {b:?}");
            }
            assert_eq!(a.plus(&b).minus(&b), a);
            assert_eq!(a.shifted(i).halved(i), a);
        }
    }

    #[test]
    fn powers_are_those_of_known_numbers() {
        // 3^1000 mod (2^127 - 1), 7^(2^61 - 2) mod (2^61 - 1) = 1 (Fermat).
        let m = Modulus::new(&Big::default().with_bit(61).minus(&Big::from(1))).unwrap();
        let seven = m.residue(&Big::from(7));
        assert_eq!(m.value(&m.pow(&seven, &Big::default().with_bit(61).minus(&Big::from(2)))), Big::from(1));
        let m = Modulus::new(&Big::from(1_000_003)).unwrap();
        let slow = (0..1000).fold(1u64, |n, _| n * 3 % 1_000_003) as u32;
        assert_eq!(m.value(&m.pow(&m.residue(&Big::from(3)), &Big::from(1000))), Big::from(slow));
    }

    #[test]
    fn montgomery_agrees_with_division() {
        let mut seed = 5;
        for i in 1..60 {
            let n = dice(&mut seed, 9 + i * 9).with_bit(0).with_bit(3);
            let m = Modulus::new(&n).unwrap();
            let (a, b) = (dice(&mut seed, i * 12).rem(&n), dice(&mut seed, i * 12).rem(&n));
            let (x, y) = (m.residue(&a), m.residue(&b));
            assert_eq!(m.value(&m.mul(&x, &y)), a.times(&b).rem(&n));
            assert_eq!(m.value(&m.add(&x, &y)), a.plus(&b).rem(&n));
            assert_eq!(m.value(&m.sub(&x, &y)), a.plus(&n).minus(&b).rem(&n));
            if let Some(inverse) = a.inverse(&n) {
                assert_eq!(a.times(&inverse).rem(&n), Big::from(1));
            }
        }
    }
}
