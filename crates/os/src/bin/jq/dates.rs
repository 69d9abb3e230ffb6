//! jq's dates: seconds since the epoch, "broken down time" arrays, strftime and strptime. The time zone is UTC.

use super::value::{Outcome, Value, type_error};
use crate::time::{Civil, LONG_DAYS, LONG_MONTHS, Time};

/// Seconds to `[year, month from 0, day, hours, minutes, seconds, weekday, day of the year]`.
pub fn gmtime(v: &Value) -> Outcome {
    let Some(seconds) = v.as_num() else { return Err(Value::str("gmtime() requires a number")) };
    let c = Civil::from_secs(seconds.floor() as i64);
    let second = f64::from(c.second) + (seconds - seconds.floor());
    let fields = [
        c.year as f64,
        f64::from(c.month) - 1.0,
        f64::from(c.day),
        f64::from(c.hour),
        f64::from(c.minute),
        second,
    ];
    let days = [f64::from(c.weekday), yearday(&c)];
    Ok(Value::array(fields.into_iter().chain(days).map(Value::num).collect()))
}

/// Days since the first of January.
fn yearday(c: &Civil) -> f64 {
    let first = crate::time::days_from_civil(c.year, 1, 1);
    (crate::time::days_from_civil(c.year, c.month, c.day) - first) as f64
}

/// The other way round.
pub fn mktime(v: &Value) -> Outcome {
    match civil(v) {
        Some(c) => Ok(Value::num(c.to_secs() as f64)),
        None if v.items().is_some() => Err(Value::str("mktime requires parsed datetime inputs")),
        None => Err(Value::str("mktime requires array of 6 numbers")),
    }
}

fn civil(v: &Value) -> Option<Civil> {
    let n: Vec<f64> = v.items()?.iter().map(Value::as_num).collect::<Option<_>>()?;
    if n.len() < 6 {
        return None;
    }
    // Fields beyond their range carry over, as with C's timegm.
    let months = n[0] as i64 * 12 + n[1] as i64;
    let (year, month) = (months.div_euclid(12), months.rem_euclid(12) as u32 + 1);
    let days = crate::time::days_from_civil(year, month, 1) + n[2] as i64 - 1;
    Some(Civil::from_secs(days * 86_400 + n[3] as i64 * 3600 + n[4] as i64 * 60 + n[5] as i64))
}

pub fn strftime(v: &Value, format: &Value) -> Outcome {
    let Value::Str(format) = format else { return Err(Value::str("strftime/1 requires a string format")) };
    let broken = if v.as_num().is_some() { gmtime(v)? } else { v.clone() };
    match civil(&broken) {
        Some(c) => Ok(Value::str(crate::time::strftime(format, Time::from_secs(c.to_secs())))),
        None => Err(Value::str("strftime/1 requires parsed datetime inputs")),
    }
}

pub fn strptime(v: &Value, format: &Value) -> Outcome {
    let Value::Str(text) = v else {
        return Err(type_error(v, "strptime/1 requires string inputs and arguments"));
    };
    let Value::Str(format) = format else {
        return Err(type_error(format, "strptime/1 requires string inputs and arguments"));
    };
    match read(text, format) {
        Some(c) => gmtime(&Value::num(c.to_secs() as f64)),
        None => Err(Value::str(format!("date \"{text}\" does not match format \"{format}\""))),
    }
}

/// The moment that a text in this format names; all of the text must be used.
fn read(text: &str, format: &str) -> Option<Civil> {
    let mut rest = text;
    let mut c = Civil { year: 1900, month: 1, day: 1, hour: 0, minute: 0, second: 0, weekday: 0, yearday: 0 };
    let (mut epoch, mut afternoon) = (None, None);
    let expanded = format
        .replace("%T", "%H:%M:%S")
        .replace("%F", "%Y-%m-%d")
        .replace("%D", "%m/%d/%y")
        .replace("%R", "%H:%M")
        .replace("%c", "%a %b %e %H:%M:%S %Y");
    let mut chars = expanded.chars();
    while let Some(f) = chars.next() {
        if f.is_whitespace() {
            rest = rest.trim_start();
            continue;
        }
        if f != '%' {
            rest = rest.strip_prefix(f)?;
            continue;
        }
        match chars.next()? {
            'Y' => c.year = digits(&mut rest, 4)?,
            'y' => {
                let y = digits(&mut rest, 2)?;
                c.year = if y < 69 { 2000 + y } else { 1900 + y };
            }
            'm' => c.month = within(digits(&mut rest, 2)?, 1, 12)?,
            'd' | 'e' => {
                rest = rest.trim_start();
                c.day = within(digits(&mut rest, 2)?, 1, 31)?;
            }
            'H' => c.hour = within(digits(&mut rest, 2)?, 0, 23)?,
            'I' => c.hour = within(digits(&mut rest, 2)?, 1, 12)?,
            'M' => c.minute = within(digits(&mut rest, 2)?, 0, 59)?,
            'S' => c.second = within(digits(&mut rest, 2)?, 0, 60)?,
            'j' => {
                c.month = 1;
                c.day = within(digits(&mut rest, 3)?, 1, 366)?;
            }
            's' => epoch = Some(digits(&mut rest, 12)?),
            'b' | 'B' | 'h' => c.month = name(&mut rest, &LONG_MONTHS)? as u32 + 1,
            'a' | 'A' => {
                name(&mut rest, &LONG_DAYS)?;
            }
            'p' => afternoon = Some(name(&mut rest, &["AM", "PM"])? == 1),
            'Z' => rest = rest.trim_start_matches(|c: char| c.is_ascii_alphabetic()),
            // Read, but as with C's strptime and timegm it does not move the result.
            'z' => {
                offset(&mut rest)?;
            }
            '%' => rest = rest.strip_prefix('%')?,
            _ => return None,
        }
    }
    if !rest.is_empty() {
        return None;
    }
    if let Some(afternoon) = afternoon {
        c.hour = c.hour % 12 + if afternoon { 12 } else { 0 };
    }
    let days = crate::time::days_from_civil(c.year, c.month, 1) + i64::from(c.day) - 1;
    let seconds = days * 86_400 + i64::from(c.hour) * 3600 + i64::from(c.minute) * 60 + i64::from(c.second);
    Some(Civil::from_secs(epoch.unwrap_or(seconds)))
}

fn digits(rest: &mut &str, most: usize) -> Option<i64> {
    let end = rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
    let (number, tail) = rest.split_at(end);
    *rest = tail;
    number.parse().ok()
}

fn within(n: i64, low: i64, high: i64) -> Option<u32> {
    if (low..=high).contains(&n) { u32::try_from(n).ok() } else { None }
}

/// The place of the name that the text begins with, whole or its first three letters.
fn name(rest: &mut &str, names: &[&str]) -> Option<usize> {
    for (at, known) in names.iter().enumerate() {
        for candidate in [*known, &known[..known.len().min(3)]] {
            if rest.get(..candidate.len()).is_some_and(|text| text.eq_ignore_ascii_case(candidate)) {
                *rest = &rest[candidate.len()..];
                return Some(at);
            }
        }
    }
    None
}

fn offset(rest: &mut &str) -> Option<i64> {
    if let Some(tail) = rest.strip_prefix('Z') {
        *rest = tail;
        return Some(0);
    }
    let sign = match rest.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    *rest = &rest[1..];
    let hours = digits(rest, 2)?;
    *rest = rest.strip_prefix(':').unwrap_or(rest);
    Some(sign * (hours * 3600 + digits(rest, 2)? * 60))
}
