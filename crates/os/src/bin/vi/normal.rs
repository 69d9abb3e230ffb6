//! Normal and visual mode: commands of counts, operators and motions.

use super::motion::Reach;
use super::{Mode, Register, Snapshot, Vi};
use crate::bin::screen::Key;
use crate::kernel::Sys;

/// A command whose keys are all there, or not.
enum Parsed {
    More,
    Bad,
    Command { count: Option<usize>, key: char, rest: Vec<Key> },
}

/// Keys that want more keys behind them.
const TWO: &str = "gzZrfFtTm'`\"q@";

impl Vi {
    pub(super) fn normal_key(&mut self, key: Key, sys: &mut Sys<'_>) {
        let key = match key {
            Key::Left | Key::Backspace => Key::Char('h'),
            Key::Right => Key::Char('l'),
            Key::Up | Key::Ctrl('P') => Key::Char('k'),
            Key::Down | Key::Ctrl('N' | 'J') => Key::Char('j'),
            Key::Home => Key::Char('0'),
            Key::End => Key::Char('$'),
            Key::Enter => Key::Char('+'),
            Key::Delete => Key::Char('x'),
            Key::PageUp => Key::Ctrl('B'),
            Key::PageDown => Key::Ctrl('F'),
            Key::Char(' ') if !self.wants_literal() => Key::Char('l'),
            key => key,
        };
        match key {
            Key::Esc | Key::Ctrl('C' | '[') => {
                if matches!(self.mode, Mode::Visual { .. }) {
                    self.mode = Mode::Normal;
                }
                self.pending.clear();
            }
            Key::Char('/' | '?') if !self.wants_literal() => {
                let Key::Char(kind) = key else { return };
                self.mode = Mode::Line { kind, text: String::new() };
            }
            Key::Char(':') if !self.wants_literal() => {
                let text = if matches!(self.mode, Mode::Visual { .. }) { "'<,'>" } else { "" };
                self.leave_visual();
                self.pending.clear();
                self.mode = Mode::Line { kind: ':', text: text.to_owned() };
            }
            Key::Ctrl(c) => {
                self.pending.clear();
                self.control(c);
            }
            key => {
                self.pending.push(key);
                self.try_command(sys);
            }
        }
    }

    /// The next key is a character, not a command.
    fn wants_literal(&self) -> bool {
        matches!(self.pending.last(), Some(Key::Char(c)) if "rfFtTm'`\"".contains(*c))
    }

    fn leave_visual(&mut self) {
        if let Mode::Visual { anchor, .. } = self.mode {
            let here = (self.row, self.col);
            self.marks.insert('<', anchor.min(here));
            self.marks.insert('>', anchor.max(here));
            self.mode = Mode::Normal;
        }
    }

    fn control(&mut self, c: char) {
        let last = self.text.lines.len() - 1;
        let (half, page) = (self.height / 2, self.height.saturating_sub(2).max(1));
        match c {
            'F' => {
                self.top = (self.top + page).min(last);
                self.go(self.top.max(self.row), self.want);
            }
            'B' => {
                self.top = self.top.saturating_sub(page);
                self.go(self.row.min(self.top + self.height - 1), self.want);
            }
            'D' => {
                self.top = (self.top + half).min(last);
                self.go((self.row + half).min(last), self.want);
            }
            'U' => {
                self.top = self.top.saturating_sub(half);
                self.go(self.row.saturating_sub(half), self.want);
            }
            'E' => {
                self.top = (self.top + 1).min(last);
                self.go(self.row.max(self.top), self.want);
            }
            'Y' => {
                self.top = self.top.saturating_sub(1);
                self.go(self.row.min(self.top + self.height - 1), self.want);
            }
            'R' => self.travel(false),
            'G' => {
                let name = self.text.path.clone().unwrap_or_else(|| "[No Name]".to_owned());
                let lines = self.text.lines.len();
                let changed = if self.text.modified { " [Modified]" } else { "" };
                self.message =
                    format!("\"{name}\"{changed} {lines} lines --{}%--", (self.row + 1) * 100 / lines);
            }
            _ => {}
        }
    }

    /// Undo, or redo.
    fn travel(&mut self, back: bool) {
        let from = if back { self.undo.pop() } else { self.redo.pop() };
        let Some(then) = from else {
            self.message =
                if back { "Already at oldest change" } else { "Already at newest change" }.to_owned();
            return;
        };
        let now = Snapshot {
            lines: std::rc::Rc::new(std::mem::take(&mut self.text.lines)),
            cursor: (self.row, self.col),
        };
        let difference = then.lines.len() as i64 - now.lines.len() as i64;
        let first =
            then.lines.iter().zip(now.lines.iter()).position(|(a, b)| a != b).unwrap_or(then.cursor.0);
        self.text.lines = then.lines.to_vec();
        self.text.modified = true;
        if back {
            self.redo.push(now)
        } else {
            self.undo.push(now)
        }
        self.message = match difference {
            0 => "1 change".to_owned(),
            1 => "1 more line".to_owned(),
            -1 => "1 line less".to_owned(),
            n if n > 0 => format!("{n} more lines"),
            n => format!("{} fewer lines", -n),
        };
        self.clamp();
        let row = first.min(self.text.lines.len() - 1);
        let col = self.first_ink(row);
        self.go(row, col);
    }

    fn parse(&self) -> Parsed {
        let mut keys = self.pending.iter().copied().peekable();
        let mut count = None;
        loop {
            match keys.peek() {
                Some(Key::Char(c @ '1'..='9')) => {
                    count = Some(number(count, *c));
                    keys.next();
                }
                Some(Key::Char('0')) if count.is_some() => {
                    count = Some(number(count, '0'));
                    keys.next();
                }
                _ => break,
            }
        }
        let Some(first) = keys.next() else { return Parsed::More };
        let Key::Char(key) = first else { return Parsed::Bad };
        let rest: Vec<Key> = keys.collect();
        if TWO.contains(key) && rest.is_empty() {
            return Parsed::More;
        }
        if key == '"' {
            // A named register is read over: there is one register.
            return if rest.len() < 2 { Parsed::More } else { Parsed::Bad };
        }
        Parsed::Command { count, key, rest }
    }

    pub(super) fn try_command(&mut self, sys: &mut Sys<'_>) {
        if matches!(self.pending.as_slice(), [Key::Char('"'), Key::Char(_), _, ..]) {
            self.pending.drain(..2);
        }
        let (count, key, rest) = match self.parse() {
            Parsed::More => return,
            Parsed::Bad => return self.pending.clear(),
            Parsed::Command { count, key, rest } => (count, key, rest),
        };
        if matches!(self.mode, Mode::Visual { .. }) {
            return self.visual(count, key, &rest, sys);
        }
        if "dcy<>".contains(key) {
            return self.operator(count, key, &rest);
        }
        let keys = std::mem::take(&mut self.pending);
        if key == '.' {
            return self.repeat(count, sys);
        }
        if self.simple(count, key, &rest, &keys, sys) {
            return;
        }
        if let Some(reach) = self.moved(count, key, &rest) {
            let want = self.want;
            self.go(reach.row, reach.col);
            self.want = match key {
                '$' => usize::MAX,
                'j' | 'k' => want,
                _ => self.col,
            };
        }
    }

    /// A motion of one or two keys.
    fn moved(&mut self, count: Option<usize>, key: char, rest: &[Key]) -> Option<Reach> {
        let second = match rest.first() {
            Some(Key::Char(c)) => Some(*c),
            Some(Key::Tab) => Some('\t'),
            _ => None,
        };
        match (key, second) {
            ('g', Some('g')) => {
                let row = count.unwrap_or(1).saturating_sub(1).min(self.text.lines.len() - 1);
                let col = self.first_ink(row);
                Some(Reach { row, col, linewise: true, inclusive: false })
            }
            ('g', Some('_')) => {
                let col = self.line().iter().rposition(|c| !c.is_whitespace()).unwrap_or(0);
                Some(Reach { row: self.row, col, linewise: false, inclusive: true })
            }
            ('f' | 'F' | 't' | 'T', Some(c)) => {
                self.find = Some((key, c));
                self.find_char(key, c, count.unwrap_or(1))
            }
            ('\'' | '`', Some(mark)) => match self.marks.get(&mark).copied() {
                Some((row, col)) => {
                    let row = row.min(self.text.lines.len() - 1);
                    let col = if key == '\'' { self.first_ink(row) } else { col };
                    Some(Reach { row, col, linewise: key == '\'', inclusive: false })
                }
                None => {
                    self.message = "E20: Mark not set".to_owned();
                    None
                }
            },
            (_, None) => self.motion(key, count),
            _ => None,
        }
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
        let second = match rest.first() {
            Some(Key::Char(c)) => Some(*c),
            Some(Key::Enter) => Some('\n'),
            _ => None,
        };
        match (key, second) {
            ('u', _) => {
                for _ in 0..n {
                    self.travel(true);
                }
            }
            ('y' | 'Y', _) if key == 'Y' => self.yank_lines(self.row, self.row + n - 1),
            ('v' | 'V', _) => {
                self.mode = Mode::Visual { anchor: (self.row, self.col), lines: key == 'V' };
            }
            ('m', Some(mark)) => {
                self.marks.insert(mark, (self.row, self.col));
            }
            ('z', Some(place)) => {
                self.top = match place {
                    't' | '\n' => self.row,
                    'b' | '-' => self.row.saturating_sub(self.height.saturating_sub(1)),
                    _ => self.row.saturating_sub(self.height / 2),
                };
            }
            ('Z', Some('Z')) => self.ex("x", sys),
            ('Z', Some('Q')) => self.exit = Some(0),
            ('i' | 'a' | 'I' | 'A' | 'o' | 'O' | 's' | 'S' | 'C' | 'R', _) => {
                self.begin_change(keys);
                self.enter_insert(key, n);
            }
            ('x' | 'X' | 'D' | 'J' | 'p' | 'P' | '~' | 'r', _) => {
                self.begin_change(keys);
                self.edit(key, n, second, count.is_some());
                self.end_change();
            }
            ('&', _) => self.ex("s", sys),
            _ => return false,
        }
        true
    }

    fn enter_insert(&mut self, key: char, n: usize) {
        let row = self.row;
        self.begin_insert(if matches!(key, 'o' | 'O' | 's' | 'S' | 'C') { 1 } else { n });
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
                self.text.lines.insert(self.row, indent);
                self.changed();
            }
            's' => {
                let end = (self.col + n).min(self.line().len());
                self.cut_chars((row, self.col), (row, end));
            }
            'S' => self.change_lines(row, row + n - 1),
            'C' => self.cut_chars((row, self.col), (row, self.line().len())),
            'R' => self.mode = Mode::Replace,
            _ => {}
        }
    }

    /// Small changes of one key.
    fn edit(&mut self, key: char, n: usize, second: Option<char>, counted: bool) {
        let (row, col, len) = (self.row, self.col, self.line().len());
        match key {
            'x' if len > 0 => self.cut_chars((row, col), (row, (col + n).min(len))),
            'X' => {
                let from = col.saturating_sub(n);
                self.cut_chars((row, from), (row, col));
                self.go(row, from);
            }
            'D' => self.cut_chars((row, col), (row, len)),
            'J' => self.join(row, if counted { n.max(2) } else { 2 }),
            'p' | 'P' => self.put(key == 'p', n),
            '~' => {
                for at in col..(col + n).min(len) {
                    let c = self.text.lines[row][at];
                    let flipped =
                        if c.is_uppercase() { c.to_lowercase().next() } else { c.to_uppercase().next() };
                    self.text.lines[row][at] = flipped.unwrap_or(c);
                }
                self.changed();
                self.go(row, (col + n).min(len.saturating_sub(1)));
            }
            'r' => match second {
                Some('\n') if col < len => {
                    let tail = self.text.lines[row].split_off(col);
                    self.text.lines.insert(row + 1, tail[1..].to_vec());
                    self.changed();
                    self.go(row + 1, 0);
                }
                Some(c) if col + n <= len => {
                    self.text.lines[row][col..col + n].fill(c);
                    self.changed();
                    self.go(row, col + n - 1);
                }
                _ => {}
            },
            _ => {}
        }
        self.clamp();
    }

    fn operator(&mut self, count: Option<usize>, key: char, rest: &[Key]) {
        // [count] motion
        let mut inner = None;
        let mut at = 0;
        while let Some(Key::Char(c @ '0'..='9')) = rest.get(at)
            && (*c != '0' || inner.is_some())
        {
            inner = Some(number(inner, *c));
            at += 1;
        }
        let Some(Key::Char(motion)) = rest.get(at).copied() else {
            if rest.len() > at {
                self.pending.clear();
            }
            return;
        };
        let tail = &rest[at + 1..];
        let object = matches!(motion, 'i' | 'a');
        if (TWO.contains(motion) || object) && tail.is_empty() {
            return;
        }
        let total = match (count, inner) {
            (None, None) => None,
            (a, b) => Some(a.unwrap_or(1) * b.unwrap_or(1)),
        };
        let keys = std::mem::take(&mut self.pending);
        let (from, to, linewise) = if motion == key {
            let last = self.row + total.unwrap_or(1) - 1;
            ((self.row, 0), (last.min(self.text.lines.len() - 1), 0), true)
        } else if object {
            let Some(Key::Char(kind)) = tail.first() else { return };
            let Some((from, to)) = self.object(*kind, motion == 'a') else { return };
            ((self.row, from), (self.row, to), false)
        } else {
            // `cw` on a word is `ce`.
            let on_ink = self.line().get(self.col).is_some_and(|c| !c.is_whitespace());
            let motion = match (key, motion) {
                ('c', 'w') if on_ink => 'e',
                ('c', 'W') if on_ink => 'E',
                (_, motion) => motion,
            };
            let here = (self.row, self.col);
            let Some(reach) = self.moved(total, motion, tail) else { return };
            (self.row, self.col) = here;
            let mut end = (reach.row, reach.col + usize::from(reach.inclusive));
            // A word motion does not take the line end with it.
            if matches!(motion, 'w' | 'W') && end.0 > here.0 && !reach.linewise && end.1 == 0 {
                end = (end.0 - 1, self.text.lines[end.0 - 1].len());
            }
            let (from, to) = if end < here { ((reach.row, reach.col), here) } else { (here, end) };
            (from, to, reach.linewise)
        };
        if key != 'y' {
            self.begin_change(&keys);
        }
        self.operate(key, from, to, linewise);
        if matches!(key, 'd' | '<' | '>') {
            self.end_change();
        }
    }

    /// What `iw`, `aw`, `i"` and the like cover, within the line.
    fn object(&self, kind: char, around: bool) -> Option<(usize, usize)> {
        let line = self.line();
        let c = *line.get(self.col)?;
        if matches!(kind, 'w' | 'W') {
            let class = |c: char| match c {
                c if c.is_whitespace() => 0,
                c if kind == 'W' || c.is_alphanumeric() || c == '_' => 1,
                _ => 2,
            };
            let own = class(c);
            let from =
                (0..self.col).rev().take_while(|at| class(line[*at]) == own).last().unwrap_or(self.col);
            let mut to = (self.col..line.len()).take_while(|at| class(line[*at]) == own).last()? + 1;
            if around {
                to += line[to..].iter().take_while(|c| c.is_whitespace()).count();
            }
            return Some((from, to));
        }
        let (open, close) = match kind {
            '"' | '\'' | '`' => (kind, kind),
            '(' | ')' | 'b' => ('(', ')'),
            '[' | ']' => ('[', ']'),
            '{' | '}' | 'B' => ('{', '}'),
            '<' | '>' => ('<', '>'),
            _ => return None,
        };
        let from = (0..=self.col).rev().find(|at| line[*at] == open);
        let from = from.or_else(|| (self.col..line.len()).find(|at| line[*at] == open))?;
        let to = (from + 1..line.len()).find(|at| line[*at] == close)?;
        Some(if around { (from, to + 1) } else { (from + 1, to) })
    }

    fn operate(&mut self, key: char, from: (usize, usize), to: (usize, usize), linewise: bool) {
        match (key, linewise) {
            ('>', _) | ('<', _) => {
                self.shift(from.0, to.0, if key == '>' { 1 } else { -1 });
                let col = self.first_ink(from.0);
                self.go(from.0, col);
            }
            ('y', true) => {
                self.yank_lines(from.0, to.0);
                self.go(from.0.min(self.row), self.col);
            }
            ('y', false) => {
                self.register = Register { lines: self.span(from, to), linewise: false };
                self.go(from.0, from.1);
            }
            ('c', true) => {
                self.begin_insert(1);
                self.row = from.0;
                self.change_lines(from.0, to.0);
            }
            ('c', false) => {
                self.begin_insert(1);
                self.cut_chars(from, to);
                (self.row, self.col) = from;
            }
            (_, true) => self.delete_lines(from.0, to.0),
            (_, false) => {
                self.cut_chars(from, to);
                self.go(from.0, from.1);
            }
        }
    }

    fn visual(&mut self, count: Option<usize>, key: char, rest: &[Key], sys: &mut Sys<'_>) {
        let Mode::Visual { anchor, lines } = self.mode else { return };
        let keys = std::mem::take(&mut self.pending);
        let here = (self.row, self.col);
        let (from, to) = if anchor <= here { (anchor, here) } else { (here, anchor) };
        match key {
            'v' | 'V' => {
                let same = lines == (key == 'V');
                self.mode = if same { Mode::Normal } else { Mode::Visual { anchor, lines: key == 'V' } };
            }
            'o' => {
                self.mode = Mode::Visual { anchor: here, lines };
                (self.row, self.col) = anchor;
            }
            'd' | 'x' | 'X' | 'y' | 'Y' | 'c' | 's' | '>' | '<' | 'D' | 'R' | 'S' => {
                self.leave_visual();
                let linewise = lines || matches!(key, 'X' | 'Y' | 'D' | 'R' | 'S' | '>' | '<');
                let operator = match key {
                    'x' | 'X' | 'D' => 'd',
                    'Y' => 'y',
                    's' | 'R' | 'S' => 'c',
                    key => key,
                };
                if operator != 'y' {
                    self.begin_change(&keys);
                }
                let to = (to.0, (to.1 + 1).min(self.text.lines[to.0].len()));
                self.operate(operator, from, to, linewise);
                if matches!(operator, 'd' | '>' | '<') {
                    self.end_change();
                }
            }
            'J' => {
                self.leave_visual();
                self.begin_change(&keys);
                self.join(from.0, (to.0 - from.0 + 1).max(2));
                self.end_change();
            }
            '~' | 'u' | 'U' | 'r' => {
                self.leave_visual();
                self.begin_change(&keys);
                let with = match rest.first() {
                    Some(Key::Char(c)) => Some(*c),
                    _ => None,
                };
                self.recase(key, from, to, lines, with);
                self.end_change();
            }
            'p' | 'P' => {
                self.leave_visual();
                self.begin_change(&keys);
                let put = self.register.clone();
                let to = (to.0, (to.1 + 1).min(self.text.lines[to.0].len()));
                self.operate('d', from, to, lines);
                self.register = put;
                self.put(false, 1);
                self.end_change();
            }
            'Z' => self.ex("x", sys),
            key => {
                if let Some(reach) = self.moved(count, key, rest) {
                    let want = self.want;
                    self.go(reach.row, reach.col);
                    if matches!(key, 'j' | 'k') {
                        self.want = want;
                    }
                }
            }
        }
    }
}

fn number(so_far: Option<usize>, digit: char) -> usize {
    (so_far.unwrap_or(0) * 10 + digit as usize - '0' as usize).min(100_000)
}
