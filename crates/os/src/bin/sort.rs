//! sort: by text, numbers, months, versions and sizes, whole lines or keys.

mod order;
mod work;

use std::cmp::Ordering;

use super::{
    opts,
    tool::{Cx, Filter, Flow, filter},
};
use crate::{errno::Errno, program::ProgramSpec};
use order::{Flags, compare, trim};
use work::Work;

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "sort",
    "Usage: sort [-nrughMcszbdfiokt] [-o FILE] [-k START[.OFS][OPTS][,END[.OFS][OPTS]] [-t CHAR] [FILE]...\n\nSort lines of text\n\n\t-o FILE\tOutput to FILE\n\t-c\tCheck whether input is sorted\n\t-b\tIgnore leading blanks\n\t-f\tIgnore case\n\t-i\tIgnore unprintable characters\n\t-d\tDictionary order (blank or alphanumeric only)\n\t-n\tSort numbers\n\t-g\tGeneral numerical sort\n\t-h\tSort human readable numbers (2K 1G)\n\t-M\tSort month\n\t-V\tSort version\n\t-t CHAR\tField separator\n\t-k N[,M] Sort by Nth field\n\t-r\tReverse sort order\n\t-s\tStable (don't sort ties alphabetically)\n\t-u\tSuppress duplicate lines\n\t-z\tNUL terminated input and output\n",
    || filter(Sort::default()),
);

/// Where a key begins or ends: field and character, from 1.
type Position = (usize, usize);

#[derive(Clone, Debug, Default)]
struct Key {
    start: Position,
    end: Option<Position>,
    flags: Flags,
    /// Leading blanks of the field do not count for its end.
    end_blanks: bool,
}

/// The most that is sorted: more would exhaust the page's memory.
const MAX_TEXT: usize = 512 << 20;

#[derive(Clone, Debug, Default)]
struct Sort {
    keys: Vec<Key>,
    flags: Flags,
    separator: Option<u8>,
    unique: bool,
    stable: bool,
    /// `c` complains, `C` does not.
    check: Option<char>,
    merge: bool,
    output: Option<String>,
    end: u8,
    /// All lines in one piece, without their ends, and where each begins and ends.
    text: Vec<u8>,
    lines: Vec<(u32, u32)>,
    /// Where the lines of each input begin.
    inputs: Vec<usize>,
    input: String,
    work: Work,
}

fn position(text: &str) -> Option<Position> {
    // No line is longer than a number can be.
    let count = |digits: &str| -> Option<usize> {
        let all = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        all.then(|| digits.parse().unwrap_or(usize::MAX))
    };
    match text.split_once('.') {
        Some((f, c)) => Some((count(f)?, count(c)?)),
        None => Some((count(text)?, 0)),
    }
}

impl Key {
    /// Reads `2,3nr`. Err is the complaint.
    fn read(text: &str) -> Result<Key, String> {
        let mut key = Key::default();
        for (i, part) in text.splitn(2, ',').enumerate() {
            let at = part.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(part.len());
            let (number, letters) = part.split_at(at);
            let invalid = |what: &str| Err(format!("{what}: invalid field specification ‘{text}’"));
            let Some(place) = position(number) else {
                return Err(format!("invalid number at field start: invalid count at start of ‘{number}’"));
            };
            if place.0 == 0 {
                return invalid("field number is zero");
            }
            if i == 0 {
                if number.ends_with(".0") {
                    return invalid("character offset is zero");
                }
                key.start = place;
            } else {
                key.end = Some(place);
            }
            for letter in letters.chars() {
                if letter == 'b' && i == 1 {
                    key.end_blanks = true;
                } else if !key.flags.add(letter) {
                    return invalid("stray character in field spec");
                }
            }
        }
        Ok(key)
    }
}

impl Sort {
    fn line(&self, at: (u32, u32)) -> &[u8] {
        &self.text[at.0 as usize..at.1 as usize]
    }

    /// Where field `n` (from 0) begins and ends.
    fn field(&self, line: &[u8], n: usize) -> Option<(usize, usize)> {
        let mut start = 0;
        let mut index = 0;
        loop {
            let rest = &line[start..];
            let end = match self.separator {
                Some(c) => rest.iter().position(|b| *b == c).map_or(line.len(), |p| start + p),
                None => {
                    // A field begins with the blanks before it.
                    let blank = |b: &u8| *b == b' ' || *b == b'\t';
                    let lead = rest.iter().take_while(|b| blank(b)).count();
                    start + lead + rest[lead..].iter().take_while(|b| !blank(b)).count()
                }
            };
            if index == n {
                return Some((start, end));
            }
            if end >= line.len() {
                return None;
            }
            start = if self.separator.is_some() { end + 1 } else { end };
            index += 1;
        }
    }

    fn key<'a>(&self, line: &'a [u8], key: &Key) -> &'a [u8] {
        let at = |(f, c): Position, blanks: bool| -> usize {
            let Some((mut start, end)) = self.field(line, f - 1) else { return line.len() };
            if blanks {
                start += end - start - trim(&line[start..end]).len();
            }
            start.saturating_add(c.saturating_sub(1)).min(line.len())
        };
        let start = at(key.start, key.flags.blanks || (key.flags.is_default() && self.flags.blanks));
        let end = match key.end {
            None => line.len(),
            Some((f, 0)) => self.field(line, f - 1).map_or(line.len(), |(_, e)| e),
            Some((f, c)) => at((f, c.saturating_add(1)), key.end_blanks),
        };
        &line[start..end.max(start)]
    }

    fn order(&self, a: &[u8], b: &[u8]) -> Ordering {
        for key in &self.keys {
            let flags = if key.flags.is_default() {
                Flags { blanks: key.flags.blanks || self.flags.blanks, ..self.flags }
            } else {
                key.flags
            };
            let order = compare(self.key(a, key), self.key(b, key), flags);
            if order != Ordering::Equal {
                return if flags.reverse { order.reverse() } else { order };
            }
        }
        if self.keys.is_empty() {
            let trimmed = |t| if self.flags.blanks { trim(t) } else { t };
            let order = compare(trimmed(a), trimmed(b), self.flags);
            if order != Ordering::Equal {
                return if self.flags.reverse { order.reverse() } else { order };
            }
        }
        if self.unique || self.stable {
            return Ordering::Equal;
        }
        let order = a.cmp(b);
        if self.flags.reverse { order.reverse() } else { order }
    }
}

impl Filter for Sort {
    fn begin(&mut self, cx: &mut Cx<'_, '_>) -> Result<Vec<String>, u8> {
        let long = [
            ("numeric-sort", 'n'),
            ("general-numeric-sort", 'g'),
            ("month-sort", 'M'),
            ("reverse", 'r'),
            ("unique", 'u'),
            ("key", 'k'),
            ("field-separator", 't'),
            ("ignore-case", 'f'),
            ("ignore-leading-blanks", 'b'),
            ("dictionary-order", 'd'),
            ("human-numeric-sort", 'h'),
            ("version-sort", 'V'),
            ("stable", 's'),
            ("output", 'o'),
            ("check", 'c'),
            ("merge", 'm'),
            ("zero-terminated", 'z'),
            ("parallel", 'P'),
            ("buffer-size", 'S'),
            ("temporary-directory", 'T'),
        ];
        let opts = opts::parse(cx, "nrufbdghVMsk:t:o:cCizS:T:mP:", &long)?;
        for (flag, _) in opts.all() {
            self.flags.add(*flag);
        }
        self.unique = opts.has('u');
        self.stable = opts.has('s');
        self.check = opts.last_of("cC");
        self.merge = opts.has('m');
        self.output = opts.value('o').map(str::to_string);
        self.end = if opts.has('z') { 0 } else { b'\n' };
        if let Some(text) = opts.value('t') {
            let bytes = crate::text::unescape(text, false).0;
            match bytes.as_slice() {
                [one] => self.separator = Some(*one),
                [] => {
                    cx.complain("empty tab");
                    return Err(2);
                }
                _ => {
                    cx.complain(format!("multi-character tab ‘{text}’"));
                    return Err(2);
                }
            }
        }
        for text in opts.values('k') {
            let key = Key::read(&text).map_err(|message| {
                let message = if cx.busybox() { "bad field specification".to_string() } else { message };
                cx.complain(message);
                2
            })?;
            self.keys.push(key);
        }
        if self.check.is_some()
            && let Some(extra) = opts.rest.get(1)
        {
            cx.complain(format!("extra operand ‘{extra}’ not allowed with -c"));
            return Err(2);
        }
        Ok(opts.rest)
    }
    fn delimiter(&self) -> u8 {
        self.end
    }
    fn open(&mut self, _: &mut Cx<'_, '_>, input: &str) {
        self.input = input.to_string();
        self.inputs.push(self.lines.len());
    }
    fn data(&mut self, cx: &mut Cx<'_, '_>, bytes: &[u8]) -> Flow {
        let line = bytes.strip_suffix(&[self.end]).unwrap_or(bytes);
        let start = self.text.len() as u32;
        if self.text.len() + line.len() > MAX_TEXT {
            cx.complain("memory exhausted");
            return Flow::Stop;
        }
        self.text.extend_from_slice(line);
        self.lines.push((start, self.text.len() as u32));
        if self.lines.len().is_multiple_of(1024) {
            cx.sys.set_memory((1 << 20) + self.text.len() as u64 + 8 * self.lines.len() as u64);
        }
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
        match &self.work {
            Work::Done(code) => *code,
            _ => {
                self.prepare(cx);
                0
            }
        }
    }
    fn busy(&self) -> bool {
        !matches!(self.work, Work::Reading | Work::Done(_))
    }
    fn work(&mut self, cx: &mut Cx<'_, '_>) {
        self.go_on(cx);
    }
}
