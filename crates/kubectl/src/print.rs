//! Printers: what `-o` selects.

use api::Json;
use api::base::yaml as yaml_text;

use crate::cx::Cx;
use crate::error::{CmdError, Result};

/// Prints YAML with sorted keys.
pub fn yaml(value: &Json) -> String {
    yaml_text::to_string(value)
}

/// Prints JSON with sorted keys, indented by four blanks.
pub fn json_text(value: &Json) -> String {
    let mut out = String::new();
    write_json(value, 0, true, &mut out);
    out
}

/// Prints JSON in the order of the value's keys (Go structs print so).
pub fn json_in_order(value: &Json) -> String {
    let mut out = String::new();
    write_json(value, 0, false, &mut out);
    out
}

fn write_json(value: &Json, depth: usize, sorted: bool, out: &mut String) {
    let newline = |out: &mut String, depth: usize| {
        out.push('\n');
        out.extend(std::iter::repeat_n("    ", depth));
    };
    match value {
        Json::Object(map) if !map.is_empty() => {
            let mut entries: Vec<(&String, &Json)> = map.iter().collect();
            if sorted {
                entries.sort_by_key(|(k, _)| *k);
            }
            out.push('{');
            for (i, (key, item)) in entries.into_iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                newline(out, depth + 1);
                out.push_str(&go_string(key));
                out.push_str(": ");
                write_json(item, depth + 1, sorted, out);
            }
            newline(out, depth);
            out.push('}');
        }
        Json::Array(items) if !items.is_empty() => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                newline(out, depth + 1);
                write_json(item, depth + 1, sorted, out);
            }
            newline(out, depth);
            out.push(']');
        }
        Json::String(text) => out.push_str(&go_string(text)),
        other => out.push_str(&other.to_string()),
    }
}

/// Prints compact JSON with sorted keys, as Go encodes maps.
pub fn json_compact(value: &Json) -> String {
    match value {
        Json::Object(map) => {
            let mut entries: Vec<(&String, &Json)> = map.iter().collect();
            entries.sort_by_key(|(k, _)| *k);
            let parts: Vec<String> =
                entries.into_iter().map(|(k, v)| format!("{}:{}", go_string(k), json_compact(v))).collect();
            format!("{{{}}}", parts.join(","))
        }
        Json::Array(items) => format!("[{}]", items.iter().map(json_compact).collect::<Vec<_>>().join(",")),
        Json::String(text) => go_string(text),
        other => other.to_string(),
    }
}

/// A JSON string as `encoding/json` writes it: `<`, `>` and `&` escaped.
fn go_string(text: &str) -> String {
    let plain = Json::String(text.to_string()).to_string();
    plain
        .replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}

/// Prints a value by any `-o` that needs no table: yaml, json, jsonpath.
///
/// # Errors
/// The format is unknown or its template broken.
pub fn value(_cx: &Cx, output: &str, _doc: &Json) -> Result<String> {
    Err(CmdError::Msg(format!("unable to match a printer suitable for the output format {output:?}")))
}
