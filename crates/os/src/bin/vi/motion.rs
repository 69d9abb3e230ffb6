//! Where motions lead.

use super::{Pos, Vi};

/// A motion's end and what it covers.
pub(super) struct Reach {
    pub row: usize,
    pub col: usize,
    /// Whole lines.
    pub linewise: bool,
    /// The character at the end is part of it.
    pub inclusive: bool,
}

impl Reach {
    fn chars(row: usize, col: usize) -> Option<Reach> {
        Some(Reach { row, col, linewise: false, inclusive: false })
    }
    fn onto(row: usize, col: usize) -> Option<Reach> {
        Some(Reach { row, col, linewise: false, inclusive: true })
    }
    fn lines(row: usize, col: usize) -> Option<Reach> {
        Some(Reach { row, col, linewise: true, inclusive: false })
    }
}

/// White space, word character, anything else.
pub(super) fn class(c: char, big: bool) -> u8 {
    match c {
        c if c.is_whitespace() => 0,
        _ if big => 1,
        c if c.is_alphanumeric() || c == '_' => 1,
        _ => 2,
    }
}

impl Vi {
    /// The first character that is not white.
    pub(super) fn first_ink(&self, row: usize) -> usize {
        let line = &self.text.lines[row];
        line.iter().position(|c| !c.is_whitespace()).unwrap_or(line.len().saturating_sub(1))
    }

    /// Where a one-key motion leads. `count` is what was typed before it.
    pub(super) fn motion(&mut self, key: char, count: Option<usize>) -> Option<Reach> {
        let n = count.unwrap_or(1);
        let last = self.last_row();
        match key {
            'h' => (self.col > 0).then(|| Reach::chars(self.row, self.col.saturating_sub(n)))?,
            'l' => {
                let len = self.line().len();
                (len > 0).then(|| Reach::chars(self.row, (self.col + n).min(len)))?
            }
            // Backspace and space go on to other lines.
            '\u{8}' | ' ' => self.step(n, key == ' '),
            'j' => (self.row < last).then(|| Reach::lines((self.row + n).min(last), self.want))?,
            'k' => (self.row > 0).then(|| Reach::lines(self.row.saturating_sub(n), self.want))?,
            '+' | '_' => {
                let down = if key == '_' { n - 1 } else { n };
                (self.row + down <= last)
                    .then(|| Reach::lines(self.row + down, self.first_ink(self.row + down)))?
            }
            '-' => (self.row >= n).then(|| Reach::lines(self.row - n, self.first_ink(self.row - n)))?,
            '0' => Reach::chars(self.row, 0),
            '^' => Reach::chars(self.row, self.first_ink(self.row)),
            '|' => Reach::chars(self.row, (n - 1).min(self.line().len())),
            '$' => {
                let row = (self.row + n - 1).min(last);
                Reach::onto(row, self.text.lines[row].len().saturating_sub(1))
            }
            'G' | 'H' | 'L' | 'M' => {
                self.scroll();
                let row = match key {
                    'G' => count.map_or(last, |n| n.saturating_sub(1).min(last)),
                    'H' => (self.top + n - 1).min(last),
                    'L' => (self.top + self.height).saturating_sub(n).clamp(self.top, last),
                    _ => (self.top + (last - self.top).min(self.height) / 2).min(last),
                };
                self.note_jump();
                Reach::lines(row, self.first_ink(row))
            }
            'w' | 'W' | 'e' | 'E' | 'b' | 'B' => self.words(key, n),
            '{' | '}' => {
                self.note_jump();
                let row = (0..n).fold(self.row, |row, _| self.paragraph(row, key == '}'));
                Reach::chars(row, if row == last { self.text.lines[row].len() } else { 0 })
            }
            '(' | ')' => {
                self.note_jump();
                let (row, col) = (0..n).fold((self.row, self.col), |at, _| self.sentence(at, key == ')'));
                Reach::chars(row, col)
            }
            '%' => match count {
                Some(n) => {
                    self.note_jump();
                    let row = ((n * (last + 1)).div_ceil(100)).clamp(1, last + 1) - 1;
                    Reach::lines(row, self.first_ink(row))
                }
                None => {
                    let reach = self.matching()?;
                    self.note_jump();
                    Some(reach)
                }
            },
            'n' | 'N' => self.again(key == 'n', n),
            '*' | '#' => {
                let Some(word) = self.word_under() else {
                    self.fail("E348: No string under cursor");
                    return None;
                };
                self.search = Some((format!("\\<{word}\\>"), key == '*'));
                self.again(true, n)
            }
            ';' | ',' => {
                let (kind, c) = self.find?;
                let kind = match (key, kind) {
                    (';', kind) => kind,
                    (_, 'f') => 'F',
                    (_, 'F') => 'f',
                    (_, 't') => 'T',
                    _ => 't',
                };
                // Right before the character, `;` goes on to the next one.
                self.find_char(kind, c, n, true)
            }
            _ => None,
        }
    }

    /// The last search again.
    pub(super) fn again(&mut self, same: bool, n: usize) -> Option<Reach> {
        let Some((pattern, forward)) = self.search.clone() else {
            self.or_last_pattern(String::new());
            return None;
        };
        let here = (self.row, self.col);
        self.note_jump();
        for _ in 0..n.min(1_000) {
            match self.search_from(&pattern, forward == same) {
                Some(found) => (self.row, self.col) = found,
                None => {
                    (self.row, self.col) = here;
                    return None;
                }
            }
        }
        let found = (self.row, self.col);
        (self.row, self.col) = here;
        Reach::chars(found.0, found.1)
    }

    fn words(&self, key: char, n: usize) -> Option<Reach> {
        let (mut row, mut col) = (self.row, self.col);
        for _ in 0..n.min(10_000) {
            (row, col) = match key {
                'w' | 'W' => self.word_forward(row, col, key == 'W'),
                'e' | 'E' => self.word_end(row, col, key == 'E'),
                _ => self.word_back(row, col, key == 'B'),
            };
        }
        match key {
            'w' | 'W' => Reach::chars(row, col),
            _ if (row, col) == (self.row, self.col) => None,
            'e' | 'E' => Reach::onto(row, col),
            _ => Reach::chars(row, col),
        }
    }

    /// `ge`: back to the end of a word.
    pub(super) fn word_end_back(&self, n: usize, big: bool) -> Option<Reach> {
        let (mut row, mut col) = (self.row, self.col);
        for _ in 0..n.min(10_000) {
            let start = self.at(row, col).map_or(0, |c| class(c, big));
            let mut same = true;
            loop {
                if col == 0 {
                    if row == 0 {
                        return Reach::onto(0, 0);
                    }
                    row -= 1;
                    col = self.text.lines[row].len();
                    same = false;
                    if col == 0 {
                        break;
                    }
                }
                col -= 1;
                let kind = self.at(row, col).map_or(0, |c| class(c, big));
                same = same && kind == start;
                if kind != 0 && !same {
                    break;
                }
            }
        }
        Reach::onto(row, col)
    }

    /// Characters on or back, over the ends of lines.
    fn step(&self, n: usize, forward: bool) -> Option<Reach> {
        let (mut row, mut col) = (self.row, self.col);
        for _ in 0..n.min(100_000) {
            if forward && col + 1 < self.text.lines[row].len() {
                col += 1;
            } else if forward && row < self.last_row() {
                (row, col) = (row + 1, 0);
            } else if forward {
                col = self.text.lines[row].len();
            } else if col > 0 {
                col -= 1;
            } else if row > 0 {
                row -= 1;
                col = self.text.lines[row].len().saturating_sub(1);
            }
        }
        Reach::chars(row, col)
    }

    /// The begin of the next or the present sentence.
    fn sentence(&self, (row, col): Pos, forward: bool) -> Pos {
        let mut starts = Vec::new();
        let (from, to) =
            if forward { (row, self.paragraph(row, true)) } else { (self.paragraph(row, false), row) };
        for row in from..=to {
            let line = &self.text.lines[row];
            let mut begins =
                row == from || self.text.lines[row - 1].last().is_none_or(|c| ".!?".contains(*c));
            begins |= line.is_empty();
            for (n, c) in line.iter().enumerate() {
                if begins && !c.is_whitespace() {
                    starts.push((row, n));
                    begins = false;
                }
                begins |= c.is_whitespace() && n > 0 && ".!?".contains(line[n - 1]);
            }
            if line.is_empty() {
                starts.push((row, 0));
            }
        }
        if forward {
            let end = (to, self.text.lines[to].len().saturating_sub(1));
            starts.into_iter().find(|at| *at > (row, col)).unwrap_or(end)
        } else {
            starts.into_iter().rev().find(|at| *at < (row, col)).unwrap_or((from, 0))
        }
    }

    /// Remembers this place for `''` and ^O.
    pub(super) fn note_jump(&mut self) {
        let here = (self.row, self.col);
        self.marks.insert('\'', here);
        self.marks.insert('`', here);
        self.jumps.retain(|place| place.0 != here.0);
        self.jumps.push(here);
        if self.jumps.len() > 100 {
            self.jumps.remove(0);
        }
        self.jump_at = self.jumps.len();
    }

    /// ^O and Tab: to older and newer places.
    pub(super) fn jump(&mut self, back: bool, n: usize) {
        for _ in 0..n.min(100) {
            if back && self.jump_at == self.jumps.len() && self.jump_at > 0 {
                let at = self.jump_at - 1;
                let place = self.jumps[at];
                self.note_jump();
                self.jump_at = self.jumps.iter().position(|p| *p == place).unwrap_or(at);
            } else if back && self.jump_at > 0 {
                self.jump_at -= 1;
            } else if !back && self.jump_at + 1 < self.jumps.len() {
                self.jump_at += 1;
            } else {
                return self.fail("");
            }
            if let Some((row, col)) = self.jumps.get(self.jump_at).copied() {
                self.go(row.min(self.last_row()), col);
            }
        }
    }

    /// `f`, `F`, `t`, `T`
    pub(super) fn find_char(&self, kind: char, c: char, n: usize, again: bool) -> Option<Reach> {
        let line = self.line();
        let mut col = self.col;
        for round in 0..n.min(10_000) {
            let skip = usize::from(again && round == 0 && (kind == 't' || kind == 'T'));
            col = match kind {
                'f' | 't' => (col + 1 + skip..line.len()).find(|at| line[*at] == c)?,
                _ => (0..col.saturating_sub(skip)).rev().find(|at| line[*at] == c)?,
            };
        }
        match kind {
            'f' => Reach::onto(self.row, col),
            't' => Reach::onto(self.row, col - 1),
            'F' => Reach::chars(self.row, col),
            _ => Reach::chars(self.row, col + 1),
        }
    }

    pub(super) fn at(&self, row: usize, col: usize) -> Option<char> {
        self.text.lines.get(row)?.get(col).copied()
    }

    fn word_forward(&self, mut row: usize, mut col: usize, big: bool) -> (usize, usize) {
        let last = self.text.lines.len() - 1;
        let start = self.at(row, col).map_or(0, |c| class(c, big));
        while self.at(row, col).is_some_and(|c| class(c, big) == start && start != 0) {
            col += 1;
        }
        loop {
            match self.at(row, col) {
                Some(c) if c.is_whitespace() => col += 1,
                Some(_) => return (row, col),
                None if row == last => return (row, self.text.lines[row].len()),
                None => {
                    row += 1;
                    col = 0;
                    if self.text.lines[row].is_empty() {
                        return (row, 0);
                    }
                }
            }
        }
    }

    fn word_end(&self, mut row: usize, mut col: usize, big: bool) -> (usize, usize) {
        let last = self.text.lines.len() - 1;
        col += 1;
        while self.at(row, col).is_none_or(char::is_whitespace) {
            if col >= self.text.lines[row].len() {
                if row == last {
                    return (row, self.text.lines[row].len().saturating_sub(1));
                }
                row += 1;
                col = 0;
            } else {
                col += 1;
            }
        }
        let kind = self.at(row, col).map_or(0, |c| class(c, big));
        while self.at(row, col + 1).is_some_and(|c| class(c, big) == kind) {
            col += 1;
        }
        (row, col)
    }

    fn word_back(&self, mut row: usize, mut col: usize, big: bool) -> (usize, usize) {
        loop {
            if col == 0 {
                if row == 0 {
                    return (0, 0);
                }
                row -= 1;
                col = self.text.lines[row].len();
                if col == 0 {
                    return (row, 0);
                }
                continue;
            }
            col -= 1;
            if self.at(row, col).is_some_and(|c| !c.is_whitespace()) {
                break;
            }
        }
        let kind = self.at(row, col).map_or(0, |c| class(c, big));
        while col > 0 && self.at(row, col - 1).is_some_and(|c| class(c, big) == kind) {
            col -= 1;
        }
        (row, col)
    }

    pub(super) fn paragraph(&self, row: usize, forward: bool) -> usize {
        let last = self.text.lines.len() - 1;
        let mut row = row;
        let empty = |row: usize| self.text.lines[row].is_empty();
        while empty(row) && row != if forward { last } else { 0 } {
            row = if forward { row + 1 } else { row - 1 };
        }
        while !empty(row) && row != if forward { last } else { 0 } {
            row = if forward { row + 1 } else { row - 1 };
        }
        row
    }

    fn matching(&self) -> Option<Reach> {
        const PAIRS: [(char, char); 3] = [('(', ')'), ('[', ']'), ('{', '}')];
        let line = self.line();
        let start = (self.col..line.len()).find(|at| "()[]{}".contains(line[*at]))?;
        let c = line[start];
        let (open, close) = PAIRS.into_iter().find(|(a, b)| *a == c || *b == c)?;
        let forward = c == open;
        let (mut row, mut col, mut depth) = (self.row, start, 0);
        loop {
            match self.at(row, col) {
                Some(x) if x == open => depth += if forward { 1 } else { -1 },
                Some(x) if x == close => depth += if forward { -1 } else { 1 },
                _ => {}
            }
            if depth == 0 {
                return Reach::onto(row, col);
            }
            if forward {
                col += 1;
                while col >= self.text.lines[row].len() {
                    row += 1;
                    col = 0;
                    if row >= self.text.lines.len() {
                        return None;
                    }
                }
            } else {
                while col == 0 {
                    row = row.checked_sub(1)?;
                    col = self.text.lines[row].len();
                }
                col -= 1;
            }
        }
    }
}
