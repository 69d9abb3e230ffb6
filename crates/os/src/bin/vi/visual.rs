//! Visual mode: a selection of characters, lines or a block, and what is done to it.

use super::normal::{Command, character};
use super::object::Object;
use super::register::Register;
use super::{Mode, Pos, Selection, Shape, Vi};
use crate::bin::screen::{Key, cells};
use crate::kernel::Sys;

impl Vi {
    /// `v`, `V`, ^V
    pub(super) fn begin_visual(&mut self, shape: Shape) {
        let name = match shape {
            Shape::Chars => "v",
            Shape::Lines => "V",
            Shape::Block => "^V",
        };
        if !self.lacks(name) {
            self.mode = Mode::Visual { anchor: (self.row, self.col), shape };
        }
    }

    /// `gv`
    pub(super) fn visual_again(&mut self) {
        let Some(Selection { from, to, shape }) = self.last_selection else { return self.fail("") };
        self.mode = Mode::Visual { anchor: (from.0.min(self.last_row()), from.1), shape };
        self.go(to.0.min(self.last_row()), to.1);
    }

    pub(super) fn leave_visual(&mut self) {
        if let Mode::Visual { anchor, shape } = self.mode {
            let here = (self.row, self.col);
            self.last_selection = Some(Selection { from: anchor, to: here, shape });
            self.marks.insert('<', anchor.min(here));
            self.marks.insert('>', anchor.max(here));
            self.mode = Mode::Normal;
        }
    }

    /// The first and the last column of a block, as characters of a line.
    pub(super) fn block_columns(&self, a: Pos, b: Pos) -> (usize, usize) {
        let right = if self.want == usize::MAX { usize::MAX } else { a.1.max(b.1) };
        (a.1.min(b.1), right)
    }

    /// A command in visual mode. False: more keys are needed.
    pub(super) fn visual_command(&mut self, command: &Command, keys: &[Key], sys: &mut Sys<'_>) -> bool {
        let Mode::Visual { anchor, shape } = self.mode else { return true };
        let Command { count, key, rest } = command;
        let second = character(rest.first());
        let here = (self.row, self.col);
        if matches!(key, 'i' | 'a') && shape != Shape::Block {
            let Some(kind) = second else { return !rest.is_empty() };
            return self.select_object(kind, *key == 'a', count.unwrap_or(1), anchor);
        }
        match (*key, second) {
            ('v' | 'V', _) => {
                let wanted = if *key == 'v' { Shape::Chars } else { Shape::Lines };
                self.switch(wanted);
            }
            ('o', _) => {
                self.mode = Mode::Visual { anchor: here, shape };
                (self.row, self.col) = anchor;
            }
            ('O', _) => {
                self.mode = Mode::Visual { anchor: (anchor.0, here.1), shape };
                self.col = anchor.1;
            }
            ('g', Some('v')) if self.last_selection.is_none() => self.fail(""),
            ('g', Some('v')) => {
                let last = self.last_selection;
                self.leave_visual();
                self.last_selection = last;
                self.visual_again();
            }
            _ if self.changes(*key, second, shape) => {
                let selection = Selection { from: anchor, to: here, shape };
                self.leave_visual();
                let yanks = matches!(key, 'y' | 'Y' | '!' | 'Z');
                self.next_selection = Some(selection).filter(|_| !yanks);
                self.change_selected(command, selection, keys, sys);
            }
            _ => match self.moved(*count, *key, rest) {
                Some(reach) => {
                    let want = self.want;
                    self.go(reach.row, reach.col);
                    match key {
                        '$' => {
                            self.want = usize::MAX;
                            // The line's end is selected too.
                            self.col = if shape == Shape::Chars { self.line().len() } else { self.col };
                        }
                        'j' | 'k' => self.want = want,
                        _ => {}
                    }
                    // A selection goes to the line's end, not beyond it.
                    if self.col == self.line().len() && *key != '$' {
                        self.col = self.col.saturating_sub(1);
                    }
                }
                None => self.fail(""),
            },
        }
        true
    }

    /// To another shape, or out of visual mode.
    pub(super) fn switch(&mut self, wanted: Shape) {
        if let Mode::Visual { anchor, shape } = self.mode {
            if shape == wanted {
                self.leave_visual();
            } else {
                self.mode = Mode::Visual { anchor, shape: wanted };
            }
        }
    }

    fn changes(&self, key: char, second: Option<char>, shape: Shape) -> bool {
        match key {
            'g' => matches!(second, Some('~' | 'u' | 'U' | '?' | 'J' | 'q')),
            'I' | 'A' => shape == Shape::Block || key == 'A' || key == 'I',
            key => "dxXyYcsCSR<>=!DJ~uUrpPZ".contains(key),
        }
    }

    fn select_object(&mut self, kind: char, around: bool, count: usize, anchor: Pos) -> bool {
        let selected = |object: &Object| {
            !object.linewise
                && object.from == anchor
                && (object.to.0, object.to.1.saturating_sub(1)) == (self.row, self.col)
        };
        // The same object again: the next larger one.
        let found = self.object(kind, around, count);
        let found = match found.filter(|object| !selected(object)) {
            None if kind == 't' && !around => self.object(kind, true, count),
            None if !"wW\"'`sp".contains(kind) => self.object(kind, around, count + 1),
            found => found,
        };
        let Some(object) = found else {
            self.fail("");
            return true;
        };
        let shape = if object.linewise { Shape::Lines } else { Shape::Chars };
        // A selection that is there already grows.
        let from = if anchor == (self.row, self.col) { object.from } else { anchor.min(object.from) };
        self.mode = Mode::Visual { anchor: from, shape };
        let to = if object.linewise { object.to } else { (object.to.0, object.to.1.saturating_sub(1)) };
        self.go(to.0, to.1);
        true
    }

    /// What is done to a selection.
    fn change_selected(&mut self, command: &Command, selection: Selection, keys: &[Key], sys: &mut Sys<'_>) {
        let n = command.count.unwrap_or(1);
        let Selection { from: a, to: b, shape } = selection;
        let (from, to) = if a <= b { (a, b) } else { (b, a) };
        let second = character(command.rest.first());
        let key = if command.key == 'g' { second.unwrap_or('g') } else { command.key };
        if key != 'y' && key != 'Y' && key != '!' {
            self.begin_change(keys);
        }
        let whole = shape == Shape::Lines
            || matches!(key, 'X' | 'Y' | 'R' | 'S') && shape == Shape::Chars
            || matches!(key, 'D' | 'C') && shape == Shape::Chars;
        match key {
            'Z' => return self.ex("x", sys),
            '!' => return self.open_line(':', "'<,'>!"),
            'J' => self.join(from.0, (to.0 - from.0 + 1).max(2), command.key != 'g'),
            '>' | '<' => {
                for _ in 0..n.min(50) {
                    self.shift(from.0, to.0, if key == '>' { 1 } else { -1 });
                }
                self.go_to_line(from.0);
            }
            '=' | 'q' => self.operate(key, from, to, true, sys),
            'p' | 'P' => self.replace_selected(selection, key == 'P', n, sys),
            _ if shape == Shape::Block => return self.change_block(key, second, selection),
            'I' | 'A' => {
                self.begin_insert(1);
                let at = match (key, whole) {
                    ('I', true) => (from.0, 0),
                    ('I', false) => from,
                    (_, true) => (to.0, usize::MAX),
                    _ => (to.0, to.1 + 1),
                };
                (self.row, self.col) = at;
                self.clamp();
                return;
            }
            '~' | 'u' | 'U' | '?' | 'r' => {
                let with = if key == 'r' { second } else { None };
                let ends = if whole { ((from.0, 0), (to.0, usize::MAX)) } else { (from, to) };
                self.recase(key, ends.0, ends.1, with);
                self.go(from.0, if whole { 0 } else { from.1 });
            }
            key => {
                let operator = match key {
                    'x' | 'X' | 'D' => 'd',
                    'Y' => 'y',
                    's' | 'R' | 'S' | 'C' => 'c',
                    key => key,
                };
                // Beyond the last character: the line's end is part of it.
                let to = self.past(to, whole);
                self.operate(operator, from, to, whole, sys);
                if operator == 'y' || operator == 'c' {
                    return;
                }
            }
        }
        self.end_change();
    }

    /// Right behind the last selected place.
    fn past(&self, to: Pos, whole: bool) -> Pos {
        let len = self.text.lines[to.0].len();
        if !whole && to.1 >= len && to.0 < self.last_row() {
            (to.0 + 1, 0)
        } else {
            (to.0, (to.1 + 1).min(len))
        }
    }

    /// `p` on a selection: it is replaced, and (with `p`) becomes what is yanked.
    fn replace_selected(&mut self, selection: Selection, keep: bool, n: usize, sys: &mut Sys<'_>) {
        let Selection { from: a, to: b, shape } = selection;
        let (from, to) = (a.min(b), a.max(b));
        let put = self.register(self.registers.chosen);
        let chosen = self.registers.chosen.take();
        let whole = shape == Shape::Lines;
        let at_end = whole && to.0 == self.last_row() && from.0 > 0;
        if shape == Shape::Block {
            self.cut_block(a, b);
        } else {
            let to = self.past(to, whole);
            let at_line_end = !whole && to.1 >= self.text.lines[to.0].len() && to.1 > 0 && from.1 > 0;
            if keep {
                self.registers.chosen = Some('_');
            }
            self.operate('d', from, to, whole, sys);
            self.registers.chosen = None;
            match (whole, put.is_linewise()) {
                // Whole lines make room for a line; a piece of a line makes room for lines by splitting it.
                (true, false) => {
                    let put = Register::new(put.lines, Shape::Lines);
                    self.put_register(&put, at_end, n, false);
                }
                (false, true) => {
                    let (row, col) = (self.row, if at_line_end { self.line().len() } else { self.col });
                    let tail = self.text.lines[row].split_off(col);
                    self.text.lines.insert(row + 1, tail);
                    self.put_register(&put, true, n, false);
                }
                (_, linewise) => self.put_register(&put, (at_end && linewise) || at_line_end, n, false),
            }
            self.registers.chosen = chosen;
            return;
        }
        self.put_register(&put, false, n, false);
    }

    /// The characters of a block in each of its lines.
    fn block(&self, a: Pos, b: Pos) -> Vec<(usize, usize, usize)> {
        let (left, right) = self.block_columns(a, b);
        let rows = a.0.min(b.0)..=a.0.max(b.0);
        rows.map(|row| {
            let len = self.text.lines[row].len();
            (row, left.min(len), right.saturating_add(1).min(len))
        })
        .collect()
    }

    fn cut_block(&mut self, a: Pos, b: Pos) {
        let mut lines = Vec::new();
        for (row, from, to) in self.block(a, b) {
            lines.push(self.text.lines[row].drain(from..to).collect());
        }
        self.keep(Register::new(lines, Shape::Block), true);
        self.changed();
        self.go(a.0.min(b.0), a.1.min(b.1));
    }

    /// What is done to a block.
    fn change_block(&mut self, key: char, second: Option<char>, selection: Selection) {
        let Selection { from: a, to: b, .. } = selection;
        let (top, bottom) = (a.0.min(b.0), a.0.max(b.0));
        let (left, right) = self.block_columns(a, b);
        match key {
            'y' | 'Y' => {
                let cut = self.block(a, b);
                let lines: Vec<Vec<char>> =
                    cut.iter().map(|(row, from, to)| self.text.lines[*row][*from..*to].to_vec()).collect();
                if lines.len() > 2 {
                    self.message = format!("block of {} lines yanked", lines.len());
                }
                self.keep(Register::new(lines, Shape::Block), false);
                return self.go(top, left);
            }
            '~' | 'u' | 'U' | 'r' => {
                for (row, from, to) in self.block(a, b) {
                    if to > from {
                        let with = if key == 'r' { second } else { None };
                        self.recase(key, (row, from), (row, to - 1), with);
                    }
                }
                self.go(top, left);
            }
            'd' | 'x' | 'X' => self.cut_block(a, b),
            'D' => {
                self.want = usize::MAX;
                self.cut_block(a, b);
            }
            'c' | 's' | 'C' | 'S' | 'R' => {
                if key == 'C' {
                    self.want = usize::MAX;
                }
                self.begin_insert(1);
                self.cut_block(a, b);
                self.block_insert = Some((top + 1, bottom, left));
                (self.row, self.col) = (top, left);
                return;
            }
            'I' | 'A' => {
                self.begin_insert(1);
                let at = if key == 'I' { left } else { right.saturating_add(1) };
                // `$A` appends to each line, however long.
                if key == 'A' && at != usize::MAX {
                    for row in top..=bottom {
                        let len = self.text.lines[row].len();
                        self.text.lines[row].extend(std::iter::repeat_n(' ', at.saturating_sub(len)));
                    }
                }
                self.block_insert = Some((top + 1, bottom, at));
                (self.row, self.col) = (top, at.min(self.text.lines[top].len()));
                return;
            }
            _ => return self.fail(""),
        }
        self.end_change();
    }

    /// Text typed at the first line of a block goes into the others too.
    pub(super) fn repeat_in_block(&mut self, text: &[char]) {
        let Some((from, to, col)) = self.block_insert.take() else { return };
        if text.contains(&'\n') {
            return;
        }
        for row in from..=to.min(self.last_row()) {
            let line = &mut self.text.lines[row];
            let at = if col == usize::MAX { line.len() } else { col };
            if at <= line.len() {
                line.splice(at..at, text.iter().copied());
            }
        }
        self.changed();
    }

    /// A selection as large as that of the last change, from the cursor on: what `.` works on.
    pub(super) fn select_as_before(&mut self) {
        let Some(Selection { from: a, to: b, shape }) = self.change_selection else { return };
        let (from, to) = (a.min(b), a.max(b));
        let anchor = (self.row, self.col);
        self.mode = Mode::Visual { anchor, shape };
        let row = (self.row + to.0 - from.0).min(self.last_row());
        let col = match shape {
            Shape::Block => self.col + a.1.abs_diff(b.1),
            _ if from.0 == to.0 => self.col + (to.1 - from.1),
            _ => to.1,
        };
        self.go(row, col);
    }

    /// The width of a line's indentation.
    pub(super) fn indent_width(&self, row: usize) -> usize {
        let line = &self.text.lines[row];
        let blank = line.iter().take_while(|c| c.is_whitespace()).count();
        cells(&line[..blank], self.settings.tab_stop).0.len()
    }
}
