//! `:s`: replacing what a pattern matches, at once or one by one.

use super::{Mode, Vi};
use crate::bin::screen::Key;
use crate::text::regex::Regex;

/// A substitution that asks about each match.
#[derive(Clone, Debug)]
pub(super) struct Substitution {
    regex: Regex,
    with: String,
    all: bool,
    /// The line and the byte from which the next match is looked for, and the last line.
    row: usize,
    from: usize,
    last: usize,
    /// The match that is asked about.
    at: Option<(usize, usize)>,
    hits: usize,
    lines: usize,
    /// The last line that was changed.
    changed: Option<usize>,
}

/// A pattern, what to put in its place, and flags.
type Parts = (String, String, String);

impl Vi {
    /// `s/pattern/text/flags [count]`
    pub(super) fn substitute(&mut self, from: usize, to: usize, rest: &str) {
        let rest = rest.trim_start();
        if rest.is_empty() || rest.starts_with(|c: char| c.is_ascii_digit() || "gciIe&".contains(c)) {
            return self.substitute_again(from, to, rest);
        }
        let Some((pattern, with, flags)) = split_pattern(rest) else {
            return self.fail(if self.busybox {
                ":s expression missing delimiters"
            } else {
                "E146: Regular expressions can't be delimited by letters"
            });
        };
        let Some(pattern) = self.or_last_pattern(pattern) else { return };
        // `~` alone is the last replacement.
        let with = match (with.as_str(), &self.last_substitute) {
            ("~", Some((_, last, _))) => last.clone(),
            _ => with,
        };
        let flags = match (flags.strip_prefix('&'), &self.last_substitute) {
            (Some(more), Some((.., last))) => format!("{last}{more}"),
            _ => flags,
        };
        self.run_substitute(from, to, (pattern, with, flags));
    }

    /// `:s` without a pattern, `:&`, `&`: the last one again, with these flags.
    pub(super) fn substitute_again(&mut self, from: usize, to: usize, flags: &str) {
        let Some((pattern, with, last)) = self.last_substitute.clone() else {
            return self.fail("E35: No previous regular expression");
        };
        let flags = match flags.trim().strip_prefix('&') {
            Some(more) => format!("{last}{more}"),
            None => flags.trim().to_owned(),
        };
        self.run_substitute(from, to, (pattern, with, flags));
    }

    fn run_substitute(&mut self, from: usize, to: usize, (pattern, with, flags): Parts) {
        let letters: String = flags.chars().take_while(|c| "gciIen&#p".contains(*c)).collect();
        let count = flags[letters.len()..].trim();
        let (from, to) = match count.parse::<usize>() {
            Ok(n) if n > 0 => (to, (to + n - 1).min(self.last_row())),
            _ if count.is_empty() => (from, to),
            _ => return self.fail(format!("E488: Trailing characters: {count}")),
        };
        let source = match (letters.contains('i'), letters.contains('I')) {
            (true, _) => format!("{pattern}\\c"),
            (_, true) => format!("{pattern}\\C"),
            _ => pattern.clone(),
        };
        let Some(regex) = self.regex(&source) else { return self.not_found(&pattern) };
        self.search = Some((pattern.clone(), true));
        self.no_highlight = false;
        self.last_substitute = Some((pattern.clone(), with.clone(), letters.clone()));
        let all = letters.contains('g');
        if letters.contains('n') {
            return self.count_matches(&regex, from, to, all, &pattern);
        }
        if letters.contains('c') && !self.busybox && self.depth == 0 {
            return self.begin_confirm(regex, with, all, from, to, &pattern);
        }
        self.save_undo();
        let (mut hits, mut lines, mut last) = (0, 0, self.row);
        let (mut row, mut end) = (from, to);
        while row <= end && row < self.text.lines.len() {
            let text: String = self.text.lines[row].iter().collect();
            let (new, count) = replace(&regex, &text, &with, all);
            if count > 0 {
                hits += count;
                lines += 1;
                let made: Vec<Vec<char>> = new.split('\n').map(|line| line.chars().collect()).collect();
                let extra = made.len() - 1;
                self.text.lines.splice(row..=row, made);
                row += extra;
                end += extra;
                last = row;
            }
            row += 1;
        }
        if hits == 0 {
            self.drop_change();
            if letters.contains('e') || self.global_runs {
                return;
            }
            return if self.busybox { self.fail("No match") } else { self.not_found(&pattern) };
        }
        self.changed();
        self.go_to_line(last);
        if self.busybox {
            return;
        }
        self.global_substitutions.0 += hits;
        self.global_substitutions.1 += lines;
        self.tell_hits(hits, lines);
    }

    fn tell_hits(&mut self, hits: usize, lines: usize) {
        if hits > 2 {
            self.message =
                format!("{hits} substitutions on {lines} line{}", if lines == 1 { "" } else { "s" });
        }
    }

    /// `:s///n`
    fn count_matches(&mut self, regex: &Regex, from: usize, to: usize, all: bool, pattern: &str) {
        let counts = (from..=to).map(|row| {
            let text: String = self.text.lines[row].iter().collect();
            replace(regex, &text, "", all).1
        });
        let counts: Vec<usize> = counts.filter(|n| *n > 0).collect();
        let (hits, lines) = (counts.iter().sum::<usize>(), counts.len());
        if hits == 0 {
            return self.not_found(pattern);
        }
        let (es, s) = (if hits == 1 { "" } else { "es" }, if lines == 1 { "" } else { "s" });
        self.message = format!("{hits} match{es} on {lines} line{s}");
    }

    fn begin_confirm(
        &mut self,
        regex: Regex,
        with: String,
        all: bool,
        row: usize,
        last: usize,
        pattern: &str,
    ) {
        self.save_undo();
        let substitution =
            Substitution { regex, with, all, row, from: 0, last, at: None, hits: 0, lines: 0, changed: None };
        self.substitution = Some(Box::new(substitution));
        self.mode = Mode::Confirm;
        self.next_match();
        if self.mode != Mode::Confirm {
            self.drop_change();
            self.not_found(pattern);
        }
    }

    /// Goes to the next match, or ends.
    fn next_match(&mut self) {
        let Some(s) = &mut self.substitution else { return };
        while s.row <= s.last && s.row < self.text.lines.len() {
            let text: String = self.text.lines[s.row].iter().collect();
            if let Some((start, end)) =
                (s.from <= text.len()).then(|| s.regex.find_at(&text, s.from)).flatten()
            {
                s.at = Some((start, end));
                (self.row, self.col) = (s.row, text[..start].chars().count());
                return;
            }
            s.row += 1;
            s.from = 0;
        }
        self.end_confirm();
    }

    fn end_confirm(&mut self) {
        self.mode = Mode::Normal;
        let Some(s) = self.substitution.take() else { return };
        if let Some(row) = s.changed {
            self.changed();
            self.go_to_line(row);
        }
        self.close_change();
        self.tell_hits(s.hits, s.lines);
    }

    /// What is asked below the text.
    pub(super) fn question(&self) -> Option<String> {
        let s = self.substitution.as_deref().filter(|_| self.mode == Mode::Confirm)?;
        Some(format!("replace with {} (y/n/a/q/l/^E/^Y)?", s.with))
    }

    /// An answer to `:s///c`.
    pub(super) fn confirm_key(&mut self, key: Key) {
        match key {
            Key::Char('y' | 'l') => {
                self.replace_here();
                if key == Key::Char('l') { self.end_confirm() } else { self.next_match() }
            }
            Key::Char('n') => {
                self.skip_here();
                self.next_match();
            }
            Key::Char('a') => {
                while self.mode == Mode::Confirm {
                    self.replace_here();
                    self.next_match();
                }
            }
            Key::Char('q') | Key::Esc | Key::Ctrl('C') => self.end_confirm(),
            Key::Ctrl('E') => self.top = (self.top + 1).min(self.row),
            Key::Ctrl('Y') => self.top = self.top.saturating_sub(1),
            _ => {}
        }
    }

    fn skip_here(&mut self) {
        let Some(s) = &mut self.substitution else { return };
        let Some((start, end)) = s.at.take() else { return };
        let text: String = self.text.lines[s.row].iter().collect();
        s.from = if end > start { end } else { end + text[end..].chars().next().map_or(1, char::len_utf8) };
        if !s.all {
            s.row += 1;
            s.from = 0;
        }
    }

    fn replace_here(&mut self) {
        let Some(s) = &mut self.substitution else { return };
        let Some((start, end)) = s.at.take() else { return };
        let text: String = self.text.lines[s.row].iter().collect();
        let mut new = String::new();
        if let Some(groups) = s.regex.groups_at(&text, start) {
            expand(&s.with, &text, &groups, &mut new);
        }
        let whole = format!("{}{new}{}", &text[..start], &text[end..]);
        let made: Vec<Vec<char>> = whole.split('\n').map(|line| line.chars().collect()).collect();
        let extra = made.len() - 1;
        self.text.lines.splice(s.row..=s.row, made);
        s.hits += 1;
        s.lines += usize::from(s.changed != Some(s.row));
        s.row += extra;
        s.last += extra;
        s.changed = Some(s.row);
        let behind = new.rsplit('\n').next().map_or(0, str::len);
        s.from = if extra > 0 { behind } else { start + behind } + usize::from(end == start);
        if !s.all {
            s.row += 1;
            s.from = 0;
        }
    }
}

/// `/pattern/text/flags`, with any sign in place of the slash.
pub(super) fn split_pattern(text: &str) -> Option<Parts> {
    let separator = text
        .chars()
        .next()
        .filter(|c| !c.is_alphanumeric() && !c.is_whitespace() && !"\"|\\".contains(*c))?;
    let mut parts = vec![String::new()];
    let mut chars = text.chars().skip(1);
    while let Some(c) = chars.next() {
        let fields = parts.len();
        let last = parts.last_mut()?;
        if c == '\\' {
            match chars.next() {
                Some(next) if next == separator => last.push(next),
                Some(next) => last.extend(['\\', next]),
                None => last.push('\\'),
            }
        } else if c == separator && fields < 3 {
            parts.push(String::new());
        } else {
            last.push(c);
        }
    }
    parts.resize(3, String::new());
    let flags = parts.pop()?;
    let with = parts.pop()?;
    Some((parts.pop()?, with, flags))
}

/// Replaces the first match, or all, and counts them.
fn replace(regex: &Regex, text: &str, with: &str, all: bool) -> (String, usize) {
    let mut out = String::new();
    let (mut at, mut copied, mut count) = (0, 0, 0);
    while let Some(groups) = regex.groups_at(text, at) {
        let Some(Some((start, end))) = groups.first().copied() else { break };
        out.push_str(&text[copied..start]);
        expand(with, text, &groups, &mut out);
        count += 1;
        copied = end;
        at = if end > start { end } else { end + text[end..].chars().next().map_or(1, char::len_utf8) };
        if !all || at > text.len() {
            break;
        }
    }
    out.push_str(&text[copied..]);
    (out, count)
}

/// How the case of what is put in is changed.
#[derive(Clone, Copy, Default)]
struct Case {
    /// Of the next character, and of all that follow.
    one: Option<char>,
    all: Option<char>,
}

impl Case {
    fn push(&mut self, text: &str, out: &mut String) {
        for c in text.chars() {
            match self.one.take().or(self.all) {
                Some('u' | 'U') => out.extend(c.to_uppercase()),
                Some('l' | 'L') => out.extend(c.to_lowercase()),
                _ => out.push(c),
            }
        }
    }
}

/// Puts the replacement of one match.
fn expand(with: &str, text: &str, groups: &[Option<(usize, usize)>], out: &mut String) {
    let group = |n: usize| groups.get(n).copied().flatten().map_or("", |(a, b)| &text[a..b]);
    let mut case = Case::default();
    let mut chars = with.chars();
    while let Some(c) = chars.next() {
        match c {
            '&' => case.push(group(0), out),
            '\\' => match chars.next() {
                Some(d) if d.is_ascii_digit() => case.push(group(d as usize - '0' as usize), out),
                Some('r' | 'n') => out.push('\n'),
                Some('t') => out.push('\t'),
                Some(c @ ('u' | 'l')) => case.one = Some(c),
                Some(c @ ('U' | 'L')) => case.all = Some(c),
                Some('e' | 'E') => case = Case::default(),
                Some(other) => out.push(other),
                None => out.push('\\'),
            },
            '\r' => out.push('\n'),
            c => case.push(c.encode_utf8(&mut [0; 4]), out),
        }
    }
}
