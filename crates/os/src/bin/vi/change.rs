//! Changes to the text: what is cut, put, joined and shifted, and how a change is repeated.

use super::register::Register;
use super::{Mode, Pos, Shape, Vi};
use crate::bin::screen::Key;
use crate::kernel::Sys;

/// How often a text is put or typed at most, whatever the count.
const COUNT_MAX: usize = 1_000;

impl Vi {
    /// A change begins: it can be undone, and repeated by the keys that make it.
    pub(super) fn begin_change(&mut self, keys: &[Key]) {
        if self.read_only && !self.warned && !self.busybox {
            self.warned = true;
            self.message = "W10: Warning: Changing a readonly file".to_owned();
        }
        if self.replaying {
            return;
        }
        self.save_undo();
        self.recording = keys.to_vec();
    }

    /// The change is complete.
    pub(super) fn end_change(&mut self) {
        if !self.replaying {
            self.last_change = std::mem::take(&mut self.recording);
            self.change_selection = self.next_selection.take();
        }
    }

    pub(super) fn changed(&mut self) {
        self.text.modified = true;
        self.void = false;
    }

    /// `.`
    pub(super) fn repeat(&mut self, count: Option<usize>, sys: &mut Sys<'_>) {
        if self.last_change.is_empty() {
            return self.fail("");
        }
        let mut keys = self.last_change.clone();
        if let Some(count) = count {
            let register = if keys.first() == Some(&Key::Char('"')) { 2 } else { 0 };
            let digits = keys[register..].iter().take_while(|k| matches!(k, Key::Char('0'..='9'))).count();
            keys.splice(register..register + digits, count.to_string().chars().map(Key::Char));
            self.last_change.clone_from(&keys);
        }
        // `"1p` goes on to the next older register.
        if let [Key::Char('"'), Key::Char(n @ '1'..='8'), ..] = keys.as_slice() {
            keys[1] = Key::Char((*n as u8 + 1) as char);
            self.last_change.clone_from(&keys);
        }
        self.save_undo();
        self.replaying = true;
        self.select_as_before();
        self.type_keys(&keys, sys);
        self.replaying = false;
        if matches!(self.mode, Mode::Visual { .. }) {
            self.mode = Mode::Normal;
        }
    }

    /// The text between two places.
    pub(super) fn span(&self, from: Pos, to: Pos) -> Vec<Vec<char>> {
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

    /// Cuts the text between two places.
    pub(super) fn cut_chars(&mut self, from: Pos, to: Pos) {
        let cut = self.span(from, to);
        self.keep(Register::new(cut, Shape::Chars), true);
        let tail_at = to.1.min(self.text.lines[to.0].len());
        let tail = self.text.lines[to.0].split_off(tail_at);
        let col = from.1.min(self.text.lines[from.0].len());
        self.text.lines[from.0].truncate(col);
        self.text.lines[from.0].extend(tail);
        self.text.lines.drain(from.0 + 1..=to.0.max(from.0));
        self.changed();
    }

    pub(super) fn yank_lines(&mut self, from: usize, to: usize) {
        let to = to.min(self.last_row());
        let register = Register::new(self.text.lines[from..=to].to_vec(), Shape::Lines);
        self.count_lines("Yank", &register, to - from + 1, "yanked");
        self.keep(register, false);
    }

    /// What is said about lines that were yanked, deleted or put.
    fn count_lines(&mut self, verb: &str, register: &Register, lines: usize, done: &str) {
        if self.busybox {
            let (name, chars) = (self.registers.chosen.unwrap_or('D'), register.text().chars().count());
            self.message =
                format!("{verb} {lines} lines ({chars} chars) from [{}]", name.to_ascii_uppercase());
        } else if lines > 2 {
            self.message = match done {
                "yanked" => format!("{lines} lines yanked"),
                done => format!("{lines} {done} lines"),
            };
        }
    }

    pub(super) fn delete_lines(&mut self, from: usize, to: usize) {
        let to = to.min(self.last_row());
        let register = Register::new(self.text.lines.drain(from..=to).collect(), Shape::Lines);
        self.changed();
        self.count_lines("Delete", &register, to - from + 1, "fewer");
        self.keep(register, true);
        if self.text.lines.is_empty() {
            self.text.lines.push(Vec::new());
            self.void = true;
            if !self.busybox {
                self.message = "--No lines in buffer--".to_owned();
            }
        }
        self.go_to_line(from);
    }

    pub(super) fn change_lines(&mut self, from: usize, to: usize) {
        let to = to.min(self.last_row());
        self.keep(Register::new(self.text.lines[from..=to].to_vec(), Shape::Lines), true);
        let indent = self.indent_of(from);
        self.col = indent.len();
        self.text.lines.splice(from..=to, [indent]);
        self.changed();
    }

    /// Joins lines, with one space between them or as they are.
    pub(super) fn join(&mut self, row: usize, count: usize, spaced: bool) {
        for _ in 1..count {
            if row + 1 >= self.text.lines.len() {
                break;
            }
            let next = self.text.lines.remove(row + 1);
            let line = &mut self.text.lines[row];
            let at = line.len();
            if spaced {
                let ink: Vec<char> = next.into_iter().skip_while(|c| c.is_whitespace()).collect();
                if !line.is_empty() && !line.ends_with(&[' ']) && !ink.is_empty() && ink[0] != ')' {
                    line.push(' ');
                }
                line.extend(ink);
            } else {
                line.extend(next);
            }
            self.changed();
            self.go(row, at);
        }
    }

    /// `p` and `P`; `follow`: the cursor goes behind the text (`gp`).
    pub(super) fn put(&mut self, after: bool, count: usize, follow: bool) {
        let name = self.registers.chosen;
        let register = self.register(name);
        if register.lines.is_empty() {
            let name = name.unwrap_or('"');
            return self.fail(if self.busybox {
                format!("Nothing in register {name}")
            } else {
                format!("E353: Nothing in register {name}")
            });
        }
        self.put_register(&register, after, count, follow);
    }

    pub(super) fn put_register(&mut self, register: &Register, after: bool, count: usize, follow: bool) {
        let count = count.clamp(1, COUNT_MAX);
        match register.shape {
            Some(Shape::Lines) => self.put_lines(register, after, count, follow),
            Some(Shape::Block) => self.put_block(register, after, count),
            _ => self.put_chars(register, after, count, follow),
        }
    }

    fn put_lines(&mut self, register: &Register, after: bool, count: usize, follow: bool) {
        let at = self.row + usize::from(after);
        let many: Vec<Vec<char>> = std::iter::repeat_n(&register.lines, count).flatten().cloned().collect();
        let lines = many.len();
        self.count_lines("Put", register, lines, "more");
        self.text.lines.splice(at..at, many);
        self.changed();
        if follow { self.go((at + lines).min(self.last_row()), 0) } else { self.go_to_line(at) }
    }

    fn put_block(&mut self, register: &Register, after: bool, count: usize) {
        let (row, col) = (self.row, (self.col + usize::from(after)).min(self.line().len()));
        let width = register.lines.iter().map(Vec::len).max().unwrap_or(0);
        for (n, part) in register.lines.iter().enumerate() {
            if row + n >= self.text.lines.len() {
                self.text.lines.push(Vec::new());
            }
            let line = &mut self.text.lines[row + n];
            line.extend(std::iter::repeat_n(' ', col.saturating_sub(line.len())));
            let ends = line.len() == col;
            let mut text = Vec::new();
            for round in 0..count {
                text.extend(part);
                // Only what something follows is filled up.
                if !ends || round + 1 < count {
                    text.extend(std::iter::repeat_n(' ', width - part.len()));
                }
            }
            line.splice(col..col, text);
        }
        self.changed();
        self.go(row, col);
    }

    fn put_chars(&mut self, register: &Register, after: bool, count: usize, follow: bool) {
        let row = self.row;
        let col = (self.col + usize::from(after)).min(self.line().len());
        let tail = self.text.lines[row].split_off(col);
        let (mut at, mut first) = (row, true);
        for _ in 0..count {
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
        match (first, follow) {
            (_, true) => self.go(at, end),
            (true, _) => self.go(at, end.saturating_sub(1)),
            _ => self.go(row, col),
        }
    }

    pub(super) fn shift_width(&self) -> usize {
        if self.settings.shift_width == 0 { self.settings.tab_stop } else { self.settings.shift_width }
    }

    /// Gives a line an indentation of this width.
    pub(super) fn set_indent(&mut self, row: usize, width: usize) {
        let line = &mut self.text.lines[row];
        let blank = line.iter().take_while(|c| c.is_whitespace()).count();
        let tabs = if self.settings.expand_tab { 0 } else { width / self.settings.tab_stop };
        let spaces = width - tabs * self.settings.tab_stop;
        let indent = std::iter::repeat_n('\t', tabs).chain(std::iter::repeat_n(' ', spaces));
        line.splice(..blank, indent);
        if row == self.row {
            self.col = (self.col + tabs + spaces).saturating_sub(blank);
        }
    }

    /// `>` and `<`
    pub(super) fn shift(&mut self, from: usize, to: usize, steps: i32) {
        let by = self.shift_width();
        let to = to.min(self.last_row());
        for row in from..=to {
            if !self.text.lines[row].is_empty() {
                let width = self.indent_width(row);
                self.set_indent(row, if steps > 0 { width + by } else { width.saturating_sub(by) });
            }
        }
        if to - from >= 2 && !self.busybox {
            self.message = format!("{} lines {}ed 1 time", to - from + 1, if steps > 0 { '>' } else { '<' });
        }
        self.changed();
    }

    /// Changes the case of what lies between two places (both are part of it), or replaces each character (`r`).
    pub(super) fn recase(&mut self, key: char, from: Pos, to: Pos, with: Option<char>) {
        for row in from.0..=to.0.min(self.last_row()) {
            let len = self.text.lines[row].len();
            let first = if row == from.0 { from.1 } else { 0 };
            let end = if row == to.0 { to.1.saturating_add(1).min(len) } else { len };
            for c in self.text.lines[row].get_mut(first..end).unwrap_or_default() {
                let new = match (key, with) {
                    ('r', Some(with)) => Some(with),
                    ('u', _) => c.to_lowercase().next(),
                    ('U', _) => c.to_uppercase().next(),
                    ('?', _) => Some(rot13(*c)),
                    _ if c.is_uppercase() => c.to_lowercase().next(),
                    _ => c.to_uppercase().next(),
                };
                *c = new.unwrap_or(*c);
            }
        }
        self.changed();
    }
}

fn rot13(c: char) -> char {
    let base = match c {
        'a'..='z' => b'a',
        'A'..='Z' => b'A',
        c => return c,
    };
    ((c as u8 - base + 13) % 26 + base) as char
}
