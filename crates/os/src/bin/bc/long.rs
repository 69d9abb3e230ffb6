//! Arithmetic that takes more time than there are digits: products, quotients, powers, roots, other bases. Each is a
//! state that goes on as far as its fuel reaches.

use std::rc::Rc;

use super::number::{
    BASE, Groups, MAX_DIGITS, Number, add, compare, count, divide_small, multiply_small, shift, trim,
};

/// Steps on groups of digits for one microsecond of a core.
const GROUPS_PER_FUEL: usize = 300;

/// What a row of so many groups costs.
fn cost(groups: usize) -> i64 {
    (1 + groups / GROUPS_PER_FUEL) as i64
}

/// What is wrong with numbers this long.
const TOO_LONG: &str = "number too long";

/// A calculation under way.
#[derive(Clone, Debug)]
pub enum Long {
    /// A product, and the scale it is cut to.
    Times(Product, Cut),
    /// A quotient.
    Over(Quotient, Cut),
    /// `a - (a/b)*b`: the quotient, then the product.
    Modulo(Box<Modulo>),
    Power(Box<Power>),
    Root(Box<Root>),
    /// Digits that are read in a base other than ten.
    Read(Box<Read>),
}

/// The sign and scale of a result, and the scale it is cut to.
#[derive(Clone, Copy, Debug)]
pub struct Cut {
    negative: bool,
    scale: usize,
    to: usize,
}

impl Cut {
    fn number(self, groups: Groups) -> Number {
        Number::new(self.negative, groups, self.scale).with_scale(self.to)
    }
}

type Res<T> = Result<T, String>;

impl Long {
    /// The product: its scale is the sum, cut to the greatest of `scale` and both scales.
    pub fn times(a: &Number, b: &Number, scale: usize) -> Res<Long> {
        if a.length() + b.length() > MAX_DIGITS {
            return Err(TOO_LONG.to_string());
        }
        let full = a.scale + b.scale;
        let to = full.min(scale.max(a.scale).max(b.scale));
        let cut = Cut { negative: a.negative != b.negative, scale: full, to };
        Ok(Long::Times(Product::new(&a.groups, &b.groups), cut))
    }

    /// The quotient to `scale` places.
    pub fn over(a: &Number, b: &Number, scale: usize) -> Res<Long> {
        if b.is_zero() {
            return Err("Divide by zero".to_string());
        }
        let by = (scale + b.scale) as isize - a.scale as isize;
        if a.length().saturating_add_signed(by) > 2 * MAX_DIGITS {
            return Err(TOO_LONG.to_string());
        }
        let cut = Cut { negative: a.negative != b.negative, scale, to: scale };
        Ok(Long::Over(Quotient::new(shift(&a.groups, by), &b.groups), cut))
    }

    /// The rest of a division to `scale` places.
    pub fn modulo(a: &Number, b: &Number, scale: usize) -> Res<Long> {
        if b.is_zero() {
            return Err("Modulo by zero".to_string());
        }
        let step = Long::over(a, b, scale)?;
        let places = a.scale.max(b.scale + scale);
        Ok(Long::Modulo(Box::new(Modulo { a: a.clone(), b: b.clone(), places, multiplies: false, step })))
    }

    /// A whole power.
    pub fn power(a: &Number, exponent: &Number, scale: usize) -> Res<Long> {
        let too_large = || "exponent too large in raise".to_string();
        let n = exponent.to_i64().ok_or_else(too_large)?;
        let left = n.unsigned_abs();
        let unit = a.is_zero() || (a.scale == 0 && a.groups[..] == [1]);
        if n < 0 && a.is_zero() {
            return Err("Divide by zero".to_string());
        }
        let digits = a.length().saturating_mul(usize::try_from(left).unwrap_or(usize::MAX));
        if !unit && digits > MAX_DIGITS {
            return Err(too_large());
        }
        let places =
            if n < 0 { scale } else { a.scale.saturating_mul(left as usize).min(scale.max(a.scale)) };
        Ok(Long::Power(Box::new(Power {
            base: a.clone(),
            result: Number::from(1),
            left: if unit { left.min(2 + left % 2) } else { left },
            inverse: n < 0,
            last: false,
            places,
            squares: false,
            step: None,
        })))
    }

    /// The square root to the greater of `scale` and its own scale.
    pub fn root(a: &Number, scale: usize) -> Res<Long> {
        if a.is_negative() {
            return Err("Square root of a negative number".to_string());
        }
        let places = scale.max(a.scale);
        if a.length() + 2 * places > 2 * MAX_DIGITS {
            return Err(TOO_LONG.to_string());
        }
        let n = a.with_scale(2 * places).groups;
        // Newton's steps on whole numbers, from above.
        let x = Rc::new(shift(&[1], count(&n).div_ceil(2) as isize));
        let step = Quotient::new(n.to_vec(), &x);
        Ok(Long::Root(Box::new(Root { n, x, places, step })))
    }

    /// Digits in a base with a point.
    pub fn read(digits: &str, base: u32) -> Long {
        Long::Read(Box::new(Read {
            digits: Rc::from(digits),
            base,
            at: 0,
            value: Vec::new(),
            places: None,
            step: None,
        }))
    }

    /// Goes on while there is fuel; the result when it is there.
    pub fn step(&mut self, fuel: &mut i64) -> Option<Res<Number>> {
        match self {
            Long::Times(product, cut) => product.step(fuel).map(|groups| Ok(cut.number(groups))),
            Long::Over(quotient, cut) => quotient.step(fuel).map(|groups| Ok(cut.number(groups))),
            Long::Modulo(modulo) => modulo.step(fuel),
            Long::Power(power) => power.step(fuel),
            Long::Root(root) => root.step(fuel).map(Ok),
            Long::Read(read) => read.step(fuel),
        }
    }
}

/// A product, row by row.
#[derive(Clone, Debug)]
pub struct Product {
    a: Rc<Groups>,
    b: Rc<Groups>,
    out: Groups,
    row: usize,
}

impl Product {
    fn new(a: &Rc<Groups>, b: &Rc<Groups>) -> Product {
        // Few long rows are faster than many short ones.
        let (a, b) = if a.len() < b.len() { (a, b) } else { (b, a) };
        Product { a: a.clone(), b: b.clone(), out: vec![0; a.len() + b.len()], row: 0 }
    }

    fn step(&mut self, fuel: &mut i64) -> Option<Groups> {
        let Product { a, b, out, row } = self;
        while *row < a.len() {
            let x = u64::from(a[*row]);
            let mut carry = 0u64;
            for (y, place) in b.iter().zip(&mut out[*row..]) {
                let n = u64::from(*place) + x * u64::from(*y) + carry;
                *place = (n % BASE) as u32;
                carry = n / BASE;
            }
            out[*row + b.len()] = carry as u32;
            *row += 1;
            *fuel -= cost(b.len());
            if *fuel <= 0 {
                return None;
            }
        }
        let mut out = std::mem::take(out);
        trim(&mut out);
        Some(out)
    }
}

/// A quotient of whole numbers, digit by digit (D. E. Knuth, TAOCP 4.3.1, algorithm D).
#[derive(Clone, Debug)]
pub struct Quotient {
    rest: Groups,
    by: Groups,
    out: Groups,
    /// Digits still to be found.
    left: usize,
}

impl Quotient {
    /// Divides by what is not zero.
    fn new(mut a: Groups, b: &[u32]) -> Quotient {
        let mut by = b.to_vec();
        if compare(&a, b).is_lt() {
            return Quotient { rest: a, by, out: Vec::new(), left: 0 };
        }
        // So that the first group of the divisor is at least half of the base.
        let factor = (BASE / (u64::from(by.last().copied().unwrap_or(0)) + 1)) as u32;
        multiply_small(&mut by, factor, 0);
        multiply_small(&mut a, factor, 0);
        a.push(0);
        let left = a.len() - by.len();
        Quotient { rest: a, out: vec![0; left], left, by }
    }

    fn step(&mut self, fuel: &mut i64) -> Option<Groups> {
        while self.left > 0 {
            self.left -= 1;
            self.out[self.left] = self.digit(self.left);
            *fuel -= cost(2 * self.by.len());
            if *fuel <= 0 && self.left > 0 {
                return None;
            }
        }
        let mut out = std::mem::take(&mut self.out);
        trim(&mut out);
        Some(out)
    }

    /// The digit at a place; what it takes is taken from the rest.
    fn digit(&mut self, place: usize) -> u32 {
        let n = self.by.len();
        let top = u64::from(self.by[n - 1]);
        let second = if n > 1 { u64::from(self.by[n - 2]) } else { 0 };
        let window = &mut self.rest[place..=place + n];
        let head = u64::from(window[n]) * BASE + u64::from(window[n - 1]);
        let (mut digit, mut over) = (head / top, head % top);
        let third = if n > 1 { u64::from(window[n - 2]) } else { 0 };
        while digit >= BASE
            || u128::from(digit) * u128::from(second)
                > u128::from(over) * u128::from(BASE) + u128::from(third)
        {
            digit -= 1;
            over += top;
            if over >= BASE {
                break;
            }
        }
        let (mut carry, mut borrow) = (0u64, 0i64);
        for (i, place) in window.iter_mut().enumerate() {
            let product = digit * u64::from(self.by.get(i).copied().unwrap_or(0)) + carry;
            carry = product / BASE;
            let mut left = i64::from(*place) - (product % BASE) as i64 - borrow;
            borrow = i64::from(left < 0);
            left += borrow * BASE as i64;
            *place = left as u32;
        }
        if borrow > 0 {
            // One too many: once in a blue moon.
            digit -= 1;
            let mut carry = 0u64;
            for (i, place) in window.iter_mut().enumerate() {
                let sum = u64::from(*place) + u64::from(self.by.get(i).copied().unwrap_or(0)) + carry;
                *place = (sum % BASE) as u32;
                carry = sum / BASE;
            }
        }
        digit as u32
    }
}

/// See [`Long::modulo`].
#[derive(Clone, Debug)]
pub struct Modulo {
    a: Number,
    b: Number,
    places: usize,
    multiplies: bool,
    step: Long,
}

impl Modulo {
    fn step(&mut self, fuel: &mut i64) -> Option<Res<Number>> {
        loop {
            let number = match self.step.step(fuel)? {
                Ok(number) => number,
                wrong => return Some(wrong),
            };
            if self.multiplies {
                return Some(Ok(self.a.minus(&number).with_scale(self.places)));
            }
            self.multiplies = true;
            match Long::times(&number, &self.b, self.places) {
                Ok(step) => self.step = step,
                Err(wrong) => return Some(Err(wrong)),
            }
        }
    }
}

/// See [`Long::power`].
#[derive(Clone, Debug)]
pub struct Power {
    base: Number,
    result: Number,
    left: u64,
    inverse: bool,
    /// The step is the inverse.
    last: bool,
    places: usize,
    /// Whether the step squares the base.
    squares: bool,
    step: Option<Long>,
}

impl Power {
    fn step(&mut self, fuel: &mut i64) -> Option<Res<Number>> {
        loop {
            if let Some(step) = &mut self.step {
                let number = match step.step(fuel)? {
                    Ok(number) => number,
                    wrong => return Some(wrong),
                };
                self.step = None;
                if self.last {
                    return Some(Ok(number));
                }
                if self.squares {
                    self.base = number;
                } else {
                    self.result = number;
                }
            }
            // All digits are kept until the end.
            self.squares = self.left & 1 == 0;
            let next = if self.left & 1 == 1 {
                self.left -= 1;
                Long::times(&self.result, &self.base, MAX_DIGITS)
            } else if self.left > 1 {
                self.left >>= 1;
                Long::times(&self.base, &self.base, MAX_DIGITS)
            } else if self.inverse {
                self.last = true;
                Long::over(&Number::from(1), &self.result, self.places)
            } else {
                return Some(Ok(self.result.with_scale(self.places)));
            };
            match next {
                Ok(step) => self.step = Some(step),
                Err(wrong) => return Some(Err(wrong)),
            }
        }
    }
}

/// See [`Long::root`].
#[derive(Clone, Debug)]
pub struct Root {
    n: Rc<Groups>,
    x: Rc<Groups>,
    places: usize,
    step: Quotient,
}

impl Root {
    fn step(&mut self, fuel: &mut i64) -> Option<Number> {
        loop {
            let quotient = self.step.step(fuel)?;
            let mut next = add(&self.x, &quotient);
            divide_small(&mut next, 2);
            if self.n.is_empty() || !compare(&next, &self.x).is_lt() {
                let root = if self.n.is_empty() { Vec::new() } else { self.x.to_vec() };
                return Some(Number::new(false, root, self.places));
            }
            self.x = Rc::new(next);
            self.step = Quotient::new(self.n.to_vec(), &self.x);
        }
    }
}

/// See [`Long::read`].
#[derive(Clone, Debug)]
pub struct Read {
    digits: Rc<str>,
    base: u32,
    at: usize,
    value: Groups,
    /// How many digits came behind the point.
    places: Option<usize>,
    /// The base to the power of the places, then the value over it.
    step: Option<(bool, Long)>,
}

impl Read {
    fn step(&mut self, fuel: &mut i64) -> Option<Res<Number>> {
        // A single digit stands for itself whatever the base.
        let most = if self.digits.len() == 1 { 35 } else { self.base - 1 };
        while let Some(digit) = self.digits.as_bytes().get(self.at) {
            self.at += 1;
            if *digit == b'.' {
                self.places.get_or_insert(0);
                continue;
            }
            let digit = char::from(*digit).to_digit(36).unwrap_or(0).min(most);
            multiply_small(&mut self.value, self.base, digit);
            self.places = self.places.map(|n| n + 1);
            *fuel -= cost(self.value.len());
            if *fuel <= 0 {
                return None;
            }
        }
        let Some(places) = self.places.filter(|n| *n > 0) else {
            return Some(Ok(Number::new(false, std::mem::take(&mut self.value), 0)));
        };
        loop {
            let next = match &mut self.step {
                None => {
                    let (base, places) = (i64::from(self.base), places as i64);
                    Long::power(&Number::from(base), &Number::from(places), 0).map(|step| (false, step))
                }
                Some((divides, step)) => match step.step(fuel)? {
                    Ok(unit) if !*divides => {
                        let top = Number::new(false, std::mem::take(&mut self.value), 0);
                        Long::over(&top, &unit, places).map(|step| (true, step))
                    }
                    result => return Some(result),
                },
            };
            match next {
                Ok(step) => self.step = Some(step),
                Err(wrong) => return Some(Err(wrong)),
            }
        }
    }
}

/// A number that is written in a base other than ten.
#[derive(Clone, Debug)]
pub struct Shown {
    base: u32,
    /// What of the whole part is left, and the digits of it, the last first.
    whole: Groups,
    digits: Vec<u32>,
    /// What of the fraction is left, and its scale.
    fraction: Groups,
    scale: usize,
    /// Digits behind the point, and how far they reach.
    behind: Vec<u32>,
    reach: Groups,
    negative: bool,
}

impl Shown {
    /// Writes a number.
    pub fn new(n: &Number, base: u32) -> Shown {
        let whole = n.with_scale(0);
        let fraction = n.minus(&whole);
        Shown {
            base,
            whole: whole.groups.to_vec(),
            digits: Vec::new(),
            fraction: fraction.groups.to_vec(),
            scale: n.scale,
            behind: Vec::new(),
            reach: vec![1],
            negative: n.is_negative(),
        }
    }

    /// Goes on while there is fuel; the text when it is there.
    pub fn step(&mut self, fuel: &mut i64) -> Option<String> {
        while !self.whole.is_empty() {
            self.digits.push(divide_small(&mut self.whole, self.base));
            *fuel -= cost(self.whole.len());
            if *fuel <= 0 {
                return None;
            }
        }
        while count(&self.reach) <= self.scale {
            multiply_small(&mut self.fraction, self.base, 0);
            let digit = shift(&self.fraction, -(self.scale as isize));
            let rest = super::number::subtract(&self.fraction, &shift(&digit, self.scale as isize));
            self.fraction = rest;
            self.behind.push(digit.first().copied().unwrap_or(0));
            multiply_small(&mut self.reach, self.base, 0);
            *fuel -= cost(4 * self.fraction.len());
            if *fuel <= 0 {
                return None;
            }
        }
        let width = (self.base - 1).to_string().len();
        let digit = |d: &u32| match self.base {
            ..=16 => char::from_digit(*d, 16).map_or(String::new(), |c| c.to_ascii_uppercase().to_string()),
            _ => format!(" {d:0width$}"),
        };
        let mut text = String::from(if self.negative { "-" } else { "" });
        self.digits.iter().rev().for_each(|d| text.push_str(&digit(d)));
        if self.scale > 0 {
            text.push('.');
            self.behind.iter().for_each(|d| text.push_str(&digit(d)));
        }
        Some(text)
    }
}
