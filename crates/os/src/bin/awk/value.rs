//! awk's values: numbers, texts, and input that may be either.

use std::rc::Rc;

use crate::text::printf;
use crate::time::Time;

/// A value, or a variable's content.
#[derive(Clone, Debug, PartialEq, Default)]
pub enum Value {
    #[default]
    Unset,
    Number(f64),
    Text(Rc<str>),
    /// Text that came from outside: it compares as a number if it looks like one.
    Input(Rc<str>),
    /// An array, by its number: only in variables and arguments.
    Array(u32),
    /// Unset, and handed to a function that may make an array of it: that array's number.
    Unmade(u32),
}

/// How numbers become text: the awk it is, and its CONVFMT or OFMT.
#[derive(Clone, Copy)]
pub struct Shape<'a> {
    pub busybox: bool,
    pub format: &'a str,
}

impl Value {
    pub fn text(text: impl Into<Rc<str>>) -> Value {
        Value::Text(text.into())
    }

    pub fn flag(flag: bool) -> Value {
        Value::Number(f64::from(u8::from(flag)))
    }

    pub fn number(&self) -> f64 {
        match self {
            Value::Number(n) => *n,
            Value::Text(t) | Value::Input(t) => leading_number(t).0,
            Value::Unset | Value::Array(_) | Value::Unmade(_) => 0.0,
        }
    }

    pub fn truth(&self) -> bool {
        match self {
            Value::Number(n) => *n != 0.0,
            Value::Text(t) => !t.is_empty(),
            Value::Input(t) if looks_numeric(t) => leading_number(t).0 != 0.0,
            Value::Input(t) => !t.is_empty(),
            Value::Unset | Value::Array(_) | Value::Unmade(_) => false,
        }
    }

    /// Whether it compares as a number.
    pub fn is_numeric(&self) -> bool {
        match self {
            Value::Text(_) => false,
            Value::Input(t) => looks_numeric(t),
            _ => true,
        }
    }

    /// The value as text.
    pub fn show(&self, shape: Shape<'_>) -> Rc<str> {
        match self {
            Value::Number(n) => show_number(*n, shape).into(),
            Value::Text(t) | Value::Input(t) => t.clone(),
            Value::Unset | Value::Array(_) | Value::Unmade(_) => "".into(),
        }
    }
}

fn show_number(n: f64, shape: Shape<'_>) -> String {
    // mawk prints whole numbers as such while they fit in 32 bits, BusyBox in 64.
    let most = if shape.busybox { 9e18 } else { 2_147_483_648.0 };
    if n.fract() == 0.0 && n.abs() < most {
        return (n as i64).to_string();
    }
    if n.is_nan() {
        return if n.is_sign_negative() { "-nan" } else { "nan" }.to_string();
    }
    if n.is_infinite() {
        return if n < 0.0 { "-inf" } else { "inf" }.to_string();
    }
    let printed = printf::format(shape.format, &[format!("{n:e}")], Time(0));
    String::from_utf8_lossy(&printed.out).into_owned()
}

/// The number at the beginning of a text, and how many bytes it takes.
pub fn leading_number(text: &str) -> (f64, usize) {
    let bytes = text.as_bytes();
    let start = bytes.iter().take_while(|b| b.is_ascii_whitespace()).count();
    let digits = |mut at: usize| {
        while bytes.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
        }
        at
    };
    let first = start + usize::from(matches!(bytes.get(start), Some(b'+' | b'-')));
    let mut at = digits(first);
    let mut any = at > first;
    if bytes.get(at) == Some(&b'.') {
        let end = digits(at + 1);
        any |= end > at + 1;
        at = end;
    }
    if !any {
        return (0.0, 0);
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        let end = digits(at + 1 + sign);
        if end > at + 1 + sign {
            at = end;
        }
    }
    (text[start..at].parse().unwrap_or(0.0), at)
}

/// Whether input counts as a number.
fn looks_numeric(text: &str) -> bool {
    let (_, taken) = leading_number(text);
    taken > 0 && text[taken..].bytes().all(|b| b.is_ascii_whitespace())
}
