//! The `:`, `/` and `?` line while it is typed.

use super::{Mode, Vi};
use crate::bin::screen::Key;
use crate::kernel::Sys;

/// Lines that are remembered.
const REMEMBERED: usize = 200;

impl Vi {
    pub(super) fn line_key(&mut self, key: Key, sys: &mut Sys<'_>) {
        if self.literal.take() == Some('R') {
            let text = match key {
                Key::Ctrl('W') => self.word_under().unwrap_or_default(),
                key => super::normal::character(Some(&key))
                    .map_or(String::new(), |name| self.register(Some(name)).text()),
            };
            return text.chars().filter(|c| *c != '\n').for_each(|c| self.type_in_line(c));
        }
        let Mode::Line { kind, text, at } = &mut self.mode else { return };
        match key {
            Key::Esc | Key::Ctrl('C' | '[') => self.cancel_line(),
            Key::Backspace | Key::Ctrl('H') if text.is_empty() => self.cancel_line(),
            Key::Backspace | Key::Ctrl('H') if *at > 0 => {
                *at -= 1;
                text.remove(*at);
            }
            Key::Delete if *at < text.len() => {
                text.remove(*at);
            }
            Key::Ctrl('U') => {
                text.drain(..*at);
                *at = 0;
            }
            Key::Ctrl('W') => {
                let blank = text[..*at].iter().rposition(|c| !c.is_whitespace()).map_or(0, |n| n + 1);
                let from = text[..blank].iter().rposition(|c| c.is_whitespace()).map_or(0, |n| n + 1);
                text.drain(from..*at);
                *at = from;
            }
            Key::Left => *at = at.saturating_sub(1),
            Key::Right => *at = (*at + 1).min(text.len()),
            Key::Home | Key::Ctrl('B') => *at = 0,
            Key::End | Key::Ctrl('E') => *at = text.len(),
            Key::Ctrl('R') => self.literal = Some('R'),
            Key::Up | Key::Ctrl('P') => self.recall(true),
            Key::Down | Key::Ctrl('N') => self.recall(false),
            Key::Tab if *kind == ':' => self.complete_file(sys),
            Key::Enter | Key::Ctrl('J' | 'M') => {
                let (kind, text) = (*kind, text.iter().collect::<String>());
                self.enter_line(kind, &text, sys);
            }
            Key::Tab => self.type_in_line('\t'),
            Key::Char(c) => self.type_in_line(c),
            _ => {}
        }
    }

    fn type_in_line(&mut self, c: char) {
        if let Mode::Line { text, at, .. } = &mut self.mode {
            text.insert(*at, c);
            *at += 1;
        }
    }

    fn cancel_line(&mut self) {
        self.mode = match self.searched_from.take() {
            Some((anchor, shape)) => Mode::Visual { anchor, shape },
            None => Mode::Normal,
        };
        self.pending.clear();
        self.registers.chosen = None;
        self.message.clear();
    }

    /// Lines typed before that begin like this one.
    fn recall(&mut self, older: bool) {
        let Mode::Line { kind, text, at } = &mut self.mode else { return };
        let from = self.recalled.unwrap_or(self.lines_typed.len());
        let fits = |n: &usize| self.lines_typed[*n].starts_with(*kind);
        let found =
            if older { (0..from).rev().find(fits) } else { (from + 1..self.lines_typed.len()).find(fits) };
        match found {
            Some(n) => {
                *text = self.lines_typed[n].chars().skip(1).collect();
                self.recalled = Some(n);
            }
            None if !older => {
                text.clear();
                self.recalled = None;
            }
            None => {}
        }
        *at = text.len();
    }

    /// Tab: the one file, or the common begin of those, that the last word can be.
    fn complete_file(&mut self, sys: &mut Sys<'_>) {
        let Mode::Line { text, at, .. } = &mut self.mode else { return };
        let line: String = text[..*at].iter().collect();
        let Some((_, word)) = line.rsplit_once(' ') else { return };
        let (folder, stem) = word.rsplit_once('/').map_or(("", word), |(folder, stem)| (folder, stem));
        let place = match (folder, word.starts_with('/')) {
            ("", true) => "/",
            ("", false) => ".",
            (folder, _) => folder,
        };
        let place = if place.starts_with('/') { place.to_owned() } else { format!("{}/{place}", sys.cwd()) };
        let names = sys.vfs().read_dir(&place).unwrap_or_default();
        let mut fitting = names
            .into_iter()
            .filter(|name| name.starts_with(stem) && (!name.starts_with('.') || stem.starts_with('.')));
        let Some(first) = fitting.next() else { return };
        let common = fitting.fold(first, |common, name| {
            let same = common.chars().zip(name.chars()).take_while(|(a, b)| a == b).count();
            common.chars().take(same).collect()
        });
        for c in common.chars().skip(stem.chars().count()) {
            self.type_in_line(c);
        }
    }

    fn enter_line(&mut self, kind: char, text: &str, sys: &mut Sys<'_>) {
        self.mode = Mode::Normal;
        let entry = format!("{kind}{text}");
        if kind == ':' {
            self.ex(text, sys);
        } else {
            self.search_line(kind, text, sys);
        }
        if self.depth == 0 && !text.is_empty() {
            self.lines_typed.retain(|line| *line != entry);
            self.lines_typed.push(entry);
            if self.lines_typed.len() > REMEMBERED {
                self.lines_typed.remove(0);
            }
        }
    }

    fn search_line(&mut self, kind: char, text: &str, sys: &mut Sys<'_>) {
        // What stands behind a second `/` is an offset.
        let (pattern, offset) = split_offset(text, kind);
        let Some(pattern) = self.or_last_pattern(pattern) else {
            self.pending.clear();
            return;
        };
        self.search = Some((pattern, kind == '/'));
        let visual = self.searched_from.take();
        if let Some((anchor, shape)) = visual {
            self.mode = Mode::Visual { anchor, shape };
        }
        // An operator may wait for the motion.
        self.pending.push(Key::Char('n'));
        self.try_command(sys);
        self.clamp();
        if offset.is_empty() || self.failed {
            return;
        }
        if let Ok(by) = offset.trim_start_matches('+').parse::<i64>() {
            let row = (self.row as i64 + by).clamp(0, self.last_row() as i64) as usize;
            self.go_to_line(row);
        } else if offset.starts_with('e') {
            let text: String = self.line().iter().collect();
            let from = text.char_indices().nth(self.col).map_or(text.len(), |(at, _)| at);
            let pattern = self.search.as_ref().map_or("", |(pattern, _)| pattern.as_str());
            if let Some((start, end)) = self.regex(pattern).and_then(|regex| regex.find_at(&text, from)) {
                let len = text[start..end].chars().count();
                self.go(self.row, self.col + len.saturating_sub(1));
            }
        }
    }
}

/// A pattern and the offset behind it.
fn split_offset(text: &str, end: char) -> (String, String) {
    let mut pattern = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some(c) if c == end => pattern.push(c),
                Some(c) => pattern.extend(['\\', c]),
                None => pattern.push('\\'),
            },
            c if c == end => return (pattern, chars.collect()),
            c => pattern.push(c),
        }
    }
    (pattern, String::new())
}
