//! Changes to the text: what is cut, put, joined and shifted, and how a change is undone and repeated.

use super::{Register, Vi};
use crate::bin::screen::Key;
use crate::kernel::Sys;

impl Vi {
    /// A change begins: it can be undone, and repeated by the keys that make it.
    pub(super) fn begin_change(&mut self, keys: &[Key]) {
        if !self.replaying {
            self.save_undo();
            self.recording = keys.to_vec();
        }
    }

    /// The change is complete.
    pub(super) fn end_change(&mut self) {
        if !self.replaying {
            self.last_change = std::mem::take(&mut self.recording);
        }
    }

    pub(super) fn changed(&mut self) {
        self.text.modified = true;
    }

    pub(super) fn repeat(&mut self, count: Option<usize>, sys: &mut Sys<'_>) {
        if self.last_change.is_empty() {
            return;
        }
        let mut keys = self.last_change.clone();
        if let Some(count) = count {
            let digits = keys.iter().take_while(|k| matches!(k, Key::Char('1'..='9'))).count();
            keys.splice(..digits, count.to_string().chars().map(Key::Char));
        }
        self.save_undo();
        self.replaying = true;
        for key in keys {
            self.press(key, sys);
            self.clamp();
        }
        self.replaying = false;
    }

    /// The text between two places.
    pub(super) fn span(&self, from: (usize, usize), to: (usize, usize)) -> Vec<Vec<char>> {
        let lines = &self.text.lines;
        let end = |row: usize, col: usize| col.min(lines[row].len());
        if from.0 == to.0 {
            let (a, b) = (end(from.0, from.1), end(to.0, to.1));
            return vec![lines[from.0][a.min(b)..b].to_vec()];
        }
        let mut out = vec![lines[from.0][end(from.0, from.1)..].to_vec()];
        out.extend(lines[from.0 + 1..to.0].iter().cloned());
        out.push(lines[to.0][..end(to.0, to.1)].to_vec());
        out
    }

    pub(super) fn cut_chars(&mut self, from: (usize, usize), to: (usize, usize)) {
        self.register = Register { lines: self.span(from, to), linewise: false };
        let tail_at = to.1.min(self.text.lines[to.0].len());
        let tail = self.text.lines[to.0].split_off(tail_at);
        let col = from.1.min(self.text.lines[from.0].len());
        self.text.lines[from.0].truncate(col);
        self.text.lines[from.0].extend(tail);
        self.text.lines.drain(from.0 + 1..=to.0.max(from.0));
        self.changed();
    }

    pub(super) fn yank_lines(&mut self, from: usize, to: usize) {
        let to = to.min(self.text.lines.len() - 1);
        self.register = Register { lines: self.text.lines[from..=to].to_vec(), linewise: true };
        if to - from >= 2 {
            self.message = format!("{} lines yanked", to - from + 1);
        }
    }

    pub(super) fn delete_lines(&mut self, from: usize, to: usize) {
        let to = to.min(self.text.lines.len() - 1);
        self.register = Register { lines: self.text.lines.drain(from..=to).collect(), linewise: true };
        if self.text.lines.is_empty() {
            self.text.lines.push(Vec::new());
            self.message = "--No lines in buffer--".to_owned();
        } else if to - from >= 2 {
            self.message = format!("{} fewer lines", to - from + 1);
        }
        self.changed();
        let row = from.min(self.text.lines.len() - 1);
        let col = self.first_ink(row);
        self.go(row, col);
    }

    pub(super) fn change_lines(&mut self, from: usize, to: usize) {
        let to = to.min(self.text.lines.len() - 1);
        self.register = Register { lines: self.text.lines[from..=to].to_vec(), linewise: true };
        let indent = self.indent_of(from);
        self.col = indent.len();
        self.text.lines.splice(from..=to, [indent]);
        self.changed();
    }

    pub(super) fn join(&mut self, row: usize, count: usize) {
        for _ in 1..count {
            if row + 1 >= self.text.lines.len() {
                break;
            }
            let next = self.text.lines.remove(row + 1);
            let line = &mut self.text.lines[row];
            let at = line.len();
            let ink: Vec<char> = next.into_iter().skip_while(|c| c.is_whitespace()).collect();
            if !line.is_empty() && !line.ends_with(&[' ']) && !ink.is_empty() && ink[0] != ')' {
                line.push(' ');
            }
            line.extend(ink);
            self.changed();
            self.go(row, at);
        }
    }

    pub(super) fn put(&mut self, after: bool, count: usize) {
        let register = self.register.clone();
        if register.lines.is_empty() {
            self.message = "E353: Nothing in register \"".to_owned();
            return;
        }
        let row = self.row;
        if register.linewise {
            let at = if after { row + 1 } else { row };
            let many: Vec<Vec<char>> =
                std::iter::repeat_n(register.lines.clone(), count.min(1_000)).flatten().collect();
            if many.len() > 2 {
                self.message = format!("{} more lines", many.len());
            }
            self.text.lines.splice(at..at, many);
            self.changed();
            let col = self.first_ink(at);
            return self.go(at, col);
        }
        let col = (self.col + usize::from(after)).min(self.line().len());
        let tail = self.text.lines[row].split_off(col);
        let (mut at, mut first) = (row, true);
        for _ in 0..count.min(1_000) {
            for (n, part) in register.lines.iter().enumerate() {
                if n > 0 {
                    at += 1;
                    self.text.lines.insert(at, Vec::new());
                    first = false;
                }
                self.text.lines[at].extend(part);
            }
        }
        let end = self.text.lines[at].len();
        self.text.lines[at].extend(tail);
        self.changed();
        if first { self.go(at, end.saturating_sub(1)) } else { self.go(row, col) }
    }

    pub(super) fn shift(&mut self, from: usize, to: usize, steps: i32) {
        let width =
            if self.settings.shift_width == 0 { self.settings.tab_stop } else { self.settings.shift_width };
        let to = to.min(self.text.lines.len() - 1);
        for row in from..=to {
            let line = &self.text.lines[row];
            let blank = line.iter().take_while(|c| c.is_whitespace()).count();
            if line.is_empty() {
                continue;
            }
            let mut columns = 0;
            for c in &line[..blank] {
                columns +=
                    if *c == '\t' { self.settings.tab_stop - columns % self.settings.tab_stop } else { 1 };
            }
            let wanted = if steps > 0 { columns + width } else { columns.saturating_sub(width) };
            let tabs = if self.settings.expand_tab { 0 } else { wanted / self.settings.tab_stop };
            let spaces = wanted - tabs * self.settings.tab_stop;
            let indent: Vec<char> =
                std::iter::repeat_n('\t', tabs).chain(std::iter::repeat_n(' ', spaces)).collect();
            let moved = indent.len() as i64 - blank as i64;
            self.text.lines[row].splice(..blank, indent);
            if row == self.row {
                self.col = (self.col as i64 + moved).max(0) as usize;
            }
        }
        if to - from >= 2 {
            self.message = format!("{} lines {}ed 1 time", to - from + 1, if steps > 0 { '>' } else { '<' });
        }
        self.changed();
    }

    /// Changes the case of what is selected, or replaces each character (`r`).
    pub(super) fn recase(
        &mut self,
        key: char,
        from: (usize, usize),
        to: (usize, usize),
        lines: bool,
        with: Option<char>,
    ) {
        for row in from.0..=to.0 {
            for col in 0..self.text.lines[row].len() {
                let inside = lines || (from <= (row, col) && (row, col) <= to);
                if !inside {
                    continue;
                }
                let c = self.text.lines[row][col];
                let new = match (key, with) {
                    ('r', Some(with)) => Some(with),
                    ('u', _) => c.to_lowercase().next(),
                    ('U', _) => c.to_uppercase().next(),
                    _ if c.is_uppercase() => c.to_lowercase().next(),
                    _ => c.to_uppercase().next(),
                };
                self.text.lines[row][col] = new.unwrap_or(c);
            }
        }
        self.changed();
        self.go(from.0, from.1);
    }
}
