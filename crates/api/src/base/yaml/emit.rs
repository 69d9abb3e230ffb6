//! The emitter: block style, sorted keys, lists at the indentation of their key, lines folded after column 80, and
//! libyaml's choice between plain, quoted and literal scalars.

use std::cmp::Ordering;

use collections::StableSort;

use super::scalar::looks_like_other_type;
use crate::Json;

/// The column after which libyaml folds at the next blank.
const BEST_WIDTH: usize = 80;

/// Prints a value as `sigs.k8s.io/yaml` does, with a line break at the end.
pub fn to_string(value: &Json) -> String {
    let mut out = Emitter { out: String::new(), column: 0 };
    out.node(value, 0, false, false);
    if !out.out.ends_with('\n') {
        out.out.push('\n');
    }
    out.out
}

struct Emitter {
    out: String,
    column: usize,
}

impl Emitter {
    fn write(&mut self, text: &str) {
        self.out.push_str(text);
        self.column += text.chars().count();
    }

    fn line(&mut self, indent: usize) {
        if !self.out.is_empty() && !self.out.ends_with('\n') {
            self.out.push('\n');
        }
        self.out.extend(std::iter::repeat_n(' ', indent));
        self.column = indent;
    }

    /// Writes a value. `indent` is the column of this node's own keys or dashes; `inline` says that the cursor already
    /// stands there (after `- `); `after_key` that it stands behind `key:`.
    fn node(&mut self, value: &Json, indent: usize, inline: bool, after_key: bool) {
        match value {
            Json::Object(map) if !map.is_empty() => {
                let mut keys: Vec<&String> = map.keys().collect();
                keys.stable_sort_by(|a, b| natural_order(a, b));
                for (i, key) in keys.into_iter().enumerate() {
                    if !(inline && i == 0) {
                        self.line(indent);
                    }
                    self.scalar(key, indent, true);
                    self.write(":");
                    self.value_of_key(&map[key], indent);
                }
            }
            Json::Array(items) if !items.is_empty() => {
                for (i, item) in items.iter().enumerate() {
                    if !(inline && i == 0) {
                        self.line(indent);
                    }
                    self.write("- ");
                    self.node(item, indent + 2, true, false);
                }
            }
            other => {
                if after_key {
                    self.write(" ");
                }
                match other {
                    Json::Object(_) => self.write("{}"),
                    Json::Array(_) => self.write("[]"),
                    Json::Null => self.write("null"),
                    Json::Bool(b) => self.write(if *b { "true" } else { "false" }),
                    Json::Number(n) => self.write(&number(n)),
                    Json::String(s) => self.scalar(s, indent, false),
                }
            }
        }
    }

    fn value_of_key(&mut self, value: &Json, indent: usize) {
        match value {
            Json::Array(items) if !items.is_empty() => self.node(value, indent, false, true),
            _ => self.node(value, indent + 2, false, true),
        }
    }

    fn scalar(&mut self, text: &str, indent: usize, key: bool) {
        let facts = Facts::of(text);
        if text.contains('\n') && facts.block_allowed && !key {
            return self.literal(text, indent);
        }
        let folds = !key;
        let needs_quotes = text.is_empty() || looks_like_other_type(text);
        if text.contains('\n') || needs_quotes || (!facts.plain_allowed && !facts.single_allowed) {
            self.double_quoted(text, indent, folds);
        } else if facts.plain_allowed {
            self.plain(text, indent, folds);
        } else {
            self.single_quoted(text, indent, folds);
        }
    }

    fn plain(&mut self, text: &str, indent: usize, folds: bool) {
        let chars: Vec<char> = text.chars().collect();
        let mut spaces = false;
        for (i, c) in chars.iter().enumerate() {
            if *c == ' ' {
                if folds && !spaces && self.column > BEST_WIDTH && chars.get(i + 1) != Some(&' ') {
                    self.line(indent);
                } else {
                    self.write(" ");
                }
                spaces = true;
            } else {
                self.write(c.encode_utf8(&mut [0; 4]));
                spaces = false;
            }
        }
    }

    fn single_quoted(&mut self, text: &str, indent: usize, folds: bool) {
        self.write("'");
        let chars: Vec<char> = text.chars().collect();
        let mut spaces = false;
        for (i, c) in chars.iter().enumerate() {
            if *c == ' ' {
                let inner = i > 0 && i + 1 < chars.len() && chars.get(i + 1) != Some(&' ');
                if folds && !spaces && self.column > BEST_WIDTH && inner {
                    self.line(indent);
                } else {
                    self.write(" ");
                }
                spaces = true;
                continue;
            }
            if *c == '\'' {
                self.write("'");
            }
            self.write(c.encode_utf8(&mut [0; 4]));
            spaces = false;
        }
        self.write("'");
    }

    fn double_quoted(&mut self, text: &str, indent: usize, folds: bool) {
        self.write("\"");
        let chars: Vec<char> = text.chars().collect();
        let mut spaces = false;
        for (i, c) in chars.iter().enumerate() {
            match c {
                ' ' => {
                    if folds && !spaces && self.column > BEST_WIDTH && i > 0 && i + 1 < chars.len() {
                        self.line(indent);
                        if chars.get(i + 1) == Some(&' ') {
                            self.write("\\");
                        }
                    } else {
                        self.write(" ");
                    }
                    spaces = true;
                    continue;
                }
                '"' => self.write("\\\""),
                '\\' => self.write("\\\\"),
                '\n' => self.write("\\n"),
                '\t' => self.write("\\t"),
                '\r' => self.write("\\r"),
                '\0' => self.write("\\0"),
                '\u{7}' => self.write("\\a"),
                '\u{8}' => self.write("\\b"),
                '\u{b}' => self.write("\\v"),
                '\u{c}' => self.write("\\f"),
                '\u{1b}' => self.write("\\e"),
                '\u{85}' => self.write("\\N"),
                '\u{a0}' => self.write("\\_"),
                '\u{2028}' => self.write("\\L"),
                '\u{2029}' => self.write("\\P"),
                c if printable(*c) => self.write(c.encode_utf8(&mut [0; 4])),
                c if (*c as u32) <= 0xFF => self.write(&format!("\\x{:02X}", *c as u32)),
                c if (*c as u32) <= 0xFFFF => self.write(&format!("\\u{:04X}", *c as u32)),
                c => self.write(&format!("\\U{:08X}", *c as u32)),
            }
            spaces = false;
        }
        self.write("\"");
    }

    fn literal(&mut self, text: &str, indent: usize) {
        self.write("|");
        if text.starts_with([' ', '\n']) {
            self.write("2");
        }
        if !text.ends_with('\n') {
            self.write("-");
        } else if text.ends_with("\n\n") || text == "\n" {
            self.write("+");
        }
        let body = text.strip_suffix('\n').unwrap_or(text);
        self.out.push('\n');
        for line in body.split('\n') {
            if !line.is_empty() {
                self.out.extend(std::iter::repeat_n(' ', indent.max(2)));
                self.out.push_str(line);
            }
            self.out.push('\n');
        }
        self.column = 0;
    }
}

/// What libyaml's analysis finds out about a scalar.
struct Facts {
    plain_allowed: bool,
    single_allowed: bool,
    block_allowed: bool,
}

impl Facts {
    fn of(text: &str) -> Facts {
        let chars: Vec<char> = text.chars().collect();
        let blank = |c: Option<&char>| {
            c.is_none_or(|c| matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}'))
        };
        let is_break = |c: char| matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}');
        let mut indicators = text.starts_with("---") || text.starts_with("...");
        let (mut special, mut breaks, mut space_break, mut break_space) = (false, false, false, false);
        let (mut after_space, mut after_break) = (false, false);
        for (i, c) in chars.iter().enumerate() {
            let followed = blank(chars.get(i + 1));
            let preceded = i == 0 || blank(chars.get(i - 1));
            indicators |= match c {
                '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@'
                | '`'
                    if i == 0 =>
                {
                    true
                }
                '?' | '-' if i == 0 => followed,
                ':' => followed,
                '#' => preceded,
                _ => false,
            };
            special |= !printable(*c);
            if *c == ' ' {
                break_space |= after_break;
                (after_space, after_break) = (true, false);
            } else if is_break(*c) {
                breaks = true;
                space_break |= after_space;
                (after_space, after_break) = (false, true);
            } else {
                (after_space, after_break) = (false, false);
            }
        }
        let edge = |c: Option<&char>| c.is_some_and(|c| *c == ' ' || is_break(*c));
        let edges = edge(chars.first()) || edge(chars.last());
        let bad = space_break || special;
        Facts {
            plain_allowed: !indicators && !edges && !breaks && !bad,
            single_allowed: !break_space && !bad,
            block_allowed: !bad && chars.last() != Some(&' ') && !chars.is_empty(),
        }
    }
}

/// libyaml's `is_printable`: no tab, nothing beyond the basic plane.
fn printable(c: char) -> bool {
    matches!(c, '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}') && c != '\u{feff}'
}

fn number(n: &serde_json::Number) -> String {
    match n.as_f64() {
        Some(f) if n.is_f64() => {
            if f == f.trunc() && f.abs() < 1e21 {
                return format!("{f:.0}");
            }
            let text = format!("{f}");
            if f.abs() >= 1e21 || (f != 0.0 && f.abs() < 1e-4) {
                let text = format!("{f:e}");
                let (m, e) = text.split_once('e').unwrap_or((&text, "0"));
                let (sign, digits) = e.strip_prefix('-').map_or(("+", e), |d| ("-", d));
                return format!("{m}e{sign}{digits:0>2}");
            }
            text
        }
        _ => n.to_string(),
    }
}

/// go-yaml's order of keys: letters after other characters, digits by value.
pub fn natural_order(a: &str, b: &str) -> Ordering {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let Some(i) = (0..a.len().min(b.len())).find(|i| a[*i] != b[*i]) else { return a.len().cmp(&b.len()) };
    match (a[i].is_alphabetic(), b[i].is_alphabetic()) {
        (true, true) => return a[i].cmp(&b[i]),
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        (false, false) => {}
    }
    let mut start = 0u64;
    if a[i] == '0' || b[i] == '0' {
        let before = a[..i].iter().rev().take_while(|c| c.is_ascii_digit());
        start = u64::from(before.clone().any(|c| *c != '0'));
    }
    let value = |s: &[char]| {
        let digits = s[i..].iter().take_while(|c| c.is_ascii_digit()).count();
        let n = s[i..i + digits]
            .iter()
            .fold(start, |n, c| n.wrapping_mul(10).wrapping_add(u64::from(*c) - u64::from('0')));
        (n, digits)
    };
    value(&a).cmp(&value(&b)).then(a[i].cmp(&b[i]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// The strings and the way kubectl 1.36 printed each of them in a ConfigMap.
    #[test]
    fn strings_are_quoted_as_kubectl_quotes_them() {
        for (text, want) in [
            ("x", "x"),
            ("1", "\"1\""),
            ("", "\"\""),
            ("1.2.3", "1.2.3"),
            ("-x", "-x"),
            ("- x", "'- x'"),
            ("-", "'-'"),
            ("~", "\"~\""),
            ("{}", "'{}'"),
            ("a, b", "a, b"),
            ("1e3", "\"1e3\""),
            ("a\tb", "\"a\\tb\""),
            (": x", "': x'"),
            ("a: b", "'a: b'"),
            ("#x", "'#x'"),
            ("y", "\"y\""),
            ("2001-01-01", "\"2001-01-01\""),
            (" lead", "' lead'"),
            ("2001-01-01 10:00:00", "\"2001-01-01 10:00:00\""),
            ("1.", "\"1.\""),
            ("é", "é"),
            ("1:20", "\"1:20\""),
            ("it's", "it's"),
            ("\"x\"", "'\"x\"'"),
            ("=", "="),
            ("<<", "<<"),
            (".5", "\".5\""),
            ("0o7", "\"0o7\""),
            ("0777", "\"0777\""),
            ("null", "\"null\""),
            ("\u{2028}😀", "\"\\L\\U0001F600\""),
            ("12:30:45", "\"12:30:45\""),
            ("+1", "\"+1\""),
            (".inf", "\".inf\""),
            ("0b1", "\"0b1\""),
            ("l1\n l2 \n", "\"l1\\n l2 \\n\""),
            ("1_000", "\"1_000\""),
            ("2026-11-21T12:28:52Z", "\"2026-11-21T12:28:52Z\""),
        ] {
            assert_eq!(to_string(&json!(text)), format!("{want}\n"), "{text:?}");
        }
    }

    #[test]
    fn blocks_folds_and_order() {
        let long = "this is a long text that goes on and on and on and on and on and on and on and on and on and on and on and on";
        let value = json!({"n": "-", "a10": "1", "a2": "1", "A": "x", "_": "x", "data": {"a": long}, "d": "l1\nl2", "ah": " x\ny", "u": "\n\nx\n\n",
            "list": [{"b": 1, "a": [1, [2, 3]]}, "x", {}, []], "e": {}, "f": null, "t": "x\n"});
        assert_eq!(
            to_string(&value),
            "_: x\nA: x\na2: \"1\"\na10: \"1\"\nah: |2-\n   x\n  y\nd: |-\n  l1\n  l2\n\
             data:\n  a: this is a long text that goes on and on and on and on and on and on and on and\n    on and on and on and on and on\ne: {}\nf: null\nlist:\n- a:\n  - 1\n  - - 2\n    - 3\n  b: 1\n- x\n- {}\n- []\n\
             \"n\": '-'\nt: |\n  x\nu: |2+\n\n\n  x\n\n"
        );
    }
}
