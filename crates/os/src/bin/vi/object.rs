//! Text objects: what `iw`, `a"`, `i(`, `it` and `ip` cover.

use super::motion::class;
use super::{Pos, Vi};

/// What an object covers: from the first place to right before the second; whole lines or not.
pub(super) struct Object {
    pub from: Pos,
    pub to: Pos,
    pub linewise: bool,
}

impl Object {
    fn within(row: usize, from: usize, to: usize) -> Option<Object> {
        Some(Object { from: (row, from), to: (row, to), linewise: false })
    }
}

impl Vi {
    /// The object of this name at the cursor, `count` of them.
    pub(super) fn object(&self, kind: char, around: bool, count: usize) -> Option<Object> {
        match kind {
            'w' | 'W' => self.word_object(kind == 'W', around, count),
            '"' | '\'' | '`' => self.quoted(kind, around),
            '(' | ')' | 'b' => self.enclosed('(', ')', around, count),
            '[' | ']' => self.enclosed('[', ']', around, count),
            '{' | '}' | 'B' => self.enclosed('{', '}', around, count),
            '<' | '>' => self.enclosed('<', '>', around, count),
            't' => self.tag(around, count),
            'p' => Some(self.paragraph_object(around, count)),
            's' => self.sentence_object(around),
            _ => None,
        }
    }

    fn word_object(&self, big: bool, around: bool, count: usize) -> Option<Object> {
        let line = self.line();
        let kind = |at: usize| class(line[at], big);
        let own = line.get(self.col).map(|_| kind(self.col))?;
        let run = |from: usize| {
            let own = kind(from);
            (from..line.len()).take_while(|at| kind(*at) == own).count() + from
        };
        let mut from = (0..self.col).rev().take_while(|at| kind(*at) == own).last().unwrap_or(self.col);
        let mut to = run(from);
        for _ in 1..count {
            if to < line.len() {
                to = run(to);
            }
            if around && to < line.len() {
                to = run(to);
            }
        }
        if around && own == 0 {
            if to < line.len() {
                to = run(to);
            }
        } else if around && to < line.len() && kind(to) == 0 {
            to = run(to);
        } else if around {
            // No white space behind: that in front of it.
            from = (0..from).rev().take_while(|at| kind(*at) == 0).last().unwrap_or(from);
        }
        Object::within(self.row, from, to)
    }

    fn quoted(&self, quote: char, around: bool) -> Option<Object> {
        let line = self.line();
        let mut places = Vec::new();
        let mut at = 0;
        while at < line.len() {
            if line[at] == '\\' {
                at += 1;
            } else if line[at] == quote {
                places.push(at);
            }
            at += 1;
        }
        let pair = places.chunks_exact(2).find(|pair| pair[1] >= self.col)?;
        let (from, to) = (pair[0], pair[1]);
        if !around {
            return Object::within(self.row, from + 1, to);
        }
        let behind = line[to + 1..].iter().take_while(|c| c.is_whitespace()).count();
        let before = line[..from].iter().rev().take_while(|c| c.is_whitespace()).count();
        match behind {
            0 => Object::within(self.row, from - before, to + 1),
            n => Object::within(self.row, from, to + 1 + n),
        }
    }

    /// What stands between brackets, over lines; outside of any, between the next ones of the line.
    fn enclosed(&self, open: char, close: char, around: bool, count: usize) -> Option<Object> {
        self.enclosed_at((self.row, self.col), open, close, around, count).or_else(|| {
            let next = (self.col..self.line().len()).find(|at| self.line()[*at] == open)?;
            self.enclosed_at((self.row, next), open, close, around, count)
        })
    }

    fn enclosed_at(&self, at: Pos, open: char, close: char, around: bool, count: usize) -> Option<Object> {
        let (mut row, mut col) = at;
        let (mut depth, mut left, mut first) = (0, count, true);
        loop {
            match self.at(row, col) {
                Some(c) if c == open && depth > 0 => depth -= 1,
                Some(c) if c == open => left -= 1,
                Some(c) if c == close && !first => depth += 1,
                _ => {}
            }
            if left == 0 {
                break;
            }
            first = false;
            (row, col) = self.before(row, col)?;
        }
        let from = (row, col);
        let mut depth = 0;
        loop {
            match self.at(row, col) {
                Some(c) if c == open => depth += 1,
                Some(c) if c == close => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                break;
            }
            (row, col) = self.behind(row, col)?;
        }
        if around {
            return Some(Object { from, to: (row, col + 1), linewise: false });
        }
        // Brackets at the ends of lines: the lines between them.
        let first_ends = from.1 + 1 == self.text.lines[from.0].len();
        let last_begins = self.text.lines[row][..col].iter().all(|c| c.is_whitespace());
        if first_ends && last_begins && row > from.0 + 1 {
            return Some(Object { from: (from.0 + 1, 0), to: (row - 1, 0), linewise: true });
        }
        Some(Object { from: (from.0, from.1 + 1), to: (row, col), linewise: false })
    }

    fn before(&self, row: usize, col: usize) -> Option<Pos> {
        match col.checked_sub(1) {
            Some(col) => Some((row, col)),
            None => row.checked_sub(1).map(|row| (row, self.text.lines[row].len())),
        }
    }

    fn behind(&self, row: usize, col: usize) -> Option<Pos> {
        if col < self.text.lines[row].len() {
            Some((row, col + 1))
        } else {
            (row < self.last_row()).then_some((row + 1, 0))
        }
    }

    /// What stands between `<name …>` and `</name>`.
    fn tag(&self, around: bool, count: usize) -> Option<Object> {
        let text: Vec<char> =
            self.text.lines.iter().flat_map(|line| line.iter().copied().chain(['\n'])).collect();
        let place = |at: usize| {
            let row = text[..at].iter().filter(|c| **c == '\n').count();
            (row, at - text[..at].iter().rposition(|c| *c == '\n').map_or(0, |n| n + 1))
        };
        let cursor = self.text.lines[..self.row].iter().map(|line| line.len() + 1).sum::<usize>() + self.col;
        let mut open: Vec<(String, usize, usize)> = Vec::new();
        let mut found = Vec::new();
        let mut at = 0;
        while let Some(from) = text[at..].iter().position(|c| *c == '<').map(|n| n + at) {
            let Some(end) = text[from..].iter().position(|c| *c == '>').map(|n| n + from) else { break };
            at = end + 1;
            let inner: String = text[from + 1..end].iter().collect();
            let name = inner.trim_start_matches('/').split(|c: char| c.is_whitespace() || c == '/').next();
            let name = name.unwrap_or_default().to_owned();
            if let Some(start) =
                inner.starts_with('/').then(|| open.iter().rposition(|(own, ..)| *own == name)).flatten()
            {
                let (_, outer, inside) = open.swap_remove(start);
                open.truncate(start);
                if outer <= cursor && cursor < at {
                    found.push((outer, inside, from, at));
                }
            } else if !inner.starts_with(['/', '!', '?']) && !inner.ends_with('/') && !name.is_empty() {
                open.push((name, from, at));
            }
        }
        let (outer, inside, end, outer_end) = *found.get(count - 1)?;
        let (from, to) = if around { (outer, outer_end) } else { (inside, end) };
        Some(Object { from: place(from), to: place(to), linewise: false })
    }

    fn paragraph_object(&self, around: bool, count: usize) -> Object {
        let blank = |row: usize| self.text.lines[row].iter().all(|c| c.is_whitespace());
        let last = self.last_row();
        let own = blank(self.row);
        let from = (0..=self.row).rev().take_while(|row| blank(*row) == own).last().unwrap_or(self.row);
        let run = |from: usize| {
            let own = blank(from);
            (from..=last).take_while(|row| blank(*row) == own).last().unwrap_or(from)
        };
        let mut to = run(from);
        let more = if around { 2 * count - 1 } else { count - 1 };
        for _ in 0..more {
            if to < last {
                to = run(to + 1);
            }
        }
        // Nothing behind: the empty lines in front of it.
        let from = match around && to == last && !own && from > 0 && run(from) == last {
            true => (0..from).rev().take_while(|row| blank(*row)).last().unwrap_or(from),
            false => from,
        };
        Object { from: (from, 0), to: (to, 0), linewise: true }
    }

    fn sentence_object(&self, around: bool) -> Option<Object> {
        let line = self.line();
        let ends = |at: usize| ".!?".contains(line[at]) && line.get(at + 1).is_none_or(|c| c.is_whitespace());
        let before = (0..self.col).rev().find(|at| ends(*at)).map_or(0, |at| at + 1);
        let from = (before..line.len()).find(|at| !line[*at].is_whitespace()).unwrap_or(before).min(self.col);
        let mut to = (self.col..line.len()).find(|at| ends(*at)).map_or(line.len(), |at| at + 1);
        if around {
            to += line[to..].iter().take_while(|c| c.is_whitespace()).count();
        }
        Object::within(self.row, from, to)
    }
}
