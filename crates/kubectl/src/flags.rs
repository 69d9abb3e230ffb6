//! Command-line flags with pflag's semantics: long and short forms, `--no-opt` values, repetition, error wording.
//!
//! Flags are data (`commands.txt`); a parsed command line is a map from flag name to the texts given for it.

use collections::OrdMap;

/// What a flag's value must look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `true` or `false`; a bare flag is `true`.
    Bool,
    /// Any text.
    Str,
    /// A whole number.
    Int,
    /// A Go duration: `1m30s`.
    Duration,
    /// Repeatable, and each value splits at commas.
    Slice,
    /// Repeatable, taken as it is.
    Array,
}

/// One flag as its command declares it.
#[derive(Clone, Debug, PartialEq)]
pub struct Flag {
    /// Long name without dashes.
    pub name: &'static str,
    /// One-letter name, if it has one.
    pub short: Option<char>,
    /// What its value must look like.
    pub kind: Kind,
    /// The default as help shows it (`''`, `[]`, `500`).
    pub default: &'static str,
    /// The value of the bare flag, when it may stand without one.
    pub no_opt: Option<&'static str>,
    /// The text in help.
    pub usage: &'static str,
    /// Deprecated flags are hidden from help and warn with `usage` when used.
    pub deprecated: bool,
}

impl Flag {
    /// Reads one line of `commands.txt`: `-A --all-namespaces=false|Usage text`.
    pub fn parse(line: &'static str) -> Option<Flag> {
        let (line, deprecated) = match line.strip_prefix('~') {
            Some(rest) => (rest, true),
            None => (line, false),
        };
        let (short, rest) = match line.strip_prefix("--") {
            Some(rest) => (None, rest),
            None => {
                let rest = line.strip_prefix('-')?;
                let short = rest.chars().next()?;
                (Some(short), rest[short.len_utf8()..].strip_prefix(" --")?)
            }
        };
        let (name, rest) = rest.split_once('=')?;
        let (default, usage) = rest.split_once('|')?;
        let (default, mut no_opt) = match default.split_once('?') {
            Some((d, n)) => (d, Some(n)),
            None => (default, None),
        };
        let (default, kind) = match default {
            "[]!" => ("[]", Kind::Array),
            "[]" => ("[]", Kind::Slice),
            "true" | "false" => (default, Kind::Bool),
            d if d.starts_with('\'') || d.is_empty() => (d, Kind::Str),
            d if d.parse::<i64>().is_ok() => (d, Kind::Int),
            d if d.starts_with(|c: char| c.is_ascii_digit()) => (d, Kind::Duration),
            d => (d, Kind::Str),
        };
        if kind == Kind::Bool {
            no_opt = Some("true");
        }
        Some(Flag { name, short, kind, default, no_opt, usage, deprecated })
    }

    /// Returns the default as a value (quotes and brackets of the help form removed).
    pub fn default_value(&self) -> &'static str {
        match self.kind {
            Kind::Slice | Kind::Array => "",
            _ => self.default.trim_matches('\''),
        }
    }

    /// Checks a value; returns pflag's words for what is wrong with it.
    fn check(&self, value: &str) -> Result<String, String> {
        let problem = match self.kind {
            Kind::Bool => match value {
                "1" | "t" | "T" | "TRUE" | "true" | "True" => return Ok("true".into()),
                "0" | "f" | "F" | "FALSE" | "false" | "False" => return Ok("false".into()),
                _ => format!("strconv.ParseBool: parsing {value:?}: invalid syntax"),
            },
            Kind::Int => match value.parse::<i64>() {
                Ok(_) => return Ok(value.into()),
                Err(_) => format!("strconv.ParseInt: parsing {value:?}: invalid syntax"),
            },
            Kind::Duration => match parse_duration(value) {
                Ok(_) => return Ok(value.into()),
                Err(problem) => problem,
            },
            _ => return Ok(value.into()),
        };
        let shown = match self.short {
            Some(s) => format!("-{s}, --{}", self.name),
            None => format!("--{}", self.name),
        };
        Err(format!("invalid argument {value:?} for {shown:?} flag: {problem}"))
    }
}

/// Parses a Go duration (`1m30s`, `250ms`, `-1s`, `0`) into microseconds.
///
/// # Errors
/// In the words of Go's `time.ParseDuration`.
pub fn parse_duration(text: &str) -> Result<i64, String> {
    let invalid = || format!("time: invalid duration {text:?}");
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut total = 0f64;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let number: f64 = rest[..digits].parse().map_err(|_| invalid())?;
        rest = &rest[digits..];
        let unit_len = rest.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(rest.len());
        let unit = match &rest[..unit_len] {
            "ns" => 0.001,
            "us" | "µs" => 1.0,
            "ms" => 1e3,
            "s" => 1e6,
            "m" => 60e6,
            "h" => 3600e6,
            "" => return Err(format!("time: missing unit in duration {text:?}")),
            other => return Err(format!("time: unknown unit {other:?} in duration {text:?}")),
        };
        total += number * unit;
        rest = &rest[unit_len..];
    }
    let micros = total.round() as i64;
    Ok(if negative { -micros } else { micros })
}

/// Flags and arguments of one command line.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parsed {
    values: OrdMap<&'static str, Vec<String>>,
    defaults: OrdMap<&'static str, &'static str>,
    /// Positional arguments, in order.
    pub args: Vec<String>,
    /// How many arguments stood before `--`, if there was one (pflag's `ArgsLenAtDash`).
    pub dash: Option<usize>,
    /// Messages about deprecated flags, for standard error.
    pub deprecations: Vec<String>,
    /// `-h` or `--help` was given.
    pub help: bool,
}

impl Parsed {
    /// Parses `words` (without the command's own names) against `flags`.
    ///
    /// # Errors
    /// pflag's message, e.g. ``unknown flag: --foo``.
    pub fn parse(flags: &[Flag], words: &[String]) -> Result<Parsed, String> {
        let mut out = Parsed {
            defaults: flags.iter().map(|f| (f.name, f.default_value())).collect(),
            ..Parsed::default()
        };
        let mut i = 0;
        while i < words.len() {
            let word = words[i].as_str();
            i += 1;
            if word == "--" {
                out.dash = Some(out.args.len());
                out.args.extend(words[i..].iter().cloned());
                break;
            }
            if let Some(body) = word.strip_prefix("--") {
                out.long(flags, body, word, words, &mut i)?;
            } else if word.len() > 1 && word.starts_with('-') {
                out.shorts(flags, &word[1..], words, &mut i)?;
            } else {
                out.args.push(word.to_string());
            }
        }
        Ok(out)
    }

    fn long(
        &mut self,
        flags: &[Flag],
        body: &str,
        word: &str,
        words: &[String],
        i: &mut usize,
    ) -> Result<(), String> {
        if body.starts_with('-') || body.starts_with('=') {
            return Err(format!("bad flag syntax: {word}"));
        }
        let (name, value) = match body.split_once('=') {
            Some((n, v)) => (n, Some(v.to_string())),
            None => (body, None),
        };
        let Some(flag) = flags.iter().find(|f| f.name == name) else {
            if name == "help" {
                self.help = true;
                return Ok(());
            }
            return Err(format!("unknown flag: --{name}"));
        };
        let value = match (value, flag.no_opt) {
            (Some(v), _) => v,
            (None, Some(v)) => v.to_string(),
            (None, None) => {
                let v = words.get(*i).ok_or_else(|| format!("flag needs an argument: --{name}"))?;
                *i += 1;
                v.clone()
            }
        };
        self.set(flag, &value)
    }

    fn shorts(
        &mut self,
        flags: &[Flag],
        cluster: &str,
        words: &[String],
        i: &mut usize,
    ) -> Result<(), String> {
        let mut rest = cluster;
        while let Some(c) = rest.chars().next() {
            let after = &rest[c.len_utf8()..];
            let Some(flag) = flags.iter().find(|f| f.short == Some(c)) else {
                if c == 'h' {
                    self.help = true;
                    return Ok(());
                }
                return Err(format!("unknown shorthand flag: {} in -{cluster}", quote_char(c)));
            };
            if let Some(value) = after.strip_prefix('=') {
                return self.set(flag, value);
            }
            if let Some(value) = flag.no_opt {
                self.set(flag, value)?;
                rest = after;
                continue;
            }
            if !after.is_empty() {
                return self.set(flag, after);
            }
            let v = words
                .get(*i)
                .ok_or_else(|| format!("flag needs an argument: {} in -{cluster}", quote_char(c)))?;
            *i += 1;
            return self.set(flag, &v.clone());
        }
        Ok(())
    }

    fn set(&mut self, flag: &Flag, value: &str) -> Result<(), String> {
        let value = flag.check(value)?;
        if flag.deprecated {
            self.deprecations.push(format!("Flag --{} has been deprecated, {}", flag.name, flag.usage));
        }
        let slot = self.values.entry(flag.name).or_default();
        match flag.kind {
            Kind::Slice => slot.extend(split_csv(&value)),
            Kind::Array => slot.push(value),
            _ => *slot = vec![value],
        }
        Ok(())
    }

    /// Tells whether the user gave the flag.
    pub fn changed(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// Returns a flag's value, or its default; empty for a flag the command does not have.
    pub fn str(&self, name: &str) -> &str {
        match self.values.get(name).and_then(|v| v.last()) {
            Some(v) => v,
            None => self.defaults.get(name).copied().unwrap_or(""),
        }
    }

    /// Returns a boolean flag.
    pub fn bool(&self, name: &str) -> bool {
        self.str(name) == "true"
    }

    /// Returns an integer flag.
    pub fn int(&self, name: &str) -> i64 {
        self.str(name).parse().unwrap_or(0)
    }

    /// Returns a duration flag in microseconds.
    pub fn duration(&self, name: &str) -> i64 {
        parse_duration(self.str(name)).unwrap_or(0)
    }

    /// Returns all values of a repeatable flag.
    pub fn list(&self, name: &str) -> &[String] {
        self.values.get(name).map_or(&[], |v| v.as_slice())
    }
}

/// Splits at commas, leaving those inside double quotes alone, as pflag's CSV reader does.
fn split_csv(value: &str) -> Vec<String> {
    if value.is_empty() {
        return Vec::new();
    }
    let mut out = vec![String::new()];
    let mut quoted = false;
    for c in value.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => out.push(String::new()),
            c => out.last_mut().expect("never empty").push(c),
        }
    }
    out
}

fn quote_char(c: char) -> String {
    format!("'{c}'")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags() -> Vec<Flag> {
        [
            "-n --namespace=''|ns",
            "-w --watch=false|watch",
            "--chunk-size=500|size",
            "-f --filename=[]|files",
            "--env=[]!|env",
            "--dry-run='none'?unchanged|dry",
            "--timeout=0s|time",
            "~--record=false|--record will be removed in the future",
        ]
        .into_iter()
        .map(|l| Flag::parse(l).expect(l))
        .collect()
    }

    fn parse(line: &str) -> Result<Parsed, String> {
        Parsed::parse(&flags(), &line.split_whitespace().map(String::from).collect::<Vec<_>>())
    }

    #[test]
    fn values_clusters_and_dashes() {
        let p =
            parse("pods -wn kube-system -f a,b -f c --env A=1,2 --dry-run x -- --watch=no").expect("parses");
        assert_eq!(p.args, ["pods", "x", "--watch=no"]);
        assert_eq!(p.dash, Some(2));
        assert_eq!(p.str("namespace"), "kube-system");
        assert!(p.bool("watch"));
        assert_eq!(p.list("filename"), ["a", "b", "c"]);
        assert_eq!(p.list("env"), ["A=1,2"]);
        assert_eq!(p.str("dry-run"), "unchanged");
        assert_eq!(p.int("chunk-size"), 500);
        assert_eq!(parse("-nfoo").expect("parses").str("namespace"), "foo");
        assert_eq!(
            parse("--record").expect("parses").deprecations,
            ["Flag --record has been deprecated, --record will be removed in the future"]
        );
    }

    #[test]
    fn errors_are_worded_as_pflag_words_them() {
        for (line, want) in [
            ("--foo", "unknown flag: --foo"),
            ("-Z", "unknown shorthand flag: 'Z' in -Z"),
            ("-n", "flag needs an argument: 'n' in -n"),
            ("--namespace", "flag needs an argument: --namespace"),
            (
                "--watch=x",
                "invalid argument \"x\" for \"-w, --watch\" flag: strconv.ParseBool: parsing \"x\": invalid syntax",
            ),
            (
                "--chunk-size=x",
                "invalid argument \"x\" for \"--chunk-size\" flag: strconv.ParseInt: parsing \"x\": invalid syntax",
            ),
            (
                "--timeout=5",
                "invalid argument \"5\" for \"--timeout\" flag: time: missing unit in duration \"5\"",
            ),
        ] {
            assert_eq!(parse(line).expect_err(line), want);
        }
    }
}
