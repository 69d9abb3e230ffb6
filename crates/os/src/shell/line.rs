//! The line editor: readline's emacs keys, history, search and completion.
//!
//! The editor turns key bytes into a line and the bytes that show it. It knows the prompt's width and the terminal's,
//! and redraws from the start of the line, so that long lines wrap as they should.

use std::{collections::VecDeque, rc::Rc};

/// What a key came to.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Key {
    /// Nothing the shell must know.
    More,
    /// Return: the line is complete.
    Line(String),
    /// ^C
    Interrupt,
    /// ^D on an empty line.
    End,
    /// Tab; true when it was the second in a row.
    Complete(bool),
    /// ^X^E and the like: nothing here.
    Bell,
}

/// The editor's state.
#[derive(Clone, Debug, Default)]
pub(super) struct Editor {
    /// Source lines of a command that is not complete yet.
    pub pending: String,
    /// Keys not yet looked at.
    pub keys: VecDeque<u8>,
    pub history: Rc<Vec<String>>,
    /// Lines read from the history file when the shell began.
    pub loaded: usize,
    line: Vec<char>,
    cursor: usize,
    prompt: String,
    cols: usize,
    /// The cursor's row within what is drawn.
    row: usize,
    drawn: bool,
    /// Position in the history while going through it, and the line put aside.
    at: Option<usize>,
    aside: Vec<char>,
    killed: Vec<char>,
    /// The last command was a kill: the next adds to it.
    killing: bool,
    undo: Vec<(Vec<char>, usize)>,
    search: Option<Search>,
    escape: Vec<u8>,
    utf8: Vec<u8>,
    pasting: bool,
    tabs: u32,
    /// The next key is taken as it is (^V).
    literal: bool,
    pub completion: Option<crate::host::CallId>,
}

/// An incremental search under way.
#[derive(Clone, Debug, Default)]
struct Search {
    text: String,
    /// The entry found.
    at: Option<usize>,
    forward: bool,
}

impl Editor {
    /// Begins a new line.
    pub fn begin(&mut self, prompt: String, cols: u16) -> Vec<u8> {
        self.line.clear();
        self.cursor = 0;
        self.prompt = prompt;
        self.cols = usize::from(cols).max(10);
        self.row = 0;
        self.drawn = true;
        self.at = None;
        self.undo.clear();
        self.search = None;
        self.tabs = 0;
        // Bracketed paste, as bash asks for.
        let mut out = b"\x1b[?2004h".to_vec();
        out.extend(self.prompt.as_bytes());
        out
    }

    pub fn is_drawn(&self) -> bool {
        self.drawn
    }

    /// The line so far and the cursor (in characters).
    pub fn line(&self) -> (String, usize) {
        (self.line.iter().collect(), self.cursor)
    }

    pub fn set_cols(&mut self, cols: u16) {
        self.cols = usize::from(cols).max(10);
    }

    /// Shows the prompt and line again from a fresh line.
    pub fn redraw_fresh(&mut self) -> Vec<u8> {
        self.row = 0;
        let mut out = Vec::new();
        self.draw(&mut out);
        out
    }

    /// Puts text in at the cursor.
    pub fn insert(&mut self, text: &str, out: &mut Vec<u8>) {
        self.save();
        for c in text.chars() {
            self.line.insert(self.cursor, c);
            self.cursor += 1;
        }
        self.draw(out);
    }

    /// Replaces the characters from `start` to the cursor.
    pub fn replace(&mut self, start: usize, text: &str, out: &mut Vec<u8>) {
        self.save();
        self.line.drain(start..self.cursor);
        self.cursor = start;
        for c in text.chars() {
            self.line.insert(self.cursor, c);
            self.cursor += 1;
        }
        self.draw(out);
    }

    fn save(&mut self) {
        if self.undo.last().is_none_or(|(l, _)| *l != self.line) {
            self.undo.push((self.line.clone(), self.cursor));
            if self.undo.len() > 200 {
                self.undo.remove(0);
            }
        }
    }

    fn shown_prompt(&self) -> String {
        match &self.search {
            Some(s) => {
                let fail = if s.at.is_none() && !s.text.is_empty() { "failed " } else { "" };
                let way = if s.forward { "i-search" } else { "reverse-i-search" };
                format!("({fail}{way})`{}': ", s.text)
            }
            None => self.prompt.rsplit('\n').next().unwrap_or("").to_string(),
        }
    }

    /// Draws prompt and line again.
    fn draw(&mut self, out: &mut Vec<u8>) {
        let prompt = self.shown_prompt();
        if self.row > 0 {
            out.extend(format!("\x1b[{}A", self.row).bytes());
        }
        out.extend(b"\r\x1b[J");
        out.extend(prompt.bytes());
        let text: String = self.line.iter().map(|c| if *c == '\n' { '\u{23CE}' } else { *c }).collect();
        out.extend(text.bytes());
        let before =
            width_of(&prompt) + self.line[..self.cursor].iter().map(|c| char_width(*c)).sum::<usize>();
        let total = width_of(&prompt) + self.line.iter().map(|c| char_width(*c)).sum::<usize>();
        // A full last row leaves the terminal's cursor in it; go on to the next.
        if total > 0 && total.is_multiple_of(self.cols) {
            out.extend(b"\r\n");
        }
        let (end_row, row, col) = (total / self.cols, before / self.cols, before % self.cols);
        if end_row > row {
            out.extend(format!("\x1b[{}A", end_row - row).bytes());
        }
        out.push(b'\r');
        if col > 0 {
            out.extend(format!("\x1b[{col}C").bytes());
        }
        self.row = row;
    }

    /// Leaves the line: the terminal's cursor goes below it.
    fn leave(&mut self, out: &mut Vec<u8>) {
        self.search = None;
        self.cursor = self.line.len();
        self.draw(out);
        out.extend(b"\x1b[?2004l");
        self.drawn = false;
    }

    /// Takes one key byte.
    pub fn key(&mut self, byte: u8, out: &mut Vec<u8>) -> Key {
        if !self.escape.is_empty() {
            return self.escape_key(byte, out);
        }
        if !self.utf8.is_empty() || byte >= 0x80 {
            self.utf8.push(byte);
            if let Ok(text) = std::str::from_utf8(&self.utf8).map(str::to_string) {
                self.utf8.clear();
                return self.text(&text, out);
            }
            if self.utf8.len() >= 4 {
                self.utf8.clear();
            }
            return Key::More;
        }
        if byte == 27 {
            self.escape.push(byte);
            return Key::More;
        }
        if self.pasting {
            let text = if byte == b'\r' { "\n".to_string() } else { (byte as char).to_string() };
            return self.text(&text, out);
        }
        if self.literal {
            self.literal = false;
            return self.text(&(byte as char).to_string(), out);
        }
        if byte >= 32 && byte != 127 {
            return self.text(&(byte as char).to_string(), out);
        }
        if byte != 9 {
            self.tabs = 0;
        }
        if self.search.is_some()
            && let Some(key) = self.search_key(byte, out)
        {
            return key;
        }
        let was_killing = std::mem::replace(&mut self.killing, false);
        match byte {
            1 => self.cursor = 0,
            2 => self.cursor = self.cursor.saturating_sub(1),
            3 => {
                self.leave(out);
                out.extend(b"^C\r\n");
                return Key::Interrupt;
            }
            4 if self.line.is_empty() => {
                self.drawn = false;
                out.extend(b"\x1b[?2004l");
                return Key::End;
            }
            4 => self.delete(self.cursor, self.cursor + 1),
            5 => self.cursor = self.line.len(),
            6 => self.cursor = (self.cursor + 1).min(self.line.len()),
            8 | 127 => {
                if self.cursor == 0 {
                    return Key::More;
                }
                self.delete(self.cursor - 1, self.cursor);
            }
            9 => {
                self.tabs += 1;
                return Key::Complete(self.tabs > 1);
            }
            10 | 13 => {
                self.leave(out);
                out.extend(b"\r\n");
                return Key::Line(self.line.iter().collect());
            }
            11 => self.kill(self.cursor, self.line.len(), false, was_killing),
            12 => {
                out.extend(b"\x1b[H\x1b[2J");
                self.row = 0;
            }
            14 => self.history_move(1),
            16 => self.history_move(-1),
            18 | 19 => {
                self.search = Some(Search { forward: byte == 19, ..Search::default() });
                self.aside = self.line.clone();
            }
            20 => self.transpose(),
            21 => self.kill(0, self.cursor, true, was_killing),
            22 => {
                self.literal = true;
                return Key::More;
            }
            23 => {
                let start = self.word_start(|c| !c.is_whitespace());
                self.kill(start, self.cursor, true, was_killing);
            }
            25 => {
                let text: String = self.killed.iter().collect();
                self.insert(&text, out);
                return Key::More;
            }
            31 => {
                if let Some((line, cursor)) = self.undo.pop() {
                    self.line = line;
                    self.cursor = cursor.min(self.line.len());
                }
            }
            _ => return Key::Bell,
        }
        self.draw(out);
        Key::More
    }

    /// Characters that stand for themselves.
    fn text(&mut self, text: &str, out: &mut Vec<u8>) -> Key {
        self.tabs = 0;
        self.killing = false;
        if let Some(search) = &mut self.search {
            search.text.push_str(text);
            self.find(false);
            self.draw(out);
            return Key::More;
        }
        let at_end = self.cursor == self.line.len();
        let width = width_of(&self.shown_prompt()) + self.line.iter().map(|c| char_width(*c)).sum::<usize>();
        let plain = text.chars().count() == 1 && text.bytes().all(|b| (32..127).contains(&b));
        if at_end && plain && !(width + 1).is_multiple_of(self.cols) {
            // The common case: typing at the end.
            if text == " " {
                self.save();
            }
            self.line.extend(text.chars());
            self.cursor = self.line.len();
            out.extend(text.bytes());
            return Key::More;
        }
        self.insert(text, out);
        Key::More
    }

    fn escape_key(&mut self, byte: u8, out: &mut Vec<u8>) -> Key {
        self.escape.push(byte);
        let seq = self.escape.clone();
        let done = match seq.get(1) {
            Some(b'[') => seq.len() > 2 && (0x40..=0x7e).contains(&byte),
            Some(b'O') => seq.len() > 2,
            _ => true,
        };
        if !done {
            if seq.len() > 16 {
                self.escape.clear();
            }
            return Key::More;
        }
        self.escape.clear();
        if seq == b"\x1b[201~" {
            self.pasting = false;
            self.draw(out);
            return Key::More;
        }
        if self.pasting {
            return Key::More;
        }
        self.tabs = 0;
        if self.search.take().is_some() {
            self.draw(out);
        }
        let was_killing = std::mem::replace(&mut self.killing, false);
        match &seq[1..] {
            b"[A" | b"OA" => self.history_move(-1),
            b"[B" | b"OB" => self.history_move(1),
            b"[C" | b"OC" => self.cursor = (self.cursor + 1).min(self.line.len()),
            b"[D" | b"OD" => self.cursor = self.cursor.saturating_sub(1),
            b"[H" | b"OH" | b"[1~" | b"[7~" => self.cursor = 0,
            b"[F" | b"OF" | b"[4~" | b"[8~" => self.cursor = self.line.len(),
            b"[3~" => self.delete(self.cursor, self.cursor + 1),
            b"[200~" => {
                self.pasting = true;
                self.save();
            }
            b"[1;5D" | b"[1;3D" | b"b" | b"B" => self.cursor = self.word_start(char::is_alphanumeric),
            b"[1;5C" | b"[1;3C" | b"f" | b"F" => self.cursor = self.word_end(),
            b"d" | b"D" => {
                let end = self.word_end();
                self.kill(self.cursor, end, false, was_killing);
            }
            b"\x7f" | b"\x08" => {
                let start = self.word_start(char::is_alphanumeric);
                self.kill(start, self.cursor, true, was_killing);
            }
            b"<" => self.go_to(0),
            b">" => {
                let last = self.history.len();
                self.go_to(last);
            }
            b"." | b"_" => {
                let last =
                    self.history.last().and_then(|l| l.split_whitespace().last()).unwrap_or("").to_string();
                self.insert(&last, out);
                return Key::More;
            }
            b"u" | b"l" | b"c" => self.change_case(seq[1]),
            _ => return Key::Bell,
        }
        self.draw(out);
        Key::More
    }

    fn delete(&mut self, from: usize, to: usize) {
        let to = to.min(self.line.len());
        if from < to {
            self.save();
            self.line.drain(from..to);
            self.cursor = from;
        }
    }

    fn kill(&mut self, from: usize, to: usize, backward: bool, adding: bool) {
        self.save();
        let cut: Vec<char> = self.line.drain(from..to).collect();
        self.cursor = from;
        match (adding, backward) {
            (false, _) => self.killed = cut,
            (true, true) => self.killed = [cut, std::mem::take(&mut self.killed)].concat(),
            (true, false) => self.killed.extend(cut),
        }
        self.killing = true;
    }

    fn word_start(&self, in_word: impl Fn(char) -> bool) -> usize {
        let mut i = self.cursor;
        while i > 0 && !in_word(self.line[i - 1]) {
            i -= 1;
        }
        while i > 0 && in_word(self.line[i - 1]) {
            i -= 1;
        }
        i
    }

    fn word_end(&self) -> usize {
        let mut i = self.cursor;
        while i < self.line.len() && !self.line[i].is_alphanumeric() {
            i += 1;
        }
        while i < self.line.len() && self.line[i].is_alphanumeric() {
            i += 1;
        }
        i
    }

    fn change_case(&mut self, how: u8) {
        self.save();
        let end = self.word_end();
        let mut first = true;
        for i in self.cursor..end {
            let c = self.line[i];
            let upper = how == b'u' || (how == b'c' && first && c.is_alphanumeric());
            first &= !c.is_alphanumeric();
            self.line[i] = if upper { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() };
        }
        self.cursor = end;
    }

    fn transpose(&mut self) {
        if self.cursor == 0 || self.line.len() < 2 {
            return;
        }
        self.save();
        let at = self.cursor.min(self.line.len() - 1);
        self.line.swap(at - 1, at);
        self.cursor = at + 1;
    }

    fn history_move(&mut self, by: i64) {
        let at = self.at.unwrap_or(self.history.len()) as i64 + by;
        if at < 0 || at > self.history.len() as i64 {
            return;
        }
        self.go_to(at as usize);
    }

    fn go_to(&mut self, at: usize) {
        if self.at.is_none() {
            self.aside = self.line.clone();
        }
        match self.history.get(at) {
            Some(line) => {
                self.line = line.chars().collect();
                self.at = Some(at);
            }
            None => {
                self.line = std::mem::take(&mut self.aside);
                self.at = None;
            }
        }
        self.cursor = self.line.len();
    }

    /// A control key while searching; None when the search ends and the key has its usual meaning.
    fn search_key(&mut self, byte: u8, out: &mut Vec<u8>) -> Option<Key> {
        match byte {
            18 | 19 => {
                if let Some(s) = &mut self.search {
                    s.forward = byte == 19;
                }
                self.find(true);
            }
            8 | 127 => {
                if let Some(s) = &mut self.search {
                    s.text.pop();
                    s.at = None;
                }
                self.find(false);
            }
            7 | 3 => {
                self.search = None;
                self.line = std::mem::take(&mut self.aside);
                self.cursor = self.line.len();
                if byte == 3 {
                    return None;
                }
            }
            _ => {
                self.search = None;
                return None;
            }
        }
        self.draw(out);
        Some(Key::More)
    }

    /// Looks for the search text from where the search is; `next`: beyond what was found.
    fn find(&mut self, next: bool) {
        let Some(search) = &mut self.search else { return };
        if search.text.is_empty() {
            return;
        }
        let len = self.history.len();
        let found = if search.forward {
            let from = search.at.map_or(0, |a| a + usize::from(next));
            (from..len).find(|i| self.history[*i].contains(&search.text))
        } else {
            let to = search.at.map_or(len, |a| if next { a } else { a + 1 });
            (0..to.min(len)).rev().find(|i| self.history[*i].contains(&search.text))
        };
        if let Some(at) = found {
            search.at = Some(at);
            self.line = self.history[at].chars().collect();
            let byte = self.history[at].find(&search.text).unwrap_or(0);
            self.cursor = self.history[at][..byte].chars().count();
        } else if !next {
            search.at = None;
        }
    }
}

/// Columns a character takes.
fn char_width(c: char) -> usize {
    match c as u32 {
        0..=31 if c != '\n' => 0,
        0x0300..=0x036F | 0x200B..=0x200F | 0xFE00..=0xFE0F => 0,
        0x1100..=0x115F
        | 0x2E80..=0xA4CF
        | 0xAC00..=0xD7A3
        | 0xF900..=0xFAFF
        | 0xFE30..=0xFE6F
        | 0xFF00..=0xFF60
        | 0x1F300..=0x1FAFF => 2,
        _ => 1,
    }
}

/// Columns of a prompt: colours and `\x01…\x02` parts take none.
pub(super) fn width_of(text: &str) -> usize {
    let mut width = 0;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\x1b' => {
                if chars.next_if_eq(&'[').is_some() {
                    while chars.next().is_some_and(|c| !c.is_ascii_alphabetic()) {}
                } else if chars.next_if_eq(&']').is_some() {
                    while chars.next().is_some_and(|c| c != '\x07') {}
                }
            }
            '\x01' => while chars.next().is_some_and(|c| c != '\x02') {},
            c => width += char_width(c),
        }
    }
    width
}
