//! Where motions lead.

use super::Vi;
use crate::text::regex::{Regex, Style};

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
fn class(c: char, big: bool) -> u8 {
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
        let last = self.text.lines.len() - 1;
        match key {
            'h' => (self.col > 0).then(|| Reach::chars(self.row, self.col.saturating_sub(n)))?,
            'l' => {
                let len = self.line().len();
                (len > 0).then(|| Reach::chars(self.row, (self.col + n).min(len)))?
            }
            'j' => (self.row < last).then(|| Reach::lines((self.row + n).min(last), self.want))?,
            'k' => (self.row > 0).then(|| Reach::lines(self.row.saturating_sub(n), self.want))?,
            '+' => {
                let row = (self.row + n).min(last);
                Reach::lines(row, self.first_ink(row))
            }
            '-' => {
                let row = self.row.saturating_sub(n);
                Reach::lines(row, self.first_ink(row))
            }
            '0' => Reach::chars(self.row, 0),
            '^' => Reach::chars(self.row, self.first_ink(self.row)),
            '$' => {
                let row = (self.row + n - 1).min(last);
                Reach::onto(row, self.text.lines[row].len().saturating_sub(1))
            }
            'G' => {
                let row = count.map_or(last, |n| n.saturating_sub(1).min(last));
                Reach::lines(row, self.first_ink(row))
            }
            'H' => Reach::lines(self.top, self.first_ink(self.top)),
            'L' => {
                let row = (self.top + self.height.saturating_sub(1)).min(last);
                Reach::lines(row, self.first_ink(row))
            }
            'M' => {
                let row = (self.top + (last - self.top).min(self.height) / 2).min(last);
                Reach::lines(row, self.first_ink(row))
            }
            'w' | 'W' => {
                let (mut row, mut col) = (self.row, self.col);
                for _ in 0..n {
                    (row, col) = self.word_forward(row, col, key == 'W');
                }
                Reach::chars(row, col)
            }
            'e' | 'E' => {
                let (mut row, mut col) = (self.row, self.col);
                for _ in 0..n {
                    (row, col) = self.word_end(row, col, key == 'E');
                }
                Reach::onto(row, col)
            }
            'b' | 'B' => {
                let (mut row, mut col) = (self.row, self.col);
                for _ in 0..n {
                    (row, col) = self.word_back(row, col, key == 'B');
                }
                Reach::chars(row, col)
            }
            '{' | '}' => {
                let mut row = self.row;
                for _ in 0..n {
                    row = self.paragraph(row, key == '}');
                }
                Reach::chars(row, if row == last { self.text.lines[row].len() } else { 0 })
            }
            '%' => self.matching(),
            'n' | 'N' => {
                let (pattern, forward) = self.search.clone()?;
                for _ in 0..n {
                    let (row, col) = self.search_from(&pattern, forward == (key == 'n'))?;
                    (self.row, self.col) = (row, col);
                }
                Reach::chars(self.row, self.col)
            }
            '*' | '#' => {
                let word = self.word_under()?;
                self.search = Some((format!("\\<{word}\\>"), key == '*'));
                let (row, col) = self.search_from(&format!("\\<{word}\\>"), key == '*')?;
                Reach::chars(row, col)
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
                self.find_char(kind, c, n)
            }
            _ => None,
        }
    }

    /// `f`, `F`, `t`, `T`
    pub(super) fn find_char(&self, kind: char, c: char, n: usize) -> Option<Reach> {
        let line = self.line();
        let mut col = self.col;
        for _ in 0..n {
            col = match kind {
                'f' | 't' => {
                    let from = col + 1;
                    (from..line.len()).find(|at| line[*at] == c)?
                }
                _ => (0..col).rev().find(|at| line[*at] == c)?,
            };
        }
        match kind {
            'f' => Reach::onto(self.row, col),
            't' => Reach::onto(self.row, col - 1),
            'F' => Reach::chars(self.row, col),
            _ => Reach::chars(self.row, col + 1),
        }
    }

    fn at(&self, row: usize, col: usize) -> Option<char> {
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

    fn paragraph(&self, row: usize, forward: bool) -> usize {
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

    fn word_under(&self) -> Option<String> {
        let line = self.line();
        let word = |c: &char| c.is_alphanumeric() || *c == '_';
        let start = (self.col..line.len()).find(|at| word(&line[*at]))?;
        let from = (0..=start).rev().take_while(|at| word(&line[*at])).last()?;
        Some(line[from..].iter().take_while(|c| word(c)).collect())
    }

    /// A pattern with the settings' case.
    pub(super) fn regex(&self, pattern: &str) -> Option<Regex> {
        let upper = pattern.chars().any(char::is_uppercase);
        let fold = self.settings.ignore_case && !(self.settings.smart_case && upper);
        let (pattern, fold) = match (pattern.strip_prefix("\\c"), pattern.strip_prefix("\\v")) {
            (Some(rest), _) => (rest, true),
            (_, Some(rest)) => return Regex::with(rest, true, fold, Style::Posix).ok(),
            _ => (pattern, fold),
        };
        Regex::with(pattern, false, fold, Style::Posix).ok()
    }

    /// The next match from the cursor, around the end of the file.
    pub(super) fn search_from(&mut self, pattern: &str, forward: bool) -> Option<(usize, usize)> {
        let found = self.regex(pattern).and_then(|regex| self.look(&regex, forward));
        if found.is_none() {
            self.message = format!("E486: Pattern not found: {pattern}");
        }
        let (row, col) = found?;
        let wrapped =
            if forward { (row, col) <= (self.row, self.col) } else { (row, col) >= (self.row, self.col) };
        self.message = match (wrapped, forward) {
            (true, true) => "search hit BOTTOM, continuing at TOP".to_owned(),
            (true, false) => "search hit TOP, continuing at BOTTOM".to_owned(),
            (false, true) => format!("/{pattern}"),
            (false, false) => format!("?{pattern}"),
        };
        Some((row, col))
    }

    fn look(&self, regex: &Regex, forward: bool) -> Option<(usize, usize)> {
        let total = self.text.lines.len();
        for step in 0..=total {
            let row = if forward { self.row + step } else { self.row + 2 * total - step } % total;
            let text: String = self.text.lines[row].iter().collect();
            let mut columns = Vec::new();
            let mut from = 0;
            while let Some((start, end)) = regex.find_at(&text, from) {
                columns.push(text[..start].chars().count());
                from = if end > start {
                    end
                } else {
                    end + text[end..].chars().next().map_or(1, char::len_utf8)
                };
                if from > text.len() {
                    break;
                }
            }
            let found = match (step, forward) {
                (0, true) => columns.into_iter().find(|col| *col > self.col),
                (0, false) => columns.into_iter().rev().find(|col| *col < self.col),
                (_, true) => columns.first().copied(),
                (_, false) => columns.last().copied(),
            };
            if let Some(col) = found {
                return Some((row, col));
            }
        }
        None
    }
}
