//! nano's keys: moving, cutting and pasting, changing the text, undo.

use super::{Ask, Nano, Pieces, State, UNDO_MAX};
use crate::bin::screen::Key;
use crate::kernel::Sys;

impl Nano {
    /// Below the last line there is always an empty one: what follows the last line end.
    pub(super) fn end_line(&mut self) {
        if self.text.lines.last().is_none_or(|line| !line.is_empty()) {
            self.text.lines.push(Vec::new());
        }
    }

    /// A message, in the brackets that nano puts around one.
    pub(super) fn say(&mut self, text: &str) {
        self.message = format!("[ {text} ]");
    }

    pub(super) fn go_to_line(&mut self, text: &str) {
        let mut parts = text.split([',', '.', ';']);
        let mut number = || parts.next().and_then(|n| n.trim().parse::<i64>().ok());
        let last = self.text.lines.len() as i64;
        match (number(), number()) {
            (Some(0), _) | (None, _) => self.say("Invalid line or column number"),
            (Some(row), col) => {
                // Negative numbers count from the end.
                let row = if row < 0 { last + row + 1 } else { row };
                self.go((row.clamp(1, last) - 1) as usize, (col.unwrap_or(1).max(1) - 1) as usize);
            }
        }
    }

    pub(super) fn go(&mut self, row: usize, col: usize) {
        self.row = row.min(self.text.lines.len() - 1);
        self.col = col.min(self.text.lines[self.row].len());
        self.want = self.col;
    }

    /// Remembers the text; once for a run of typed or deleted characters.
    pub(super) fn remember(&mut self, what: &'static str) {
        let runs = matches!(what, "addition" | "deletion") && self.doing == what;
        self.doing = what;
        self.redo.clear();
        if runs {
            return;
        }
        self.undo.push(self.state(what));
        let size = |state: &State| state.lines.iter().map(|line| line.len() + 1).sum::<usize>();
        let mut all: usize = self.undo.iter().map(size).sum();
        while all > UNDO_MAX && self.undo.len() > 1 {
            all -= size(&self.undo.remove(0));
        }
    }

    fn state(&self, what: &'static str) -> State {
        let (row, col, modified) = (self.row, self.col, self.text.modified);
        State { lines: self.text.lines.clone(), row, col, what, modified }
    }

    /// M-U and M-E
    fn travel(&mut self, back: bool) {
        let from = if back { self.undo.pop() } else { self.redo.pop() };
        let Some(then) = from else {
            return self.say(if back { "Nothing to undo" } else { "Nothing to redo" });
        };
        let now = self.state(then.what);
        if back {
            self.redo.push(now);
        } else {
            self.undo.push(now);
        }
        self.text.lines = then.lines;
        self.text.modified = then.modified;
        self.doing = "";
        self.mark = None;
        self.go(then.row, then.col);
        self.say(&format!("{} {}", if back { "Undid" } else { "Redid" }, then.what));
    }

    /// A key that is for the text.
    pub(super) fn press(&mut self, key: Key, sys: &mut Sys<'_>) {
        let cutting = std::mem::take(&mut self.cutting);
        let last = self.text.lines.len() - 1;
        let len = self.text.lines[self.row].len();
        if !matches!(key, Key::Char(_) | Key::Backspace | Key::Delete) {
            self.doing = "";
        }
        match key {
            Key::Ctrl('X') => {
                if self.text.modified && !self.view {
                    self.mark = None;
                    self.ask = Some((Ask::Save, String::new()));
                } else {
                    self.exit = Some(0);
                }
            }
            Key::Ctrl('O' | 'S') if key == Key::Ctrl('S') && self.text.path.is_some() => {
                let name = self.text.path.clone().unwrap_or_default();
                self.write(&name, false, sys);
            }
            Key::Ctrl('O' | 'S') => {
                let name = self.text.path.clone().unwrap_or_default();
                self.ask = Some((Ask::Write { leave: false }, name));
            }
            Key::Ctrl('G') => self.help = true,
            Key::Ctrl(c @ ('W' | 'Q')) => {
                self.backwards = c == 'Q';
                self.ask = Some((Ask::Search, String::new()));
            }
            Key::Alt(c @ ('w' | 'W' | 'q' | 'Q')) => {
                let what = self.last_search.clone();
                if what.is_empty() {
                    self.say("No current search pattern");
                } else {
                    self.search(&what, c.eq_ignore_ascii_case(&'q'));
                }
            }
            Key::Ctrl('T') => self.ask = Some((Ask::Command, String::new())),
            Key::Ctrl('Z') => self.say("To suspend, type ^T^Z"),
            Key::Ctrl('^') | Key::Alt('a' | 'A') => {
                self.mark = if self.mark.is_some() { None } else { Some((self.row, self.col)) };
                self.say(if self.mark.is_some() { "Mark Set" } else { "Mark Unset" });
            }
            Key::Alt('d' | 'D') => self.count_words(),
            Key::Ctrl('@') | Key::Alt(' ') => self.word(key == Key::Ctrl('@')),
            Key::Ctrl('L') => {}
            Key::Ctrl('\\') | Key::Alt('r' | 'R') => self.ask = Some((Ask::Replace, String::new())),
            Key::Ctrl('R') => self.ask = Some((Ask::Read, String::new())),
            Key::Ctrl('_' | '/') | Key::Alt('g' | 'G') => self.ask = Some((Ask::Line, String::new())),
            Key::Ctrl('C') => self.location(),
            Key::Ctrl('A') | Key::Home => self.go(self.row, 0),
            Key::Ctrl('E') | Key::End => self.go(self.row, len),
            Key::Ctrl('P') | Key::Up if self.row > 0 => self.vertical(self.row - 1),
            Key::Ctrl('N') | Key::Down if self.row < last => self.vertical(self.row + 1),
            Key::Ctrl('Y') | Key::PageUp => {
                self.vertical(self.row.saturating_sub(self.height.saturating_sub(2)))
            }
            Key::Ctrl('V') | Key::PageDown => {
                self.vertical((self.row + self.height.saturating_sub(2)).min(last));
            }
            Key::Ctrl('F') | Key::Right => {
                if self.col < len {
                    self.go(self.row, self.col + 1)
                } else if self.row < last {
                    self.go(self.row + 1, 0)
                }
            }
            Key::Ctrl('B') | Key::Left => {
                if self.col > 0 {
                    self.go(self.row, self.col - 1);
                } else if self.row > 0 {
                    self.go(self.row - 1, usize::MAX);
                }
            }
            Key::Alt('\\') => self.go(0, 0),
            Key::Alt('/') => self.go(last, usize::MAX),
            Key::Alt('n' | 'N') => self.numbers = !self.numbers,
            Key::Alt('u' | 'U') => self.travel(true),
            Key::Alt('e' | 'E') => self.travel(false),
            key => self.edit(key, cutting),
        }
    }

    fn vertical(&mut self, row: usize) {
        let want = self.want;
        self.go(row, want);
        self.want = want;
    }

    fn location(&mut self) {
        let lines = self.text.lines.len();
        let before: usize = self.text.lines[..self.row].iter().map(|line| line.len() + 1).sum();
        let all = self.text.lines.iter().map(|line| line.len() + 1).sum::<usize>() - 1;
        let (row, here, width) = (self.row + 1, self.col + 1, self.text.lines[self.row].len() + 1);
        let at = before + self.col;
        let (w, v) = (lines.to_string().len(), all.to_string().len());
        let (of_lines, of_line, of_all) = (row * 100 / lines, here * 100 / width, at * 100 / all.max(1));
        self.say(&format!(
            "line {row:>w$}/{lines} ({of_lines:>2}%), col {here:>2}/{width:>2} ({of_line:>3}%), char {at:>v$}/{all} ({of_all:>2}%)"
        ));
    }

    /// M-D
    fn count_words(&mut self) {
        let lines = &self.text.lines;
        let text = |line: &Vec<char>| line.iter().collect::<String>().split_whitespace().count();
        let words: usize = lines.iter().map(text).sum();
        let chars = lines.iter().map(|line| line.len() + 1).sum::<usize>() - 1;
        let rows = lines.len() - usize::from(lines.len() > 1 && lines[lines.len() - 1].is_empty());
        let s = |n: usize| if n == 1 { "" } else { "s" };
        self.say(&format!(
            "In Buffer:  {rows} line{}, {words} word{}, {chars} character{}",
            s(rows),
            s(words),
            s(chars)
        ));
    }

    /// To the begin of the next or the last word.
    fn word(&mut self, forward: bool) {
        let inside = |c: Option<&char>| c.is_some_and(|c| c.is_alphanumeric());
        let (mut row, mut col) = (self.row, self.col);
        loop {
            if forward && col < self.text.lines[row].len() {
                col += 1;
            } else if forward && row + 1 < self.text.lines.len() {
                (row, col) = (row + 1, 0);
            } else if !forward && col > 0 {
                col -= 1;
            } else if !forward && row > 0 {
                row -= 1;
                col = self.text.lines[row].len();
            } else {
                break;
            }
            let starts = col == 0 || !inside(self.text.lines[row].get(col - 1));
            if inside(self.text.lines[row].get(col)) && starts {
                break;
            }
        }
        self.go(row, col);
    }

    /// The ends of the marked region.
    pub(super) fn region(&self) -> Option<((usize, usize), (usize, usize))> {
        let mark = self.mark.map(|(row, col)| {
            let row = row.min(self.text.lines.len() - 1);
            (row, col.min(self.text.lines[row].len()))
        })?;
        let here = (self.row, self.col);
        Some((mark.min(here), mark.max(here)))
    }

    /// Takes out the text between two places.
    fn take_out(&mut self, from: (usize, usize), to: (usize, usize)) -> Pieces {
        let lines = &mut self.text.lines;
        let tail = lines[to.0].split_off(to.1);
        let mut pieces: Pieces = lines.drain(from.0 + 1..=to.0).collect();
        let first = lines[from.0].split_off(from.1);
        pieces.insert(0, first);
        lines[from.0].extend(tail);
        self.go(from.0, from.1);
        pieces
    }

    /// Puts text at the cursor, which goes behind it.
    pub(super) fn insert(&mut self, pieces: &[Vec<char>]) {
        let (mut row, col) = (self.row, self.col);
        let tail = self.text.lines[row].split_off(col);
        for (n, piece) in pieces.iter().enumerate() {
            if n > 0 {
                row += 1;
                self.text.lines.insert(row, Vec::new());
            }
            self.text.lines[row].extend(piece);
        }
        let end = self.text.lines[row].len();
        self.text.lines[row].extend(tail);
        self.text.modified = true;
        self.go(row, end);
    }

    /// ^K: the region, or the line.
    fn cut_text(&mut self, cutting: bool) {
        let row = self.row;
        let last = self.text.lines.len() - 1;
        let (from, to) = match self.region() {
            Some(region) => region,
            None if row == last && self.text.lines[row].is_empty() => return self.say("Nothing was cut"),
            None if row == last => ((row, 0), (row, self.text.lines[row].len())),
            None => ((row, 0), (row + 1, 0)),
        };
        self.remember("cut");
        let pieces = self.take_out(from, to);
        if cutting && self.mark.is_none() && !self.cut.is_empty() {
            // One cut after the other: they are pasted together.
            let mut pieces = pieces.into_iter();
            if let (Some(end), Some(first)) = (self.cut.last_mut(), pieces.next()) {
                end.extend(first);
            }
            self.cut.extend(pieces);
        } else {
            self.cut = pieces;
        }
        self.cutting = self.mark.take().is_none();
        self.text.modified = true;
    }

    /// M-6: the region, or the line.
    fn copy_text(&mut self, cutting: bool) {
        let last = self.text.lines.len() - 1;
        let kept = (self.text.lines.clone(), self.row, self.col);
        let (from, to) = match self.region() {
            Some(region) => region,
            None if self.row == last => ((last, 0), (last, self.text.lines[last].len())),
            None => ((self.row, 0), (self.row + 1, 0)),
        };
        let pieces = self.take_out(from, to);
        if cutting && self.mark.is_none() && !self.cut.is_empty() {
            let mut pieces = pieces.into_iter();
            if let (Some(end), Some(first)) = (self.cut.last_mut(), pieces.next()) {
                end.extend(first);
            }
            self.cut.extend(pieces);
        } else {
            self.cut = pieces;
        }
        let marked = self.mark.take().is_some();
        self.text.lines = kept.0;
        if marked {
            self.go(kept.1, kept.2);
        } else {
            self.go((kept.1 + 1).min(last), 0);
            self.cutting = true;
        }
    }

    /// ^J: the paragraph in lines of eight columns less than the screen has.
    fn justify(&mut self) {
        let blank = |row: usize| self.text.lines[row].iter().all(|c| c.is_whitespace());
        if blank(self.row) {
            return self.say("Nothing to justify");
        }
        let from = (0..=self.row).rev().take_while(|row| !blank(*row)).last().unwrap_or(self.row);
        let to = (self.row..self.text.lines.len()).take_while(|row| !blank(*row)).last().unwrap_or(self.row);
        let width = self.cols.saturating_sub(8).max(8);
        let indent: Vec<char> =
            self.text.lines[from].iter().take_while(|c| c.is_whitespace()).copied().collect();
        let mut out = vec![indent.clone()];
        for word in self.text.lines[from..=to].iter().flat_map(|line| line.split(|c| c.is_whitespace())) {
            let Some(line) = out.last_mut().filter(|_| !word.is_empty()) else { continue };
            if line.len() == indent.len() {
                line.extend(word);
            } else if line.len() + 1 + word.len() <= width {
                line.push(' ');
                line.extend(word);
            } else {
                out.push(indent.iter().chain(word).copied().collect());
            }
        }
        self.remember("justification");
        let rows = out.len();
        self.text.lines.splice(from..=to, out);
        if from + rows >= self.text.lines.len() {
            self.text.lines.push(Vec::new());
        }
        self.text.modified = true;
        self.go(from + rows, 0);
        self.say("Justified paragraph");
    }

    /// M-} and M-{: the line or the region deeper, or less deep.
    fn indent(&mut self, deeper: bool) {
        let (from, to) = self.region().map_or((self.row, self.row), |(from, to)| (from.0, to.0));
        self.remember(if deeper { "indent" } else { "unindent" });
        let unit: Vec<char> = if self.spaces { vec![' '; self.tab] } else { vec!['\t'] };
        for row in from..=to {
            let line = &mut self.text.lines[row];
            if deeper && !line.is_empty() {
                line.splice(0..0, unit.iter().copied());
            } else if !deeper {
                let blank = line.iter().take(self.tab).take_while(|c| **c == ' ').count();
                let gone = if line.first() == Some(&'\t') { 1 } else { blank };
                line.drain(..gone);
            }
        }
        self.text.modified = true;
    }

    /// Keys that change the text.
    fn edit(&mut self, key: Key, cutting: bool) {
        let (row, col) = (self.row, self.col);
        let last = self.text.lines.len() - 1;
        if self.view && !matches!(key, Key::Esc) {
            return self.say("Key is invalid in view mode");
        }
        match key {
            Key::Char(c) => {
                self.remember("addition");
                self.text.lines[row].insert(col, c);
                self.go(row, col + 1);
            }
            Key::Tab => {
                self.remember("addition");
                let width = if self.spaces { self.tab - col % self.tab } else { 1 };
                let c = if self.spaces { ' ' } else { '\t' };
                self.text.lines[row].splice(col..col, std::iter::repeat_n(c, width));
                self.go(row, col + width);
            }
            Key::Enter | Key::Ctrl('M') => {
                self.remember("line break");
                let tail = self.text.lines[row].split_off(col);
                let mut line: Vec<char> = if self.indent && !self.pasting {
                    self.text.lines[row].iter().take_while(|c| c.is_whitespace()).copied().collect()
                } else {
                    Vec::new()
                };
                let at = line.len();
                line.extend(tail);
                self.text.lines.insert(row + 1, line);
                self.go(row + 1, at);
            }
            Key::Backspace | Key::Ctrl('H') if col > 0 => {
                self.remember("deletion");
                self.text.lines[row].remove(col - 1);
                self.go(row, col - 1);
            }
            Key::Backspace | Key::Ctrl('H') if row > 0 => {
                self.remember("line join");
                let tail = self.text.lines.remove(row);
                let at = self.text.lines[row - 1].len();
                self.text.lines[row - 1].extend(tail);
                self.go(row - 1, at);
            }
            Key::Delete | Key::Ctrl('D') if col < self.text.lines[row].len() => {
                self.remember("deletion");
                self.text.lines[row].remove(col);
            }
            Key::Delete | Key::Ctrl('D') if row < last => {
                self.remember("line join");
                let tail = self.text.lines.remove(row + 1);
                self.text.lines[row].extend(tail);
            }
            Key::Ctrl('K') => return self.cut_text(cutting),
            Key::Alt('6' | '^') => return self.copy_text(cutting),
            Key::Ctrl('U') => {
                if self.cut.is_empty() {
                    return self.say("Cutbuffer is empty");
                }
                self.remember("paste");
                let pieces = self.cut.clone();
                self.insert(&pieces);
            }
            Key::Alt('t' | 'T') => {
                self.remember("cut");
                let end = (last, self.text.lines[last].len());
                self.cut = self.take_out((row, col), end);
            }
            Key::Ctrl('J') | Key::Alt('j' | 'J') => return self.justify(),
            Key::Alt('}') => return self.indent(true),
            Key::Alt('{') => return self.indent(false),
            Key::Ctrl(_) | Key::Alt(_) => {
                return self.say("Unbound key");
            }
            _ => return,
        }
        self.text.modified = true;
    }
}
