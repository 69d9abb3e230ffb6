//! jq's `match`: Oniguruma's syntax as far as the system's own regular expressions have it, and named groups.

use super::value::{Outcome, Value, type_error};
use crate::text::regex::{Regex, Span, Style};

/// All matches (or, with `test`, whether there is one). `flags` is null or some of `gimnslpx`.
pub fn find(input: &Value, pattern: &Value, flags: &Value, test: bool) -> Outcome {
    let not_matched = |v: &Value| Err(type_error(v, "cannot be matched, as it is not a string"));
    let Value::Str(text) = input else { return not_matched(input) };
    let Value::Str(source) = pattern else { return not_matched(pattern) };
    let flags = match flags {
        Value::Null => "",
        Value::Str(flags) => flags,
        other => return Err(type_error(other, "is not a string")),
    };
    if !flags.chars().all(|c| "gimnslpx".contains(c)) {
        return Err(Value::str(format!("{flags} is not a valid modifier string")));
    }
    let (plain, names) = without_names(source, flags.contains('x'));
    let regex = Regex::with(&plain, true, flags.contains('i'), Style::Perl)
        .map_err(|why| Value::str(format!("{source} (at offset 0) is not a valid regex: {}", lower(&why))))?;
    if test {
        return Ok(Value::Bool(regex.is_match(text)));
    }
    let (global, skip_empty) = (flags.contains('g'), flags.contains('n'));
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(groups) = regex.groups_at(text, from) {
        let Some(Some(whole)) = groups.first().copied() else { break };
        if !(skip_empty && whole.0 == whole.1) {
            let captures = groups[1..].iter().enumerate().map(|(at, group)| {
                let name = names.get(at).cloned().flatten().map_or(Value::Null, Value::str);
                match group {
                    Some(group) => part(text, *group, "name", name),
                    None => Value::record([
                        ("offset", Value::num(-1.0)),
                        ("length", Value::num(0.0)),
                        ("string", Value::Null),
                        ("name", name),
                    ]),
                }
            });
            let captures = Value::array(captures.collect());
            found.push(part(text, whole, "captures", captures));
        }
        if !global {
            break;
        }
        from = if whole.1 > whole.0 {
            whole.1
        } else {
            whole.1 + text[whole.1..].chars().next().map_or(1, char::len_utf8)
        };
    }
    Ok(Value::array(found))
}

fn lower(why: &str) -> String {
    let mut chars = why.chars();
    chars.next().map_or_else(String::new, |c| c.to_lowercase().chain(chars).collect())
}

/// Offsets and lengths count characters.
fn part(text: &str, (start, end): Span, key: &str, value: Value) -> Value {
    Value::record([
        ("offset", Value::num(text[..start].chars().count() as f64)),
        ("length", Value::num(text[start..end].chars().count() as f64)),
        ("string", Value::str(&text[start..end])),
        (key, value),
    ])
}

/// The pattern with `(?<name>` as plain groups, and the name of each group. `extended`: white space and comments
/// outside of brackets do not count.
fn without_names(source: &str, extended: bool) -> (String, Vec<Option<String>>) {
    let mut out = String::new();
    let mut names = Vec::new();
    let mut rest = source;
    let mut bracket = false;
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        match c {
            '\\' => {
                let escaped = after.chars().next().map_or(0, char::len_utf8);
                out.push('\\');
                out.push_str(&after[..escaped]);
                rest = &after[escaped..];
                continue;
            }
            '[' => bracket = true,
            ']' => bracket = false,
            '(' if !bracket => {
                let named = after.strip_prefix("?<").or_else(|| after.strip_prefix("?P<"));
                match named.filter(|n| !n.starts_with(['=', '!'])).and_then(|n| n.split_once('>')) {
                    Some((name, tail)) => {
                        names.push(Some(name.to_owned()));
                        out.push('(');
                        rest = tail;
                        continue;
                    }
                    None if !after.starts_with('?') => names.push(None),
                    None => {}
                }
            }
            '#' if extended && !bracket => {
                rest = after.split_once('\n').map_or("", |(_, tail)| tail);
                continue;
            }
            c if extended && !bracket && c.is_whitespace() => {
                rest = after;
                continue;
            }
            _ => {}
        }
        out.push(c);
        rest = after;
    }
    (out, names)
}
