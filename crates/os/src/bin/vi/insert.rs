//! Insert and replace mode.

use super::normal::character;
use super::{Mode, Vi};
use crate::bin::screen::Key;
use crate::kernel::Sys;

impl Vi {
    /// Begins to insert; the text typed is put in `count` times.
    pub(super) fn begin_insert(&mut self, count: usize) {
        self.mode = Mode::Insert;
        self.insert_count = count;
        self.opens_lines = false;
        self.block_insert = None;
        self.indented = false;
        self.typed.clear();
        self.overwritten.clear();
    }

    pub(super) fn insert_key(&mut self, key: Key, sys: &mut Sys<'_>) {
        if let Some(waits) = self.literal.take() {
            return self.literal_key(waits, key);
        }
        match key {
            Key::Esc | Key::Ctrl('[') | Key::Ctrl('C') => self.end_insert(),
            Key::Char(c) => self.insert_char(c),
            Key::Tab => self.insert_tab(),
            Key::Enter | Key::Ctrl('J' | 'M') => self.insert_line(),
            Key::Backspace | Key::Ctrl('H') => self.backspace(),
            Key::Delete if self.col < self.line().len() => {
                let (row, col) = (self.row, self.col);
                self.text.lines[row].remove(col);
                self.changed();
            }
            Key::Delete if self.row < self.last_row() => {
                let next = self.text.lines.remove(self.row + 1);
                let row = self.row;
                self.text.lines[row].extend(next);
                self.changed();
            }
            Key::Ctrl('W') => self.rub_out_word(),
            Key::Ctrl('U') => (0..self.col).for_each(|_| self.backspace()),
            Key::Ctrl('T') => self.shift(self.row, self.row, 1),
            Key::Ctrl('D') => self.shift(self.row, self.row, -1),
            Key::Ctrl('E' | 'Y') => {
                let row =
                    if key == Key::Ctrl('E') { self.row.checked_add(1) } else { self.row.checked_sub(1) };
                if let Some(c) = row.and_then(|row| self.at(row, self.col)) {
                    self.insert_char(c);
                }
            }
            Key::Ctrl('A') => {
                let text = self.registers.inserted.clone();
                self.insert_text(&text);
            }
            Key::Ctrl(c @ ('R' | 'V' | 'Q')) => self.literal = Some(if c == 'Q' { 'V' } else { c }),
            Key::Ctrl('O') if !self.busybox => {
                self.one_command = true;
                self.mode = Mode::Normal;
                self.pending.clear();
            }
            Key::Ctrl('N' | 'P') => self.complete(key == Key::Ctrl('N')),
            Key::Left
            | Key::Right
            | Key::Up
            | Key::Down
            | Key::Home
            | Key::End
            | Key::PageUp
            | Key::PageDown => {
                self.arrow(key);
            }
            _ => {}
        }
        let _ = sys;
    }

    /// Arrows move; what is typed from then on is what a count or `.` repeats.
    fn arrow(&mut self, key: Key) {
        let want = self.want;
        match key {
            Key::Left => self.go(self.row, self.col.saturating_sub(1)),
            Key::Right => self.go(self.row, self.col + 1),
            Key::Home => self.go(self.row, 0),
            Key::End => self.go(self.row, usize::MAX),
            Key::Up => self.go(self.row.saturating_sub(1), want),
            Key::Down => self.go((self.row + 1).min(self.last_row()), want),
            Key::PageUp => self.go(self.row.saturating_sub(self.height), want),
            _ => self.go(self.row + self.height, want),
        }
        if matches!(key, Key::Up | Key::Down | Key::PageUp | Key::PageDown) {
            self.want = want;
        }
        self.typed.clear();
        self.overwritten.clear();
        self.insert_count = 1;
        self.block_insert = None;
    }

    fn literal_key(&mut self, waits: char, key: Key) {
        if waits == 'R' {
            let Some(name) = character(Some(&key)) else { return };
            let text = self.register(Some(name)).text();
            return self.insert_text(&text);
        }
        let c = match key {
            Key::Ctrl(c) => (c as u8 & 0x1f) as char,
            Key::Esc => '\u{1b}',
            Key::Enter => '\r',
            Key::Tab => '\t',
            Key::Char(c) => c,
            _ => return,
        };
        self.insert_char(c);
    }

    fn insert_text(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '\n' => self.insert_line(),
                c => self.insert_char(c),
            }
        }
    }

    fn insert_char(&mut self, c: char) {
        self.indented = false;
        let (row, col) = (self.row, self.col.min(self.line().len()));
        let line = &mut self.text.lines[row];
        if self.mode == Mode::Replace {
            self.overwritten.push(line.get(col).copied());
        }
        if self.mode == Mode::Replace && col < line.len() {
            line[col] = c;
        } else {
            line.insert(col, c);
        }
        self.col = col + 1;
        self.want = self.col;
        self.typed.push(c);
        self.changed();
    }

    fn insert_tab(&mut self) {
        if self.pasting || self.settings.paste || !self.settings.expand_tab {
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
        self.drop_indent();
        self.col = indent.len();
        self.indented = !indent.is_empty();
        let mut line = indent;
        line.extend(rest);
        self.text.lines.insert(row + 1, line);
        self.row = row + 1;
        self.typed.push('\n');
        self.overwritten.clear();
        self.changed();
    }

    /// A line that got nothing but its indentation is empty.
    fn drop_indent(&mut self) {
        let row = self.row;
        if std::mem::take(&mut self.indented) && self.text.lines[row].iter().all(|c| c.is_whitespace()) {
            self.text.lines[row].clear();
        }
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
            // What was there comes back.
            match self.overwritten.pop() {
                Some(Some(c)) => {
                    let (row, col) = (self.row, self.col - 1);
                    self.text.lines[row][col] = c;
                    self.col = col;
                }
                Some(None) => {
                    let (row, col) = (self.row, self.col - 1);
                    self.text.lines[row].remove(col);
                    self.col = col;
                }
                None => self.col = self.col.saturating_sub(1),
            }
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

    /// ^W: the white space before the cursor and the word before that.
    fn rub_out_word(&mut self) {
        if self.col == 0 {
            return self.backspace();
        }
        while self.col > 0 && self.line()[self.col - 1].is_whitespace() {
            self.backspace();
        }
        let Some(last) = self.col.checked_sub(1) else { return };
        let kind = super::motion::class(self.line()[last], false);
        while self.col > 0 && super::motion::class(self.line()[self.col - 1], false) == kind {
            self.backspace();
        }
    }

    /// ^N and ^P: the next word of the text that begins with what was typed.
    fn complete(&mut self, forward: bool) {
        let word = |c: &char| c.is_alphanumeric() || *c == '_';
        let line = self.line();
        let end = self.col.min(line.len());
        let from = (0..end).rev().take_while(|at| word(&line[*at])).last().unwrap_or(end);
        let own: String = line[from..end].iter().collect();
        let (stem, last) = match self.completing.take() {
            Some((stem, last)) if last == own => (stem, last),
            _ => (own.clone(), own),
        };
        let mut words: Vec<String> = Vec::new();
        let rows = (self.row + 1..self.text.lines.len()).chain(0..=self.row);
        for row in rows {
            for found in self.text.lines[row].split(|c| !word(c)).filter(|w| !w.is_empty()) {
                let found: String = found.iter().collect();
                if found.starts_with(&stem) && found != stem && !words.contains(&found) {
                    words.push(found);
                }
            }
        }
        words.push(stem.clone());
        if words.len() == 1 {
            self.message = "Pattern not found".to_owned();
            return;
        }
        let at = words.iter().position(|w| *w == last).unwrap_or(words.len() - 1);
        let next = if forward { at + 1 } else { at + words.len() - 1 } % words.len();
        let new = words.swap_remove(next);
        while self.col > from {
            self.backspace();
        }
        self.insert_text(&new);
        self.completing = Some((stem, new));
    }

    fn end_insert(&mut self) {
        let typed = std::mem::take(&mut self.typed);
        for _ in 1..self.insert_count.min(1_000) {
            if self.opens_lines {
                self.col = self.line().len();
                self.insert_line();
            }
            for c in &typed {
                match c {
                    '\n' => self.insert_line(),
                    c => self.insert_char(*c),
                }
            }
        }
        self.typed.clear();
        self.insert_count = 1;
        self.repeat_in_block(&typed);
        self.drop_indent();
        self.registers.inserted = typed.into_iter().collect();
        self.marks.insert('^', (self.row, self.col));
        self.marks.insert('.', (self.row, self.col.saturating_sub(1)));
        self.mode = Mode::Normal;
        self.message.clear();
        self.go(self.row, self.col.saturating_sub(1));
        self.end_change();
    }
}
