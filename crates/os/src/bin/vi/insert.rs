//! Typing text: insert and replace mode, and the `:`, `/` and `?` line.

use super::{Mode, Vi};
use crate::bin::screen::Key;
use crate::kernel::Sys;

impl Vi {
    /// Begins to insert; the text typed is put in `count` times.
    pub(super) fn begin_insert(&mut self, count: usize) {
        self.mode = Mode::Insert;
        self.insert_count = count;
        self.typed.clear();
    }

    pub(super) fn insert_key(&mut self, key: Key) {
        match key {
            Key::Esc | Key::Ctrl('[') | Key::Ctrl('C') => self.end_insert(),
            Key::Char(c) => self.insert_char(c),
            Key::Tab => self.insert_tab(),
            Key::Enter | Key::Ctrl('J') => self.insert_line(),
            Key::Backspace => self.backspace(),
            Key::Delete if self.col < self.line().len() => {
                let (row, col) = (self.row, self.col);
                self.text.lines[row].remove(col);
                self.changed();
            }
            Key::Ctrl('W') => {
                let blank = |vi: &Vi| vi.col > 0 && vi.line()[vi.col - 1].is_whitespace();
                while blank(self) {
                    self.backspace();
                }
                while self.col > 0 && !blank(self) {
                    self.backspace();
                }
            }
            Key::Ctrl('U') => {
                while self.col > 0 {
                    self.backspace();
                }
            }
            Key::Ctrl('T') => self.shift(self.row, self.row, 1),
            Key::Ctrl('D') => self.shift(self.row, self.row, -1),
            Key::Left => self.go(self.row, self.col.saturating_sub(1)),
            Key::Right => self.go(self.row, self.col + 1),
            Key::Up => self.go(self.row.saturating_sub(1), self.col),
            Key::Down => self.go((self.row + 1).min(self.text.lines.len() - 1), self.col),
            Key::Home => self.go(self.row, 0),
            Key::End => self.go(self.row, usize::MAX),
            Key::PageUp => self.go(self.row.saturating_sub(self.height), self.col),
            Key::PageDown => self.go(self.row + self.height, self.col),
            _ => {}
        }
    }

    fn insert_char(&mut self, c: char) {
        let (row, col) = (self.row, self.col.min(self.line().len()));
        let line = &mut self.text.lines[row];
        if self.mode == Mode::Replace && col < line.len() {
            line[col] = c;
        } else {
            line.insert(col, c);
        }
        self.col = col + 1;
        self.typed.push(c);
        self.changed();
    }

    fn insert_tab(&mut self) {
        let verbatim = self.pasting || self.settings.paste || !self.settings.expand_tab;
        if verbatim {
            return self.insert_char('\t');
        }
        let stop = if self.settings.soft_tab > 0 { self.settings.soft_tab } else { self.settings.tab_stop };
        for _ in 0..stop - self.col % stop {
            self.insert_char(' ');
        }
    }

    fn insert_line(&mut self) {
        let (row, col) = (self.row, self.col.min(self.line().len()));
        let rest = self.text.lines[row].split_off(col);
        let indent = self.indent_of(row);
        self.col = indent.len();
        let mut line = indent;
        line.extend(rest);
        self.text.lines.insert(row + 1, line);
        self.row = row + 1;
        self.typed.push('\n');
        self.changed();
    }

    /// White space that a line below this one begins with.
    pub(super) fn indent_of(&self, row: usize) -> Vec<char> {
        if !self.settings.auto_indent || self.pasting || self.settings.paste {
            return Vec::new();
        }
        self.text.lines[row].iter().take_while(|c| c.is_whitespace()).copied().collect()
    }

    fn backspace(&mut self) {
        self.typed.pop();
        if self.mode == Mode::Replace {
            self.col = self.col.saturating_sub(1);
            return;
        }
        if self.col > 0 {
            let (row, mut col) = (self.row, self.col - 1);
            let soft = self.settings.soft_tab;
            let line = &mut self.text.lines[row];
            line.remove(col);
            // Soft tabs are taken back as a whole.
            while self.settings.expand_tab
                && soft > 0
                && col % soft != 0
                && line[..col].iter().all(|c| *c == ' ')
            {
                col -= 1;
                line.remove(col);
            }
            self.col = col;
        } else if self.row > 0 {
            let line = self.text.lines.remove(self.row);
            self.row -= 1;
            self.col = self.line().len();
            let row = self.row;
            self.text.lines[row].extend(line);
        }
        self.changed();
    }

    fn end_insert(&mut self) {
        let typed = std::mem::take(&mut self.typed);
        for _ in 1..self.insert_count.min(1_000) {
            for c in &typed {
                match c {
                    '\n' => self.insert_line(),
                    c => self.insert_char(*c),
                }
            }
            self.typed.clear();
        }
        self.insert_count = 1;
        // A line that got nothing but its indentation is empty.
        let row = self.row;
        if self.settings.auto_indent
            && self.line().iter().all(|c| c.is_whitespace())
            && typed.ends_with(&['\n'])
        {
            self.text.lines[row].clear();
        }
        self.mode = Mode::Normal;
        self.go(self.row, self.col.saturating_sub(1));
        self.end_change();
    }

    pub(super) fn line_key(&mut self, kind: char, mut text: String, key: Key, sys: &mut Sys<'_>) {
        match key {
            Key::Esc | Key::Ctrl('C') => {
                self.mode = Mode::Normal;
                self.pending.clear();
                return;
            }
            Key::Backspace if text.is_empty() => {
                self.mode = Mode::Normal;
                return;
            }
            Key::Backspace => {
                text.pop();
            }
            Key::Ctrl('U') => text.clear(),
            Key::Ctrl('W') => {
                let end = text.trim_end().rfind(' ').map_or(0, |at| at + 1);
                text.truncate(end);
            }
            Key::Up => {
                if let Some(last) = self.history.iter().rev().find(|line| line.starts_with(kind)) {
                    text = last[1..].to_owned();
                }
            }
            Key::Enter => {
                self.mode = Mode::Normal;
                self.history.push(format!("{kind}{text}"));
                if kind == ':' {
                    self.ex(&text, sys);
                } else {
                    self.search_line(kind, &text, sys);
                }
                return;
            }
            Key::Tab => text.push('\t'),
            Key::Char(c) => text.push(c),
            _ => {}
        }
        self.mode = Mode::Line { kind, text };
    }

    fn search_line(&mut self, kind: char, text: &str, sys: &mut Sys<'_>) {
        let pattern = if text.is_empty() {
            match &self.search {
                Some((last, _)) => last.clone(),
                None => {
                    self.message = "E35: No previous regular expression".to_owned();
                    return;
                }
            }
        } else {
            text.to_owned()
        };
        self.search = Some((pattern, kind == '/'));
        // An operator may wait for the motion.
        self.pending.push(Key::Char('n'));
        self.try_command(sys);
    }
}
