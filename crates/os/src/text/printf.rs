//! printf: formats as the shell builtin and the program do.

use crate::time::{Time, strftime};

/// What printf made.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Printed {
    pub out: Vec<u8>,
    pub errors: Vec<Trouble>,
}

/// What printf complains of.
#[derive(Clone, PartialEq, Debug)]
pub enum Trouble {
    /// An argument that is no number.
    NotANumber(String),
    /// A number with something behind it.
    NotWhole(String),
    /// A directive there is not: its text from the percent sign, and the character that is wrong.
    Directive(String, char),
}

impl Trouble {
    /// The complaint of a shell's builtin; BusyBox's is also its program's.
    pub fn builtin_message(&self, dialect: Dialect) -> String {
        match (self, dialect) {
            (Trouble::NotANumber(t) | Trouble::NotWhole(t), Dialect::Gnu) => format!("{t}: invalid number"),
            (Trouble::NotANumber(t), Dialect::Dash) => format!("{t}: expected numeric value"),
            (Trouble::NotWhole(t), Dialect::Dash) => format!("{t}: not completely converted"),
            (Trouble::NotANumber(t) | Trouble::NotWhole(t), Dialect::BusyBox) => {
                format!("invalid number '{t}'")
            }
            (Trouble::Directive(_, c), Dialect::Gnu) => format!("`{c}': invalid format character"),
            (Trouble::Directive(t, _), Dialect::Dash) => format!("{t}: invalid directive"),
            (Trouble::Directive(t, _), Dialect::BusyBox) => format!("{t}: invalid format"),
        }
    }
}

/// Whose printf it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dialect {
    /// bash and coreutils.
    Gnu,
    Dash,
    BusyBox,
}

/// Formats `args`, using the format again as long as arguments are left.
pub fn format(format: &str, args: &[String], now: Time) -> Printed {
    format_as(Dialect::Gnu, format, args, now)
}

/// The same as a certain shell or program does it.
pub fn format_as(dialect: Dialect, format: &str, args: &[String], now: Time) -> Printed {
    let mut printed = Printed::default();
    let mut at = 0;
    loop {
        let before = at;
        let stop = once(dialect, format, args, &mut at, now, &mut printed);
        if stop || at >= args.len() || at == before || printed.out.len() > 4 << 20 {
            return printed;
        }
    }
}

/// One pass over the format; true when `\c` ended it.
fn once(
    dialect: Dialect,
    format: &str,
    args: &[String],
    at: &mut usize,
    now: Time,
    printed: &mut Printed,
) -> bool {
    let chars: Vec<char> = format.chars().collect();
    let mut i = 0;
    let mut literal = String::new();
    while i < chars.len() {
        match chars[i] {
            '\\' => {
                literal.push('\\');
                if let Some(c) = chars.get(i + 1) {
                    // \" and \' stand for themselves in printf.
                    if matches!(c, '"' | '\'') {
                        literal.pop();
                    }
                    // dash knows no hexadecimal escapes.
                    if *c == 'x' && dialect == Dialect::Dash {
                        literal.push('\\');
                    }
                    literal.push(*c);
                }
                i += 2;
                continue;
            }
            '%' => {}
            c => {
                literal.push(c);
                i += 1;
                continue;
            }
        }
        let (bytes, stop) = crate::text::unescape(&literal, false);
        printed.out.extend(bytes);
        literal.clear();
        if stop {
            return true;
        }
        i += 1;
        if chars.get(i) == Some(&'%') {
            printed.out.push(b'%');
            i += 1;
            continue;
        }
        let from = i;
        match directive(dialect, &chars, &mut i, args, at, now, printed) {
            Some(false) => {}
            Some(true) => return true,
            None => {
                // A letter that only says how long an integer is, with no conversion behind it, is itself wrong;
                // BusyBox looks behind it.
                let mut skip =
                    chars[from..].iter().take_while(|c| c.is_ascii_digit() || "-+ #.*".contains(**c)).count();
                if dialect != Dialect::Dash {
                    let lengths = chars[from + skip..].iter().take_while(|c| "lhjzqL".contains(**c)).count();
                    skip += lengths;
                }
                let wrong = from + skip.min(chars.len().saturating_sub(from + 1));
                let until = (wrong + 1).min(chars.len());
                let mut text: String = chars[from.saturating_sub(1)..until].iter().collect();
                if dialect == Dialect::BusyBox {
                    // It cuts the letters out, and shows the rest of the format.
                    let rest: String = chars[wrong..].iter().collect();
                    text = format!("%{rest}");
                }
                printed.errors.push(Trouble::Directive(text, chars.get(wrong).copied().unwrap_or('%')));
                return true;
            }
        }
    }
    let (bytes, stop) = crate::text::unescape(&literal, false);
    printed.out.extend(bytes);
    stop
}

/// Flags, width and precision of a directive.
#[derive(Clone, Default)]
struct Spec {
    left: bool,
    zero: bool,
    plus: bool,
    space: bool,
    alt: bool,
    width: usize,
    precision: Option<usize>,
}

fn directive(
    dialect: Dialect,
    chars: &[char],
    i: &mut usize,
    args: &[String],
    at: &mut usize,
    now: Time,
    printed: &mut Printed,
) -> Option<bool> {
    let start = *i;
    let mut spec = Spec::default();
    let next = |at: &mut usize| {
        *at += 1;
        args.get(*at - 1).cloned()
    };
    while let Some(c) = chars.get(*i) {
        match c {
            '-' => spec.left = true,
            '0' => spec.zero = true,
            '+' => spec.plus = true,
            ' ' => spec.space = true,
            '#' => spec.alt = true,
            _ => break,
        }
        *i += 1;
    }
    let number = |i: &mut usize, at: &mut usize| -> Option<i64> {
        if chars.get(*i) == Some(&'*') {
            *i += 1;
            return next(at).and_then(|t| t.parse().ok());
        }
        let from = *i;
        while chars.get(*i).is_some_and(char::is_ascii_digit) {
            *i += 1;
        }
        chars[from..*i].iter().collect::<String>().parse().ok()
    };
    let width = number(i, at).unwrap_or(0);
    spec.left |= width < 0;
    spec.width = (width.unsigned_abs() as usize).min(100_000);
    if chars.get(*i) == Some(&'.') {
        *i += 1;
        spec.precision = Some(number(i, at).unwrap_or(0).clamp(0, 1000) as usize);
    }
    let mut date = None;
    if chars.get(*i) == Some(&'(') {
        let end = chars[*i..].iter().position(|c| *c == ')')? + *i;
        date = Some(chars[*i + 1..end].iter().collect::<String>());
        *i = end + 1;
    }
    while matches!(chars.get(*i), Some('l' | 'h' | 'j' | 'z' | 'q' | 'L'))
        && chars.get(*i + 1).is_some_and(|c| c.is_ascii_alphabetic())
    {
        *i += 1;
    }
    let Some(conversion) = chars.get(*i).copied() else {
        *i = start;
        return None;
    };
    *i += 1;
    let text = match conversion {
        'T' if date.is_some() => {
            let arg = next(at).unwrap_or_default();
            let when = match arg.as_str() {
                "" | "-1" | "-2" => now,
                secs => Time::from_secs(secs.parse().unwrap_or(0)),
            };
            let date = date.unwrap_or_default();
            strftime(if date.is_empty() { "%H:%M:%S" } else { &date }, when)
        }
        's' => {
            let arg = next(at).unwrap_or_default();
            match spec.precision {
                Some(p) => arg.chars().take(p).collect(),
                None => arg,
            }
        }
        'q' | 'Q' if conversion == 'q' || dialect == Dialect::Gnu => {
            let mut arg = next(at).unwrap_or_default();
            if let (Some(p), 'Q') = (spec.precision, conversion) {
                arg = arg.chars().take(p).collect();
            }
            let plain =
                !arg.is_empty() && arg.chars().all(|c| c.is_alphanumeric() || "_-./:=,@%+^".contains(c));
            if plain {
                arg
            } else if arg.is_empty() {
                "''".to_string()
            } else {
                backslashed(&arg)
            }
        }
        'b' => {
            let arg = next(at).unwrap_or_default();
            let (mut bytes, stop) = crate::text::unescape(&arg, true);
            // In %b both \0nnn and \nnn are octal.
            if !stop && arg.contains('\\') && !arg.contains("\\0") {
                bytes = crate::text::unescape(&arg, false).0;
            }
            pad_bytes(&mut printed.out, &bytes, &spec);
            return Some(stop);
        }
        'c' => next(at).unwrap_or_default().chars().take(1).collect(),
        'd' | 'i' => {
            let n = integer(dialect, next(at), printed);
            integer_text(n < 0, n.unsigned_abs().to_string(), &mut spec)
        }
        'u' => integer_text(false, (integer(dialect, next(at), printed) as u64).to_string(), &mut spec),
        'x' | 'X' | 'o' => {
            let n = integer(dialect, next(at), printed) as u64;
            let digits = match conversion {
                'x' => format!("{n:x}"),
                'X' => format!("{n:X}"),
                _ => format!("{n:o}"),
            };
            let prefix = match conversion {
                _ if !spec.alt || n == 0 => "",
                'x' => "0x",
                'X' => "0X",
                _ => "0",
            };
            let body = integer_text(false, digits, &mut spec);
            format!("{prefix}{body}")
        }
        'e' | 'E' | 'f' | 'F' | 'g' | 'G' => {
            let arg = next(at).unwrap_or_default();
            let n = match parse_float(&arg) {
                Some(n) => n,
                None => {
                    printed.errors.push(Trouble::NotANumber(arg));
                    0.0
                }
            };
            let text = float(n, conversion, spec.precision.unwrap_or(6), spec.alt);
            let sign = if spec.plus && n >= 0.0 {
                "+"
            } else if spec.space && n >= 0.0 {
                " "
            } else {
                ""
            };
            let mut text = format!("{sign}{text}");
            if spec.zero && !spec.left && text.len() < spec.width {
                let digits = text.trim_start_matches(['-', '+', ' ']).to_string();
                let sign: String = text.chars().take(text.len() - digits.len()).collect();
                let width = spec.width - sign.len();
                text = format!("{sign}{digits:0>width$}");
            }
            text
        }
        _ => {
            *i = start;
            return None;
        }
    };
    pad_bytes(&mut printed.out, text.as_bytes(), &spec);
    Some(false)
}

fn pad_bytes(out: &mut Vec<u8>, bytes: &[u8], spec: &Spec) {
    let shown = String::from_utf8_lossy(bytes).chars().count();
    let fill = spec.width.saturating_sub(shown);
    if !spec.left {
        out.extend(std::iter::repeat_n(b' ', fill));
    }
    out.extend_from_slice(bytes);
    if spec.left {
        out.extend(std::iter::repeat_n(b' ', fill));
    }
}

fn integer_text(negative: bool, mut digits: String, spec: &mut Spec) -> String {
    if let Some(p) = spec.precision {
        while digits.len() < p {
            digits.insert(0, '0');
        }
    }
    let sign = if negative {
        "-"
    } else if spec.plus {
        "+"
    } else if spec.space {
        " "
    } else {
        ""
    };
    if spec.zero && !spec.left && spec.precision.is_none() {
        while digits.len() + sign.len() < spec.width {
            digits.insert(0, '0');
        }
    }
    format!("{sign}{digits}")
}

fn integer(dialect: Dialect, arg: Option<String>, printed: &mut Printed) -> i64 {
    let Some(arg) = arg else {
        // BusyBox misses the argument.
        if dialect == Dialect::BusyBox {
            printed.errors.push(Trouble::NotANumber(String::new()));
        }
        return 0;
    };
    let text = arg.trim_start();
    if let Some(c) = text.strip_prefix(['\'', '"']) {
        return c.chars().next().map_or(0, |c| c as i64);
    }
    let (negative, digits) = match text.strip_prefix('-') {
        Some(d) => (true, d),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (radix, digits) = if let Some(hex) = digits.strip_prefix("0x").or(digits.strip_prefix("0X")) {
        (16, hex)
    } else if digits.len() > 1 && digits.starts_with('0') {
        (8, &digits[1..])
    } else {
        (10, digits)
    };
    let end = digits.find(|c: char| !c.is_digit(radix)).unwrap_or(digits.len());
    if end < digits.len() || (digits.is_empty() && !arg.is_empty() && radix == 10) {
        let none = end == 0;
        printed.errors.push(if none {
            Trouble::NotANumber(arg.clone())
        } else {
            Trouble::NotWhole(arg.clone())
        });
        if dialect == Dialect::BusyBox {
            return 0;
        }
    }
    let value = i64::from_str_radix(&digits[..end], radix).unwrap_or(if end == 0 { 0 } else { i64::MAX });
    if negative { value.wrapping_neg() } else { value }
}

/// A number as strtod(3) reads it; empty is 0.
fn parse_float(text: &str) -> Option<f64> {
    let t = text.trim();
    if t.is_empty() {
        return Some(0.0);
    }
    if let Some(c) = t.strip_prefix(['\'', '"']) {
        return Some(c.chars().next().map_or(0.0, |c| f64::from(c as u32)));
    }
    t.parse().ok()
}

/// A number as C's printf shows it for `e`, `f` and `g`.
pub fn float(n: f64, conversion: char, precision: usize, alt: bool) -> String {
    if !n.is_finite() {
        let text = if n.is_nan() {
            "nan"
        } else if n > 0.0 {
            "inf"
        } else {
            "-inf"
        };
        return if conversion.is_uppercase() { text.to_uppercase() } else { text.to_string() };
    }
    match conversion {
        'f' | 'F' => format!("{n:.precision$}"),
        'e' | 'E' => exponent(n, precision, conversion),
        _ => {
            let p = precision.max(1);
            let e = if n == 0.0 { 0 } else { exponent_of(n, p) };
            let mut text = if e < -4 || e >= p as i32 {
                exponent(n, p - 1, if conversion == 'G' { 'E' } else { 'e' })
            } else {
                format!("{n:.0$}", (p as i32 - 1 - e).max(0) as usize)
            };
            if !alt && text.contains('.') {
                let (mantissa, tail) = match text.find(['e', 'E']) {
                    Some(at) => (text[..at].to_string(), text[at..].to_string()),
                    None => (text.clone(), String::new()),
                };
                text = format!("{}{tail}", mantissa.trim_end_matches('0').trim_end_matches('.'));
            }
            text
        }
    }
}

fn exponent_of(n: f64, digits: usize) -> i32 {
    let text = format!("{n:.0$e}", digits - 1);
    text.rsplit('e').next().and_then(|e| e.parse().ok()).unwrap_or(0)
}

fn exponent(n: f64, precision: usize, e: char) -> String {
    let text = format!("{n:.precision$e}");
    let (mantissa, exp) = text.split_once('e').unwrap_or((&text, "0"));
    let exp: i32 = exp.parse().unwrap_or(0);
    format!("{mantissa}{e}{}{:02}", if exp < 0 { '-' } else { '+' }, exp.abs())
}

/// `printf %q`
fn backslashed(text: &str) -> String {
    if text.chars().any(|c| c.is_control()) {
        let inner = text.replace('\\', "\\\\").replace('\'', "\\'").replace('\n', "\\n").replace('\t', "\\t");
        return format!("$'{inner}'");
    }
    text.chars()
        .flat_map(|c| if c.is_alphanumeric() || "_-./:=,@%+^".contains(c) { vec![c] } else { vec!['\\', c] })
        .collect()
}
