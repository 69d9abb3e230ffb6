//! bc's numbers: decimals of any length with a scale, as POSIX defines their arithmetic. What takes time in proportion
//! to the digits is here; what takes more is done in steps (the module `long`).

use std::{cmp::Ordering, rc::Rc};

/// Digits kept at most: more would take too long.
pub const MAX_DIGITS: usize = 2_000_000;
/// A group of nine digits is less than this.
pub const BASE: u64 = 1_000_000_000;

/// Whole numbers as groups of nine decimal digits, the least first; no zero groups at the end.
pub type Groups = Vec<u32>;

/// `digits · 10^-scale`, with a sign.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Number {
    /// Less than zero (or a zero that was).
    pub negative: bool,
    /// The digits, shared between copies.
    pub groups: Rc<Groups>,
    /// Decimal places.
    pub scale: usize,
}

/// Takes the zero groups off the end.
pub fn trim(groups: &mut Groups) {
    while groups.last() == Some(&0) {
        groups.pop();
    }
}

/// Which is greater.
pub fn compare(a: &[u32], b: &[u32]) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.iter().rev().cmp(b.iter().rev()))
}

/// The sum.
pub fn add(a: &[u32], b: &[u32]) -> Groups {
    let mut out = Vec::with_capacity(a.len().max(b.len()) + 1);
    let mut carry = 0u64;
    for i in 0..a.len().max(b.len()) {
        let sum = carry + u64::from(*a.get(i).unwrap_or(&0)) + u64::from(*b.get(i).unwrap_or(&0));
        out.push((sum % BASE) as u32);
        carry = sum / BASE;
    }
    out.push(carry as u32);
    trim(&mut out);
    out
}

/// `a - b`, where a is not less.
pub fn subtract(a: &[u32], b: &[u32]) -> Groups {
    let mut out = Vec::with_capacity(a.len());
    let mut borrow = 0i64;
    for (i, x) in a.iter().enumerate() {
        let mut n = i64::from(*x) - borrow - i64::from(*b.get(i).unwrap_or(&0));
        borrow = i64::from(n < 0);
        n += borrow * BASE as i64;
        out.push(n as u32);
    }
    trim(&mut out);
    out
}

/// `groups * by + plus`, in place.
pub fn multiply_small(groups: &mut Groups, by: u32, plus: u32) {
    let mut carry = u64::from(plus);
    for group in groups.iter_mut() {
        let n = u64::from(*group) * u64::from(by) + carry;
        *group = (n % BASE) as u32;
        carry = n / BASE;
    }
    while carry > 0 {
        groups.push((carry % BASE) as u32);
        carry /= BASE;
    }
    trim(groups);
}

/// Divides in place; gives the rest.
pub fn divide_small(groups: &mut Groups, by: u32) -> u32 {
    let mut rest = 0u64;
    for group in groups.iter_mut().rev() {
        let n = rest * BASE + u64::from(*group);
        *group = (n / u64::from(by)) as u32;
        rest = n % u64::from(by);
    }
    trim(groups);
    rest as u32
}

/// `groups · 10^by`; digits behind the point are cut.
pub fn shift(groups: &[u32], by: isize) -> Groups {
    let n = by.unsigned_abs();
    if groups.is_empty() {
        return Vec::new();
    }
    if by >= 0 {
        let mut out = vec![0; n / 9];
        out.extend_from_slice(groups);
        multiply_small(&mut out, 10u32.pow((n % 9) as u32), 0);
        return out;
    }
    let mut out = groups.get(n / 9..).unwrap_or_default().to_vec();
    divide_small(&mut out, 10u32.pow((n % 9) as u32));
    out
}

/// How many decimal digits there are.
pub fn count(groups: &[u32]) -> usize {
    groups.last().map_or(0, |top| (groups.len() - 1) * 9 + top.checked_ilog10().map_or(0, |n| n as usize + 1))
}

impl Number {
    /// A number of these groups.
    pub fn new(negative: bool, groups: Groups, scale: usize) -> Number {
        Number { negative: negative && !groups.is_empty(), groups: Rc::new(groups), scale }
    }

    /// A whole number.
    pub fn from(n: i64) -> Number {
        let mut groups = Vec::new();
        let mut left = n.unsigned_abs();
        while left > 0 {
            groups.push((left % BASE) as u32);
            left /= BASE;
        }
        Number::new(n < 0, groups, 0)
    }

    /// Reads decimal digits with a point.
    pub fn decimal(text: &str) -> Number {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let fraction = fraction.replace('.', "");
        // A letter in a decimal number stands for nine.
        let digit = |b: u8| if b.is_ascii_digit() { u32::from(b - b'0') } else { 9 };
        let digits: Vec<u32> = whole.bytes().chain(fraction.bytes()).map(digit).collect();
        let mut groups: Groups =
            digits.rchunks(9).map(|group| group.iter().fold(0, |n, d| n * 10 + d)).collect();
        trim(&mut groups);
        Number::new(false, groups, fraction.len())
    }

    /// Whether it is zero.
    pub fn is_zero(&self) -> bool {
        self.groups.is_empty()
    }

    /// Whether it is less than zero.
    pub fn is_negative(&self) -> bool {
        self.negative && !self.is_zero()
    }

    /// With the other sign.
    pub fn negated(mut self) -> Number {
        self.negative = !self.negative && !self.is_zero();
        self
    }

    /// Decimal digits before and behind the point.
    pub fn length(&self) -> usize {
        count(&self.groups).max(self.scale).max(1)
    }

    /// The same value with a scale; places are cut, not rounded.
    pub fn with_scale(&self, scale: usize) -> Number {
        if scale == self.scale {
            return self.clone();
        }
        Number::new(self.negative, shift(&self.groups, scale as isize - self.scale as isize), scale)
    }

    /// The sum; its scale is the greater one.
    pub fn plus(&self, other: &Number) -> Number {
        let scale = self.scale.max(other.scale);
        let (a, b) = (self.with_scale(scale), other.with_scale(scale));
        let (negative, groups) = if a.negative == b.negative {
            (a.negative, add(&a.groups, &b.groups))
        } else if compare(&a.groups, &b.groups) == Ordering::Less {
            (b.negative, subtract(&b.groups, &a.groups))
        } else {
            (a.negative, subtract(&a.groups, &b.groups))
        };
        Number::new(negative, groups, scale)
    }

    /// The difference.
    pub fn minus(&self, other: &Number) -> Number {
        self.plus(&other.clone().negated())
    }

    /// Which is greater.
    pub fn order(&self, other: &Number) -> Ordering {
        let difference = self.minus(other);
        match (difference.is_zero(), difference.negative) {
            (true, _) => Ordering::Equal,
            (_, true) => Ordering::Less,
            _ => Ordering::Greater,
        }
    }

    /// The whole part, where it fits.
    pub fn to_i64(&self) -> Option<i64> {
        let whole = self.with_scale(0);
        if whole.groups.len() > 3 {
            return None;
        }
        let n = whole.groups.iter().rev().fold(0i128, |n, g| n * i128::from(BASE) + i128::from(*g));
        i64::try_from(if self.negative { -n } else { n }).ok()
    }

    /// In base ten, as bc prints it.
    pub fn show(&self) -> String {
        if self.is_zero() {
            return "0".to_string();
        }
        let mut digits = String::with_capacity(self.groups.len() * 9);
        for (i, g) in self.groups.iter().rev().enumerate() {
            digits.push_str(&if i == 0 { g.to_string() } else { format!("{g:09}") });
        }
        if digits.len() < self.scale {
            digits.insert_str(0, &"0".repeat(self.scale - digits.len()));
        }
        let (whole, fraction) = digits.split_at(digits.len() - self.scale);
        let point = if self.scale > 0 { "." } else { "" };
        let sign = if self.is_negative() { "-" } else { "" };
        format!("{sign}{whole}{point}{fraction}")
    }
}
