//! bc's numbers: decimals of any length with a scale, as POSIX defines their arithmetic.

use std::cmp::Ordering;

/// Digits kept at most: more would take too long.
pub const MAX_DIGITS: usize = 20_000;
const BASE: u64 = 1_000_000_000;

/// `digits · 10^-scale`, with a sign.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Number {
    negative: bool,
    /// In groups of nine decimal digits, the least first; no zero groups at the end.
    groups: Vec<u32>,
    /// Decimal places.
    pub scale: usize,
}

fn trim(groups: &mut Vec<u32>) {
    while groups.last() == Some(&0) {
        groups.pop();
    }
}

fn compare(a: &[u32], b: &[u32]) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.iter().rev().cmp(b.iter().rev()))
}

fn add(a: &[u32], b: &[u32]) -> Vec<u32> {
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
fn subtract(a: &[u32], b: &[u32]) -> Vec<u32> {
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

fn multiply(a: &[u32], b: &[u32]) -> Vec<u32> {
    let mut out = vec![0u32; a.len() + b.len() + 1];
    for (i, x) in a.iter().enumerate() {
        let mut carry = 0u64;
        for (j, y) in b.iter().enumerate() {
            let n = u64::from(out[i + j]) + u64::from(*x) * u64::from(*y) + carry;
            out[i + j] = (n % BASE) as u32;
            carry = n / BASE;
        }
        out[i + b.len()] = carry as u32;
    }
    trim(&mut out);
    out
}

/// Quotient of whole numbers; b is not zero.
fn divide(a: &[u32], b: &[u32]) -> Vec<u32> {
    let mut out = vec![0u32; a.len()];
    let mut rest: Vec<u32> = Vec::new();
    for i in (0..a.len()).rev() {
        rest.insert(0, a[i]);
        trim(&mut rest);
        // The largest digit whose product fits, by halving.
        let (mut low, mut high) = (0u64, BASE - 1);
        if compare(&rest, b) == Ordering::Less {
            high = 0;
        }
        while low < high {
            let middle = (low + high).div_ceil(2);
            if compare(&multiply(b, &[middle as u32]), &rest) == Ordering::Greater {
                high = middle - 1;
            } else {
                low = middle;
            }
        }
        if low > 0 {
            rest = subtract(&rest, &multiply(b, &[low as u32]));
        }
        out[i] = low as u32;
    }
    trim(&mut out);
    out
}

fn power_of_ten(n: usize) -> Vec<u32> {
    let mut out = vec![0; n / 9];
    out.push(10u32.pow((n % 9) as u32));
    out
}

impl Number {
    pub fn from(n: i64) -> Number {
        let mut groups = Vec::new();
        let mut left = n.unsigned_abs();
        while left > 0 {
            groups.push((left % BASE) as u32);
            left /= BASE;
        }
        Number { negative: n < 0, groups, scale: 0 }
    }

    /// Reads digits in a base, with a point.
    pub fn parse(text: &str, base: u32) -> Number {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let mut n = Number::default();
        // A single digit stands for itself whatever the base.
        let single = text.len() == 1;
        for c in whole.chars() {
            let digit = c.to_digit(36).unwrap_or(0);
            let digit = if single { digit } else { digit.min(base - 1) };
            n.groups = add(&multiply(&n.groups, &[base]), &[digit]);
        }
        trim(&mut n.groups);
        if fraction.is_empty() {
            return n;
        }
        let mut value = Number::default();
        let mut unit = Number::from(1);
        for c in fraction.chars() {
            unit = unit.times(&Number::from(i64::from(base)), 0);
            value = value.times(&Number::from(i64::from(base)), 0);
            value = value.plus(&Number::from(i64::from(c.to_digit(36).unwrap_or(0).min(base - 1))));
        }
        let part = value.over(&unit, fraction.len()).unwrap_or_default();
        n.plus(&part)
    }

    pub fn is_zero(&self) -> bool {
        self.groups.is_empty()
    }

    pub fn is_negative(&self) -> bool {
        self.negative && !self.is_zero()
    }

    pub fn negated(mut self) -> Number {
        self.negative = !self.negative && !self.is_zero();
        self
    }

    /// Decimal digits before and behind the point.
    pub fn length(&self) -> usize {
        let digits = self.digits();
        digits.trim_start_matches('0').len().max(self.scale).max(1)
    }

    fn digits(&self) -> String {
        let mut text = String::new();
        for (i, g) in self.groups.iter().rev().enumerate() {
            if i == 0 { text.push_str(&g.to_string()) } else { text.push_str(&format!("{g:09}")) }
        }
        text
    }

    /// The same value with a scale; places are cut, not rounded.
    pub fn with_scale(&self, scale: usize) -> Number {
        let mut n = self.clone();
        match scale.cmp(&self.scale) {
            Ordering::Greater => n.groups = multiply(&n.groups, &power_of_ten(scale - self.scale)),
            Ordering::Less => n.groups = divide(&n.groups, &power_of_ten(self.scale - scale)),
            Ordering::Equal => {}
        }
        n.scale = scale;
        n.negative &= !n.groups.is_empty();
        n
    }

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
        Number { negative: negative && !groups.is_empty(), groups, scale }
    }

    pub fn minus(&self, other: &Number) -> Number {
        self.plus(&other.clone().negated())
    }

    /// The product: its scale is the sum, cut to the greatest of `scale` and both scales.
    pub fn times(&self, other: &Number, scale: usize) -> Number {
        let full = self.scale + other.scale;
        let groups = multiply(&self.groups, &other.groups);
        let negative = self.negative != other.negative && !groups.is_empty();
        let product = Number { negative, groups, scale: full };
        product.with_scale(full.min(scale.max(self.scale).max(other.scale)))
    }

    /// The quotient to `scale` places; None by zero.
    pub fn over(&self, other: &Number, scale: usize) -> Option<Number> {
        if other.is_zero() {
            return None;
        }
        let top = self.with_scale(scale + other.scale + self.scale.max(scale));
        let extra = top.scale - scale - other.scale;
        let groups = divide(&divide(&top.groups, &power_of_ten(extra)), &other.groups);
        Some(Number { negative: self.negative != other.negative && !groups.is_empty(), groups, scale })
    }

    /// `a - (a/b)*b`, where the quotient has `scale` places.
    pub fn modulo(&self, other: &Number, scale: usize) -> Option<Number> {
        let quotient = self.over(other, scale)?;
        let places = self.scale.max(other.scale + scale);
        Some(self.minus(&quotient.times(other, places)).with_scale(places))
    }

    /// A whole power; None for 0 to a negative power.
    pub fn power(&self, exponent: i64, scale: usize) -> Option<Number> {
        let n = exponent.unsigned_abs();
        let places = if exponent < 0 { scale } else { (self.scale * n as usize).min(scale.max(self.scale)) };
        let mut result = Number::from(1);
        let mut base = self.clone();
        let mut left = n;
        while left > 0 {
            if left & 1 == 1 {
                result = result.times(&base, usize::MAX / 4);
            }
            left >>= 1;
            if left > 0 {
                base = base.times(&base.clone(), usize::MAX / 4);
            }
        }
        if exponent < 0 { Number::from(1).over(&result, places) } else { Some(result.with_scale(places)) }
    }

    /// The square root to the greater of `scale` and its own scale; None of a negative number.
    pub fn root(&self, scale: usize) -> Option<Number> {
        if self.is_negative() {
            return None;
        }
        let places = scale.max(self.scale);
        if self.is_zero() {
            return Some(self.with_scale(places));
        }
        // Newton's steps on whole numbers, from above.
        let n = self.with_scale(2 * places).groups;
        let mut x = power_of_ten((n.len() * 9).div_ceil(2) + 1);
        loop {
            let next = divide(&add(&x, &divide(&n, &x)), &[2]);
            if compare(&next, &x) != Ordering::Less {
                return Some(Number { negative: false, groups: x, scale: places });
            }
            x = next;
        }
    }

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
        let text = self.with_scale(0).digits();
        let n: i64 = if text.is_empty() { 0 } else { text.parse().ok()? };
        Some(if self.negative { -n } else { n })
    }

    /// As bc prints it in a base.
    pub fn show(&self, base: u32) -> String {
        let sign = if self.is_negative() { "-" } else { "" };
        if self.is_zero() {
            return "0".to_string();
        }
        if base == 10 {
            let digits = self.digits();
            let padded = format!("{digits:0>width$}", width = self.scale);
            let (whole, fraction) = padded.split_at(padded.len() - self.scale);
            let point = if self.scale > 0 { "." } else { "" };
            return format!("{sign}{whole}{point}{fraction}");
        }
        let big = Number::from(i64::from(base));
        let mut whole = Number { negative: false, ..self.with_scale(0) };
        let mut fraction = Number { negative: false, ..self.clone() }.minus(&whole);
        let digit = |n: &Number| {
            let d = n.to_i64().unwrap_or(0) as u32;
            if base <= 16 {
                char::from_digit(d, 16).map_or(String::new(), |c| c.to_ascii_uppercase().to_string())
            } else {
                format!(" {d:0width$}", width = (base - 1).to_string().len())
            }
        };
        let mut text = String::new();
        while !whole.is_zero() {
            let rest = whole.modulo(&big, 0).unwrap_or_default();
            text.insert_str(0, &digit(&rest));
            whole = whole.over(&big, 0).unwrap_or_default();
        }
        if self.scale > 0 {
            text.push('.');
            let mut reach = Number::from(1);
            let limit = Number::from(1)
                .times(&Number { negative: false, groups: power_of_ten(self.scale), scale: 0 }, 0);
            while reach.order(&limit).is_lt() {
                fraction = fraction.times(&big, self.scale);
                let d = fraction.with_scale(0);
                text.push_str(&digit(&d));
                fraction = fraction.minus(&d);
                reach = reach.times(&big, 0);
            }
        }
        format!("{sign}{text}")
    }
}
