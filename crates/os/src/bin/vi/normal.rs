//! Normal mode: a command is a register, a count, a key, and what that key asks for.

use super::motion::Reach;
use super::register::keys_of;
use super::{Mode, Shape, Vi};
use crate::bin::screen::Key;
use crate::kernel::Sys;

/// A command as far as it has been typed.
pub(super) struct Command {
    pub count: Option<usize>,
    pub key: char,
    /// The keys behind it.
    pub rest: Vec<Key>,
}

/// Keys that want one more key behind them.
const TWO: &str = "gzZrfFtTm'`q@[]";

impl Vi {
    pub(super) fn normal_key(&mut self, key: Key, sys: &mut Sys<'_>) {
        let literal = self.wants_literal();
        let key = match key {
            Key::Left => Key::Char('h'),
            Key::Backspace | Key::Ctrl('H') => Key::Char('\u{8}'),
            Key::Right => Key::Char('l'),
            Key::Up | Key::Ctrl('P') => Key::Char('k'),
            Key::Down | Key::Ctrl('N' | 'J') => Key::Char('j'),
            Key::Home => Key::Char('0'),
            Key::End => Key::Char('$'),
            Key::Enter | Key::Ctrl('M') if !literal => Key::Char('+'),
            Key::Delete => Key::Char('x'),
            Key::PageUp => Key::Ctrl('B'),
            Key::PageDown => Key::Ctrl('F'),
            key => key,
        };
        match key {
            Key::Esc | Key::Ctrl('C' | '[') => {
                if key == Key::Ctrl('C')
                    && self.mode == Mode::Normal
                    && self.pending.is_empty()
                    && !self.busybox
                {
                    self.message = "Type  :qa  and press <Enter> to exit Vim".to_owned();
                }
                self.leave_visual();
                self.pending.clear();
                self.registers.chosen = None;
            }
            Key::Char(kind @ ('/' | '?')) if !literal => {
                if let Mode::Visual { anchor, shape } = self.mode {
                    self.searched_from = Some((anchor, shape));
                }
                self.mode = Mode::Line { kind, text: Vec::new(), at: 0 };
            }
            Key::Char(':') if !literal => self.begin_line(),
            Key::Tab if !literal => self.control('I', sys),
            Key::Ctrl(c) if c != 'V' || self.mode == Mode::Normal || self.pending.is_empty() => {
                self.control(c, sys)
            }
            key => {
                self.pending.push(key);
                self.try_command(sys);
            }
        }
    }

    /// `:`, for the selection or the count of lines.
    fn begin_line(&mut self) {
        let count = self.take_count();
        let text = match (&self.mode, count) {
            (Mode::Visual { .. }, _) => "'<,'>".to_owned(),
            (_, Some(1)) => ".".to_owned(),
            (_, Some(n)) => format!(".,.+{}", n - 1),
            _ => String::new(),
        };
        self.leave_visual();
        self.open_line(':', &text);
    }

    pub(super) fn open_line(&mut self, kind: char, text: &str) {
        let text: Vec<char> = text.chars().collect();
        self.mode = Mode::Line { kind, at: text.len(), text };
        self.recalled = None;
    }

    /// The next key is a character, not a command.
    fn wants_literal(&self) -> bool {
        let mut keys = self.pending.iter().rev();
        let Some(Key::Char(last)) = keys.next() else { return false };
        // `"` and the object keys take any character behind them.
        "rfFtTm'`\"@q".contains(*last)
            && !matches!(keys.next(), Some(Key::Char('\'' | '`' | '"' | 'm' | '@' | 'q')))
    }

    /// The count typed so far; what is pending is forgotten.
    pub(super) fn take_count(&mut self) -> Option<usize> {
        let keys = std::mem::take(&mut self.pending);
        parse(&keys).map(|(_, command)| command.count).or_else(|| count_of(&keys)).flatten()
    }

    fn control(&mut self, c: char, sys: &mut Sys<'_>) {
        self.scroll();
        let counted = self.take_count();
        let n = counted.unwrap_or(1);
        let last = self.last_row();
        let (half, page) = (counted.unwrap_or(self.height / 2).max(1), self.height.saturating_sub(2).max(1));
        match c {
            'F' if self.top < last || self.row < last => {
                self.top = (self.top + page * n).min(last);
                self.jump_to_row(self.top.max(self.row));
            }
            'B' if self.top > 0 || self.row > 0 => {
                let foot = self.top + 1;
                self.top = self.top.saturating_sub(page * n);
                self.jump_to_row(self.row.min(foot).min(self.top + self.height - 1));
            }
            'D' if self.row < last => {
                self.top = (self.top + half).min(last.saturating_sub(self.height - 1).max(self.top));
                self.jump_to_row((self.row + half).min(last));
            }
            'U' if self.row > 0 => {
                self.top = self.top.saturating_sub(half);
                self.jump_to_row(self.row.saturating_sub(half));
            }
            'E' => {
                self.top = (self.top + n).min(last);
                self.go(self.row.max(self.top), self.col);
            }
            'Y' => {
                self.top = self.top.saturating_sub(n);
                self.go(self.row.min(self.top + self.height - 1), self.col);
            }
            'R' => (0..n.min(1_000)).for_each(|_| {
                if !self.failed {
                    self.travel(false)
                }
            }),
            'G' => self.tell_file(),
            'L' => self.message.clear(),
            'O' => self.jump(true, n),
            'I' => self.jump(false, n),
            'A' | 'X' => self.add(if c == 'A' { n as i64 } else { -(n as i64) }, counted),
            'V' => self.begin_visual(Shape::Block),
            'Z' => self.stops = true,
            '^' => self.ex("e #", sys),
            ']' | 'W' | 'T' | '\\' => self.fail(""),
            _ => self.fail(""),
        }
    }

    /// ^F, ^B, ^D and ^U go to the first ink of their line.
    fn jump_to_row(&mut self, row: usize) {
        self.go_to_line(row);
    }

    /// ^A and ^X: the number at or behind the cursor, as the same kind of number.
    fn add(&mut self, by: i64, counted: Option<usize>) {
        if self.lacks("^A") {
            return;
        }
        let line = self.line();
        let digit = |at: usize| line[at].is_ascii_digit();
        let from = (0..=self.col.min(line.len().saturating_sub(1)))
            .rev()
            .take_while(|at| line.get(*at).is_some_and(char::is_ascii_digit))
            .last();
        let from = from.or_else(|| (self.col..line.len()).find(|at| digit(*at)));
        let Some(mut from) = from else { return self.fail("") };
        let end = (from..line.len()).take_while(|at| digit(*at)).count() + from;
        let digits: String = line[from..end].iter().collect();
        if from > 0 && line[from - 1] == '-' {
            from -= 1;
        }
        let text: String = line[from..end].iter().collect();
        let Some(sum) = text.parse::<i64>().ok().and_then(|value| value.checked_add(by)) else {
            return self.fail("");
        };
        let width = if digits.starts_with('0') && digits.len() > 1 { digits.len() } else { 1 };
        let new = format!("{}{:0width$}", if sum < 0 { "-" } else { "" }, sum.unsigned_abs());
        let mut keys: Vec<Key> = counted.map_or(Vec::new(), |n| keys_of(&n.to_string()));
        keys.push(Key::Ctrl(if by > 0 { 'A' } else { 'X' }));
        self.begin_change(&keys);
        let (row, len) = (self.row, new.chars().count());
        self.text.lines[row].splice(from..end, new.chars());
        self.changed();
        self.go(row, from + len - 1);
        self.end_change();
    }

    pub(super) fn try_command(&mut self, sys: &mut Sys<'_>) {
        let keys = self.pending.clone();
        if keys == [Key::Char('q')] && self.macro_into.is_some() {
            self.pending.clear();
            return self.record(None, &keys);
        }
        let Some((register, command)) = parse(&keys) else {
            // Not complete, or no command: a key that is none.
            if keys.last().is_some_and(|key| !matches!(key, Key::Char(_) | Key::Enter | Key::Tab)) {
                self.pending.clear();
                self.registers.chosen = None;
            }
            return;
        };
        if let Some(name) = register {
            if !Vi::is_register(name) {
                self.pending.clear();
                return self.fail("");
            }
            self.registers.chosen = Some(name);
        }
        let visual = matches!(self.mode, Mode::Visual { .. });
        let done = match command.key {
            _ if visual => self.visual_command(&command, &keys, sys),
            'd' | 'c' | 'y' | '<' | '>' | '=' | '!' => self.operator(&command, &keys, sys),
            'g' if matches!(command.rest.first(), Some(Key::Char('~' | 'u' | 'U' | '?' | 'J' | 'q'))) => {
                self.operator(&command, &keys, sys)
            }
            _ => {
                self.pending.clear();
                self.command(&command, &keys, sys);
                true
            }
        };
        if done {
            self.pending.clear();
            self.registers.chosen = None;
        }
    }

    fn command(&mut self, command: &Command, keys: &[Key], sys: &mut Sys<'_>) {
        let Command { count, key, rest } = command;
        if *key == '.' {
            return self.repeat(*count, sys);
        }
        if self.simple(*count, *key, rest, keys, sys) {
            return;
        }
        if *key == 'l' && self.col + 1 >= self.line().len() {
            return self.fail("");
        }
        match self.moved(*count, *key, rest) {
            Some(reach) => {
                let (want, here) = (self.want, (self.row, self.col));
                self.go(reach.row, reach.col);
                if matches!(key, 'w' | 'W') && here == (self.row, self.col) {
                    return self.fail("");
                }
                self.want = match key {
                    '$' => usize::MAX,
                    'j' | 'k' => want,
                    _ => self.col,
                };
            }
            None => self.fail(""),
        }
    }

    /// A motion of one or two keys.
    pub(super) fn moved(&mut self, count: Option<usize>, key: char, rest: &[Key]) -> Option<Reach> {
        let second = character(rest.first());
        let n = count.unwrap_or(1);
        match (key, second) {
            ('g', Some('g')) => {
                self.note_jump();
                let row = n.saturating_sub(1).min(self.last_row());
                Some(Reach { row, col: self.first_ink(row), linewise: true, inclusive: false })
            }
            ('g', Some('_')) => {
                let row = (self.row + n - 1).min(self.last_row());
                let col = self.text.lines[row].iter().rposition(|c| !c.is_whitespace()).unwrap_or(0);
                Some(Reach { row, col, linewise: false, inclusive: true })
            }
            ('g', Some('e' | 'E')) => self.word_end_back(n, second == Some('E')),
            ('g', Some(plain @ ('j' | 'k' | '0' | '^' | '$'))) => self.motion(plain, count),
            ('g', Some(kind @ ('*' | '#'))) => {
                let word = self.word_under()?;
                self.search = Some((word, kind == '*'));
                self.again(true, n)
            }
            ('f' | 'F' | 't' | 'T', Some(c)) => {
                self.find = Some((key, c));
                self.find_char(key, c, n, false)
            }
            ('\'' | '`', Some(mark)) => self.mark_reach(mark, key == '\''),
            (_, None) => self.motion(key, count),
            _ => None,
        }
    }

    fn mark_reach(&mut self, mark: char, line: bool) -> Option<Reach> {
        let Some((row, col)) = self.marks.get(&mark).copied().filter(|at| at.0 < self.text.lines.len())
        else {
            let known = mark.is_ascii_alphabetic() || "'`<>[]\".^(){}".contains(mark);
            self.fail(if known { "E20: Mark not set" } else { "E78: Unknown mark" });
            return None;
        };
        if !"[]<>".contains(mark) {
            self.note_jump();
        }
        let col = if line { self.first_ink(row) } else { col };
        Some(Reach { row, col, linewise: line, inclusive: false })
    }

    /// Commands that are no motions. False: it is none of them.
    fn simple(
        &mut self,
        count: Option<usize>,
        key: char,
        rest: &[Key],
        keys: &[Key],
        sys: &mut Sys<'_>,
    ) -> bool {
        let n = count.unwrap_or(1);
        let second = character(rest.first());
        match (key, second) {
            ('u', _) => (0..n.min(1_000)).for_each(|_| {
                if !self.failed {
                    self.travel(true)
                }
            }),
            ('U', _) => self.undo_line(),
            ('Y', _) => self.yank_lines(self.row, self.row + n - 1),
            ('v', _) => self.begin_visual(Shape::Chars),
            ('V', _) => self.begin_visual(Shape::Lines),
            ('g', Some('v')) => self.visual_again(),
            ('g', Some('i')) => {
                let (row, col) = self.marks.get(&'^').copied().unwrap_or((self.row, self.col));
                self.begin_change(keys);
                self.begin_insert(n);
                (self.row, self.col) = (row.min(self.last_row()), col);
            }
            ('g', Some('I')) => {
                self.begin_change(keys);
                self.begin_insert(n);
                self.col = 0;
            }
            ('m', Some(mark)) if mark.is_ascii_alphabetic() || "'`[]<>".contains(mark) => {
                self.marks.insert(if mark == '`' { '\'' } else { mark }, (self.row, self.col));
            }
            ('m', Some(_)) => self.fail("E191: Argument must be a letter or forward/backward quote"),
            ('z', Some(place)) => self.place(count, place),
            ('Z', Some('Z')) => self.ex("x", sys),
            ('Z', Some('Q')) => self.ex("q!", sys),
            ('q', second) => self.record(second, keys),
            ('@', Some(name)) => self.run_macro(name, n, sys),
            ('i' | 'a' | 'I' | 'A' | 'o' | 'O' | 's' | 'S' | 'C' | 'R', _) => {
                self.begin_change(keys);
                self.enter_insert(key, n);
            }
            ('x' | 'X' | 'D' | 'J' | 'p' | 'P' | '~' | 'r', _) | ('g', Some('J' | 'p' | 'P')) => {
                self.begin_change(keys);
                let key = if key == 'g' && second == Some('J') { 'j' } else { key };
                self.edit(key, n, second, count.is_some());
                self.end_change();
            }
            ('&', _) => self.ex("s", sys),
            ('g', Some('&')) => self.ex("%s//~/&", sys),
            ('K' | 'Q', _) => self.fail(""),
            _ => return false,
        }
        true
    }

    /// `zt`, `zz`, `zb` and their like.
    fn place(&mut self, count: Option<usize>, place: char) {
        if let Some(n) = count {
            self.go(n.saturating_sub(1).min(self.last_row()), self.col);
        }
        self.top = match place {
            't' | '\n' => self.row,
            'b' | '-' => self.row.saturating_sub(self.height.saturating_sub(1)),
            'z' | '.' => self.row.saturating_sub(self.height / 2),
            _ => return self.fail(""),
        };
        if matches!(place, '\n' | '-' | '.') {
            self.go_to_line(self.row);
        }
    }

    /// `q`: begins or ends the recording of a macro.
    fn record(&mut self, name: Option<char>, keys: &[Key]) {
        if self.lacks("q") {
            return;
        }
        if let Some((name, mut typed)) = self.macro_into.take() {
            // The `q` that ends it is no part of it.
            typed.truncate(typed.len().saturating_sub(keys.len()));
            return self.keep_macro(name, &typed);
        }
        match name {
            Some(name) if name.is_ascii_alphanumeric() || name == '"' => {
                self.macro_into = Some((name, Vec::new()))
            }
            _ => self.fail(""),
        }
    }

    /// `@`: types a register.
    fn run_macro(&mut self, name: char, count: usize, sys: &mut Sys<'_>) {
        if self.lacks("@") {
            return;
        }
        let name = if name == '@' { self.last_macro.unwrap_or('@') } else { name };
        if name == '@' {
            return self.fail("E748: No previously used register");
        }
        self.last_macro = Some(name);
        let register = self.register(Some(name));
        if register.lines.is_empty() {
            return self.fail(if name == ':' { "E30: No previous command line" } else { "" });
        }
        let mut keys = keys_of(&register.text());
        if name == ':' {
            keys.insert(0, Key::Char(':'));
            keys.push(Key::Enter);
        }
        self.pending.clear();
        self.close_change();
        for _ in 0..count {
            self.type_keys(&keys, sys);
            if self.failed || self.budget == 0 {
                break;
            }
        }
        if self.depth == 0 {
            self.close_change();
        }
    }

    fn enter_insert(&mut self, key: char, n: usize) {
        let row = self.row;
        self.begin_insert(if matches!(key, 's' | 'S' | 'C') { 1 } else { n });
        match key {
            'a' => self.col = (self.col + 1).min(self.line().len()),
            'I' => {
                let line = self.line();
                self.col = line.iter().position(|c| !c.is_whitespace()).unwrap_or(line.len());
            }
            'A' => self.col = self.line().len(),
            'o' | 'O' => {
                let indent = self.indent_of(row);
                self.col = indent.len();
                self.row = if key == 'o' { row + 1 } else { row };
                self.indented = self.col > 0;
                self.text.lines.insert(self.row, indent);
                self.opens_lines = true;
                self.changed();
            }
            's' => {
                let end = (self.col + n).min(self.line().len());
                self.cut_chars((row, self.col), (row, end));
            }
            'S' => self.change_lines(row, row + n - 1),
            'C' => {
                let to = (row + n - 1).min(self.last_row());
                self.cut_chars((row, self.col), (to, self.text.lines[to].len()));
            }
            'R' => self.mode = Mode::Replace,
            _ => {}
        }
    }

    /// Small changes of one key.
    fn edit(&mut self, key: char, n: usize, second: Option<char>, counted: bool) {
        let (row, col, len) = (self.row, self.col, self.line().len());
        match key {
            'x' if len > 0 => self.cut_chars((row, col), (row, (col + n).min(len))),
            'X' if col > 0 => {
                let from = col.saturating_sub(n);
                self.cut_chars((row, from), (row, col));
                self.go(row, from);
            }
            'D' => {
                let to = (row + n - 1).min(self.last_row());
                self.cut_chars((row, col), (to, self.text.lines[to].len()));
            }
            'J' | 'j' if row == self.last_row() => self.fail(""),
            'J' | 'j' => self.join(row, if counted { n.max(2) } else { 2 }, key == 'J'),
            'p' | 'P' | 'g' => {
                let after = key == 'p' || (key == 'g' && second == Some('p'));
                self.put(after, n, key == 'g');
            }
            '~' => {
                self.recase('~', (row, col), (row, (col + n).min(len).saturating_sub(1)), None);
                self.go(row, (col + n).min(len.saturating_sub(1)));
            }
            'r' => match second {
                Some('\n') if col + n <= len => {
                    let tail = self.text.lines[row].split_off(col);
                    self.text.lines.insert(row + 1, tail[n..].to_vec());
                    self.changed();
                    self.go(row + 1, 0);
                }
                Some(c) if col + n <= len => {
                    self.text.lines[row][col..col + n].fill(c);
                    self.changed();
                    self.go(row, col + n - 1);
                }
                _ => self.fail(""),
            },
            _ => self.fail(""),
        }
        self.clamp();
    }
}

/// The character that a key is, as an argument of a command.
pub(super) fn character(key: Option<&Key>) -> Option<char> {
    match key {
        Some(Key::Char(c)) => Some(*c),
        Some(Key::Tab) => Some('\t'),
        Some(Key::Enter) => Some('\n'),
        _ => None,
    }
}

/// The register and the command that keys are; `None`: more keys are needed, or it is none.
fn parse(keys: &[Key]) -> Option<(Option<char>, Command)> {
    let (mut at, mut count, mut register) = (0, None, None);
    loop {
        match keys.get(at)? {
            Key::Char('"') => {
                register = character(keys.get(at + 1));
                register?;
                at += 2;
            }
            Key::Char(c @ '1'..='9') => {
                let mut inner = Some(*c as usize - '0' as usize);
                at += 1;
                while let Some(Key::Char(c @ '0'..='9')) = keys.get(at) {
                    inner = Some(number(inner, *c));
                    at += 1;
                }
                // `2"a3dd` is six lines.
                count = Some(count.unwrap_or(1) * inner.unwrap_or(1)).map(|n: usize| n.min(100_000));
            }
            Key::Char(key) => {
                let rest = keys[at + 1..].to_vec();
                let complete = !TWO.contains(*key) || !rest.is_empty();
                return complete.then_some((register, Command { count, key: *key, rest }));
            }
            _ => return None,
        }
    }
}

/// The count at the begin of keys that are no command yet.
fn count_of(keys: &[Key]) -> Option<Option<usize>> {
    let mut count = None;
    for key in keys {
        match key {
            Key::Char(c @ '0'..='9') => count = Some(number(count, *c)),
            _ => break,
        }
    }
    Some(count)
}

pub(super) fn number(so_far: Option<usize>, digit: char) -> usize {
    (so_far.unwrap_or(0) * 10 + digit as usize - '0' as usize).min(100_000)
}
