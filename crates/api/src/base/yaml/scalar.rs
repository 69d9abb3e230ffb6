//! What a scalar means: go-yaml v2's resolution, which is YAML 1.1 with a few repairs.

use crate::Json;

/// Resolves a scalar with its tag.
///
/// # Errors
/// The tag does not fit the text (`!!int x`).
pub(super) fn resolve(tag: Option<&str>, text: &str, plain: bool) -> Result<Json, String> {
    let short = tag.map(|t| t.strip_prefix("tag:yaml.org,2002:").unwrap_or(t));
    match short {
        None | Some("") if plain => Ok(plain_scalar(text)),
        None | Some("" | "!" | "str" | "binary") => Ok(Json::String(text.into())),
        Some("float") => match plain_scalar(text) {
            Json::Number(n) => {
                Ok(serde_json::Number::from_f64(n.as_f64().unwrap_or(0.0)).map_or(Json::Null, Json::Number))
            }
            _ => Err(format!("cannot decode !!str `{text}` as a !!float")),
        },
        Some("int" | "bool" | "null") => match (short, plain_scalar(text)) {
            (Some("int"), v @ Json::Number(_))
            | (Some("bool"), v @ Json::Bool(_))
            | (Some("null"), v @ Json::Null) => Ok(v),
            _ => Err(format!("cannot decode !!str `{text}` as a !!{}", short.unwrap_or(""))),
        },
        Some(_) if plain => Ok(plain_scalar(text)),
        Some(_) => Ok(Json::String(text.into())),
    }
}

fn plain_scalar(text: &str) -> Json {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Json::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            return Json::Bool(true);
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return Json::Bool(false);
        }
        _ => {}
    }
    number(text).unwrap_or_else(|| Json::String(text.into()))
}

fn number(text: &str) -> Option<Json> {
    if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')) {
        return None;
    }
    let plain: String = text.chars().filter(|c| *c != '_').collect();
    let (negative, digits) = match plain.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, plain.strip_prefix('+').unwrap_or(&plain)),
    };
    let radix = |prefix: &[&str], radix| {
        prefix.iter().find_map(|p| digits.strip_prefix(p)).map(|d| u64::from_str_radix(d, radix))
    };
    let whole = radix(&["0x", "0X"], 16)
        .or_else(|| radix(&["0b", "0B"], 2))
        .or_else(|| radix(&["0o", "0O"], 8))
        .or_else(|| (digits.len() > 1 && digits.starts_with('0')).then(|| u64::from_str_radix(digits, 8)))
        .unwrap_or_else(|| digits.parse::<u64>());
    if let Ok(n) = whole {
        if !negative {
            return Some(n.into());
        }
        return i64::try_from(-i128::from(n)).ok().map(Json::from);
    }
    if is_float(&plain) {
        let value: f64 = plain.parse().ok()?;
        return serde_json::Number::from_f64(value).map(Json::Number);
    }
    None
}

/// `^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`
fn is_float(text: &str) -> bool {
    let text = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((m, e)) => (m, Some(e.strip_prefix(['-', '+']).unwrap_or(e))),
        None => (text, None),
    };
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    let mantissa_ok = match mantissa.split_once('.') {
        Some(("", fraction)) => digits(fraction),
        Some((whole, fraction)) => digits(whole) && (fraction.is_empty() || digits(fraction)),
        None => digits(mantissa),
    };
    mantissa_ok && exponent.is_none_or(digits)
}

/// Tells whether a string, written plain, would be read as something else than a string (so it needs quotes).
pub fn looks_like_other_type(text: &str) -> bool {
    if !matches!(plain_scalar(text), Json::String(_)) {
        return true;
    }
    matches!(
        text,
        ".inf"
            | ".Inf"
            | ".INF"
            | "+.inf"
            | "+.Inf"
            | "+.INF"
            | "-.inf"
            | "-.Inf"
            | "-.INF"
            | ".nan"
            | ".NaN"
            | ".NAN"
    ) || is_base60(text)
        || is_timestamp(text)
}

/// `^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$`
fn is_base60(text: &str) -> bool {
    let body = text.strip_prefix(['-', '+']).unwrap_or(text);
    let body = match body.rsplit_once('.') {
        Some((b, fraction)) if fraction.bytes().all(|c| c.is_ascii_digit() || c == b'_') => b,
        Some(_) => return false,
        None => body,
    };
    let mut parts = body.split(':');
    let first = parts.next().unwrap_or("");
    let first_ok = first.starts_with(|c: char| c.is_ascii_digit())
        && first.bytes().all(|c| c.is_ascii_digit() || c == b'_');
    let mut rest = parts.peekable();
    first_ok
        && rest.peek().is_some()
        && rest.all(|p| matches!(p.as_bytes(), [b'0'..=b'9'] | [b'0'..=b'5', b'0'..=b'9']))
}

/// Dates and times in the forms go-yaml accepts: `2006-1-2`, with a time after `T`, `t` or a blank.
fn is_timestamp(text: &str) -> bool {
    let year = text.bytes().take_while(u8::is_ascii_digit).count();
    if year != 4 || text.as_bytes().get(4) != Some(&b'-') {
        return false;
    }
    let (date, time) = match text.find(['T', 't', ' ']) {
        Some(at) => (&text[..at], Some(text[at + 1..].trim_start())),
        None => (text, None),
    };
    let parts: Vec<&str> = date.split('-').collect();
    let number = |s: &str, max: u32| {
        matches!(s.len(), 1 | 2) && s.parse::<u32>().is_ok_and(|n| (1..=max).contains(&n))
    };
    if parts.len() != 3 || !number(parts[1], 12) || !number(parts[2], 31) {
        return false;
    }
    let Some(time) = time else { return true };
    let clock = time.trim_end_matches('Z');
    let clock = clock.rsplit_once(['+', '-']).map_or(clock, |(c, _)| c).trim_end();
    let fields: Vec<&str> = clock.split(':').collect();
    fields.len() == 3
        && fields[..2].iter().all(|f| f.len() <= 2 && f.parse::<u32>().is_ok_and(|n| n < 60))
        && fields[2].parse::<f64>().is_ok_and(|s| s < 61.0)
}
