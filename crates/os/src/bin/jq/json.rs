//! JSON text: a parser that is fed piece by piece and complains as jq does, and a printer with jq's layout and colours.

use std::rc::Rc;

use indexmap::IndexMap;

use super::value::{Obj, Value, sorted_keys};

/// How deep the text may be nested.
const MAX_NESTING: usize = 900;

#[derive(Clone, Debug)]
enum Open {
    Array(Vec<Value>),
    Object(IndexMap<Rc<str>, Value>),
    Key(Rc<str>),
}

/// A parser of values that follow one another. Line and column count as jq's do.
#[derive(Clone, Debug)]
pub struct Parser {
    stack: Vec<Open>,
    next: Option<Value>,
    token: Vec<u8>,
    in_string: bool,
    escaped: bool,
    line: usize,
    column: usize,
}

impl Default for Parser {
    fn default() -> Parser {
        Parser {
            stack: Vec::new(),
            next: None,
            token: Vec::new(),
            in_string: false,
            escaped: false,
            line: 1,
            column: 0,
        }
    }
}

type Step = Result<(), &'static str>;

impl Parser {
    /// Reads bytes; complete values go to `out` until something is wrong.
    pub fn feed(&mut self, bytes: &[u8], out: &mut Vec<Value>) -> Result<(), String> {
        for &byte in bytes {
            self.column += 1;
            if byte == b'\n' {
                self.line += 1;
                self.column = 0;
            }
            self.byte(byte, out)
                .map_err(|why| format!("{why} at line {}, column {}", self.line, self.column))?;
        }
        Ok(())
    }

    /// The text has ended.
    pub fn finish(&mut self, out: &mut Vec<Value>) -> Result<(), String> {
        let at_end = |parser: &Parser, why: &str| {
            Err(format!("{why} at EOF at line {}, column {}", parser.line, parser.column))
        };
        if self.in_string {
            return at_end(self, "Unfinished string");
        }
        if let Err(why) = self.literal() {
            return at_end(self, why);
        }
        if !self.stack.is_empty() {
            return at_end(self, "Unfinished JSON term");
        }
        out.extend(self.next.take());
        Ok(())
    }

    fn byte(&mut self, byte: u8, out: &mut Vec<Value>) -> Step {
        if self.in_string {
            match byte {
                b'"' if !self.escaped => {
                    self.in_string = false;
                    let text = unescape(&std::mem::take(&mut self.token))?;
                    return self.value(Value::str(text));
                }
                b'\\' if !self.escaped => self.escaped = true,
                _ => self.escaped = false,
            }
            self.token.push(byte);
            return Ok(());
        }
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' => {
                self.literal()?;
                self.done(out);
            }
            b'"' => {
                self.literal()?;
                self.done(out);
                self.in_string = true;
            }
            b'[' | b'{' | b':' | b',' | b']' | b'}' => {
                self.literal()?;
                if self.stack.is_empty() && matches!(byte, b'[' | b'{') {
                    self.done(out);
                }
                self.structure(byte)?;
                self.done(out);
            }
            _ => {
                if self.next.is_some() && self.token.is_empty() {
                    self.done(out);
                }
                self.token.push(byte);
            }
        }
        Ok(())
    }

    /// A value at the top is complete.
    fn done(&mut self, out: &mut Vec<Value>) {
        if self.stack.is_empty() {
            out.extend(self.next.take());
        }
    }

    fn value(&mut self, value: Value) -> Step {
        if self.next.is_some() {
            return Err("Expected separator between values");
        }
        self.next = Some(value);
        Ok(())
    }

    fn structure(&mut self, byte: u8) -> Step {
        match byte {
            b'[' | b'{' => {
                if self.stack.len() >= MAX_NESTING {
                    return Err("Exceeds depth limit for parsing");
                }
                if self.next.is_some() {
                    return Err("Expected separator between values");
                }
                self.stack.push(if byte == b'[' {
                    Open::Array(Vec::new())
                } else {
                    Open::Object(IndexMap::new())
                });
                Ok(())
            }
            b':' => match (self.next.take(), self.stack.last()) {
                (None, _) => Err("Expected string key before ':'"),
                (Some(Value::Str(key)), Some(Open::Object(_))) => {
                    self.stack.push(Open::Key(key));
                    Ok(())
                }
                (_, Some(Open::Object(_))) => Err("Object keys must be strings"),
                _ => Err("':' not as part of an object"),
            },
            b',' => match (self.next.take(), self.stack.last_mut()) {
                (None, _) => Err("Expected value before ','"),
                (_, None) => Err("',' not as part of an object or array"),
                (Some(value), Some(Open::Array(items))) => {
                    items.push(value);
                    Ok(())
                }
                (Some(value), Some(Open::Key(_))) => self.member(value),
                _ => Err("Objects must consist of key:value pairs"),
            },
            b']' => {
                let Some(Open::Array(items)) = self.stack.last_mut() else { return Err("Unmatched ']'") };
                match self.next.take() {
                    Some(value) => items.push(value),
                    None if !items.is_empty() => return Err("Expected another array element"),
                    None => {}
                }
                if let Some(Open::Array(items)) = self.stack.pop() {
                    self.next = Some(Value::array(items));
                }
                Ok(())
            }
            _ => {
                match (self.next.take(), self.stack.last()) {
                    (_, None) => return Err("Unmatched '}'"),
                    (Some(value), Some(Open::Key(_))) => self.member(value)?,
                    (Some(_), _) => return Err("Objects must consist of key:value pairs"),
                    (None, Some(Open::Object(map))) if map.is_empty() => {}
                    (None, Some(Open::Object(_))) => return Err("Expected another key-value pair"),
                    (None, _) => return Err("Unmatched '}'"),
                }
                if let Some(Open::Object(map)) = self.stack.pop() {
                    self.next = Some(Value::object(map));
                }
                Ok(())
            }
        }
    }

    /// A value behind a key belongs to the object below it.
    fn member(&mut self, value: Value) -> Step {
        if let Some(Open::Key(key)) = self.stack.pop()
            && let Some(Open::Object(map)) = self.stack.last_mut()
        {
            map.insert(key, value);
        }
        Ok(())
    }

    /// What was read outside of strings is a number or a word.
    fn literal(&mut self) -> Step {
        if self.token.is_empty() {
            return Ok(());
        }
        let token = std::mem::take(&mut self.token);
        let word = match token.first() {
            Some(b't') => Some(("true", Value::Bool(true))),
            Some(b'f') => Some(("false", Value::Bool(false))),
            Some(b'\'') => return Err("Invalid string literal; expected \", but got '"),
            Some(b'n') if token.get(1) == Some(&b'u') => Some(("null", Value::Null)),
            _ => None,
        };
        if let Some((text, value)) = word {
            if token != text.as_bytes() {
                return Err("Invalid literal");
            }
            return self.value(value);
        }
        let text = std::str::from_utf8(&token).map_err(|_| "Invalid numeric literal")?;
        self.value(number(text).ok_or("Invalid numeric literal")?)
    }
}

/// A number as jq reads it; digits that a double cannot hold are kept beside it.
pub fn number(text: &str) -> Option<Value> {
    if text.eq_ignore_ascii_case("nan") {
        return Some(Value::num(f64::NAN));
    }
    let digits = text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'));
    if !digits || !text.bytes().any(|b| b.is_ascii_digit()) {
        return None;
    }
    let n: f64 = text.parse().ok()?;
    let plain = !text.contains(['e', 'E', '+']) && !text.starts_with('.') && !text.ends_with('.');
    let canonical = text.trim_start_matches('-');
    let leading = canonical.len() > 1 && canonical.starts_with('0') && !canonical.starts_with("0.");
    let kept = plain && !leading && double(n) != text && n.is_finite();
    Some(Value::Num(n, kept.then(|| Rc::from(text))))
}

/// The texts of escapes resolved.
pub fn unescape(bytes: &[u8]) -> Result<String, &'static str> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        if byte < 0x20 {
            return Err("Invalid string: control characters from U+0000 through U+001F must be escaped");
        }
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        let Some((&escape, tail)) = rest.split_first() else {
            return Err("Expected escape character at end of string");
        };
        rest = tail;
        match escape {
            b'"' | b'\\' | b'/' => out.push(escape),
            b'b' => out.push(8),
            b'f' => out.push(12),
            b'n' => out.push(b'\n'),
            b'r' => out.push(b'\r'),
            b't' => out.push(b'\t'),
            b'u' => {
                let unit = hex4(rest)?;
                rest = &rest[4..];
                let code = match unit {
                    0xD800..=0xDBFF => {
                        let pair = "Invalid \\uXXXX\\uXXXX surrogate pair escape";
                        let Some(low) = rest.strip_prefix(b"\\u") else { return Err(pair) };
                        let low_unit = hex4(low).map_err(|_| pair)?;
                        if !(0xDC00..=0xDFFF).contains(&low_unit) {
                            return Err(pair);
                        }
                        rest = &low[4..];
                        0x10000 + ((unit - 0xD800) << 10) + (low_unit - 0xDC00)
                    }
                    other => other,
                };
                let c = char::from_u32(code).unwrap_or('\u{FFFD}');
                out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            }
            _ => return Err("Invalid escape"),
        }
    }
    Ok(String::from_utf8_lossy(&out).into_owned())
}

fn hex4(bytes: &[u8]) -> Result<u32, &'static str> {
    let digits = bytes.get(..4).ok_or("Invalid \\uXXXX escape")?;
    std::str::from_utf8(digits)
        .ok()
        .filter(|text| text.bytes().all(|b| b.is_ascii_hexdigit()))
        .and_then(|text| u32::from_str_radix(text, 16).ok())
        .ok_or("Invalid characters in \\uXXXX escape")
}

/// One value from a text, and nothing else.
pub fn parse(text: &[u8]) -> Result<Value, String> {
    let mut values = Vec::new();
    let mut parser = Parser::default();
    parser.feed(text, &mut values)?;
    parser.finish(&mut values)?;
    if values.len() > 1 {
        return Err("Unexpected extra JSON values".to_owned());
    }
    values.pop().ok_or_else(|| "Expected JSON value".to_owned())
}

/// A double with the fewest digits that tell it, in jq's shape (17 digits, exponents as C prints them).
pub fn double(n: f64) -> String {
    if n.is_nan() {
        return "null".to_owned();
    }
    let n = n.clamp(f64::MIN, f64::MAX);
    if n == 0.0 {
        return if n.is_sign_negative() { "-0" } else { "0" }.to_owned();
    }
    let science = format!("{n:e}");
    let (mantissa, exponent) = science.split_once('e').unwrap_or((&science, "0"));
    let sign = if mantissa.starts_with('-') { "-" } else { "" };
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let point = exponent.parse::<i64>().unwrap_or(0) + 1;
    let len = digits.len() as i64;
    if point <= -5 || point > len.max(1) + 15 {
        let (first, rest) = digits.split_at(1);
        let dot = if rest.is_empty() { "" } else { "." };
        let e = point - 1;
        return format!("{sign}{first}{dot}{rest}e{}{:02}", if e < 0 { '-' } else { '+' }, e.abs());
    }
    if point <= 0 {
        return format!("{sign}0.{}{digits}", "0".repeat(point.unsigned_abs() as usize));
    }
    if point >= len {
        return format!("{sign}{digits}{}", "0".repeat((point - len) as usize));
    }
    let (whole, part) = digits.split_at(point as usize);
    format!("{sign}{whole}.{part}")
}

/// How values are shown.
#[derive(Clone, Debug, Default)]
pub struct Style {
    /// What one level is indented by; `None`: all on one line.
    pub indent: Option<String>,
    pub sort: bool,
    pub ascii: bool,
    /// Colours of null, false, true, numbers, strings, arrays, objects, keys (as in `JQ_COLORS`).
    pub colours: Option<[String; 8]>,
}

/// The colours jq has by itself.
pub fn default_colours() -> [String; 8] {
    ["1;30", "0;39", "0;39", "0;39", "0;32", "1;39", "1;39", "34;1"].map(String::from)
}

/// The value on one line, without colours.
pub fn compact(value: &Value) -> String {
    let mut out = String::new();
    write(value, &Style::default(), 0, &mut out);
    out
}

/// The value in a style.
pub fn show(value: &Value, style: &Style) -> String {
    let mut out = String::new();
    write(value, style, 0, &mut out);
    out
}

const RESET: &str = "\x1b[0m";

fn write(value: &Value, style: &Style, level: usize, out: &mut String) {
    let colour = style.colours.as_ref().map(|all| {
        let at = match value {
            Value::Null => 0,
            Value::Bool(false) => 1,
            Value::Bool(true) => 2,
            Value::Num(..) => 3,
            Value::Str(_) => 4,
            Value::Arr(_) => 5,
            Value::Obj(_) => 6,
        };
        format!("\x1b[{}m", all[at])
    });
    let tint = colour.as_deref().unwrap_or("");
    out.push_str(tint);
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Value::Num(n, text) => match text {
            Some(text) => out.push_str(text),
            None => out.push_str(&double(*n)),
        },
        Value::Str(s) => quote(s, style.ascii, out),
        Value::Arr(a) if a.items.is_empty() => out.push_str("[]"),
        Value::Obj(o) if o.map.is_empty() => out.push_str("{}"),
        Value::Arr(a) => {
            out.push('[');
            for (at, item) in a.items.iter().enumerate() {
                if at > 0 {
                    out.push_str(tint);
                    out.push(',');
                }
                newline(style, level + 1, out);
                write(item, style, level + 1, out);
            }
            out.push_str(tint);
            newline(style, level, out);
            out.push_str(tint);
            out.push(']');
        }
        Value::Obj(o) => write_object(o, style, level, tint, out),
    }
    if colour.is_some() {
        out.push_str(RESET);
    }
}

fn write_object(object: &Obj, style: &Style, level: usize, tint: &str, out: &mut String) {
    let keys: Vec<Rc<str>> =
        if style.sort { sorted_keys(object) } else { object.map.keys().cloned().collect() };
    out.push('{');
    newline(style, level + 1, out);
    for (at, key) in keys.iter().enumerate() {
        if at > 0 {
            out.push_str(tint);
            out.push(',');
            newline(style, level + 1, out);
        }
        let space = if style.indent.is_some() { " " } else { "" };
        match &style.colours {
            Some(all) => {
                out.push_str(&format!("{RESET}\x1b[{}m", all[7]));
                quote(key, style.ascii, out);
                out.push_str(&format!("{RESET}{tint}:{space}{RESET}"));
            }
            None => {
                quote(key, style.ascii, out);
                out.push(':');
                out.push_str(space);
            }
        }
        write(&object.map[key], style, level + 1, out);
    }
    out.push_str(tint);
    newline(style, level, out);
    out.push_str(tint);
    out.push('}');
}

fn newline(style: &Style, level: usize, out: &mut String) {
    if let Some(indent) = &style.indent {
        out.push('\n');
        for _ in 0..level {
            out.push_str(indent);
        }
    }
}

fn quote(text: &str, ascii: bool, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            c if (c as u32) < 0x20 || c == '\u{7f}' => out.push_str(&format!("\\u{:04x}", c as u32)),
            c if ascii && !c.is_ascii() => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
            c => out.push(c),
        }
    }
    out.push('"');
}
