//! What plain scalars mean to yq: YAML 1.2's words with the numbers of go-yaml (`yes` and `on` are texts here, other than
//! to kubectl, whose reader follows YAML 1.1).

use std::rc::Rc;

use crate::bin::jq::value::Value;

/// The value of a plain scalar. Numbers keep how they were written.
pub fn resolve(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        _ => {}
    }
    match number(text) {
        Some(n) => Value::Num(n, Some(Rc::from(text))),
        None => Value::str(text),
    }
}

fn number(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let sign = if text.starts_with('-') { -1.0 } else { 1.0 };
    match unsigned {
        ".inf" | ".Inf" | ".INF" => return Some(sign * f64::INFINITY),
        ".nan" | ".NaN" | ".NAN" if text == unsigned => return Some(f64::NAN),
        _ => {}
    }
    if !unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    let plain: String = unsigned.chars().filter(|c| *c != '_').collect();
    let radix = |prefix: [&str; 2], radix| {
        let digits = prefix.iter().find_map(|p| plain.strip_prefix(p))?;
        u64::from_str_radix(digits, radix).ok()
    };
    let octal = plain.len() > 1 && plain.starts_with('0') && plain.bytes().all(|b| b.is_ascii_digit());
    let based = radix(["0x", "0X"], 16)
        .or_else(|| radix(["0b", "0B"], 2))
        .or_else(|| radix(["0o", "0O"], 8))
        .or_else(|| if octal { u64::from_str_radix(&plain, 8).ok() } else { None });
    if let Some(n) = based {
        return Some(sign * n as f64);
    }
    let floats = plain.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'));
    let point = plain.matches('.').count();
    if !floats || point > 1 || !plain.bytes().any(|b| b.is_ascii_digit()) {
        return None;
    }
    plain.parse::<f64>().ok().map(|n| sign * n)
}

/// Whether a number is a whole one, by how it is written.
pub fn is_whole(n: f64, text: Option<&str>) -> bool {
    match text {
        Some(text) => {
            let hex = text.trim_start_matches(['-', '+']).starts_with("0x");
            hex || !text.contains(['.', 'e', 'E'])
        }
        None => n.fract() == 0.0 && n.abs() < 1e21,
    }
}

/// The tag of a value.
pub fn tag(value: &Value) -> &'static str {
    match value {
        Value::Null => "!!null",
        Value::Bool(_) => "!!bool",
        Value::Num(n, text) if is_whole(*n, text.as_deref()) => "!!int",
        Value::Num(..) => "!!float",
        Value::Str(_) => "!!str",
        Value::Arr(_) => "!!seq",
        Value::Obj(_) => "!!map",
    }
}

/// A scalar as text, as yq shows it.
pub fn text(value: &Value) -> String {
    match value {
        Value::Num(_, Some(text)) => text.to_string(),
        Value::Num(n, None) if n.is_nan() => ".nan".to_string(),
        Value::Num(n, None) if n.is_infinite() => if *n > 0.0 { "+.inf" } else { "-.inf" }.to_string(),
        value => value.text().to_string(),
    }
}

/// The value with all numbers as JSON writes them.
pub fn plain_numbers(value: &Value) -> Value {
    match value {
        Value::Num(n, Some(text)) => {
            let digits = text.trim_start_matches('-');
            let whole =
                digits.bytes().all(|b| b.is_ascii_digit()) && (digits == "0" || !digits.starts_with('0'));
            if whole { value.clone() } else { Value::num(*n) }
        }
        Value::Arr(a) => Value::array(a.items.iter().map(plain_numbers).collect()),
        Value::Obj(o) => Value::object(o.map.iter().map(|(k, v)| (k.clone(), plain_numbers(v))).collect()),
        other => other.clone(),
    }
}

/// Whether a text that stands plain would be read as something else.
pub fn needs_quotes(text: &str) -> bool {
    !matches!(resolve(text), Value::Str(_)) || is_date(text) || text == "<<"
}

/// Whether a text begins as a date does: `2024-01-31`.
fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.splitn(3, '-').collect();
    let digits = |part: &str, n: usize| {
        part.len() <= n && !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit())
    };
    match parts.as_slice() {
        [year, month, day] => {
            let (day, time) = day.split_at(day.find(['T', 't', ' ']).unwrap_or(day.len()));
            year.len() == 4
                && digits(year, 4)
                && digits(month, 2)
                && digits(day, 2)
                && (time.is_empty() || time.contains(':'))
        }
        _ => false,
    }
}
