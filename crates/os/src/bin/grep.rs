//! grep, egrep, fgrep.

use collections::StableSort;

use super::{
    opts::{self, Opts},
    paths::join,
    tool::{Cx, Filter, Flow, filter, values_of},
};
use crate::{
    errno::Errno,
    program::ProgramSpec,
    text::{
        glob,
        regex::{Regex, Style},
    },
};

const HELP: &str = "Usage: grep [-HhnlLoqvsrRiwFExc] [-m N] [-A|B|C N] { PATTERN | -e PATTERN... | -f FILE... } [FILE]...\n\nSearch for PATTERN in FILEs (or stdin)\n";

pub const EGREP: ProgramSpec = ProgramSpec::inside("egrep", HELP, || filter(Grep::default()));
pub const FGREP: ProgramSpec = ProgramSpec::inside("fgrep", HELP, || filter(Grep::default()));
pub const GREP: ProgramSpec = ProgramSpec::inside("grep", HELP, || filter(Grep::default()));

#[derive(Clone, Debug, Default)]
pub struct Grep {
    patterns: Vec<Regex>,
    invert: bool,
    number: bool,
    count: bool,
    quiet: bool,
    only: bool,
    list: bool,
    list_without: bool,
    names: bool,
    word: bool,
    whole: bool,
    silent: bool,
    most: Option<u64>,
    before: usize,
    after: usize,
    label: String,
    line: u64,
    hits: u64,
    any: bool,
    held: Vec<(u64, String)>,
    /// Lines of context still to show.
    trailing: usize,
    last_shown: u64,
    shown_any: bool,
    failed: bool,
    perl: bool,
    delimiter: u8,
    /// A pattern went over its bound of steps.
    too_hard: bool,
}

impl Grep {
    /// All matches in a line.
    fn matches(&mut self, line: &str) -> Vec<(usize, usize)> {
        let mut found: Vec<(usize, usize)> = Vec::new();
        for pattern in self.patterns.clone() {
            let mut from = 0;
            while let Some((a, b)) = pattern.try_find_at(line, from).unwrap_or_else(|_| {
                self.too_hard = true;
                None
            }) {
                let is_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
                let bounded = !is_word(line[..a].chars().next_back()) && !is_word(line[b..].chars().next());
                let fits = (!self.word || bounded) && (!self.whole || (a == 0 && b == line.len()));
                if fits {
                    found.push((a, b));
                }
                let step = line[a..].chars().next().map_or(1, char::len_utf8);
                from = if b > a && fits { b } else { a + step };
                if from > line.len() {
                    break;
                }
            }
        }
        found.stable_sort();
        found
    }

    fn show(&mut self, cx: &mut Cx<'_, '_>, number: u64, line: &str, separator: char) {
        let mut prefix = String::new();
        if self.names {
            prefix.push_str(&format!("{}{separator}", self.label));
        }
        if self.number {
            prefix.push_str(&format!("{number}{separator}"));
        }
        self.last_shown = number;
        self.shown_any = true;
        cx.print(format!("{prefix}{line}{}", char::from(self.delimiter)));
    }
}

/// The files below a directory, in order.
fn below(cx: &mut Cx<'_, '_>, path: &str, opts: &Opts, out: &mut Vec<String>) {
    let matches = |flag: char, name: &str| opts.values(flag).iter().any(|p| glob::matches(p, name));
    let names = cx.sys.vfs().read_dir(path).unwrap_or_default();
    for name in names {
        let child = join(path, &name);
        let Ok(stat) = cx.sys.lstat(&child) else { continue };
        if stat.is_dir() {
            if !matches('D', &name) {
                below(cx, &child, opts, out);
            }
        } else if stat.is_file() && (!opts.has('I') || matches('I', &name)) && !matches('X', &name) {
            out.push(child);
        }
    }
}

/// Long options.
const LONG: &[(&str, char)] = &[
    ("ignore-case", 'i'),
    ("invert-match", 'v'),
    ("line-number", 'n'),
    ("count", 'c'),
    ("quiet", 'q'),
    ("silent", 'q'),
    ("only-matching", 'o'),
    ("files-with-matches", 'l'),
    ("files-without-match", 'L'),
    ("recursive", 'r'),
    ("extended-regexp", 'E'),
    ("fixed-strings", 'F'),
    ("word-regexp", 'w'),
    ("line-regexp", 'x'),
    ("regexp", 'e'),
    ("file", 'f'),
    ("max-count", 'm'),
    ("after-context", 'A'),
    ("before-context", 'B'),
    ("context", 'C'),
    ("no-messages", 's'),
    ("with-filename", 'H'),
    ("no-filename", 'h'),
    ("color", 'Y'),
    ("colour", 'Y'),
    ("include", 'I'),
    ("exclude", 'X'),
    ("exclude-dir", 'D'),
    ("byte-offset", 'b'),
    ("null-data", 'z'),
    ("perl-regexp", 'P'),
    ("text", 'a'),
    ("line-buffered", 'U'),
];

impl Grep {
    /// Compiles the patterns in the syntax that the options ask for; exit code 2 after a complaint.
    fn compile(&mut self, cx: &mut Cx<'_, '_>, opts: &Opts, sources: Vec<String>) -> Result<(), u8> {
        let fold = opts.has('i');
        let extended = opts.has('E') || cx.name == "egrep";
        let fixed = opts.has('F') || cx.name == "fgrep";
        for source in sources {
            let regex = if opts.has('P') {
                Regex::with(&source, true, fold, Style::Perl)
            } else if fixed {
                Regex::fixed(&source, fold)
            } else if extended {
                Regex::extended(&source, fold)
            } else {
                Regex::basic(&source, fold)
            };
            match regex {
                Ok(regex) => self.patterns.push(regex),
                Err(e) => {
                    let message = if cx.busybox() { format!("bad regex '{source}': {e}") } else { e };
                    cx.complain(message);
                    return Err(2);
                }
            }
        }
        Ok(())
    }

    /// The files in the folders named, or in this one; exit code 1 where there is none.
    fn inputs_below(
        &mut self,
        cx: &mut Cx<'_, '_>,
        opts: &Opts,
        mut rest: Vec<String>,
    ) -> Result<Vec<String>, u8> {
        if rest.is_empty() {
            rest.push(".".to_string());
        }
        let mut files = Vec::new();
        let mut found_dir = false;
        for path in rest {
            if cx.sys.stat(&path).is_ok_and(|s| s.is_dir()) {
                found_dir = true;
                below(cx, &path, opts, &mut files);
            } else {
                files.push(path);
            }
        }
        self.names = found_dir || files.len() > 1;
        if opts.rest.len() <= 1 && opts.values('e').is_empty() || opts.rest.is_empty() {
            for file in &mut files {
                *file = file.strip_prefix("./").unwrap_or(file).to_string();
            }
        }
        if files.is_empty() { Err(1) } else { Ok(files) }
    }
}

/// The patterns: of `-e` and `-f`, or the first operand. Exit code 2 after a complaint.
fn sources(cx: &mut Cx<'_, '_>, opts: &Opts, rest: &mut Vec<String>) -> Result<Vec<String>, u8> {
    let mut sources = opts.values('e');
    for file in opts.values('f') {
        let text = cx.file(&file).map_err(|e| {
            cx.complain(format!("{file}: {e}"));
            2
        })?;
        let text = String::from_utf8_lossy(&text).into_owned();
        sources.extend(text.lines().map(str::to_string));
    }
    if sources.is_empty() && !opts.has('f') {
        if rest.is_empty() {
            if cx.busybox() {
                return Err(cx.missing_operand());
            }
            cx.eprint(
                "Usage: grep [OPTION]... PATTERNS [FILE]...\nTry 'grep --help' for more information.\n",
            );
            return Err(2);
        }
        sources = rest.remove(0).split('\n').map(str::to_string).collect();
    }
    Ok(sources)
}

impl Filter for Grep {
    fn preload(&self, args: &[String]) -> Vec<String> {
        values_of(args, 'f')
    }
    fn begin(&mut self, cx: &mut Cx<'_, '_>) -> Result<Vec<String>, u8> {
        // -NUM is a number of context lines.
        for arg in &mut cx.args {
            if arg.len() > 1 && arg.starts_with('-') && arg[1..].bytes().all(|b| b.is_ascii_digit()) {
                *arg = format!("-C{}", &arg[1..]);
            }
        }
        let opts = opts::parse(cx, "EFGPivncqolLrRwxshHe:f:m:A:B:C:aUYI:X:D:zb", LONG)?;
        let mut rest = opts.rest.clone();
        let sources = sources(cx, &opts, &mut rest)?;
        self.compile(cx, &opts, sources)?;
        self.perl = opts.has('P');
        self.delimiter = if opts.has('z') { 0 } else { b'\n' };
        self.invert = opts.has('v');
        self.number = opts.has('n');
        self.count = opts.has('c');
        self.quiet = opts.has('q');
        self.only = opts.has('o');
        self.list = opts.has('l');
        self.list_without = opts.has('L');
        self.word = opts.has('w');
        self.whole = opts.has('x');
        self.silent = opts.has('s');
        self.most = opts.value('m').and_then(|m| m.parse().ok());
        let lines = |c: char| opts.value(c).or(opts.value('C')).and_then(|n| n.parse().ok()).unwrap_or(0);
        (self.after, self.before) = (lines('A'), lines('B'));
        if opts.has('r') || opts.has('R') {
            rest = self.inputs_below(cx, &opts, rest)?;
        } else {
            self.names = rest.len() > 1;
        }
        self.names = (self.names || opts.has('H')) && !opts.has('h');
        Ok(rest)
    }
    fn delimiter(&self) -> u8 {
        self.delimiter
    }
    fn open(&mut self, _: &mut Cx<'_, '_>, input: &str) {
        self.label = if input == "-" { "(standard input)".to_string() } else { input.to_string() };
        (self.line, self.hits, self.trailing, self.last_shown) = (0, 0, 0, 0);
        self.held.clear();
    }
    fn data(&mut self, cx: &mut Cx<'_, '_>, bytes: &[u8]) -> Flow {
        self.line += 1;
        let text = bytes.strip_suffix(&[self.delimiter]).unwrap_or(bytes);
        let text = String::from_utf8_lossy(text).into_owned();
        cx.sys.spend(1 + text.len() as u64 / 200);
        let found = self.matches(&text);
        if self.too_hard {
            let message = if self.perl { "exceeded PCRE's backtracking limit" } else { "memory exhausted" };
            cx.complain(message);
            self.failed = true;
            return Flow::Stop;
        }
        let hit = found.is_empty() == self.invert;
        if !hit {
            if self.trailing > 0 && !self.count && !self.list && !self.quiet {
                self.trailing -= 1;
                let n = self.line;
                self.show(cx, n, &text, '-');
            } else if self.before > 0 {
                self.held.push((self.line, text));
                if self.held.len() > self.before {
                    self.held.remove(0);
                }
            }
            return Flow::More;
        }
        self.hits += 1;
        self.any = true;
        if self.quiet {
            return Flow::Stop;
        }
        if self.list || self.list_without {
            return Flow::Next;
        }
        if !self.count {
            let held = std::mem::take(&mut self.held);
            let first = held.first().map_or(self.line, |(n, _)| *n);
            if (self.before > 0 || self.after > 0) && self.shown_any && first > self.last_shown + 1 {
                cx.line("--");
            }
            for (n, line) in held {
                self.show(cx, n, &line, '-');
            }
            let n = self.line;
            if self.only {
                for (a, b) in found.iter().filter(|(a, b)| b > a) {
                    self.show(cx, n, &text[*a..*b], ':');
                }
            } else {
                self.show(cx, n, &text, ':');
            }
            self.trailing = self.after;
        }
        if self.most.is_some_and(|m| self.hits >= m) { Flow::Next } else { Flow::More }
    }
    fn close(&mut self, cx: &mut Cx<'_, '_>, _: &str) {
        let label = self.label.clone();
        if self.list && self.hits > 0 || self.list_without && self.hits == 0 {
            cx.line(label);
        } else if self.count && !self.list && !self.list_without && !self.quiet {
            let n = self.hits;
            cx.line(if self.names { format!("{label}:{n}") } else { n.to_string() });
        }
    }
    fn refuse(&mut self, cx: &mut Cx<'_, '_>, input: &str, error: Errno) {
        if !self.silent {
            cx.complain(format!("{input}: {error}"));
        }
        self.failed = true;
    }
    fn end(&mut self, _: &mut Cx<'_, '_>, failed: bool) -> u8 {
        match (self.any, failed || self.failed) {
            (true, false) => 0,
            (true, true) if self.quiet => 0,
            (_, true) => 2,
            (false, false) => 1,
        }
    }
}
