//! Functions of C's mathematics that jq passes on and that are not among its arithmetic (`text::math` has the others).
//! Built from those, so that they give the same bytes on every machine; the last digit may differ from a C library's.

use super::value::Value;
use crate::text::math::{exp, ln, pow};

/// ln(1 + x), also where x is so small that 1 + x is 1.
pub fn log1p(x: f64) -> f64 {
    let sum = 1.0 + x;
    if sum == 1.0 || sum.is_infinite() { x } else { ln(sum) * x / (sum - 1.0) }
}

/// e^x - 1, also where x is small.
pub fn expm1(x: f64) -> f64 {
    let power = exp(x);
    if power == 1.0 {
        x
    } else if power - 1.0 == -1.0 || power.is_infinite() {
        power - 1.0
    } else {
        (power - 1.0) * x / ln(power)
    }
}

pub fn sinh(x: f64) -> f64 {
    if x.abs() < 1e-5 {
        // What follows in the series is beyond the last digit.
        return x + x * x * x / 6.0;
    }
    let grown = expm1(x.abs());
    let half = if grown.is_infinite() { grown } else { (grown + grown / (grown + 1.0)) / 2.0 };
    half.copysign(x)
}

pub fn cosh(x: f64) -> f64 {
    let power = exp(x.abs());
    (power + 1.0 / power) / 2.0
}

pub fn tanh(x: f64) -> f64 {
    let grown = expm1(2.0 * x.abs());
    let ratio = if grown.is_infinite() { 1.0 } else { grown / (grown + 2.0) };
    ratio.copysign(x)
}

pub fn asinh(x: f64) -> f64 {
    let a = x.abs();
    // Beyond this, a² + 1 is a².
    let found = if a > 1e9 {
        ln(a) + std::f64::consts::LN_2
    } else {
        log1p(a + a * a / (1.0 + (a * a + 1.0).sqrt()))
    };
    found.copysign(x)
}

pub fn acosh(x: f64) -> f64 {
    if x > 1e9 { ln(x) + std::f64::consts::LN_2 } else { log1p(x - 1.0 + ((x - 1.0) * (x + 1.0)).sqrt()) }
}

pub fn atanh(x: f64) -> f64 {
    log1p(2.0 * x.abs() / (1.0 - x.abs())).copysign(x) / 2.0
}

/// The length of a vector, without an overflow on the way.
pub fn hypot(x: f64, y: f64) -> f64 {
    let (long, short) = (x.abs().max(y.abs()), x.abs().min(y.abs()));
    if long == 0.0 || long.is_infinite() {
        return long;
    }
    let ratio = short / long;
    long * (1.0 + ratio * ratio).sqrt()
}

/// What is left of x after the nearest whole multiple of y (IEEE 754's remainder).
pub fn drem(x: f64, y: f64) -> f64 {
    if y.is_infinite() && x.is_finite() {
        return x;
    }
    let rest = x % y;
    let (size, half) = (rest.abs(), y.abs() / 2.0);
    // At exactly one half the even multiple is nearest.
    let odd = ((x - rest) / y) % 2.0 != 0.0;
    if size > half || (size == half && odd) { rest - y.abs().copysign(rest) } else { rest }
}

/// A number as a fraction between 1/2 and 1, and a power of two.
pub fn frexp(x: f64) -> (f64, i32) {
    if x == 0.0 || !x.is_finite() {
        return (x, 0);
    }
    // Numbers too small for a full fraction are made larger first.
    let (scaled, less) = if x.is_normal() { (x, 0) } else { (x * 2f64.powi(54), 54) };
    let bits = scaled.to_bits();
    let power = ((bits >> 52) & 0x7ff) as i32 - 1022;
    (f64::from_bits(bits & !(0x7ff << 52) | (1022 << 52)), power - less)
}

/// x · 2^power, for powers beyond what one factor can be.
pub fn scalb(x: f64, power: f64) -> f64 {
    let steps = power.clamp(-2200.0, 2200.0);
    let half = (steps / 2.0).trunc();
    let quarter = (half / 2.0).trunc();
    [quarter, half - quarter, steps - half].into_iter().fold(x, |x, power| x * pow(2.0, power))
}

/// The power of two in a number.
pub fn logb(x: f64) -> f64 {
    match x {
        0.0 => f64::NEG_INFINITY,
        x if x.is_infinite() => f64::INFINITY,
        x if x.is_nan() => x,
        x => f64::from(frexp(x).1 - 1),
    }
}

/// A number without its power of two: 1 or more, less than 2.
pub fn significand(x: f64) -> f64 {
    if x == 0.0 || !x.is_finite() { x } else { frexp(x).0 * 2.0 }
}

/// `frexp` as jq's pair.
pub fn frexp_pair(x: f64) -> Value {
    let (fraction, power) = frexp(x);
    Value::array(vec![Value::num(fraction), Value::num(f64::from(power))])
}

/// The part behind the point, and the whole part, as jq's pair.
pub fn modf_pair(x: f64) -> Value {
    let behind = if x.is_infinite() { 0.0_f64.copysign(x) } else { x.fract() };
    Value::array(vec![Value::num(behind), Value::num(x.trunc())])
}
