//! Amounts of resources: `500m`, `1.5Gi`, `1e3` (`k8s.io/apimachinery/pkg/api/resource`).
//!
//! A quantity is a number of billionths and the family of suffixes it was written with. Text is always canonical: the
//! largest suffix that leaves no fraction.

use std::cmp::Ordering;
use std::fmt;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};

/// An amount of a resource.
#[derive(Clone, Copy, Default)]
pub struct Quantity {
    nanos: i128,
    format: Format,
}

/// Family of suffixes.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub enum Format {
    /// `k`, `M`, `G`, and `m`, `u`, `n`.
    #[default]
    DecimalSI,
    /// `Ki`, `Mi`, `Gi`.
    BinarySI,
    /// `e3`, `e6`.
    DecimalExponent,
}

const NANOS: i128 = 1_000_000_000;
/// Larger amounts are capped, as upstream caps them.
const MAX: i128 = (i64::MAX as i128) * NANOS;

const BINARY: [&str; 6] = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
/// Decimal suffixes from billionths up, in steps of a thousand.
const DECIMAL: [&str; 10] = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];

const ERR_FORMAT: &str =
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const ERR_SUFFIX: &str = "unable to parse quantity's suffix";
const ERR_NUMERIC: &str = "unable to parse numeric part of quantity";

impl Quantity {
    /// Nothing, written `0`.
    pub const ZERO: Quantity = Quantity { nanos: 0, format: Format::DecimalSI };

    /// A whole amount, printed with decimal suffixes.
    pub const fn new(value: i64) -> Quantity {
        Quantity { nanos: value as i128 * NANOS, format: Format::DecimalSI }
    }
    /// Thousandths: `Quantity::from_milli(1500)` prints `1500m`.
    pub const fn from_milli(milli: i64) -> Quantity {
        Quantity { nanos: milli as i128 * 1_000_000, format: Format::DecimalSI }
    }
    /// A whole amount, printed with binary suffixes.
    pub const fn bytes(value: i64) -> Quantity {
        Quantity { nanos: value as i128 * NANOS, format: Format::BinarySI }
    }
    /// The suffixes it is written with.
    pub const fn format(self) -> Format {
        self.format
    }
    /// The same amount with other suffixes.
    pub const fn with_format(mut self, format: Format) -> Quantity {
        self.format = format;
        self
    }
    /// True for no amount.
    pub const fn is_zero(self) -> bool {
        self.nanos == 0
    }
    /// -1, 0 or 1.
    pub const fn sign(self) -> i32 {
        self.nanos.signum() as i32
    }
    /// The amount, rounded away from zero (`Value`).
    pub fn value(self) -> i64 {
        self.scaled(NANOS)
    }
    /// Thousandths, rounded away from zero (`MilliValue`).
    pub fn milli_value(self) -> i64 {
        self.scaled(1_000_000)
    }
    fn scaled(self, unit: i128) -> i64 {
        let quotient = self.nanos / unit;
        let away = if self.nanos % unit == 0 { 0 } else { self.nanos.signum() };
        i64::try_from(quotient + away).unwrap_or(if self.nanos > 0 { i64::MAX } else { i64::MIN })
    }
    /// The amount as a float; exact to some 15 digits.
    pub fn as_f64(self) -> f64 {
        self.nanos as f64 / 1e9
    }

    /// Reads a quantity. Errors are upstream's words.
    pub fn parse(text: &str) -> Result<Quantity, &'static str> {
        let (negative, rest) = match text.as_bytes().first() {
            None => return Err(ERR_FORMAT),
            Some(b'-') => (true, &text[1..]),
            Some(b'+') => (false, &text[1..]),
            Some(_) => (false, text),
        };
        let digits_end = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (whole, rest) = rest.split_at(digits_end(rest));
        let (fraction, suffix) = match rest.strip_prefix('.') {
            Some(rest) => rest.split_at(digits_end(rest)),
            None => ("", rest),
        };
        check_suffix_shape(suffix)?;
        if whole.is_empty() && fraction.is_empty() {
            return Err(if rest.starts_with('.') { ERR_NUMERIC } else { ERR_FORMAT });
        }
        let (base, exponent, format) = interpret_suffix(suffix)?;
        let mut nanos = scale(whole, fraction, base, exponent);
        if negative {
            nanos = -nanos;
        }
        // Upstream: small binary amounts become decimal, to avoid rounding and confusion.
        let small = nanos > 0 && nanos < NANOS;
        let format = if format == Format::BinarySI && small { Format::DecimalSI } else { format };
        Ok(Quantity { nanos, format })
    }
}

/// After letters of suffixes and a sign only digits may follow.
fn check_suffix_shape(suffix: &str) -> Result<(), &'static str> {
    let rest = suffix.trim_start_matches(|c| "eEinumkKMGTP".contains(c));
    let rest = rest.strip_prefix(['-', '+']).unwrap_or(rest);
    if rest.bytes().all(|byte| byte.is_ascii_digit()) { Ok(()) } else { Err(ERR_FORMAT) }
}

/// Base, exponent and family of a suffix.
fn interpret_suffix(suffix: &str) -> Result<(i128, i32, Format), &'static str> {
    if let Some(index) = BINARY.iter().position(|known| *known == suffix) {
        return Ok((2, 10 * (index as i32 + 1), Format::BinarySI));
    }
    if let Some(index) = DECIMAL.iter().position(|known| *known == suffix) {
        return Ok((10, 3 * (index as i32 - 3), Format::DecimalSI));
    }
    let exponent = suffix.strip_prefix(['e', 'E']).filter(|digits| !digits.is_empty()).ok_or(ERR_SUFFIX)?;
    let exponent: i32 = exponent.parse().map_err(|_| ERR_SUFFIX)?;
    Ok((10, exponent, Format::DecimalExponent))
}

/// `whole.fraction × base^exponent` in billionths: rounded up, capped.
fn scale(whole: &str, fraction: &str, base: i128, exponent: i32) -> i128 {
    let fraction = fraction.trim_end_matches('0');
    let digits: String = [whole, fraction].concat();
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() {
        return 0;
    }
    // The number is digits × 10^(shift) × (2^exponent or 1) billionths.
    let (twos, tens) = if base == 2 { (exponent, 0) } else { (0, exponent) };
    let mut shift = 9 + tens.clamp(-1000, 1000) - fraction.len() as i32;
    if digits.len() as i32 + shift > 38 {
        return MAX;
    }
    // Keep what can matter: more than 27 digits are far beyond billionths of the largest amount, or below a billionth.
    let kept = digits.len().min(27);
    let mut lost = digits[kept..].bytes().any(|digit| digit != b'0');
    shift += (digits.len() - kept) as i32;
    let mut value: i128 = digits[..kept].parse().unwrap_or(MAX);
    for _ in 0..twos / 10 {
        value = value.saturating_mul(1024);
    }
    while shift > 0 {
        value = value.saturating_mul(10);
        shift -= 1;
    }
    while shift < 0 {
        lost |= value % 10 != 0;
        value /= 10;
        shift += 1;
    }
    (value + i128::from(lost)).min(MAX)
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.nanos == 0 {
            return f.pad("0");
        }
        let whole = self.nanos % NANOS == 0;
        let big = self.nanos.abs() >= 1024 * NANOS;
        let text = match self.format {
            Format::BinarySI if whole && big => {
                let mut value = self.nanos / NANOS;
                let mut power = 0;
                while value % 1024 == 0 && power < BINARY.len() {
                    value /= 1024;
                    power += 1;
                }
                let suffix = if power == 0 { "" } else { BINARY[power - 1] };
                format!("{value}{suffix}")
            }
            format => {
                let mut value = self.nanos;
                let mut power = 0;
                while value % 1000 == 0 && power < DECIMAL.len() - 1 {
                    value /= 1000;
                    power += 1;
                }
                let exponent = 3 * (power as i32 - 3);
                match format {
                    Format::DecimalExponent if exponent == 0 => value.to_string(),
                    Format::DecimalExponent => format!("{value}e{exponent}"),
                    _ => format!("{value}{}", DECIMAL[power]),
                }
            }
        };
        f.pad(&text)
    }
}
impl fmt::Debug for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
/// Equal amounts are equal however they were written.
impl PartialEq for Quantity {
    fn eq(&self, other: &Quantity) -> bool {
        self.nanos == other.nanos
    }
}
impl Eq for Quantity {}
impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Quantity) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Quantity {
    fn cmp(&self, other: &Quantity) -> Ordering {
        self.nanos.cmp(&other.nanos)
    }
}
/// The sum keeps the suffixes of the left side, unless that is zero.
impl Add for Quantity {
    type Output = Quantity;
    fn add(self, other: Quantity) -> Quantity {
        let format = if self.is_zero() { other.format } else { self.format };
        Quantity { nanos: self.nanos.saturating_add(other.nanos), format }
    }
}
impl AddAssign for Quantity {
    fn add_assign(&mut self, other: Quantity) {
        *self = *self + other;
    }
}
impl Neg for Quantity {
    type Output = Quantity;
    fn neg(self) -> Quantity {
        Quantity { nanos: -self.nanos, format: self.format }
    }
}
impl Sub for Quantity {
    type Output = Quantity;
    fn sub(self, other: Quantity) -> Quantity {
        self + -other
    }
}
impl SubAssign for Quantity {
    fn sub_assign(&mut self, other: Quantity) {
        *self = *self - other;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_becomes_canonical() {
        for (text, canonical) in [
            ("0", "0"),
            ("0Mi", "0"),
            ("100m", "100m"),
            ("1000m", "1"),
            ("0.5", "500m"),
            (".5", "500m"),
            ("1.5", "1500m"),
            ("2", "2"),
            ("1024", "1024"),
            ("1Ki", "1Ki"),
            ("1024Ki", "1Mi"),
            ("1536Mi", "1536Mi"),
            ("1.5Gi", "1536Mi"),
            ("128Mi", "128Mi"),
            ("1000Mi", "1000Mi"),
            ("1000M", "1G"),
            ("1e3", "1e3"),
            ("1000e0", "1e3"),
            ("1E", "1E"),
            ("0.1n", "1n"),
            ("-5", "-5"),
            ("+5", "5"),
            ("0.5Ki", "512"),
            ("0.0001Ki", "102400u"),
            ("0.3Mi", "314572800m"),
            ("100000", "100k"),
            ("9223372036854775808", "9223372036854775807"),
            ("1e30", "9223372036854775807"),
        ] {
            assert_eq!(Quantity::parse(text).map(|q| q.to_string()).as_deref(), Ok(canonical), "{text}");
        }
    }

    #[test]
    fn junk_is_refused_in_upstreams_words() {
        for (text, error) in [
            ("", ERR_FORMAT),
            ("abc", ERR_FORMAT),
            ("1 Gi", ERR_FORMAT),
            ("1.2.3", ERR_FORMAT),
            ("1Gb", ERR_FORMAT),
            ("1Mi5", ERR_SUFFIX),
            ("1MM", ERR_SUFFIX),
            ("100KI", ERR_FORMAT),
            ("1Kb", ERR_FORMAT),
            ("1e", ERR_SUFFIX),
            ("ß", ERR_FORMAT),
        ] {
            assert_eq!(Quantity::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn arithmetic_keeps_amounts_and_suffixes() {
        let q = |text: &str| Quantity::parse(text).unwrap();
        assert_eq!((q("1Gi") + q("512Mi")).to_string(), "1536Mi");
        assert_eq!((q("0") + q("512Mi")).to_string(), "512Mi");
        assert_eq!((q("1") - q("250m")).to_string(), "750m");
        assert!(q("1Gi") > q("1G"));
        assert_eq!((q("1.5").value(), q("1.5").milli_value(), q("1u").milli_value()), (2, 1500, 1));
    }

    #[test]
    fn canonical_text_is_a_fixed_point() {
        let mut state: u64 = 42;
        for _ in 0..2000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let number = (state >> 33) % 100_000;
            let suffix =
                ["", "m", "u", "n", "k", "M", "G", "Ki", "Mi", "Gi", "e3", "E2"][(state >> 20) as usize % 12];
            for text in [format!("{number}{suffix}"), format!("{number}.{}{suffix}", number % 7)] {
                let quantity = Quantity::parse(&text).unwrap();
                let again = Quantity::parse(&quantity.to_string()).unwrap();
                assert_eq!(quantity, again, "{text}");
                assert_eq!(quantity.to_string(), again.to_string(), "{text}");
            }
        }
    }
}
