//! Options of programs, read as getopt_long(3) does: short ones joined, values attached or apart, `--` ends them.

use super::tool::Cx;

/// Options and operands.
#[derive(Clone, Debug, Default)]
pub struct Opts {
    flags: Vec<(char, String)>,
    pub rest: Vec<String>,
}

impl Opts {
    /// Whether the option was given.
    pub fn has(&self, flag: char) -> bool {
        self.flags.iter().any(|(f, _)| *f == flag)
    }

    /// The value of an option, the last one given.
    pub fn value(&self, flag: char) -> Option<&str> {
        self.flags.iter().rev().find(|(f, _)| *f == flag).map(|(_, v)| v.as_str())
    }

    /// All values of an option.
    pub fn values(&self, flag: char) -> Vec<String> {
        self.flags.iter().filter(|(f, _)| *f == flag).map(|(_, v)| v.clone()).collect()
    }

    /// Whether `a` was given after `b` (or `b` was not given).
    pub fn last_of(&self, flags: &str) -> Option<char> {
        self.flags.iter().rev().map(|(f, _)| *f).find(|f| flags.contains(*f))
    }

    /// Options in order.
    pub fn all(&self) -> &[(char, String)] {
        &self.flags
    }
}

/// Reads the arguments. `short`: letters, with `:` behind those that take a value, as in getopt; a leading `+` stops at
/// the first operand. `long`: names with the letters they stand for. Err is the exit code after the complaint.
pub fn parse(cx: &mut Cx<'_, '_>, short: &str, long: &[(&str, char)]) -> Result<Opts, u8> {
    let code = if matches!(
        cx.name.as_str(),
        "ls" | "sort" | "grep" | "egrep" | "fgrep" | "test" | "expr" | "diff" | "cmp"
    ) {
        2
    } else {
        1
    };
    parse_with(cx, short, long, code)
}

/// The same with the exit code of a refusal.
pub fn parse_with(cx: &mut Cx<'_, '_>, short: &str, long: &[(&str, char)], code: u8) -> Result<Opts, u8> {
    let stops = short.starts_with('+');
    let takes = |c: char| short.find(c).is_some_and(|at| short[at + c.len_utf8()..].starts_with(':'));
    let mut opts = Opts::default();
    let args = std::mem::take(&mut cx.args);
    let mut i = 0;
    while i < args.len() {
        let arg = &args[i];
        i += 1;
        if arg == "--" {
            opts.rest.extend(args[i..].iter().cloned());
            break;
        }
        if let Some(name) = arg.strip_prefix("--") {
            let (name, value) = name.split_once('=').map_or((name, None), |(n, v)| (n, Some(v.to_string())));
            let mut found: Vec<char> = long.iter().filter(|(n, _)| *n == name).map(|(_, c)| *c).collect();
            if found.is_empty() {
                found = long.iter().filter(|(n, _)| n.starts_with(name)).map(|(_, c)| *c).collect();
            }
            let Some(flag) = found.first().copied() else {
                if name == "help" && cx.help() {
                    return Err(0);
                }
                return Err(cx.bad_option(&format!("--{name}"), code));
            };
            let value = match value {
                Some(v) => v,
                None if takes(flag) => {
                    let Some(v) = args.get(i) else {
                        cx.complain(format!("option '--{name}' requires an argument"));
                        return Err(code);
                    };
                    i += 1;
                    v.clone()
                }
                None => String::new(),
            };
            opts.flags.push((flag, value));
            continue;
        }
        let Some(letters) = arg.strip_prefix('-').filter(|l| !l.is_empty()) else {
            opts.rest.push(arg.clone());
            if stops {
                opts.rest.extend(args[i..].iter().cloned());
                break;
            }
            continue;
        };
        for (at, c) in letters.char_indices() {
            if c == ':' || !short.contains(c) {
                return Err(cx.bad_option(&format!("-{c}"), code));
            }
            if takes(c) {
                let rest = &letters[at + c.len_utf8()..];
                let value = if rest.is_empty() {
                    let Some(v) = args.get(i) else {
                        let message = if cx.busybox() {
                            format!("option requires an argument: {c}")
                        } else {
                            format!("option requires an argument -- '{c}'")
                        };
                        cx.complain(message);
                        if !cx.busybox() {
                            let name = cx.name.clone();
                            cx.eprint(format!("Try '{name} --help' for more information.\n"));
                        }
                        return Err(code);
                    };
                    i += 1;
                    v.clone()
                } else {
                    rest.to_string()
                };
                opts.flags.push((c, value));
                break;
            }
            opts.flags.push((c, String::new()));
        }
    }
    Ok(opts)
}

/// A size or count with a suffix: `10`, `1k`, `2M`, `1kB`.
pub fn size(text: &str) -> Option<u64> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let n: u64 = text[..end].parse().ok()?;
    let unit = match &text[end..] {
        "" | "c" => 1,
        "w" => 2,
        "b" => 512,
        "k" | "K" | "KiB" => 1 << 10,
        "kB" | "KB" => 1000,
        "m" | "M" | "MiB" => 1 << 20,
        "MB" => 1_000_000,
        "g" | "G" | "GiB" => 1 << 30,
        "GB" => 1_000_000_000,
        "T" => 1 << 40,
        _ => return None,
    };
    n.checked_mul(unit)
}

/// A time span in seconds as sleep and timeout take it: `1`, `0.5`, `2m`; in µs.
pub fn duration(text: &str) -> Option<i64> {
    let (number, unit) = match text.char_indices().next_back()? {
        (at, 's') => (&text[..at], 1.0),
        (at, 'm') => (&text[..at], 60.0),
        (at, 'h') => (&text[..at], 3600.0),
        (at, 'd') => (&text[..at], 86_400.0),
        _ => (text, 1.0),
    };
    if number == "inf" || number == "infinity" {
        return Some(i64::MAX / 4);
    }
    if !number.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return None;
    }
    let n: f64 = number.parse().ok()?;
    let micros = n * unit * 1e6;
    Some(if micros >= 9e17 { i64::MAX / 4 } else { micros.round() as i64 })
}

/// Bytes as people read them: `1.5K`, `12M`.
pub fn human(bytes: u64) -> String {
    let mut value = bytes as f64;
    for unit in ["", "K", "M", "G", "T"] {
        if value < 1024.0 {
            let rounded = if unit.is_empty() || value >= 10.0 {
                format!("{}", value.ceil())
            } else {
                format!("{:.1}", (value * 10.0).ceil() / 10.0)
            };
            return format!("{rounded}{unit}");
        }
        value /= 1024.0;
    }
    format!("{value:.0}P")
}

impl Opts {
    /// Options made up by a program itself.
    pub fn with(letters: &str) -> Opts {
        Opts { flags: letters.chars().map(|c| (c, String::new())).collect(), rest: Vec::new() }
    }
}

impl Opts {
    /// Adds an option with a value as if it had been given.
    pub fn add_value(&mut self, flag: char, value: &str) {
        self.flags.push((flag, value.to_string()));
    }
}
