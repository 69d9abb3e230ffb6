//! `diff`: how two files or trees differ, as commands or unified.

mod script;

use collections::StableSort;

use super::{
    opts::{self, Opts},
    paths::join,
    tool::Cx,
    whole::{Input, Job, whole},
};
use crate::{errno::Errno, program::ProgramSpec, time::strftime};
use script::{Hunk, hunks};

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "diff",
    "Usage: diff [-abBdiNqrTstw] [-L LABEL] [-S FILE] [-U LINES] FILE1 FILE2\n\nCompare files line by line and output the differences between them.\n\n\t-a\tTreat all files as text\n\t-b\tIgnore changes in the amount of whitespace\n\t-B\tIgnore changes whose lines are all blank\n\t-i\tIgnore case differences\n\t-L\tUse LABEL instead of the filename in the unified header\n\t-N\tTreat absent files as empty\n\t-q\tOutput only whether files differ\n\t-r\tRecurse\n\t-s\tReport when two files are the same\n\t-u\tUnified\n\t-U N\tOutput N lines of context\n\t-w\tIgnore all whitespace\n",
    || whole(Diff::default()),
);

#[derive(Clone, Debug, Default)]
struct Diff {
    opts: Opts,
    /// Lines of context; None writes commands.
    context: Option<usize>,
    labels: Vec<String>,
    /// What was typed, for the header of each pair below a directory.
    typed: String,
}

impl Job for Diff {
    fn begin(&mut self, cx: &mut Cx<'_, '_>) -> Result<Vec<String>, u8> {
        let words = cx.args.iter().filter(|a| a.starts_with('-') && a.len() > 1).cloned();
        self.typed = std::iter::once("diff".to_string()).chain(words).collect::<Vec<_>>().join(" ");
        let long = [
            ("unified", 'u'),
            ("recursive", 'r'),
            ("brief", 'q'),
            ("new-file", 'N'),
            ("ignore-case", 'i'),
            ("ignore-all-space", 'w'),
            ("ignore-space-change", 'b'),
            ("ignore-blank-lines", 'B'),
            ("report-identical-files", 's'),
            ("label", 'L'),
            ("text", 'a'),
            ("color", 'C'),
            ("side-by-side", 'y'),
        ];
        let opts = opts::parse(cx, "urqNiwbBsL:aU:dtTy", &long)?;
        if opts.has('y') {
            cx.complain("side by side output is not here; see -u");
            return Err(2);
        }
        let lines = opts.value('U').map(|n| n.parse().map_err(|_| n.to_string()));
        self.context = match lines {
            Some(Ok(n)) => Some(n),
            Some(Err(n)) => {
                cx.complain(format!("invalid context length '{n}'"));
                return Err(2);
            }
            None if opts.has('u') || cx.busybox() => Some(3),
            None => None,
        };
        self.labels = opts.values('L');
        super::two_operands(cx, &opts.rest).map_err(|code| if cx.busybox() { code } else { 2 })?;
        let mut names = opts.rest.clone();
        self.opts = opts;
        let dirs: Vec<bool> = names.iter().map(|n| cx.sys.stat(n).is_ok_and(|s| s.is_dir())).collect();
        if dirs == [true, true] {
            return Err(self.trees(cx, &names[0], &names[1]));
        }
        // A file is compared with the one of its name in a directory.
        if dirs == [true, false] && names[1] != "-" {
            names[0] = join(&names[0], super::paths::base(&names[1]));
        } else if dirs == [false, true] && names[0] != "-" {
            names[1] = join(&names[1], super::paths::base(&names[0]));
        }
        Ok(names)
    }
    fn run(&mut self, cx: &mut Cx<'_, '_>, inputs: Vec<Input>) -> u8 {
        let mut sides = Vec::new();
        for input in &inputs {
            match &input.bytes {
                Ok(bytes) => sides.push(bytes.as_slice()),
                Err(Errno::ENOENT) if self.opts.has('N') => sides.push(&[]),
                Err(e) => {
                    let name = &input.name;
                    let shown = if cx.busybox() {
                        format!("can't stat '{name}': {e}")
                    } else {
                        format!("{name}: {e}")
                    };
                    cx.complain(shown);
                }
            }
        }
        match sides.as_slice() {
            [a, b] => u8::from(self.pair(cx, &inputs[0].name, a, &inputs[1].name, b, "")),
            _ => 2,
        }
    }
}

impl Diff {
    /// Compares two files; whether they differ. `header` is shown first when they do.
    fn pair(
        &mut self,
        cx: &mut Cx<'_, '_>,
        a: &str,
        left: &[u8],
        b: &str,
        right: &[u8],
        header: &str,
    ) -> bool {
        cx.sys.spend((left.len() + right.len()) as u64 / 64);
        let binary = |bytes: &[u8]| bytes[..bytes.len().min(4096)].contains(&0) && !self.opts.has('a');
        let differ = left != right;
        let (x, y) = (lines(left), lines(right));
        let found = if !differ {
            Vec::new()
        } else if self.opts.has('q') || binary(left) || binary(right) {
            vec![Hunk { old: 0..0, new: 0..0 }]
        } else {
            self.compare(&x, &y)
        };
        if found.is_empty() {
            if self.opts.has('s') {
                cx.line(format!("Files {a} and {b} are identical"));
            }
            return false;
        }
        if self.opts.has('q') {
            cx.line(format!("Files {a} and {b} differ"));
            return true;
        }
        if binary(left) || binary(right) {
            cx.line(format!("Binary files {a} and {b} differ"));
            return true;
        }
        if !header.is_empty() {
            cx.line(header);
        }
        match self.context {
            None => commands(cx, &found, &x, &y),
            Some(context) => {
                for (i, (mark, name)) in [("---", a), ("+++", b)].into_iter().enumerate() {
                    let label = match self.labels.get(i) {
                        Some(label) => label.clone(),
                        None if cx.busybox() => name.to_string(),
                        None => {
                            let time = cx.sys.stat(name).map_or(cx.sys.now(), |s| s.mtime);
                            format!("{name}\t{}", strftime("%Y-%m-%d %H:%M:%S.%N %z", time))
                        }
                    };
                    cx.line(format!("{mark} {label}"));
                }
                unified(cx, &found, &x, &y, context);
            }
        }
        true
    }

    /// The hunks, by what the options let count.
    fn compare(&self, x: &[&[u8]], y: &[&[u8]]) -> Vec<Hunk> {
        let plain = !["i", "w", "b"].iter().any(|o| self.opts.has(o.chars().next().unwrap_or('i')));
        let mut found = if plain {
            hunks(x, y)
        } else {
            let key = |lines: &[&[u8]]| -> Vec<Vec<u8>> { lines.iter().map(|l| self.key(l)).collect() };
            hunks(&key(x), &key(y))
        };
        if self.opts.has('B') {
            let blank = |lines: &[&[u8]]| lines.iter().all(|l| l.trim_ascii().is_empty());
            found.retain(|h| !(blank(&x[h.old.clone()]) && blank(&y[h.new.clone()])));
        }
        found
    }

    fn key(&self, line: &[u8]) -> Vec<u8> {
        let text = String::from_utf8_lossy(line);
        let text = if self.opts.has('w') {
            text.split_whitespace().collect::<String>()
        } else if self.opts.has('b') {
            let words: Vec<&str> = text.split_whitespace().collect();
            let lead = if text.starts_with([' ', '\t']) { " " } else { "" };
            format!("{lead}{}", words.join(" "))
        } else {
            text.into_owned()
        };
        if self.opts.has('i') { text.to_lowercase().into_bytes() } else { text.into_bytes() }
    }

    /// Compares two directories; gives the exit code.
    fn trees(&mut self, cx: &mut Cx<'_, '_>, a: &str, b: &str) -> u8 {
        let mut names: Vec<String> = Vec::new();
        for dir in [a, b] {
            match cx.sys.vfs().read_dir(dir) {
                Ok(found) => names.extend(found),
                Err(e) => {
                    cx.complain(format!("{dir}: {e}"));
                    return 2;
                }
            }
        }
        names.stable_sort();
        names.dedup();
        let mut code = 0;
        for name in names {
            let (left, right) = (join(a, &name), join(b, &name));
            let (x, y) = (cx.sys.stat(&left).ok(), cx.sys.stat(&right).ok());
            let dirs = (x.as_ref().map(|s| s.is_dir()), y.as_ref().map(|s| s.is_dir()));
            let differs = match dirs {
                (Some(true), Some(true)) if self.opts.has('r') => self.trees(cx, &left, &right),
                (Some(true), Some(true)) => {
                    cx.line(format!("Common subdirectories: {left} and {right}"));
                    0
                }
                (Some(true), Some(false)) | (Some(false), Some(true)) => {
                    let kind = |d: Option<bool>| if d == Some(true) { "directory" } else { "regular file" };
                    let (x, y) = (kind(dirs.0), kind(dirs.1));
                    cx.line(format!("File {left} is a {x} while file {right} is a {y}"));
                    1
                }
                (None, _) | (_, None) if !self.opts.has('N') => {
                    let dir = if dirs.0.is_some() { a } else { b };
                    cx.line(format!("Only in {}: {name}", dir.trim_end_matches('/')));
                    1
                }
                _ => {
                    let read = |cx: &mut Cx<'_, '_>, path: &str| cx.sys.vfs().read(path).unwrap_or_default();
                    let (l, r) = (read(cx, &left), read(cx, &right));
                    let header =
                        if cx.busybox() { String::new() } else { format!("{} {left} {right}", self.typed) };
                    u8::from(self.pair(cx, &left, &l, &right, &r, &header))
                }
            };
            code = code.max(differs);
        }
        code
    }
}

/// Lines with their ends, since a missing last newline is a difference.
fn lines(bytes: &[u8]) -> Vec<&[u8]> {
    bytes.split_inclusive(|b| *b == b'\n').collect()
}

fn show(cx: &mut Cx<'_, '_>, mark: &str, line: &[u8]) {
    cx.print(mark);
    cx.print(line);
    if !line.ends_with(b"\n") {
        cx.print("\n\\ No newline at end of file\n");
    }
}

/// The hunks as ed(1) would be told them.
fn commands(cx: &mut Cx<'_, '_>, found: &[Hunk], x: &[&[u8]], y: &[&[u8]]) {
    for hunk in found {
        let range = |r: &std::ops::Range<usize>| match r.len() {
            0 => r.start.to_string(),
            1 => (r.start + 1).to_string(),
            _ => format!("{},{}", r.start + 1, r.end),
        };
        let letter = match (hunk.old.is_empty(), hunk.new.is_empty()) {
            (true, _) => 'a',
            (_, true) => 'd',
            _ => 'c',
        };
        cx.line(format!("{}{letter}{}", range(&hunk.old), range(&hunk.new)));
        for line in &x[hunk.old.clone()] {
            show(cx, "< ", line);
        }
        if letter == 'c' {
            cx.line("---");
        }
        for line in &y[hunk.new.clone()] {
            show(cx, "> ", line);
        }
    }
}

fn unified(cx: &mut Cx<'_, '_>, found: &[Hunk], x: &[&[u8]], y: &[&[u8]], context: usize) {
    let mut i = 0;
    while i < found.len() {
        // Hunks whose contexts touch are shown as one.
        let mut last = i;
        while last + 1 < found.len() && found[last + 1].old.start - found[last].old.end <= 2 * context {
            last += 1;
        }
        let group = &found[i..=last];
        i = last + 1;
        let (first, end) = (&group[0], &group[group.len() - 1]);
        let before = context.min(first.old.start).min(first.new.start);
        let after = context.min(x.len() - end.old.end).min(y.len() - end.new.end);
        let range = |from: usize, to: usize| match to - from {
            0 => format!("{from},0"),
            1 => format!("{}", from + 1),
            n => format!("{},{n}", from + 1),
        };
        cx.line(format!(
            "@@ -{} +{} @@",
            range(first.old.start - before, end.old.end + after),
            range(first.new.start - before, end.new.end + after)
        ));
        let mut at = first.old.start - before;
        for hunk in group {
            for line in &x[at..hunk.old.start] {
                show(cx, " ", line);
            }
            for line in &x[hunk.old.clone()] {
                show(cx, "-", line);
            }
            for line in &y[hunk.new.clone()] {
                show(cx, "+", line);
            }
            at = hunk.old.end;
        }
        for line in &x[at..end.old.end + after] {
            show(cx, " ", line);
        }
    }
}
