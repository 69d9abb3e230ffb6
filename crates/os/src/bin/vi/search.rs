//! Searching: Vim's patterns, the `/` line, `n`, `*`.

use super::{Pos, Vi};
use crate::text::regex::{Regex, Style};

impl Vi {
    /// A pattern with the settings' case; `None`: it is none.
    pub(super) fn regex(&self, pattern: &str) -> Option<Regex> {
        let upper = pattern
            .replace("\\\\", "")
            .split('\\')
            .enumerate()
            .any(|(n, part)| part.chars().skip(usize::from(n > 0)).any(char::is_uppercase));
        let fold = self.settings.ignore_case && !(self.settings.smart_case && upper);
        let (pattern, fold) = match (pattern.contains("\\c"), pattern.contains("\\C")) {
            (true, _) => (pattern.replacen("\\c", "", 1), true),
            (_, true) => (pattern.replacen("\\C", "", 1), false),
            _ => (pattern.to_owned(), fold),
        };
        if self.busybox {
            return Regex::with(&pattern, false, fold, Style::Posix).ok();
        }
        Regex::with(&to_perl(&pattern, self.settings.magic), true, fold, Style::Perl).ok()
    }

    /// The last pattern when `pattern` is empty.
    pub(super) fn or_last_pattern(&mut self, pattern: String) -> Option<String> {
        if !pattern.is_empty() {
            return Some(pattern);
        }
        let last = self.search.as_ref().map(|(last, _)| last.clone());
        if last.is_none() {
            self.fail(if self.busybox {
                "No previous search"
            } else {
                "E35: No previous regular expression"
            });
        }
        last
    }

    /// What is said when a pattern is nowhere.
    pub(super) fn not_found(&mut self, pattern: &str) {
        let text = if self.busybox {
            "Pattern not found".to_owned()
        } else {
            format!("E486: Pattern not found: {pattern}")
        };
        self.fail(text);
    }

    /// The next match from the cursor, around the end of the file.
    pub(super) fn search_from(&mut self, pattern: &str, forward: bool) -> Option<Pos> {
        self.no_highlight = false;
        let here = (self.row, self.col);
        let found = self.regex(pattern).and_then(|regex| self.look(&regex, here, forward));
        let Some(found) = found else {
            self.not_found(pattern);
            return None;
        };
        let wrapped = if forward { found <= here } else { found >= here };
        if wrapped && !self.settings.wrap_scan {
            let (number, edge) = if forward { ("E385", "BOTTOM") } else { ("E384", "TOP") };
            self.fail(format!("{number}: Search hit {edge} without match for: {pattern}"));
            return None;
        }
        let comma = if self.busybox { "" } else { "," };
        self.message = match (wrapped, forward) {
            (true, true) => format!("search hit BOTTOM{comma} continuing at TOP"),
            (true, false) => format!("search hit TOP{comma} continuing at BOTTOM"),
            (false, true) => format!("/{pattern}"),
            (false, false) => format!("?{pattern}"),
        };
        Some(found)
    }

    fn look(&self, regex: &Regex, here: Pos, forward: bool) -> Option<Pos> {
        let total = self.text.lines.len();
        for step in 0..=total {
            let row = if forward { here.0 + step } else { here.0 + 2 * total - step } % total;
            let text: String = self.text.lines[row].iter().collect();
            let mut columns = Vec::new();
            let mut from = 0;
            while let Some((start, end)) = regex.find_at(&text, from) {
                columns.push(text[..start].chars().count());
                from = if end > start {
                    end
                } else {
                    end + text[end..].chars().next().map_or(1, char::len_utf8)
                };
                if from > text.len() {
                    break;
                }
            }
            let found = match (step, forward) {
                (0, true) => columns.into_iter().find(|col| *col > here.1),
                (0, false) => columns.into_iter().rev().find(|col| *col < here.1),
                (_, true) => columns.first().copied(),
                (_, false) => columns.last().copied(),
            };
            if let Some(col) = found {
                return Some((row, col));
            }
        }
        None
    }

    /// The word at or behind the cursor.
    pub(super) fn word_under(&self) -> Option<String> {
        let line = self.line();
        let word = |c: &char| c.is_alphanumeric() || *c == '_';
        let start = (self.col..line.len()).find(|at| word(&line[*at]))?;
        let from = (0..=start).rev().take_while(|at| word(&line[*at])).last()?;
        Some(line[from..].iter().take_while(|c| word(c)).collect())
    }
}

/// The engine's dialect for a pattern of Vim's.
fn to_perl(pattern: &str, magic: bool) -> String {
    let mut out = String::new();
    let mut chars = pattern.chars().peekable();
    // 'v', 'm', 'M', 'V': how many characters have a meaning without a backslash.
    let mut level = if magic { 'm' } else { 'M' };
    let mut first = true;
    while let Some(c) = chars.next() {
        let (c, escaped) = match c {
            '\\' => match chars.next() {
                Some(c @ ('v' | 'm' | 'M' | 'V')) => {
                    level = c;
                    continue;
                }
                Some(c) => (c, true),
                None => ('\\', false),
            },
            c => (c, false),
        };
        if c == '[' && escaped != matches!(level, 'v' | 'm') {
            bracket(&mut chars, &mut out);
            first = false;
            continue;
        }
        let special = escaped != is_bare(c, level, first, chars.peek().is_none());
        match (special, c) {
            (true, '<' | '>') => out.push_str(if c == '<' { "\\b(?=\\w)" } else { "\\b(?<=\\w)" }),
            (true, '=') => out.push('?'),
            (true, '{') => {
                let lazy = chars.next_if_eq(&'-').is_some();
                let mut count = String::new();
                for c in chars.by_ref().take_while(|c| *c != '}') {
                    if c != '\\' {
                        count.push(c);
                    }
                }
                out.push_str(
                    match count.as_str() {
                        "" | "," => "*".to_owned(),
                        own if own.starts_with(',') => format!("{{0{own}}}"),
                        own => format!("{{{own}}}"),
                    }
                    .as_str(),
                );
                if lazy {
                    out.push('?');
                }
            }
            (true, '%') if chars.next_if_eq(&'(').is_some() => out.push_str("(?:"),
            (true, '(' | ')' | '|' | '+' | '?' | '*' | '.' | '^' | '$') => out.push(c),
            (true, 's' | 'S' | 'd' | 'D' | 'w' | 'W' | 't' | 'n') => out.extend(['\\', c]),
            (true, '1'..='9') => out.extend(['\\', c]),
            (true, 'a') => out.push_str("[A-Za-z]"),
            (true, 'l') => out.push_str("[a-z]"),
            (true, 'u') => out.push_str("[A-Z]"),
            (true, 'x') => out.push_str("[0-9A-Fa-f]"),
            (true, 'h') => out.push_str("[A-Za-z_]"),
            (_, c) if ".^$*+?()[]{}|\\".contains(c) => out.extend(['\\', c]),
            (_, c) => out.push(c),
        }
        first = matches!((special, c), (true, '(' | '|'));
    }
    out
}

/// Whether a character has its meaning without a backslash.
fn is_bare(c: char, level: char, first: bool, last: bool) -> bool {
    match (c, level) {
        ('^', 'm' | 'M' | 'V') => first,
        ('$', 'm' | 'M' | 'V') => last,
        ('.' | '*', 'm') => !(c == '*' && first),
        ('^' | '$' | '.' | '*' | '(' | ')' | '|' | '+' | '?' | '=' | '{' | '<' | '>' | '%', 'v') => true,
        _ => false,
    }
}

/// A set of characters, from behind its `[`.
fn bracket(chars: &mut std::iter::Peekable<std::str::Chars<'_>>, out: &mut String) {
    let rest: String = chars.clone().collect();
    let from = if rest.starts_with("^]") { 2 } else { usize::from(rest.starts_with(']')) };
    // Without its end it stands for itself.
    let Some(end) = rest[from..].find(']').map(|at| at + from) else {
        out.push_str("\\[");
        return;
    };
    out.push('[');
    for (n, c) in rest[..=end].char_indices() {
        chars.next();
        if c == '[' || (c == ']' && n < end) {
            out.push('\\');
        }
        out.push(c);
    }
}
