//! `@csv`, `@base64` and the other formats.

use super::value::{Outcome, Value, type_error};
use crate::text;

/// Shows a value in the format of that name (without the `@`).
pub fn apply(name: &str, value: &Value) -> Outcome {
    Ok(match name {
        "text" => Value::Str(value.text()),
        "json" => Value::str(super::json::compact(value)),
        "csv" => row(value, "csv", ",", |s| format!("\"{}\"", s.replace('"', "\"\"")))?,
        "tsv" => row(value, "tsv", "\t", |s| {
            s.replace('\\', "\\\\").replace('\t', "\\t").replace('\n', "\\n").replace('\r', "\\r")
        })?,
        "html" => Value::str(
            value
                .text()
                .replace('&', "&amp;")
                .replace('<', "&lt;")
                .replace('>', "&gt;")
                .replace('\'', "&#39;")
                .replace('"', "&quot;"),
        ),
        "uri" => Value::str(uri(&value.text())),
        "sh" => shell(value)?,
        "base64" => Value::str(text::base64(value.text().as_bytes())),
        "base64d" => base64d(value)?,
        "base32" => Value::str(base32(value.text().as_bytes())),
        "base32d" => base32d(value)?,
        _ => return Err(Value::str(format!("{name} is not a valid format"))),
    })
}

fn row(value: &Value, name: &str, separator: &str, quote: impl Fn(&str) -> String) -> Outcome {
    let Some(items) = value.items() else {
        return Err(type_error(value, &format!("cannot be {name}-formatted, only an array can be")));
    };
    let mut cells = Vec::with_capacity(items.len());
    for item in items {
        cells.push(match item {
            Value::Null => String::new(),
            Value::Bool(b) => b.to_string(),
            Value::Num(n, _) if n.is_nan() => String::new(),
            Value::Num(..) => item.text().to_string(),
            Value::Str(s) => quote(s),
            other => return Err(type_error(other, "is not valid in a csv row")),
        });
    }
    Ok(Value::str(cells.join(separator)))
}

fn uri(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            out.push(byte as char);
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

fn shell(value: &Value) -> Outcome {
    let one = |item: &Value| match item {
        Value::Arr(_) | Value::Obj(_) => Err(type_error(item, "can not be escaped for shell")),
        Value::Str(s) => Ok(format!("'{}'", s.replace('\'', "'\\''"))),
        other => Ok(other.text().to_string()),
    };
    let words: Vec<String> = match value {
        Value::Arr(a) => a.items.iter().map(one).collect::<Result<_, _>>()?,
        other => vec![one(other)?],
    };
    Ok(Value::str(words.join(" ")))
}

fn base64d(value: &Value) -> Outcome {
    let encoded = value.text();
    let trimmed = encoded.trim_end_matches('=');
    if trimmed.len() % 4 == 1 {
        return Err(type_error(value, "trailing base64 byte found"));
    }
    let padded = format!("{trimmed}{}", "=".repeat((4 - trimmed.len() % 4) % 4));
    match text::unbase64(padded.as_bytes()) {
        Some(bytes) => Ok(Value::str(String::from_utf8_lossy(&bytes))),
        None => Err(type_error(value, "is not valid base64 data")),
    }
}

const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

fn base32(bytes: &[u8]) -> String {
    let mut out = String::new();
    for chunk in bytes.chunks(5) {
        let mut block = [0u8; 5];
        block[..chunk.len()].copy_from_slice(chunk);
        let bits = block.iter().fold(0u64, |bits, byte| bits << 8 | u64::from(*byte));
        let used = (chunk.len() * 8).div_ceil(5);
        for n in 0..8 {
            let digit = BASE32[(bits >> (35 - 5 * n) & 31) as usize];
            out.push(if n < used { digit as char } else { '=' });
        }
    }
    out
}

fn base32d(value: &Value) -> Outcome {
    let text = value.text();
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0u64, 0);
    for byte in text.trim_end_matches('=').bytes() {
        let Some(digit) = BASE32.iter().position(|b| *b == byte) else {
            return Err(type_error(value, "is not valid base32 data"));
        };
        bits = bits << 5 | digit as u64;
        count += 5;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count & 0xff) as u8);
        }
    }
    Ok(Value::str(String::from_utf8_lossy(&bytes)))
}
