//! POSIX regular expressions (basic and extended) over the regex-lite crate.
//!
//! The syntax is translated; matching is leftmost-first where POSIX asks for leftmost-longest, which differs only for
//! alternatives that are prefixes of one another. Back-references are refused.

/// A compiled expression.
#[derive(Clone, Debug)]
pub struct Regex(regex_lite::Regex);

impl Regex {
    /// A basic expression (grep, sed).
    pub fn basic(source: &str, fold: bool) -> Result<Regex, String> {
        compile(&translate(source, true)?, fold)
    }

    /// An extended expression (grep -E, sed -E, awk, `=~`).
    pub fn extended(source: &str, fold: bool) -> Result<Regex, String> {
        compile(&translate(source, false)?, fold)
    }

    /// Text that stands for itself.
    pub fn fixed(source: &str, fold: bool) -> Result<Regex, String> {
        compile(&escape(source), fold)
    }

    /// Whether the text holds a match.
    pub fn is_match(&self, text: &str) -> bool {
        self.0.is_match(text)
    }

    /// The first match at or after byte `from`.
    pub fn find_at(&self, text: &str, from: usize) -> Option<(usize, usize)> {
        if from > text.len() {
            return None;
        }
        self.0.find_at(text, from).map(|m| (m.start(), m.end()))
    }

    /// The groups of the first match at or after `from`, group 0 being all of it.
    pub fn groups_at(&self, text: &str, from: usize) -> Option<Vec<Option<(usize, usize)>>> {
        if from > text.len() {
            return None;
        }
        let caps = self.0.captures_at(text, from)?;
        Some((0..caps.len()).map(|i| caps.get(i).map(|m| (m.start(), m.end()))).collect())
    }

    /// The texts of the groups of the first match.
    pub fn captures(&self, text: &str) -> Option<Vec<Option<String>>> {
        let groups = self.groups_at(text, 0)?;
        Some(groups.into_iter().map(|g| g.map(|(a, b)| text[a..b].to_string())).collect())
    }
}

fn compile(pattern: &str, fold: bool) -> Result<Regex, String> {
    let mut builder = regex_lite::RegexBuilder::new(pattern);
    builder.case_insensitive(fold).size_limit(4 << 20);
    builder.build().map(Regex).map_err(|e| e.to_string())
}

/// The text with all special characters escaped.
pub fn escape(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if r"\.+*?()|[]{}^$#&-~/".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// POSIX syntax in regex-lite's.
fn translate(source: &str, basic: bool) -> Result<String, String> {
    let chars: Vec<char> = source.chars().collect();
    let mut out = String::new();
    let mut i = 0;
    // Whether an operator here would have nothing to repeat.
    let mut at_start = true;
    while i < chars.len() {
        let c = chars[i];
        i += 1;
        match c {
            '\\' => {
                let Some(e) = chars.get(i).copied() else { return Err("Trailing backslash".to_string()) };
                i += 1;
                match e {
                    '(' | ')' | '{' | '}' | '|' if basic => {
                        out.push(e);
                        at_start = matches!(e, '(' | '|');
                        continue;
                    }
                    '+' | '?' if basic => out.push(e),
                    '1'..='9' => return Err("Invalid back reference".to_string()),
                    'n' => out.push('\n'),
                    't' => out.push('\t'),
                    'w' => out.push_str("[A-Za-z0-9_]"),
                    'W' => out.push_str("[^A-Za-z0-9_]"),
                    's' => out.push_str(r"\s"),
                    'S' => out.push_str(r"\S"),
                    'b' => out.push_str(r"\b"),
                    'B' => out.push_str(r"\B"),
                    '<' => out.push_str(r"\b"),
                    '>' => out.push_str(r"\b"),
                    '`' => out.push_str(r"\A"),
                    '\'' => out.push_str(r"\z"),
                    'd' => out.push_str("[0-9]"),
                    other => out.push_str(&escape(&other.to_string())),
                }
            }
            '[' => bracket(&chars, &mut i, &mut out)?,
            '(' | ')' | '{' | '}' | '|' | '+' | '?' if basic => {
                out.push('\\');
                out.push(c);
            }
            '*' if at_start => out.push_str(r"\*"),
            '^' if basic && !at_start => out.push_str(r"\^"),
            '^' => {
                out.push('^');
                continue;
            }
            '$' if basic
                && i < chars.len()
                && !(chars[i] == '\\' && matches!(chars.get(i + 1), Some(')' | '|'))) =>
            {
                out.push_str(r"\$")
            }
            '{' if !chars.get(i).is_some_and(|d| d.is_ascii_digit() || *d == ',') => out.push_str(r"\{"),
            '(' | '|' => {
                out.push(c);
                at_start = true;
                continue;
            }
            '#' | '&' | '~' | '-' | '/' => out.push(c),
            c => out.push(c),
        }
        at_start = false;
    }
    Ok(out)
}

/// A bracket expression; `i` is behind the `[`.
fn bracket(chars: &[char], i: &mut usize, out: &mut String) -> Result<(), String> {
    let bad = || "Unmatched [, [^, [:, [., or [=".to_string();
    out.push('[');
    if chars.get(*i) == Some(&'^') {
        out.push('^');
        *i += 1;
    }
    let first = *i;
    loop {
        let c = *chars.get(*i).ok_or_else(bad)?;
        *i += 1;
        match c {
            ']' if *i - 1 > first => {
                out.push(']');
                return Ok(());
            }
            '[' if matches!(chars.get(*i), Some(':')) => {
                let end = chars[*i..].windows(2).position(|w| w == [':', ']']).ok_or_else(bad)?;
                let name: String = chars[*i + 1..*i + end].iter().collect();
                out.push_str(match name.as_str() {
                    "alpha" => "A-Za-z",
                    "digit" => "0-9",
                    "alnum" => "A-Za-z0-9",
                    "upper" => "A-Z",
                    "lower" => "a-z",
                    "space" => r" \t\n\r\x0B\x0C",
                    "blank" => r" \t",
                    "punct" => r##"!-/:-@\[-`{-~"##,
                    "print" => " -~",
                    "graph" => "!-~",
                    "cntrl" => r"\x00-\x1F\x7F",
                    "xdigit" => "0-9A-Fa-f",
                    _ => return Err("Invalid character class name".to_string()),
                });
                *i += end + 2;
            }
            '\\' if matches!(chars.get(*i), Some('n' | 't' | '\\' | ']')) && chars.get(*i) != Some(&']') => {
                let e = chars[*i];
                *i += 1;
                out.push_str(match e {
                    'n' => r"\n",
                    't' => r"\t",
                    _ => r"\\",
                });
            }
            '-' => out.push_str(if *i - 1 == first || chars.get(*i) == Some(&']') { r"\-" } else { "-" }),
            '[' | ']' | '\\' | '&' | '~' | '^' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
}
