//! awk's built-in functions, those that need nothing but their arguments.

use std::rc::Rc;

use super::value::{Shape, Value, leading_number};
use crate::{
    text::{math, printf, regex::Regex},
    time::Time,
};

/// A built-in function.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Builtin {
    Atan2,
    Close,
    Cos,
    Exp,
    Fflush,
    Gsub,
    Index,
    Int,
    Length,
    Log,
    Match,
    Rand,
    Sin,
    Split,
    Sprintf,
    Sqrt,
    Srand,
    Strftime,
    Sub,
    Substr,
    System,
    Systime,
    Tolower,
    Toupper,
}

/// Name, function, the fewest and the most arguments.
const BUILTINS: &[(&str, Builtin, usize, usize)] = &[
    ("atan2", Builtin::Atan2, 2, 2),
    ("close", Builtin::Close, 1, 2),
    ("cos", Builtin::Cos, 1, 1),
    ("exp", Builtin::Exp, 1, 1),
    ("fflush", Builtin::Fflush, 0, 1),
    ("gsub", Builtin::Gsub, 2, 3),
    ("index", Builtin::Index, 2, 2),
    ("int", Builtin::Int, 1, 1),
    ("length", Builtin::Length, 0, 1),
    ("log", Builtin::Log, 1, 1),
    ("match", Builtin::Match, 2, 2),
    ("rand", Builtin::Rand, 0, 0),
    ("sin", Builtin::Sin, 1, 1),
    ("split", Builtin::Split, 2, 3),
    ("sprintf", Builtin::Sprintf, 1, 255),
    ("sqrt", Builtin::Sqrt, 1, 1),
    ("srand", Builtin::Srand, 0, 1),
    ("strftime", Builtin::Strftime, 0, 3),
    ("sub", Builtin::Sub, 2, 3),
    ("substr", Builtin::Substr, 2, 3),
    ("system", Builtin::System, 1, 1),
    ("systime", Builtin::Systime, 0, 0),
    ("tolower", Builtin::Tolower, 1, 1),
    ("toupper", Builtin::Toupper, 1, 1),
];

impl Builtin {
    /// The function of that name.
    pub fn named(name: &str) -> Option<Builtin> {
        BUILTINS.iter().find(|(it, ..)| *it == name).map(|(_, builtin, ..)| *builtin)
    }

    pub fn name(self) -> &'static str {
        BUILTINS.iter().find(|(_, it, ..)| *it == self).map_or("", |(name, ..)| name)
    }

    /// The fewest and the most arguments.
    pub fn arguments(self) -> (usize, usize) {
        BUILTINS.iter().find(|(_, it, ..)| *it == self).map_or((0, 255), |(.., least, most)| (*least, *most))
    }
}

/// The value of a function of numbers or texts; None for one that needs the machine.
pub fn pure(builtin: Builtin, args: &[Value], shape: Shape<'_>) -> Option<Value> {
    let number = |i: usize| args.get(i).map_or(0.0, Value::number);
    let text = |i: usize| args.get(i).map_or_else(|| Rc::from(""), |it| it.show(shape));
    Some(match builtin {
        Builtin::Atan2 => Value::Number(math::atan2(number(0), number(1))),
        Builtin::Cos => Value::Number(math::cos(number(0))),
        Builtin::Exp => Value::Number(math::exp(number(0))),
        Builtin::Int => Value::Number(number(0).trunc()),
        // The processor's answer to a wrong argument is a negative NaN, and printed so.
        Builtin::Log if number(0) < 0.0 => Value::Number(-f64::NAN),
        Builtin::Log => Value::Number(math::ln(number(0))),
        Builtin::Sin => Value::Number(math::sin(number(0))),
        Builtin::Sqrt => Value::Number(number(0).sqrt()),
        Builtin::Index => {
            let (all, part) = (text(0), text(1));
            Value::Number(all.find(&*part).map_or(0.0, |at| chars(&all[..at]) + 1.0))
        }
        Builtin::Length => Value::Number(chars(&text(0))),
        Builtin::Substr => {
            let length = args.get(2).map_or(f64::INFINITY, Value::number);
            // BusyBox begins at the first character at least, and takes as many as were asked for.
            let from = if shape.busybox { number(1).trunc().max(1.0) } else { number(1) };
            Value::text(substr(&text(0), from, length))
        }
        Builtin::Tolower => Value::text(text(0).to_lowercase()),
        Builtin::Toupper => Value::text(text(0).to_uppercase()),
        _ => return None,
    })
}

/// How many characters a text has.
pub fn chars(text: &str) -> f64 {
    text.chars().count() as f64
}

/// The characters from `from` (1 is the first) on, `length` of them; both are rounded, and may lie outside.
fn substr(text: &str, from: f64, length: f64) -> &str {
    let from = from.round();
    let end = from + length.round();
    if from.is_nan() || end.is_nan() {
        return "";
    }
    let skip = (from - 1.0).max(0.0);
    let take = (end - from.max(1.0)).max(0.0);
    let byte = |n: f64| text.char_indices().nth(n.min(1e9) as usize).map_or(text.len(), |(at, _)| at);
    let start = byte(skip);
    &text[start..byte(skip + take).max(start)]
}

/// Cuts a text into the pieces between separators; a blank means runs of white space.
pub fn cut<'a>(text: &'a str, separator: &str, regex: Option<&Regex>) -> Vec<&'a str> {
    if text.is_empty() {
        return Vec::new();
    }
    match separator {
        " " => return text.split_ascii_whitespace().collect(),
        "" => return text.char_indices().map(|(at, c)| &text[at..at + c.len_utf8()]).collect(),
        one if one.chars().count() == 1 && one != "\\" => return text.split(one).collect(),
        _ => {}
    }
    let Some(regex) = regex else { return vec![text] };
    let mut parts = Vec::new();
    let (mut start, mut from) = (0, 0);
    while let Some((a, b)) = regex.find_at(text, from) {
        if b > a {
            parts.push(&text[start..a]);
            start = b;
            from = b;
        } else {
            from = a + text[a..].chars().next().map_or(1, char::len_utf8);
        }
    }
    parts.push(&text[start..]);
    parts
}

/// `sub` and `gsub`: the new text, and how often it was changed.
pub fn substitute(text: &str, regex: &Regex, with: &str, all: bool) -> (String, u32) {
    let (mut out, mut kept, mut from, mut count) = (String::new(), 0, 0, 0u32);
    while let Some((a, b)) = regex.find_at(text, from) {
        // An empty match directly behind the last one does not count.
        if !(a == b && a == kept && count > 0) {
            count += 1;
            out.push_str(&text[kept..a]);
            replace(&mut out, with, &text[a..b]);
            kept = b;
        }
        if !all {
            break;
        }
        from = if b > a { b } else { b + text[b..].chars().next().map_or(1, char::len_utf8) };
        if from > text.len() {
            break;
        }
    }
    out.push_str(&text[kept..]);
    (out, count)
}

fn replace(out: &mut String, with: &str, found: &str) {
    let mut chars = with.chars();
    while let Some(c) = chars.next() {
        match c {
            '&' => out.push_str(found),
            '\\' => match chars.next() {
                Some(c @ ('&' | '\\')) => out.push(c),
                Some(other) => {
                    out.push('\\');
                    out.push(other);
                }
                None => out.push('\\'),
            },
            c => out.push(c),
        }
    }
}

/// `printf`: the text; Err is what was made before an argument was missing.
pub fn format(args: &[Value], shape: Shape<'_>) -> Result<String, String> {
    let Some((format, values)) = args.split_first() else { return Ok(String::new()) };
    let format = format.show(shape);
    let mut values = values.iter();
    let mut out = String::new();
    let mut rest = &*format;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        let spec = &rest[at..];
        if let Some(after) = spec.strip_prefix("%%") {
            out.push('%');
            rest = after;
            continue;
        }
        let Some(end) = spec[1..].find(|c: char| c.is_ascii_alphabetic()).map(|it| it + 1) else {
            out.push_str(spec);
            return Ok(out);
        };
        let mut directive = spec[..=end].to_string();
        let stars = directive.matches('*').count();
        for _ in 0..stars {
            let Some(value) = values.next() else { return Err(out) };
            directive = directive.replacen('*', &(value.number() as i32).to_string(), 1);
        }
        let value = match values.next() {
            Some(value) => value,
            // BusyBox takes what is missing as unset.
            None if shape.busybox => &Value::Unset,
            None => return Err(out),
        };
        let arg = argument(value, spec.as_bytes()[end], shape);
        // The conversions of awk and of printf(1) differ in what they take, not in what they make.
        let directive = if spec.as_bytes()[end] == b'c' { directive.replace('c', "s") } else { directive };
        let printed = printf::format(&directive, &[arg], Time(0));
        out.push_str(&String::from_utf8_lossy(&printed.out));
        rest = &spec[end + 1..];
    }
    out.push_str(rest);
    Ok(out)
}

/// An argument in the form that its conversion wants.
fn argument(value: &Value, conversion: u8, shape: Shape<'_>) -> String {
    match conversion {
        b'd' | b'i' if shape.busybox && value.number().abs() >= 2_147_483_648.0 => i32::MIN.to_string(),
        b'd' | b'i' => (value.number() as i32).to_string(),
        b'o' | b'x' | b'X' | b'u' => (value.number() as i64).to_string(),
        b'e' | b'E' | b'f' | b'F' | b'g' | b'G' => format!("{:e}", value.number()),
        b'c' => match value {
            Value::Number(n) => char::from_u32(*n as u32).map_or(String::new(), String::from),
            other => other.show(shape).chars().take(1).collect(),
        },
        _ => value.show(shape).to_string(),
    }
}

/// `+ - * / % ^`
pub fn arith(op: u8, a: f64, b: f64) -> f64 {
    match op {
        b'+' => a + b,
        b'-' => a - b,
        b'*' => a * b,
        b'/' => a / b,
        b'%' => a % b,
        _ => math::pow(a, b),
    }
}

/// Whether a comparison holds.
pub fn compare(op: &str, a: &Value, b: &Value, shape: Shape<'_>) -> bool {
    let order = if a.is_numeric() && b.is_numeric() {
        a.number().partial_cmp(&b.number())
    } else {
        Some(a.show(shape).cmp(&b.show(shape)))
    };
    match (order, op) {
        (None, _) => op == "!=",
        (Some(it), "<") => it.is_lt(),
        (Some(it), "<=") => it.is_le(),
        (Some(it), "==") => it.is_eq(),
        (Some(it), "!=") => it.is_ne(),
        (Some(it), ">") => it.is_gt(),
        (Some(it), _) => it.is_ge(),
    }
}

/// The exit code of `exit`.
pub fn exit_code(value: &Value) -> u8 {
    match value {
        Value::Number(n) => *n as i64 as u8,
        other => leading_number(&other.show(Shape { busybox: false, format: "%.6g" })).0 as i64 as u8,
    }
}
