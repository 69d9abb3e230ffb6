//! How sort compares: as bytes, numbers of all kinds, months, versions.

use std::cmp::Ordering;

/// What one comparison looks at.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Flags {
    pub blanks: bool,
    pub dictionary: bool,
    pub fold: bool,
    pub printable: bool,
    pub reverse: bool,
    /// One of `n g h M V`; a blank compares bytes.
    pub kind: Option<char>,
}

impl Flags {
    /// Takes an option letter in; false when it is none.
    pub fn add(&mut self, letter: char) -> bool {
        match letter {
            'b' => self.blanks = true,
            'd' => self.dictionary = true,
            'f' => self.fold = true,
            'i' => self.printable = true,
            'r' => self.reverse = true,
            'n' | 'g' | 'h' | 'M' | 'V' => self.kind = Some(letter),
            _ => return false,
        }
        true
    }

    /// Whether nothing but blanks is said, so that the global flags hold.
    pub fn is_default(self) -> bool {
        Flags { blanks: false, ..self } == Flags::default()
    }
}

/// Compares two texts, without reversing.
pub fn compare(a: &[u8], b: &[u8], flags: Flags) -> Ordering {
    match flags.kind {
        Some('n') => number(a, b),
        Some('h') => human(a).cmp(&human(b)).then_with(|| number(a, b)),
        Some('g') => general(a).total_cmp(&general(b)),
        Some('M') => month(a).cmp(&month(b)),
        Some(_) => version(a, b),
        None => bytes(a, b, flags),
    }
}

fn bytes(a: &[u8], b: &[u8], flags: Flags) -> Ordering {
    if !flags.fold && !flags.dictionary && !flags.printable {
        return a.cmp(b);
    }
    let counts = |c: &u8| {
        (!flags.dictionary || c.is_ascii_alphanumeric() || *c == b' ' || *c == b'\t')
            && (!flags.printable || (32..127).contains(c))
    };
    let seen = |c: &u8| if flags.fold { c.to_ascii_uppercase() } else { *c };
    let (x, y) = (a.iter().filter(|c| counts(c)), b.iter().filter(|c| counts(c)));
    x.map(seen).cmp(y.map(seen))
}

pub fn trim(text: &[u8]) -> &[u8] {
    let blanks = text.iter().take_while(|b| **b == b' ' || **b == b'\t').count();
    &text[blanks..]
}

/// Sign, digits before the point without leading zeros, and digits behind it without trailing ones.
fn decimal(text: &[u8]) -> (bool, &[u8], &[u8]) {
    let text = trim(text);
    let (negative, rest) = match text.strip_prefix(b"-") {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let digits = |t: &[u8]| t.iter().take_while(|b| b.is_ascii_digit()).count();
    let zeros = rest.iter().take_while(|b| **b == b'0').count();
    let whole = &rest[zeros..];
    let n = digits(whole);
    let (whole, rest) = whole.split_at(n);
    let mut fraction: &[u8] = &[];
    if let Some(behind) = rest.strip_prefix(b".") {
        fraction = &behind[..digits(behind)];
        while let Some(shorter) = fraction.strip_suffix(b"0") {
            fraction = shorter;
        }
    }
    let zero = whole.is_empty() && fraction.is_empty();
    (negative && !zero, whole, fraction)
}

/// Numbers of any length.
fn number(a: &[u8], b: &[u8]) -> Ordering {
    let ((x_negative, x, x_fraction), (y_negative, y, y_fraction)) = (decimal(a), decimal(b));
    let size = || x.len().cmp(&y.len()).then_with(|| x.cmp(y)).then_with(|| x_fraction.cmp(y_fraction));
    match (x_negative, y_negative) {
        (false, false) => size(),
        (true, true) => size().reverse(),
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
    }
}

/// The power of a size with a unit, negative for negative sizes.
fn human(text: &[u8]) -> i8 {
    let (negative, whole, fraction) = decimal(text);
    if whole.is_empty() && fraction.is_empty() {
        return 0;
    }
    let text = trim(text);
    let unit = text.iter().find(|b| !(b.is_ascii_digit() || matches!(b, b'.' | b'-')));
    let power = match unit {
        Some(b'K' | b'k') => 1,
        Some(b'M') => 2,
        Some(b'G') => 3,
        Some(b'T') => 4,
        Some(b'P') => 5,
        Some(b'E') => 6,
        _ => 0,
    };
    if negative { -power } else { power }
}

/// A number as strtod(3) reads it; what is none comes first.
fn general(text: &[u8]) -> f64 {
    let text = String::from_utf8_lossy(trim(text));
    let end = text
        .char_indices()
        .find(|(_, c)| !(c.is_ascii_digit() || matches!(c, '.' | '-' | '+' | 'e' | 'E')))
        .map_or(text.len(), |(i, _)| i);
    (1..=end).rev().find_map(|n| text[..n].parse().ok()).unwrap_or(f64::NEG_INFINITY)
}

fn month(text: &[u8]) -> usize {
    let name: String = trim(text).iter().take(3).map(|b| char::from(*b).to_ascii_lowercase()).collect();
    crate::time::MONTHS.iter().position(|m| m.to_lowercase() == name).map_or(0, |p| p + 1)
}

/// Runs of digits compare as numbers.
fn version(a: &[u8], b: &[u8]) -> Ordering {
    let (mut x, mut y) = (a, b);
    loop {
        let text = |t: &[u8]| t.iter().take_while(|c| !c.is_ascii_digit()).count();
        let (i, j) = (text(x), text(y));
        let order = x[..i].cmp(&y[..j]);
        if order != Ordering::Equal || (x.len() == i && y.len() == j) {
            return order.then(x.len().cmp(&y.len()));
        }
        (x, y) = (&x[i..], &y[j..]);
        let digits = |t: &[u8]| t.iter().take_while(|c| c.is_ascii_digit()).count();
        let (i, j) = (digits(x), digits(y));
        let order = number(&x[..i], &y[..j]);
        if order != Ordering::Equal {
            return order;
        }
        (x, y) = (&x[i..], &y[j..]);
    }
}
