//! Operators: `d`, `c`, `y`, `<`, `>`, `=`, `!` and those with `g`, on what a motion or an object covers.

use super::normal::{Command, character, number};
use super::register::Register;
use super::{Pos, Shape, Vi};
use crate::bin::screen::Key;
use crate::kernel::Sys;

/// What an operator is for: from here to right before there; whole lines or not.
struct Span {
    from: Pos,
    to: Pos,
    linewise: bool,
}

impl Vi {
    /// An operator with the keys behind it. False: more keys are needed.
    pub(super) fn operator(&mut self, command: &Command, keys: &[Key], sys: &mut Sys<'_>) -> bool {
        let mut rest = command.rest.as_slice();
        let mut key = command.key;
        let two = key == 'g';
        if two {
            key = character(rest.first()).unwrap_or('g');
            rest = &rest[1..];
            if key == 'J' {
                self.begin_change(keys);
                self.join(self.row, command.count.unwrap_or(2).max(2), false);
                self.end_change();
                return true;
            }
            if self.lacks("g") {
                return true;
            }
        }
        let mut inner = None;
        while let Some(Key::Char(c @ '0'..='9')) = rest.first()
            && (*c != '0' || inner.is_some())
        {
            inner = Some(number(inner, *c));
            rest = &rest[1..];
        }
        let Some(Key::Char(motion)) = rest.first().copied() else {
            return !rest.is_empty();
        };
        let tail = &rest[1..];
        let total = match (command.count, inner) {
            (None, None) => None,
            (a, b) => Some((a.unwrap_or(1) * b.unwrap_or(1)).min(100_000)),
        };
        let doubled = motion == key || (two && motion == 'g' && character(tail.first()) == Some(key));
        if !doubled && "gzfFtTia'`".contains(motion) && tail.is_empty() {
            return false;
        }
        let span = if doubled {
            let last = self.row + total.unwrap_or(1) - 1;
            if last > self.last_row() && total.is_some_and(|n| n > self.text.lines.len()) && key != 'd' {
                self.fail("");
                return true;
            }
            Some(Span { from: (self.row, 0), to: (last.min(self.last_row()), 0), linewise: true })
        } else {
            self.covered(key, motion, total, tail)
        };
        match span {
            Some(span) => self.carry_out(key, &span, keys, sys),
            None => self.fail(""),
        }
        true
    }

    /// What a motion or an object behind an operator covers.
    fn covered(&mut self, key: char, motion: char, count: Option<usize>, tail: &[Key]) -> Option<Span> {
        if matches!(motion, 'i' | 'a') {
            if self.lacks(&motion.to_string()) {
                return None;
            }
            let object =
                self.object(character(tail.first())?, motion == 'a', count.unwrap_or(1).min(1_000))?;
            return Some(Span { from: object.from, to: object.to, linewise: object.linewise });
        }
        // `cw` on a word is `ce`.
        let on_ink = self.line().get(self.col).is_some_and(|c| !c.is_whitespace());
        let as_typed = motion;
        let motion = match (key, motion) {
            ('c', 'w') if on_ink => 'e',
            ('c', 'W') if on_ink => 'E',
            (_, motion) => motion,
        };
        let here = (self.row, self.col);
        // `cw` at the end of a word changes that word alone.
        if motion != as_typed && count.unwrap_or(1) == 1 {
            let end = self.word_stop(here, motion == 'E');
            return Some(Span { from: here, to: (here.0, end), linewise: false });
        }
        let reach = self.moved(count, motion, tail)?;
        (self.row, self.col) = here;
        let mut end = (reach.row, reach.col + usize::from(reach.inclusive));
        // A word motion does not take the line end with it.
        if matches!(motion, 'w' | 'W') && end.0 > here.0 && !reach.linewise {
            let ink = self.first_ink(end.0);
            if reach.col <= ink {
                end = (end.0 - 1, self.text.lines[end.0 - 1].len());
            }
        }
        // Neither does a motion that ends at the begin of a later line.
        if matches!(motion, '}' | ')' | 'n' | 'N') && end.1 == 0 && end.0 > here.0 {
            end = (end.0 - 1, self.text.lines[end.0 - 1].len());
            if here.1 <= self.first_ink(here.0) && motion == '}' {
                return Some(Span { from: (here.0, 0), to: (end.0, 0), linewise: true });
            }
        }
        let (from, to) = if end < here {
            let past = usize::from(motion == '%' || (motion == 'g' && reach.inclusive));
            ((reach.row, reach.col), (here.0, here.1 + past))
        } else {
            (here, end)
        };
        Some(Span { from, to, linewise: reach.linewise })
    }

    /// The end of the word at a place.
    fn word_stop(&self, (row, col): Pos, big: bool) -> usize {
        let line = &self.text.lines[row];
        let kind = |at: usize| super::motion::class(line[at], big);
        (col..line.len()).take_while(|at| kind(*at) == kind(col)).count() + col
    }

    fn carry_out(&mut self, key: char, span: &Span, keys: &[Key], sys: &mut Sys<'_>) {
        let Span { from, to, mut linewise } = *span;
        // As vi always did: what is deleted over lines and would leave an empty one are whole lines.
        if key == 'd' && !linewise && to.0 > from.0 {
            let blank = |part: &[char]| part.iter().all(|c| c.is_whitespace());
            let (first, last) = (&self.text.lines[from.0], &self.text.lines[to.0]);
            linewise = blank(&first[..from.1.min(first.len())]) && blank(&last[to.1.min(last.len())..]);
        }
        if key == '!' {
            let count = to.0 - from.0;
            let text = if count == 0 { ".!".to_owned() } else { format!(".,.+{count}!") };
            self.go(from.0, 0);
            return self.open_line(':', &text);
        }
        if key != 'y' {
            self.begin_change(keys);
        }
        self.operate(key, from, to, linewise, sys);
        if !matches!(key, 'c' | 'y') {
            self.end_change();
        }
    }

    /// Does what an operator does, from one place to right before another.
    pub(super) fn operate(&mut self, key: char, from: Pos, to: Pos, linewise: bool, _sys: &mut Sys<'_>) {
        self.marks.insert('[', from);
        self.marks.insert(']', (to.0, to.1.saturating_sub(1)));
        let last = if linewise { (to.0, usize::MAX) } else { (to.0, to.1.saturating_sub(1)) };
        match (key, linewise) {
            ('>' | '<', _) => {
                self.shift(from.0, to.0, if key == '>' { 1 } else { -1 });
                self.go_to_line(from.0);
            }
            ('=', _) => self.reindent(from.0, to.0),
            ('~' | 'u' | 'U' | '?', _) => {
                self.recase(key, if linewise { (from.0, 0) } else { from }, last, None);
                self.go(from.0, if linewise { self.col } else { from.1 });
            }
            ('q', _) => self.format(from.0, to.0),
            ('y', true) => {
                self.yank_lines(from.0, to.0);
                if from.0 < self.row {
                    self.go(from.0, self.col);
                }
            }
            ('y', false) => {
                let lines = self.span(from, to);
                self.keep(Register::new(lines, Shape::Chars), false);
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

    /// `=`: lines are indented as the line above, deeper behind an opening one.
    fn reindent(&mut self, from: usize, to: usize) {
        let opens = |line: &[char]| {
            line.iter().rev().find(|c| !c.is_whitespace()).is_some_and(|c| "{([".contains(*c))
        };
        for row in from..=to {
            let above =
                (0..row).rev().find(|above| self.text.lines[*above].iter().any(|c| !c.is_whitespace()));
            let first = self.text.lines[row].iter().find(|c| !c.is_whitespace()).copied();
            let Some(first) = first else {
                self.text.lines[row].clear();
                continue;
            };
            let base = above.map_or(0, |above| {
                let deeper = opens(&self.text.lines[above]);
                self.indent_width(above) + if deeper { self.shift_width() } else { 0 }
            });
            let wanted = if "})]".contains(first) { base.saturating_sub(self.shift_width()) } else { base };
            self.set_indent(row, wanted);
        }
        self.changed();
        if to - from >= 2 {
            self.message = format!("{} lines indented ", to - from + 1);
        }
        self.go_to_line(from);
    }

    /// `gq`: paragraphs filled to 79 columns.
    fn format(&mut self, from: usize, to: usize) {
        let mut out: Vec<Vec<char>> = Vec::new();
        let mut fill = false;
        for row in from..=to {
            let line = self.text.lines[row].clone();
            if line.iter().all(|c| c.is_whitespace()) {
                out.push(Vec::new());
                fill = false;
                continue;
            }
            let indent: Vec<char> = line.iter().take_while(|c| c.is_whitespace()).copied().collect();
            for word in line.split(|c| c.is_whitespace()).filter(|word| !word.is_empty()) {
                match out.last_mut().filter(|last| fill && last.len() + 1 + word.len() <= 79) {
                    Some(last) => {
                        last.push(' ');
                        last.extend(word);
                    }
                    None => {
                        let mut line = indent.clone();
                        line.extend(word);
                        out.push(line);
                    }
                }
                fill = true;
            }
        }
        let rows = out.len();
        self.text.lines.splice(from..=to, out);
        self.changed();
        self.go_to_line(from + rows.saturating_sub(1));
    }
}
