//! Filters on lines and bytes: cat, head, wc, uniq, cut, tr, tac, rev, nl, fold, tee is elsewhere.

use super::{
    opts,
    tool::{Cx, Filter, Flow},
};
use crate::errno::Errno;

#[derive(Clone, Debug, Default)]
pub struct Cat {
    number: bool,
    nonblank: bool,
    squeeze: bool,
    ends: bool,
    tabs: bool,
    controls: bool,
    line: u64,
    blank: bool,
    failed: bool,
}

impl Filter for Cat {
    fn begin(&mut self, cx: &mut Cx<'_, '_>) -> Result<Vec<String>, u8> {
        let opts = opts::parse(
            cx,
            "nbsEtTveAu",
            &[
                ("number", 'n'),
                ("show-all", 'A'),
                ("show-ends", 'E'),
                ("show-tabs", 'T'),
                ("squeeze-blank", 's'),
                ("number-nonblank", 'b'),
            ],
        )?;
        self.nonblank = opts.has('b');
        self.number = opts.has('n') || self.nonblank;
        self.squeeze = opts.has('s');
        self.ends = opts.has('E') || opts.has('A') || opts.has('e');
        self.tabs = opts.has('T') || opts.has('A') || opts.has('t');
        self.controls = opts.has('v') || opts.has('A') || opts.has('e') || opts.has('t');
        Ok(opts.rest)
    }
    fn data(&mut self, cx: &mut Cx<'_, '_>, bytes: &[u8]) -> Flow {
        if !(self.number || self.squeeze || self.ends || self.tabs || self.controls) {
            cx.print(bytes);
            return Flow::More;
        }
        let is_blank = bytes == b"\n";
        if self.squeeze && is_blank && self.blank {
            return Flow::More;
        }
        self.blank = is_blank;
        if self.number && !(self.nonblank && is_blank) {
            self.line += 1;
            cx.print(format!("{:6}\t", self.line));
        }
        let mut out = Vec::new();
        for &b in bytes {
            match b {
                b'\n' if self.ends => out.extend(b"$\n"),
                b'\t' if self.tabs => out.extend(b"^I"),
                b'\n' | b'\t' => out.push(b),
                0..=31 if self.controls => out.extend([b'^', b + 64]),
                127 if self.controls => out.extend(b"^?"),
                128.. if self.controls => {
                    out.extend(b"M-");
                    let low = b & 127;
                    if low < 32 { out.extend([b'^', low + 64]) } else { out.push(low) }
                }
                _ => out.push(b),
            }
        }
        cx.print(out);
        Flow::More
    }
    fn refuse(&mut self, cx: &mut Cx<'_, '_>, input: &str, error: Errno) {
        self.failed = true;
        let message = match (cx.busybox(), error) {
            (true, Errno::EISDIR) => "read error: Is a directory".to_string(),
            (true, e) => format!("can't open '{input}': {e}"),
            (false, e) => format!("{input}: {e}"),
        };
        cx.complain(message);
    }
    fn end(&mut self, _: &mut Cx<'_, '_>, failed: bool) -> u8 {
        u8::from(failed || self.failed)
    }
}

#[derive(Clone, Debug, Default)]
pub struct Head {
    lines: Option<u64>,
    bytes: Option<u64>,
    /// All but the last so many lines, which wait here.
    hold: Option<(usize, std::collections::VecDeque<Vec<u8>>)>,
    left: u64,
    headers: bool,
    first: bool,
}

impl Filter for Head {
    fn begin(&mut self, cx: &mut Cx<'_, '_>) -> Result<Vec<String>, u8> {
        // The old form: head -5.
        if let Some(n) = cx
            .args
            .first()
            .and_then(|a| a.strip_prefix('-'))
            .filter(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
        {
            cx.args[0] = format!("-n{n}");
        }
        let opts =
            opts::parse(cx, "n:c:qvz", &[("lines", 'n'), ("bytes", 'c'), ("quiet", 'q'), ("verbose", 'v')])?;
        self.lines = Some(10);
        if let Some(c) = opts.value('c') {
            self.lines = None;
            self.bytes = Some(opts::size(c.trim_start_matches('-')).ok_or_else(|| invalid(cx, c, "bytes"))?);
        } else if let Some(n) = opts.value('n') {
            if let Some(all_but) = n.strip_prefix('-') {
                let count = opts::size(all_but).ok_or_else(|| invalid(cx, n, "lines"))?;
                self.hold = Some((count as usize, Default::default()));
                self.lines = None;
            } else {
                self.lines = Some(opts::size(n).ok_or_else(|| invalid(cx, n, "lines"))?);
            }
        }
        self.headers = (opts.rest.len() > 1 || opts.has('v')) && !opts.has('q');
        self.first = true;
        Ok(opts.rest)
    }
    fn open(&mut self, cx: &mut Cx<'_, '_>, input: &str) {
        self.left = self.lines.or(self.bytes).unwrap_or(0);
        if self.headers {
            let gap = if self.first { "" } else { "\n" };
            let name = if input == "-" { "standard input" } else { input };
            cx.print(format!("{gap}==> {name} <==\n"));
        }
        self.first = false;
    }
    fn data(&mut self, cx: &mut Cx<'_, '_>, bytes: &[u8]) -> Flow {
        if let Some((count, held)) = &mut self.hold {
            held.push_back(bytes.to_vec());
            if held.len() > *count
                && let Some(line) = held.pop_front()
            {
                cx.print(line);
            }
            return Flow::More;
        }
        if self.left == 0 {
            return Flow::Next;
        }
        if self.bytes.is_some() {
            let n = (self.left as usize).min(bytes.len());
            cx.print(&bytes[..n]);
            self.left -= n as u64;
        } else {
            cx.print(bytes);
            self.left -= 1;
        }
        if self.left == 0 { Flow::Next } else { Flow::More }
    }
    fn close(&mut self, _: &mut Cx<'_, '_>, _: &str) {
        if let Some((_, held)) = &mut self.hold {
            held.clear();
        }
    }
    fn refuse(&mut self, cx: &mut Cx<'_, '_>, input: &str, error: Errno) {
        let message = match (cx.busybox(), error) {
            (true, e) => format!("{input}: {e}"),
            (false, Errno::EISDIR) => format!("error reading '{input}': {error}"),
            (false, e) => format!("cannot open '{input}' for reading: {e}"),
        };
        cx.complain(message);
    }
    fn end(&mut self, _: &mut Cx<'_, '_>, failed: bool) -> u8 {
        u8::from(failed)
    }
}

fn invalid(cx: &mut Cx<'_, '_>, text: &str, what: &str) -> u8 {
    let message = if cx.busybox() {
        format!("invalid number '{text}'")
    } else {
        format!("invalid number of {what}: ‘{text}’")
    };
    cx.complain(message);
    1
}

#[derive(Clone, Debug, Default)]
pub struct Wc {
    show: Vec<char>,
    now: [u64; 5],
    total: [u64; 5],
    rows: Vec<([u64; 5], String)>,
    files: usize,
    in_word: bool,
    width: usize,
}

impl Filter for Wc {
    const BY_LINE: bool = false;
    fn begin(&mut self, cx: &mut Cx<'_, '_>) -> Result<Vec<String>, u8> {
        let opts = opts::parse(
            cx,
            "lwcmL",
            &[("lines", 'l'), ("words", 'w'), ("bytes", 'c'), ("chars", 'm'), ("max-line-length", 'L')],
        )?;
        self.show = "lwmcL".chars().filter(|c| opts.has(*c)).collect();
        if self.show.is_empty() {
            self.show = vec!['l', 'w', 'c'];
        }
        self.files = opts.rest.len();
        // GNU sizes its columns by the sizes of the files.
        let total: u64 = opts
            .rest
            .iter()
            .filter_map(|f| cx.sys.stat(f).ok())
            .filter(|s| s.is_file())
            .map(|s| s.size)
            .sum();
        let piped = opts.rest.is_empty()
            || opts.rest.iter().any(|f| f == "-" || !cx.sys.stat(f).is_ok_and(|s| s.is_file()));
        self.width = if self.show.len() == 1 && self.files <= 1 {
            1
        } else if piped {
            7
        } else {
            total.to_string().len()
        };
        Ok(opts.rest)
    }
    fn open(&mut self, _: &mut Cx<'_, '_>, _: &str) {
        self.now = [0; 5];
        self.in_word = false;
    }
    fn data(&mut self, _: &mut Cx<'_, '_>, bytes: &[u8]) -> Flow {
        for &b in bytes {
            if b == b'\n' {
                self.now[0] += 1;
            }
            let space = b.is_ascii_whitespace();
            if !space && !self.in_word {
                self.now[1] += 1;
            }
            self.in_word = !space;
            if b & 0xC0 != 0x80 {
                self.now[2] += 1;
            }
        }
        self.now[3] += bytes.len() as u64;
        let longest = bytes.split(|b| *b == b'\n').map(|l| l.len() as u64).max().unwrap_or(0);
        self.now[4] = self.now[4].max(longest);
        Flow::More
    }
    fn close(&mut self, cx: &mut Cx<'_, '_>, input: &str) {
        for i in 0..4 {
            self.total[i] += self.now[i];
        }
        self.total[4] = self.total[4].max(self.now[4]);
        let name = if self.files == 0 { String::new() } else { input.to_string() };
        let counts = self.now;
        self.row(cx, counts, &name);
    }
    fn end(&mut self, cx: &mut Cx<'_, '_>, failed: bool) -> u8 {
        if self.files > 1 {
            let counts = self.total;
            self.row(cx, counts, "total");
        }
        u8::from(failed)
    }
}

impl Wc {
    fn row(&mut self, cx: &mut Cx<'_, '_>, counts: [u64; 5], name: &str) {
        let pick = |c: char| counts["lwmcL".find(c).unwrap_or(0)];
        let width = self.width;
        let busybox = cx.busybox();
        let single = self.show.len() == 1 && self.files <= 1;
        let columns: Vec<String> = self
            .show
            .iter()
            .map(|c| {
                if single {
                    pick(*c).to_string()
                } else if busybox {
                    format!("{:>9}", pick(*c))
                } else {
                    format!("{:>width$}", pick(*c))
                }
            })
            .collect();
        let text = columns.join(" ");
        if name.is_empty() {
            cx.line(text)
        } else {
            cx.line(format!("{text} {name}"))
        }
        self.rows.clear();
    }
}

#[derive(Clone, Debug, Default)]
pub struct Uniq {
    count: bool,
    repeated: bool,
    unique: bool,
    fold: bool,
    skip_fields: usize,
    skip_chars: usize,
    last: Option<(Vec<u8>, u64)>,
}

impl Uniq {
    fn key(&self, line: &[u8]) -> Vec<u8> {
        let text = String::from_utf8_lossy(line).into_owned();
        let mut rest = text.trim_end_matches('\n');
        for _ in 0..self.skip_fields {
            rest = rest.trim_start();
            rest = rest.find(char::is_whitespace).map_or("", |at| &rest[at..]);
        }
        let rest: String = rest.chars().skip(self.skip_chars).collect();
        if self.fold { rest.to_lowercase().into_bytes() } else { rest.into_bytes() }
    }
    fn flush(&mut self, cx: &mut Cx<'_, '_>) {
        let Some((line, n)) = self.last.take() else { return };
        if (self.repeated && n < 2) || (self.unique && n > 1) {
            return;
        }
        let mut out = if self.count { format!("{n:7} ").into_bytes() } else { Vec::new() };
        out.extend(&line);
        if !line.ends_with(b"\n") {
            out.push(b'\n');
        }
        cx.print(out);
    }
}

impl Filter for Uniq {
    fn begin(&mut self, cx: &mut Cx<'_, '_>) -> Result<Vec<String>, u8> {
        let opts = opts::parse(
            cx,
            "cduif:s:w:",
            &[
                ("count", 'c'),
                ("repeated", 'd'),
                ("unique", 'u'),
                ("ignore-case", 'i'),
                ("skip-fields", 'f'),
                ("skip-chars", 's'),
            ],
        )?;
        self.count = opts.has('c');
        self.repeated = opts.has('d');
        self.unique = opts.has('u');
        self.fold = opts.has('i');
        self.skip_fields = opts.value('f').and_then(|n| n.parse().ok()).unwrap_or(0);
        self.skip_chars = opts.value('s').and_then(|n| n.parse().ok()).unwrap_or(0);
        Ok(opts.rest.into_iter().take(1).collect())
    }
    fn data(&mut self, cx: &mut Cx<'_, '_>, bytes: &[u8]) -> Flow {
        let same = self.last.as_ref().is_some_and(|(l, _)| self.key(l) == self.key(bytes));
        match &mut self.last {
            Some((_, n)) if same => *n += 1,
            _ => {
                self.flush(cx);
                self.last = Some((bytes.to_vec(), 1));
            }
        }
        Flow::More
    }
    fn end(&mut self, cx: &mut Cx<'_, '_>, failed: bool) -> u8 {
        self.flush(cx);
        u8::from(failed)
    }
}

#[derive(Clone, Debug, Default)]
pub struct Cut {
    /// Ranges, 1-based, inclusive.
    ranges: Vec<(usize, usize)>,
    fields: bool,
    delimiter: String,
    output: Option<String>,
    only: bool,
    bytes: bool,
}

impl Filter for Cut {
    fn begin(&mut self, cx: &mut Cx<'_, '_>) -> Result<Vec<String>, u8> {
        let opts = opts::parse(
            cx,
            "f:d:c:b:sn",
            &[
                ("fields", 'f'),
                ("delimiter", 'd'),
                ("characters", 'c'),
                ("bytes", 'b'),
                ("only-delimited", 's'),
                ("output-delimiter", 'n'),
                ("complement", 's'),
            ],
        )?;
        let list = opts.value('f').or(opts.value('c')).or(opts.value('b'));
        let Some(list) = list.map(str::to_string) else {
            if cx.busybox() {
                return Err(cx.missing_operand());
            }
            cx.complain("you must specify a list of bytes, characters, or fields");
            cx.eprint("Try 'cut --help' for more information.\n");
            return Err(1);
        };
        for part in list.split([',', ' ']) {
            let range = match part.split_once('-') {
                None => part.parse().ok().map(|n: usize| (n, n)),
                Some(("", b)) => b.parse().ok().map(|b| (1, b)),
                Some((a, "")) => a.parse().ok().map(|a| (a, usize::MAX)),
                Some((a, b)) => a.parse().ok().zip(b.parse().ok()),
            };
            match range {
                Some((a, b)) if a > 0 && a <= b => self.ranges.push((a, b)),
                _ => {
                    cx.complain(if opts.has('f') {
                        "fields are numbered from 1".to_string()
                    } else {
                        "byte/character positions are numbered from 1".to_string()
                    });
                    cx.eprint("Try 'cut --help' for more information.\n");
                    return Err(1);
                }
            }
        }
        self.ranges.sort_unstable();
        self.fields = opts.has('f');
        self.bytes = opts.has('b');
        self.only = opts.has('s');
        self.delimiter = opts.value('d').unwrap_or("\t").to_string();
        if self.delimiter.chars().count() > 1 {
            cx.complain("the delimiter must be a single character");
            cx.eprint("Try 'cut --help' for more information.\n");
            return Err(1);
        }
        self.output = opts.value('n').filter(|v| !v.is_empty()).map(str::to_string);
        Ok(opts.rest)
    }
    fn data(&mut self, cx: &mut Cx<'_, '_>, bytes: &[u8]) -> Flow {
        let text = String::from_utf8_lossy(bytes);
        let line = text.trim_end_matches('\n');
        let wanted = |n: usize| self.ranges.iter().any(|(a, b)| (*a..=*b).contains(&n));
        if !self.fields {
            let picked: String =
                line.chars().enumerate().filter(|(i, _)| wanted(i + 1)).map(|(_, c)| c).collect();
            cx.line(picked);
            return Flow::More;
        }
        if !line.contains(&self.delimiter) {
            if !self.only {
                cx.line(line);
            }
            return Flow::More;
        }
        let picked: Vec<&str> =
            line.split(&self.delimiter).enumerate().filter(|(i, _)| wanted(i + 1)).map(|(_, f)| f).collect();
        cx.line(picked.join(self.output.as_deref().unwrap_or(&self.delimiter)));
        Flow::More
    }
    fn end(&mut self, _: &mut Cx<'_, '_>, failed: bool) -> u8 {
        u8::from(failed)
    }
}

#[derive(Clone, Debug, Default)]
pub struct Tr {
    from: Vec<char>,
    to: Vec<char>,
    delete: bool,
    squeeze: Option<Vec<char>>,
    complement: bool,
    last: Option<char>,
    partial: Vec<u8>,
}

/// The characters of a tr set.
fn tr_set(text: &str) -> Vec<char> {
    let text = String::from_utf8_lossy(&crate::text::unescape(text, false).0).into_owned();
    let chars: Vec<char> = text.chars().collect();
    let mut set = Vec::new();
    let mut i = 0;
    while i < chars.len() {
        if chars[i] == '['
            && chars.get(i + 1) == Some(&':')
            && let Some(end) = chars[i + 2..].windows(2).position(|w| w == [':', ']'])
        {
            let name: String = chars[i + 2..i + 2 + end].iter().collect();
            set.extend((0u8..=127).map(char::from).filter(|c| crate::text::glob::in_class(&name, *c)));
            i += end + 4;
            continue;
        }
        if chars.get(i + 1) == Some(&'-') && i + 2 < chars.len() && chars[i] <= chars[i + 2] {
            set.extend(chars[i]..=chars[i + 2]);
            i += 3;
            continue;
        }
        set.push(chars[i]);
        i += 1;
    }
    set
}

impl Filter for Tr {
    const BY_LINE: bool = false;
    fn begin(&mut self, cx: &mut Cx<'_, '_>) -> Result<Vec<String>, u8> {
        let opts =
            opts::parse(cx, "+dscCt", &[("delete", 'd'), ("squeeze-repeats", 's'), ("complement", 'c')])?;
        let Some(first) = opts.rest.first() else { return Err(cx.missing_operand()) };
        if opts.rest.len() < 2 && !opts.has('d') && !opts.has('s') {
            if cx.busybox() {
                return Err(cx.missing_operand());
            }
            cx.complain(format!("missing operand after ‘{first}’"));
            cx.eprint("Two strings must be given when translating.\nTry 'tr --help' for more information.\n");
            return Err(1);
        }
        self.from = tr_set(first);
        self.to = opts.rest.get(1).map_or(Vec::new(), |t| tr_set(t));
        self.delete = opts.has('d');
        self.complement = opts.has('c') || opts.has('C');
        if opts.has('s') {
            self.squeeze = Some(if self.to.is_empty() { self.from.clone() } else { self.to.clone() });
        }
        if self.delete && opts.rest.len() < 2 || !self.delete && opts.rest.len() < 2 {
            self.to.clear();
        }
        Ok(Vec::new())
    }
    fn data(&mut self, cx: &mut Cx<'_, '_>, bytes: &[u8]) -> Flow {
        let mut all = std::mem::take(&mut self.partial);
        all.extend_from_slice(bytes);
        // A character cut at the end waits for its rest.
        let valid = match std::str::from_utf8(&all) {
            Ok(_) => all.len(),
            Err(e) if e.error_len().is_none() => e.valid_up_to(),
            Err(_) => all.len(),
        };
        self.partial = all.split_off(valid);
        let mut out = String::new();
        for c in String::from_utf8_lossy(&all).chars() {
            let at = self.from.iter().rposition(|f| *f == c);
            let hit = at.is_some() != self.complement;
            let new = match (hit, self.delete) {
                (true, true) => continue,
                (true, false) if !self.to.is_empty() => {
                    let n = if self.complement { usize::MAX } else { at.unwrap_or(0) };
                    self.to.get(n).or(self.to.last()).copied().unwrap_or(c)
                }
                _ => c,
            };
            if let Some(set) = &self.squeeze {
                let in_set = if self.complement && self.to.is_empty() {
                    !self.from.contains(&new)
                } else {
                    set.contains(&new)
                };
                if in_set && self.last == Some(new) {
                    continue;
                }
            }
            self.last = Some(new);
            out.push(new);
        }
        cx.print(out);
        Flow::More
    }
    fn end(&mut self, _: &mut Cx<'_, '_>, _: bool) -> u8 {
        0
    }
}

#[derive(Clone, Debug, Default)]
pub struct Tac {
    lines: Vec<Vec<u8>>,
}

impl Filter for Tac {
    fn begin(&mut self, cx: &mut Cx<'_, '_>) -> Result<Vec<String>, u8> {
        Ok(opts::parse(cx, "", &[])?.rest)
    }
    fn data(&mut self, _: &mut Cx<'_, '_>, bytes: &[u8]) -> Flow {
        self.lines.push(bytes.to_vec());
        Flow::More
    }
    fn close(&mut self, cx: &mut Cx<'_, '_>, _: &str) {
        for line in std::mem::take(&mut self.lines).into_iter().rev() {
            cx.print(line);
        }
    }
    fn end(&mut self, _: &mut Cx<'_, '_>, failed: bool) -> u8 {
        u8::from(failed)
    }
}

#[derive(Clone, Debug, Default)]
pub struct Rev;

impl Filter for Rev {
    fn begin(&mut self, cx: &mut Cx<'_, '_>) -> Result<Vec<String>, u8> {
        Ok(opts::parse(cx, "", &[])?.rest)
    }
    fn data(&mut self, cx: &mut Cx<'_, '_>, bytes: &[u8]) -> Flow {
        let text = String::from_utf8_lossy(bytes);
        cx.line(text.trim_end_matches('\n').chars().rev().collect::<String>());
        Flow::More
    }
    fn end(&mut self, _: &mut Cx<'_, '_>, failed: bool) -> u8 {
        u8::from(failed)
    }
}

#[derive(Clone, Debug, Default)]
pub struct Nl {
    all: bool,
    line: u64,
}

impl Filter for Nl {
    fn begin(&mut self, cx: &mut Cx<'_, '_>) -> Result<Vec<String>, u8> {
        let opts = opts::parse(cx, "b:w:s:v:i:n:", &[])?;
        self.all = opts.value('b') == Some("a");
        Ok(opts.rest)
    }
    fn data(&mut self, cx: &mut Cx<'_, '_>, bytes: &[u8]) -> Flow {
        if bytes == b"\n" && !self.all {
            cx.print("       \n");
            return Flow::More;
        }
        self.line += 1;
        cx.print(format!("{:6}\t", self.line));
        cx.print(bytes);
        if !bytes.ends_with(b"\n") {
            cx.line("");
        }
        Flow::More
    }
    fn end(&mut self, _: &mut Cx<'_, '_>, failed: bool) -> u8 {
        u8::from(failed)
    }
}

#[derive(Clone, Debug, Default)]
pub struct Fold {
    width: usize,
    spaces: bool,
}

impl Filter for Fold {
    fn begin(&mut self, cx: &mut Cx<'_, '_>) -> Result<Vec<String>, u8> {
        let opts = opts::parse(cx, "w:sb", &[("width", 'w'), ("spaces", 's')])?;
        self.width = opts.value('w').and_then(|w| w.parse().ok()).unwrap_or(80).max(1);
        self.spaces = opts.has('s');
        Ok(opts.rest)
    }
    fn data(&mut self, cx: &mut Cx<'_, '_>, bytes: &[u8]) -> Flow {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let newline = text.ends_with('\n');
        let mut rest: Vec<char> = text.trim_end_matches('\n').chars().collect();
        while rest.len() > self.width {
            let mut at = self.width;
            if self.spaces {
                at = rest[..at].iter().rposition(|c| *c == ' ').map_or(at, |p| p + 1);
            }
            let tail = rest.split_off(at);
            cx.line(rest.iter().collect::<String>());
            rest = tail;
        }
        cx.print(rest.iter().collect::<String>());
        if newline {
            cx.line("");
        }
        Flow::More
    }
    fn end(&mut self, _: &mut Cx<'_, '_>, failed: bool) -> u8 {
        u8::from(failed)
    }
}
