//! Functions on numbers that give the same bits on every platform: they use only the four basic operations, which
//! IEEE 754 fixes, where the standard library's depend on the system's.

const LN2: f64 = std::f64::consts::LN_2;

/// e to the power of x.
pub fn exp(x: f64) -> f64 {
    if x.is_nan() {
        return x;
    }
    if x > 710.0 {
        return f64::INFINITY;
    }
    if x < -746.0 {
        return 0.0;
    }
    // x = k · ln 2 + r with a small r; e^r by its series.
    let k = (x / LN2).round();
    let r = x - k * LN2;
    let (mut sum, mut term) = (1.0, 1.0);
    for i in 1..24 {
        term = term * r / f64::from(i);
        sum += term;
    }
    scale(sum, k as i32)
}

/// x · 2^k
fn scale(mut x: f64, mut k: i32) -> f64 {
    while k > 0 {
        let step = k.min(1000);
        x *= f64::from_bits(((1023 + step) as u64) << 52);
        k -= step;
    }
    while k < 0 {
        let step = (-k).min(1000);
        x /= f64::from_bits(((1023 + step) as u64) << 52);
        k += step;
    }
    x
}

/// The natural logarithm.
pub fn ln(x: f64) -> f64 {
    if x.is_nan() || x < 0.0 {
        return f64::NAN;
    }
    if x == 0.0 {
        return f64::NEG_INFINITY;
    }
    if x.is_infinite() {
        return x;
    }
    let (mut m, mut k) = (x, 0);
    while m > 1.5 {
        m /= 2.0;
        k += 1;
    }
    while m < 0.75 {
        m *= 2.0;
        k -= 1;
    }
    // ln m = 2 artanh((m - 1) / (m + 1))
    let t = (m - 1.0) / (m + 1.0);
    let square = t * t;
    let (mut sum, mut power) = (0.0, t);
    for i in 0..30 {
        sum += power / f64::from(2 * i + 1);
        power *= square;
    }
    2.0 * sum + f64::from(k) * LN2
}

/// x to the power of y; exact for whole exponents as far as products are.
pub fn pow(x: f64, y: f64) -> f64 {
    if y == y.trunc() && y.abs() < 1e9 {
        let (mut base, mut n, mut result) = (x, y.abs() as u64, 1.0);
        while n > 0 {
            if n & 1 == 1 {
                result *= base;
            }
            base *= base;
            n >>= 1;
        }
        return if y < 0.0 { 1.0 / result } else { result };
    }
    if y == 0.5 {
        return x.sqrt();
    }
    exp(y * ln(x))
}

/// The sine of x radians.
pub fn sin(x: f64) -> f64 {
    if !x.is_finite() {
        return f64::NAN;
    }
    let turn = 2.0 * std::f64::consts::PI;
    let mut r = x - (x / turn).round() * turn;
    // Into -π/2 … π/2, where the series is quick.
    let half = std::f64::consts::PI;
    if r > half / 2.0 {
        r = half - r;
    } else if r < -half / 2.0 {
        r = -half - r;
    }
    let (mut sum, mut term) = (r, r);
    for i in 1..14 {
        term = -term * r * r / f64::from(2 * i * (2 * i + 1));
        sum += term;
    }
    sum
}

/// The cosine of x radians.
pub fn cos(x: f64) -> f64 {
    sin(x + std::f64::consts::FRAC_PI_2)
}

/// The angle of the point (x, y).
pub fn atan2(y: f64, x: f64) -> f64 {
    use std::f64::consts::{FRAC_PI_2, PI};
    if x == 0.0 {
        return if y > 0.0 {
            FRAC_PI_2
        } else if y < 0.0 {
            -FRAC_PI_2
        } else {
            0.0
        };
    }
    let a = atan(y / x);
    match (x < 0.0, y < 0.0) {
        (false, _) => a,
        (true, false) => a + PI,
        (true, true) => a - PI,
    }
}

fn atan(t: f64) -> f64 {
    if t.abs() > 1.0 {
        let side = if t > 0.0 { std::f64::consts::FRAC_PI_2 } else { -std::f64::consts::FRAC_PI_2 };
        return side - atan(1.0 / t);
    }
    if t.abs() > 0.25 {
        // Half the angle.
        return 2.0 * atan(t / (1.0 + (1.0 + t * t).sqrt()));
    }
    let square = t * t;
    let (mut sum, mut power) = (0.0, t);
    for i in 0..25 {
        sum += if i % 2 == 0 { power } else { -power } / f64::from(2 * i + 1);
        power *= square;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_right_to_twelve_digits() {
        let near = |a: f64, b: f64| assert!((a - b).abs() <= 1e-12 * b.abs().max(1.0), "{a} {b}");
        near(exp(1.0), std::f64::consts::E);
        near(ln(10.0), std::f64::consts::LN_10);
        near(pow(2.0, 0.25), 1.189_207_115_002_721);
        near(sin(1.0), 0.841_470_984_807_896_5);
        near(cos(3.0), -0.989_992_496_600_445_4);
        near(4.0 * atan2(1.0, 1.0), std::f64::consts::PI);
    }
}
