//! History expansion: `!!`, `!$`, `!grep:2`, `!?text?:s/a/b/`, `^a^b`.

use super::*;

/// A line with its history references put in.
pub(in crate::shell) struct Expanded {
    pub line: String,
    /// `:p`: it is shown and remembered, but not run.
    pub only_shown: bool,
}

/// The parts of `:s/old/new/`.
#[derive(Clone, Default)]
struct Change {
    old: String,
    new: String,
}

/// What reads a line.
struct Reader<'a> {
    chars: Vec<char>,
    pos: usize,
    history: &'a [String],
    change: Option<Change>,
    only_shown: bool,
}

impl Shell {
    /// The line that history references make, or None when there is none of them.
    ///
    /// # Errors
    /// What bash says when there is no such line or word.
    pub(in crate::shell) fn expand_history(
        &self,
        history: &[String],
        line: &str,
    ) -> Result<Option<Expanded>, String> {
        let off = self.shopts.iter().any(|mark| *mark == "no histexpand");
        if self.kind != ShellKind::Bash || off || !(line.contains('!') || line.starts_with('^')) {
            return Ok(None);
        }
        let chars = line.chars().collect();
        let mut reader = Reader { chars, pos: 0, history, change: None, only_shown: false };
        let found = reader.line()?;
        Ok(found.map(|line| Expanded { line, only_shown: reader.only_shown }))
    }
}

/// A line's words, as the shell would cut them.
fn words(line: &str) -> Vec<String> {
    let chars: Vec<char> = line.chars().collect();
    let mut words = Vec::new();
    let mut i = 0;
    while i < chars.len() {
        if chars[i].is_whitespace() {
            i += 1;
            continue;
        }
        let start = i;
        if "<>;&|()".contains(chars[i]) {
            while i < chars.len() && "<>;&|".contains(chars[i]) && i < start + 2 {
                i += 1;
            }
            i = i.max(start + 1);
        } else {
            while i < chars.len() && !chars[i].is_whitespace() && !"<>;&|()".contains(chars[i]) {
                match chars[i] {
                    '\\' => i += 1,
                    quote @ ('\'' | '"' | '`') => {
                        i += 1;
                        while i < chars.len() && chars[i] != quote {
                            i += 1;
                        }
                    }
                    _ => {}
                }
                i += 1;
            }
        }
        words.push(chars[start..i.min(chars.len())].iter().collect());
    }
    words
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.pos).copied()
    }

    /// The text from a place on up to here.
    fn since(&self, start: usize) -> String {
        self.chars[start.min(self.pos)..self.pos.min(self.chars.len())].iter().collect()
    }

    fn line(&mut self) -> Result<Option<String>, String> {
        if self.peek() == Some('^') {
            return self.quick_change().map(Some);
        }
        let mut out = String::new();
        let (mut single, mut double, mut changed) = (false, false, false);
        while let Some(c) = self.peek() {
            match c {
                '\'' if !double => single = !single,
                '"' if !single => double = !double,
                '\\' if !single => {
                    out.push(c);
                    self.pos += 1;
                }
                '!' if !single && !self.inhibited(double) => {
                    let text = self.reference(&out)?;
                    out.push_str(&text);
                    changed = true;
                    continue;
                }
                _ => {}
            }
            out.extend(self.peek());
            self.pos += 1;
        }
        Ok(changed.then_some(out))
    }

    /// Whether the `!` at this place is none for the history.
    fn inhibited(&self, double: bool) -> bool {
        let before = |n: usize| self.pos.checked_sub(n).and_then(|at| self.chars.get(at));
        let next = self.chars.get(self.pos + 1);
        next.is_none_or(|c| c.is_whitespace() || matches!(c, '=' | '('))
            || (double && next == Some(&'"'))
            || matches!(before(1), Some('$' | '['))
            || (before(1) == Some(&'{') && before(2) == Some(&'$'))
    }

    /// `^old^new^`
    fn quick_change(&mut self) -> Result<String, String> {
        let whole: String = self.chars.iter().collect();
        let mut parts = whole[1..].splitn(3, '^');
        let (old, new) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
        let rest = parts.next().unwrap_or("");
        match self.history.last().filter(|line| !old.is_empty() && line.contains(old)) {
            Some(line) => Ok(line.replacen(old, new, 1) + rest),
            None => Err(format!(":s{whole}: substitution failed")),
        }
    }

    /// A reference at this place; `before` is the line so far, for `!#`.
    fn reference(&mut self, before: &str) -> Result<String, String> {
        let start = self.pos;
        self.pos += 1;
        let history = self.history;
        let missing = |reader: &Self| format!("{}: event not found", reader.since(start));
        let event = match self.peek() {
            Some('!') => {
                self.pos += 1;
                history.last().cloned()
            }
            Some('#') => {
                self.pos += 1;
                Some(before.to_string())
            }
            Some('$' | '^' | '*' | ':' | '%') => history.last().cloned(),
            Some('?') => {
                self.pos += 1;
                let text = self.until(|c| c == '?' || c == '\n');
                if self.peek() == Some('?') {
                    self.pos += 1;
                }
                history.iter().rev().find(|line| line.contains(&text)).cloned()
            }
            _ => {
                let negative = self.peek() == Some('-');
                let digits = self.chars[self.pos + usize::from(negative)..]
                    .iter()
                    .take_while(|c| c.is_ascii_digit())
                    .count();
                if digits > 0 {
                    let from = self.pos;
                    self.pos += digits + usize::from(negative);
                    let n: i64 = self.since(from).parse().unwrap_or(i64::MAX);
                    let at = if n < 0 { history.len() as i64 + n } else { n - 1 };
                    usize::try_from(at).ok().and_then(|at| history.get(at).cloned())
                } else {
                    let text = self.until(|c| c.is_whitespace() || ":;&|()<>\"^$*%".contains(c));
                    history.iter().rev().find(|line| line.starts_with(&text)).cloned()
                }
            }
        };
        let Some(event) = event else { return Err(missing(self)) };
        let mut text = self.designated(&event)?;
        while self.peek() == Some(':') {
            text = self.modified(text)?;
        }
        Ok(text)
    }

    fn until(&mut self, stop: impl Fn(char) -> bool) -> String {
        let start = self.pos;
        while self.peek().is_some_and(|c| !stop(c)) {
            self.pos += 1;
        }
        self.since(start)
    }

    /// The words of an event that are meant; all of it when none are.
    fn designated(&mut self, event: &str) -> Result<String, String> {
        let start = self.pos;
        let colon = self.peek() == Some(':');
        let first = self.chars.get(self.pos + usize::from(colon)).copied();
        let short = matches!(first, Some('^' | '$' | '*' | '%'));
        let long = matches!(first, Some('-' | '0'..='9'));
        if !(short || colon && long) {
            return Ok(event.to_string());
        }
        self.pos += usize::from(colon);
        let words = words(event);
        let last = words.len().saturating_sub(1);
        let number = |reader: &mut Self| -> Option<usize> {
            match reader.peek() {
                Some('^') => {
                    reader.pos += 1;
                    Some(1)
                }
                Some('$') => {
                    reader.pos += 1;
                    Some(last)
                }
                Some('%') => {
                    reader.pos += 1;
                    Some(last)
                }
                Some(c) if c.is_ascii_digit() => {
                    let digits = reader.until(|c| !c.is_ascii_digit());
                    Some(digits.parse().unwrap_or(usize::MAX))
                }
                _ => None,
            }
        };
        if self.peek() == Some('*') {
            self.pos += 1;
            return Ok(words.get(1..).unwrap_or_default().join(" "));
        }
        let from = number(self);
        let to = match self.peek() {
            Some('*') => {
                self.pos += 1;
                last
            }
            Some('-')
                if from.is_none() || self.chars.get(self.pos + 1).is_some_and(|c| !c.is_whitespace()) =>
            {
                self.pos += 1;
                number(self).unwrap_or(last.saturating_sub(1))
            }
            Some('-') => {
                self.pos += 1;
                last.saturating_sub(1)
            }
            _ => from.unwrap_or(0),
        };
        let from = from.unwrap_or(0);
        if from > to || to > last {
            return Err(format!("{}: bad word specifier", self.since(start)));
        }
        Ok(words[from..=to].join(" "))
    }

    /// Applies the modifier at this place.
    fn modified(&mut self, text: String) -> Result<String, String> {
        let start = self.pos;
        self.pos += 1;
        let mut all = false;
        while let Some(c @ ('g' | 'a')) = self.peek() {
            all |= c == 'g' || c == 'a';
            self.pos += 1;
        }
        let Some(letter) = self.peek() else { return Ok(text) };
        self.pos += 1;
        Ok(match letter {
            'h' => text.rsplit_once('/').map_or(text.clone(), |(head, _)| head.to_string()),
            't' => text.rsplit('/').next().unwrap_or("").to_string(),
            'r' => text.rsplit_once('.').map_or(text.clone(), |(root, _)| root.to_string()),
            'e' => text.rfind('.').map_or(text.clone(), |at| text[at..].to_string()),
            'p' => {
                self.only_shown = true;
                text
            }
            'q' => crate::shell::quote(&text),
            'x' => words(&text).iter().map(|w| crate::shell::quote(w)).collect::<Vec<_>>().join(" "),
            's' => {
                let Some(mark) = self.peek() else { return Ok(text) };
                self.pos += 1;
                let old = self.until(|c| c == mark);
                self.pos += 1;
                let new = self.until(|c| c == mark).replace('&', &old);
                if self.peek() == Some(mark) {
                    self.pos += 1;
                }
                self.change = Some(Change { old, new });
                self.replaced(text, all, start)?
            }
            '&' => self.replaced(text, all, start)?,
            _ => return Err(format!("{}: unrecognized history modifier", self.since(start + 1))),
        })
    }

    fn replaced(&self, text: String, all: bool, start: usize) -> Result<String, String> {
        let Some(Change { old, new }) = &self.change else {
            return Err(format!("{}: no previous substitution", self.since(start)));
        };
        if old.is_empty() || !text.contains(old.as_str()) {
            return Err(format!("{}: substitution failed", self.since(start)));
        }
        Ok(if all { text.replace(old.as_str(), new) } else { text.replacen(old.as_str(), new, 1) })
    }
}
