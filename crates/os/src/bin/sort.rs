//! sort: by text, numbers, months, versions and sizes, whole lines or keys.

use std::cmp::Ordering;

use collections::StableSort;

use super::{
    opts,
    tool::{Cx, Filter, Flow, filter},
};
use crate::{errno::Errno, program::ProgramSpec};

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "sort",
    "Usage: sort [-nrughMcszbdfiokt] [-o FILE] [-k START[.OFS][OPTS][,END[.OFS][OPTS]] [-t CHAR] [FILE]...\n\nSort lines of text\n",
    || filter(Sort::default()),
);

#[derive(Clone, Debug, Default)]
struct Key {
    start: (usize, usize),
    end: Option<(usize, usize)>,
    flags: String,
}

#[derive(Clone, Debug, Default)]
pub struct Sort {
    keys: Vec<Key>,
    flags: String,
    separator: Option<char>,
    unique: bool,
    stable: bool,
    check: bool,
    output: Option<String>,
    lines: Vec<String>,
    memory: u64,
}

fn position(text: &str) -> Option<(usize, usize)> {
    match text.split_once('.') {
        Some((f, c)) => Some((f.parse().ok()?, c.parse().ok()?)),
        None => Some((text.parse().ok()?, 0)),
    }
}

fn number(text: &str) -> f64 {
    let t = text.trim_start();
    let end = t
        .char_indices()
        .find(|(i, c)| !(c.is_ascii_digit() || *c == '.' || (*i == 0 && *c == '-')))
        .map_or(t.len(), |(i, _)| i);
    t[..end].parse().unwrap_or(0.0)
}

fn human(text: &str) -> f64 {
    let t = text.trim_start();
    let end = t.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-')).unwrap_or(t.len());
    let power = match t[end..].chars().next() {
        Some('K' | 'k') => 1,
        Some('M') => 2,
        Some('G') => 3,
        Some('T') => 4,
        _ => 0,
    };
    number(t) * (1u64 << (10 * power)) as f64
}

/// Runs of digits compare as numbers.
fn version(a: &str, b: &str) -> Ordering {
    let (mut x, mut y) = (a, b);
    loop {
        let text = |t: &str| t.find(|c: char| c.is_ascii_digit()).unwrap_or(t.len());
        let (i, j) = (text(x), text(y));
        let order = x[..i].cmp(&y[..j]);
        if order != Ordering::Equal || (x.len() == i && y.len() == j) {
            return order.then(x.len().cmp(&y.len()));
        }
        (x, y) = (&x[i..], &y[j..]);
        let digits = |t: &str| t.find(|c: char| !c.is_ascii_digit()).unwrap_or(t.len());
        let (i, j) = (digits(x), digits(y));
        let order = x[..i].parse::<u128>().unwrap_or(0).cmp(&y[..j].parse::<u128>().unwrap_or(0));
        if order != Ordering::Equal {
            return order;
        }
        (x, y) = (&x[i..], &y[j..]);
    }
}

fn compare(a: &str, b: &str, flags: &str) -> Ordering {
    let has = |c| flags.contains(c);
    let (mut x, mut y) = (a.to_string(), b.to_string());
    if has('b') {
        x = x.trim_start().to_string();
        y = y.trim_start().to_string();
    }
    if has('f') {
        x = x.to_uppercase();
        y = y.to_uppercase();
    }
    if has('d') {
        x.retain(|c| c.is_alphanumeric() || c.is_whitespace());
        y.retain(|c| c.is_alphanumeric() || c.is_whitespace());
    }
    let order = if has('n') || has('g') {
        number(&x).total_cmp(&number(&y))
    } else if has('h') {
        human(&x).total_cmp(&human(&y))
    } else if has('V') {
        version(&x, &y)
    } else if has('M') {
        let month = |t: &str| {
            let name: String = t.trim_start().chars().take(3).collect::<String>().to_lowercase();
            crate::time::MONTHS.iter().position(|m| m.to_lowercase() == name).map_or(0, |p| p + 1)
        };
        month(&x).cmp(&month(&y))
    } else {
        x.as_bytes().cmp(y.as_bytes())
    };
    if has('r') { order.reverse() } else { order }
}

impl Sort {
    /// Where the fields of a line begin and end.
    fn fields(&self, line: &str) -> Vec<(usize, usize)> {
        let mut fields = Vec::new();
        match self.separator {
            Some(c) => {
                let mut start = 0;
                for (i, _) in line.match_indices(c) {
                    fields.push((start, i));
                    start = i + c.len_utf8();
                }
                fields.push((start, line.len()));
            }
            None => {
                // A field begins with the blanks before it.
                let mut start = 0;
                let mut in_word = false;
                for (i, c) in line.char_indices() {
                    let blank = c == ' ' || c == '\t';
                    if blank && in_word {
                        fields.push((start, i));
                        start = i;
                    }
                    in_word = !blank;
                }
                fields.push((start, line.len()));
            }
        }
        fields
    }

    fn key<'a>(&self, line: &'a str, key: &Key) -> &'a str {
        let fields = self.fields(line);
        let at = |(f, c): (usize, usize), blanks: bool| -> usize {
            let Some((start, end)) = fields.get(f.wrapping_sub(1)) else { return line.len() };
            let mut start = *start;
            if blanks && self.separator.is_none() {
                start += line[start..*end].len() - line[start..*end].trim_start().len();
            }
            line[start..].char_indices().nth(c.saturating_sub(1)).map_or(line.len(), |(i, _)| start + i)
        };
        let start = at(key.start, key.flags.contains('b'));
        let end = match key.end {
            None => line.len(),
            Some((f, 0)) => fields.get(f.wrapping_sub(1)).map_or(line.len(), |(_, e)| *e),
            Some((f, c)) => at((f, c + 1), key.flags.contains('b')),
        };
        &line[start.min(line.len())..end.max(start).min(line.len())]
    }

    fn order(&self, a: &str, b: &str) -> Ordering {
        for key in &self.keys {
            let flags = if key.flags.chars().all(|c| c == 'b') {
                format!("{}{}", key.flags, self.flags)
            } else {
                key.flags.clone()
            };
            let order = compare(self.key(a, key), self.key(b, key), &flags);
            if order != Ordering::Equal {
                return order;
            }
        }
        if self.keys.is_empty() {
            let order = compare(a, b, &self.flags);
            if order != Ordering::Equal || self.unique {
                return order;
            }
        }
        if self.unique || self.stable {
            return Ordering::Equal;
        }
        let order = a.as_bytes().cmp(b.as_bytes());
        if self.flags.contains('r') { order.reverse() } else { order }
    }
}

impl Filter for Sort {
    fn begin(&mut self, cx: &mut Cx<'_, '_>) -> Result<Vec<String>, u8> {
        let long = [
            ("numeric-sort", 'n'),
            ("reverse", 'r'),
            ("unique", 'u'),
            ("key", 'k'),
            ("field-separator", 't'),
            ("ignore-case", 'f'),
            ("human-numeric-sort", 'h'),
            ("version-sort", 'V'),
            ("stable", 's'),
            ("output", 'o'),
            ("check", 'c'),
        ];
        let opts = opts::parse(cx, "nrufbdghVMsk:t:o:cCizS:T:m", &long)?;
        self.flags = "nrfbdghVM".chars().filter(|c| opts.has(*c)).collect();
        self.unique = opts.has('u');
        self.stable = opts.has('s');
        self.check = opts.has('c') || opts.has('C');
        self.output = opts.value('o').map(str::to_string);
        self.separator = opts
            .value('t')
            .and_then(|t| String::from_utf8_lossy(&crate::text::unescape(t, false).0).chars().next());
        for text in opts.values('k') {
            let mut key = Key::default();
            let mut parts = text.splitn(2, ',').map(|p| {
                let at = p.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(p.len());
                (&p[..at], &p[at..])
            });
            let parsed = parts.next().and_then(|(p, flags)| {
                key.flags.push_str(flags);
                position(p)
            });
            match parsed {
                Some(start) if start.0 > 0 => key.start = start,
                _ => {
                    cx.complain(format!("-: invalid field specification ‘{text}’"));
                    return Err(2);
                }
            }
            if let Some((p, flags)) = parts.next() {
                key.flags.push_str(flags);
                key.end = position(p);
            }
            self.keys.push(key);
        }
        Ok(opts.rest)
    }
    fn data(&mut self, cx: &mut Cx<'_, '_>, bytes: &[u8]) -> Flow {
        let line = String::from_utf8_lossy(bytes.strip_suffix(b"\n").unwrap_or(bytes)).into_owned();
        self.memory += line.len() as u64 + 32;
        if self.lines.len().is_multiple_of(1024) {
            cx.sys.set_memory((1 << 20) + self.memory);
        }
        self.lines.push(line);
        Flow::More
    }
    fn refuse(&mut self, cx: &mut Cx<'_, '_>, input: &str, error: Errno) {
        let message = match (cx.busybox(), error) {
            (true, e) => format!("{input}: {e}"),
            (false, Errno::EISDIR) => format!("read failed: {input}: {error}"),
            (false, e) => format!("cannot read: {input}: {e}"),
        };
        cx.complain(message);
    }
    fn end(&mut self, cx: &mut Cx<'_, '_>, failed: bool) -> u8 {
        if failed {
            return if cx.busybox() { 1 } else { 2 };
        }
        let mut lines = std::mem::take(&mut self.lines);
        let n = lines.len() as u64;
        cx.sys.spend(n * u64::from(64 - n.leading_zeros()) / 4);
        if self.check {
            if let Some(i) =
                (1..lines.len()).find(|i| self.order(&lines[i - 1], &lines[*i]) == Ordering::Greater)
            {
                cx.complain(format!("-:{}: disorder: {}", i + 1, lines[i]));
                return 1;
            }
            return 0;
        }
        lines.stable_sort_by(|a, b| self.order(a, b));
        if self.unique {
            lines.dedup_by(|a, b| self.order(a, b) == Ordering::Equal);
        }
        let mut text = String::new();
        for line in lines {
            text.push_str(&line);
            text.push('\n');
        }
        match self.output.clone() {
            Some(file) => {
                if let Err(e) = cx.sys.vfs().write(&file, text.into_bytes(), 0o666) {
                    cx.complain(format!("open failed: {file}: {e}"));
                    return 2;
                }
            }
            None => cx.print(text),
        }
        0
    }
}
