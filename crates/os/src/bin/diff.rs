//! `diff`: how two files or trees differ, as commands or unified.

mod classes;
mod script;
mod show;

use std::{collections::VecDeque, rc::Rc};

use collections::StableSort;

use super::{
    opts::{self, Opts},
    paths::join,
    tool::Cx,
    whole::{Input, Job, whole},
};
use crate::{errno::Errno, program::ProgramSpec, time::strftime};
use classes::{Classes, Text};
use script::{Hunk, Script};
use show::Shown;

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
    /// What is left to compare, in order.
    todo: VecDeque<Task>,
    /// The pair that is being compared.
    pair: Option<Pair>,
    started: bool,
    code: u8,
}

/// Something to compare.
#[derive(Clone, Debug)]
enum Task {
    Trees(String, String),
    /// What two directories hold under one name.
    Entry(String, String, String),
}

/// Two files, and how far their comparison has come.
#[derive(Clone, Debug)]
struct Pair {
    names: [String; 2],
    texts: [Rc<Text>; 2],
    /// Shown first when they differ.
    header: String,
    stage: Stage,
}

#[derive(Clone, Debug)]
enum Stage {
    /// Finding which lines are alike.
    Classes(Classes),
    /// Finding the shortest script.
    Script(Script),
    /// Showing it.
    Shown(Shown),
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
            self.todo.push_back(Task::Trees(names[0].clone(), names[1].clone()));
            self.started = true;
            return Ok(Vec::new());
        }
        // A file is compared with the one of its name in a directory.
        if dirs == [true, false] && names[1] != "-" {
            names[0] = join(&names[0], super::paths::base(&names[1]));
        } else if dirs == [false, true] && names[0] != "-" {
            names[1] = join(&names[1], super::paths::base(&names[0]));
        }
        Ok(names)
    }
    fn step(&mut self, cx: &mut Cx<'_, '_>, inputs: &mut Vec<Input>) -> Option<u8> {
        if !std::mem::replace(&mut self.started, true)
            && let Err(code) = self.open(cx, std::mem::take(inputs))
        {
            return Some(code);
        }
        while !cx.must_pause() {
            if let Some(pair) = self.pair.take() {
                self.pair = self.go_on(cx, pair);
                continue;
            }
            match self.todo.pop_front() {
                Some(Task::Trees(a, b)) => self.trees(cx, &a, &b),
                Some(Task::Entry(a, b, name)) => self.entry(cx, &a, &b, &name),
                None => return Some(self.code),
            }
        }
        None
    }
}

impl Diff {
    /// Takes the two files that were named.
    fn open(&mut self, cx: &mut Cx<'_, '_>, inputs: Vec<Input>) -> Result<(), u8> {
        let mut sides = Vec::new();
        for input in inputs {
            match input.bytes {
                Ok(bytes) => sides.push((input.name, bytes)),
                Err(Errno::ENOENT) if self.opts.has('N') => sides.push((input.name, Vec::new())),
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
        let (Some(right), Some(left), 0) = (sides.pop(), sides.pop(), sides.len()) else { return Err(2) };
        self.begin_pair(cx, left, right, String::new());
        Ok(())
    }

    /// Compares two files as far as one look can; the rest becomes the current pair.
    fn begin_pair(
        &mut self,
        cx: &mut Cx<'_, '_>,
        (a, left): (String, Vec<u8>),
        (b, right): (String, Vec<u8>),
        header: String,
    ) {
        let held = left.len() + right.len();
        cx.sys.spend(held as u64 / 64);
        // The lines' places and classes, and the two edges of the search, besides the text.
        cx.sys.set_memory((1 << 20) + 2 * held as u64);
        let binary = |bytes: &[u8]| bytes[..bytes.len().min(4096)].contains(&0) && !self.opts.has('a');
        if left == right {
            return self.same(cx, [&a, &b]);
        }
        let binaries = binary(&left) || binary(&right);
        let brief = self.opts.has('q');
        if (brief || binaries) && !(brief && self.ignores()) {
            let what = if brief { "Files" } else { "Binary files" };
            cx.line(format!("{what} {a} and {b} differ"));
            self.code = self.code.max(1);
            return;
        }
        let texts = [Rc::new(Text::new(left)), Rc::new(Text::new(right))];
        self.pair = Some(Pair { names: [a, b], texts, header, stage: Stage::Classes(Classes::default()) });
    }

    fn same(&self, cx: &mut Cx<'_, '_>, [a, b]: [&String; 2]) {
        if self.opts.has('s') {
            cx.line(format!("Files {a} and {b} are identical"));
        }
    }

    /// Whether some differences do not count.
    fn ignores(&self) -> bool {
        ['i', 'w', 'b', 'B'].into_iter().any(|o| self.opts.has(o))
    }

    /// Goes on with a pair; None when it is done.
    fn go_on(&mut self, cx: &mut Cx<'_, '_>, mut pair: Pair) -> Option<Pair> {
        let texts = [&*pair.texts[0], &*pair.texts[1]];
        match &mut pair.stage {
            Stage::Classes(classes) => {
                let plain = !['i', 'w', 'b'].into_iter().any(|o| self.opts.has(o));
                if classes.step(cx, texts, |line| if plain { None } else { Some(self.key(line)) }) {
                    let [old, new] = std::mem::take(&mut classes.of);
                    pair.stage = Stage::Script(Script::new(old, new));
                }
            }
            Stage::Script(script) => {
                if let Some(found) = script.step(cx) {
                    return self.found(cx, found, pair);
                }
            }
            Stage::Shown(shown) => {
                if shown.step(cx, texts) {
                    return None;
                }
            }
        }
        Some(pair)
    }

    /// The script is there: shows its head, and then the hunks.
    fn found(&mut self, cx: &mut Cx<'_, '_>, mut found: Vec<Hunk>, mut pair: Pair) -> Option<Pair> {
        let texts = [&*pair.texts[0], &*pair.texts[1]];
        if self.opts.has('B') {
            let blank = |text: &Text, range: &std::ops::Range<usize>| {
                range.clone().all(|i| text.line(i).trim_ascii().is_empty())
            };
            found.retain(|h| !(blank(texts[0], &h.old) && blank(texts[1], &h.new)));
        }
        let [a, b] = [&pair.names[0], &pair.names[1]];
        if found.is_empty() {
            self.same(cx, [a, b]);
            return None;
        }
        self.code = self.code.max(1);
        if self.opts.has('q') {
            cx.line(format!("Files {a} and {b} differ"));
            return None;
        }
        if !pair.header.is_empty() {
            cx.line(&pair.header);
        }
        if self.context.is_some() {
            for (i, (mark, name)) in [("---", a), ("+++", b)].into_iter().enumerate() {
                let label = match self.labels.get(i) {
                    Some(label) => label.clone(),
                    None if cx.busybox() => name.clone(),
                    None => {
                        let time = cx.sys.stat(name).map_or(cx.sys.now(), |s| s.mtime);
                        format!("{name}\t{}", strftime("%Y-%m-%d %H:%M:%S.%N %z", time))
                    }
                };
                cx.line(format!("{mark} {label}"));
            }
        }
        pair.stage = Stage::Shown(Shown::new(found, self.context));
        Some(pair)
    }

    /// A line as far as it counts.
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

    /// Lists two directories; what they hold is compared next.
    fn trees(&mut self, cx: &mut Cx<'_, '_>, a: &str, b: &str) {
        let mut names: Vec<String> = Vec::new();
        for dir in [a, b] {
            match cx.sys.vfs().read_dir(dir) {
                Ok(found) => names.extend(found),
                Err(e) => {
                    cx.complain(format!("{dir}: {e}"));
                    self.code = 2;
                    return;
                }
            }
        }
        names.stable_sort();
        names.dedup();
        cx.sys.spend(1 + names.len() as u64);
        for name in names.into_iter().rev() {
            self.todo.push_front(Task::Entry(a.to_string(), b.to_string(), name));
        }
    }

    /// Compares what two directories hold under one name.
    fn entry(&mut self, cx: &mut Cx<'_, '_>, a: &str, b: &str, name: &str) {
        cx.sys.spend(10);
        let (left, right) = (join(a, name), join(b, name));
        let (x, y) = (cx.sys.stat(&left).ok(), cx.sys.stat(&right).ok());
        let dirs = (x.as_ref().map(|s| s.is_dir()), y.as_ref().map(|s| s.is_dir()));
        match dirs {
            (Some(true), Some(true)) if self.opts.has('r') => {
                self.todo.push_front(Task::Trees(left, right));
            }
            (Some(true), Some(true)) => cx.line(format!("Common subdirectories: {left} and {right}")),
            (Some(true), Some(false)) | (Some(false), Some(true)) => {
                let kind = |d: Option<bool>| if d == Some(true) { "directory" } else { "regular file" };
                let (x, y) = (kind(dirs.0), kind(dirs.1));
                cx.line(format!("File {left} is a {x} while file {right} is a {y}"));
                self.code = self.code.max(1);
            }
            (None, _) | (_, None) if !self.opts.has('N') => {
                let dir = if dirs.0.is_some() { a } else { b };
                cx.line(format!("Only in {}: {name}", dir.trim_end_matches('/')));
                self.code = self.code.max(1);
            }
            _ => {
                let read = |cx: &mut Cx<'_, '_>, path: &str| cx.sys.vfs().read(path).unwrap_or_default();
                let (l, r) = (read(cx, &left), read(cx, &right));
                let header =
                    if cx.busybox() { String::new() } else { format!("{} {left} {right}", self.typed) };
                self.begin_pair(cx, (left, l), (right, r), header);
            }
        }
    }
}
