//! `tar`: trees in one stream of bytes.

mod add;
mod format;

use super::{
    opts::{self, Opts},
    paths::join,
    tool::Cx,
    whole::{Input, Job, whole},
};
use crate::{
    bytes::gzip::{PIECE, Packer, Unpacker},
    errno::Errno,
    program::ProgramSpec,
    text::glob,
    time::{Time, strftime},
};
use format::{Entry, Kind, Next, Reader};

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "tar",
    "Usage: tar c|x|t [-ZzJjahmvokO] [-f TARFILE] [-C DIR] [-T FILE] [-X FILE] [LONGOPT]... [FILE]...\n\nCreate, extract, or list files from a tar file\n\n\tc\tCreate\n\tx\tExtract\n\tt\tList\n\t-f FILE\tName of TARFILE ('-' for stdin/out)\n\t-C DIR\tChange to DIR before operation\n\t-v\tVerbose\n\t-O\tExtract to stdout\n\t-m\tDon't restore mtime\n\t-p\tRestore permissions\n\t-h\tFollow symlinks\n\t-z\t(De)compress using gzip\n\t-k\tDon't replace existing files\n\t-T FILE\tFile with names to include\n\t-X FILE\tFile with glob patterns to exclude\n\t--exclude PATTERN\tGlob pattern to exclude\n\t--strip-components NUM\tStrip NUM leading path elements\n",
    || whole(Tar::default()),
);

#[derive(Clone, Default)]
struct Tar {
    opts: Opts,
    mode: char,
    /// Where members are found or put.
    dir: String,
    failed: bool,
    stripped: bool,
    stage: Stage,
    /// The archive, unpacked: what is written so far, or what is read. What went to stdout is no longer in it.
    archive: Vec<u8>,
    /// How long it is with what went to stdout.
    length: usize,
    /// What to add, the next one last.
    todo: Vec<String>,
    /// Members that were asked for, and whether they were seen.
    wanted: Vec<(String, bool)>,
}

/// What is being done.
#[derive(Clone, Default)]
enum Stage {
    #[default]
    Start,
    Adding,
    Packing(Packer),
    Unpacking(Unpacker),
    Members(Reader),
}

/// The largest archive: more would exhaust the page's memory.
const MAX_ARCHIVE: usize = 512 << 20;

const LONG: [(&str, char); 30] = [
    ("create", 'c'),
    ("extract", 'x'),
    ("get", 'x'),
    ("list", 't'),
    ("append", 'r'),
    ("file", 'f'),
    ("verbose", 'v'),
    ("gzip", 'z'),
    ("gunzip", 'z'),
    ("auto-compress", 'a'),
    ("bzip2", 'j'),
    ("xz", 'J'),
    ("directory", 'C'),
    ("to-stdout", 'O'),
    ("exclude", '1'),
    ("strip-components", '2'),
    ("touch", 'm'),
    ("preserve-permissions", 'p'),
    ("same-permissions", 'p'),
    ("no-same-owner", 'o'),
    ("no-same-permissions", '3'),
    ("numeric-owner", '4'),
    ("owner", '5'),
    ("group", '6'),
    ("dereference", 'h'),
    ("keep-old-files", 'k'),
    ("overwrite", '7'),
    ("files-from", 'T'),
    ("wildcards", '8'),
    ("absolute-names", 'P'),
];

impl Job for Tar {
    fn begin(&mut self, cx: &mut Cx<'_, '_>) -> Result<Vec<String>, u8> {
        if let Err(letter) = old_style(&mut cx.args) {
            cx.complain(format!("Old option ‘{letter}’ requires an argument."));
            return Err(usage(cx));
        }
        self.opts = opts::parse_with(cx, "cxtrf:vzajJC:O1:2:mpo345:6:hk7T:8PX:SBi", &LONG, 2)?;
        let modes: Vec<char> = "cxtr".chars().filter(|c| self.opts.has(*c)).collect();
        match (modes.as_slice(), cx.busybox()) {
            (['c'], _) | (['x'], _) | (['t'], _) => self.mode = modes[0],
            (['r'], false) => {
                cx.complain("appending to archives is not here: create a new one");
                return Err(2);
            }
            (_, true) => return Err(cx.missing_operand()),
            ([], false) => {
                cx.complain("You must specify one of the '-Acdtrux', '--delete' or '--test-label' options");
                return Err(usage(cx));
            }
            (_, false) => {
                cx.complain(
                    "You may not specify more than one '-Acdtrux', '--delete' or  '--test-label' option",
                );
                return Err(usage(cx));
            }
        }
        for (flag, program) in [('j', "bzip2"), ('J', "xz")] {
            if self.opts.has(flag) {
                cx.eprint(format!("tar (child): {program}: Cannot exec: No such file or directory\n"));
                cx.eprint("tar (child): Error is not recoverable: exiting now\n");
                cx.complain("Child returned status 2");
                cx.complain("Error is not recoverable: exiting now");
                return Err(2);
            }
        }
        self.dir = self.opts.value('C').unwrap_or("").to_string();
        if !self.dir.is_empty() && !cx.sys.stat(&self.dir).is_ok_and(|s| s.is_dir()) {
            let e = cx.sys.stat(&self.dir).map_or_else(|e| e, |_| Errno::ENOTDIR);
            if cx.busybox() {
                cx.complain(format!("can't change directory to '{}': {e}", self.dir));
                return Err(1);
            }
            cx.complain(format!("{}: Cannot open: {e}", self.dir));
            cx.complain("Error is not recoverable: exiting now");
            return Err(2);
        }
        let mut reads = Vec::new();
        if self.mode != 'c' {
            reads.push(self.opts.value('f').unwrap_or("-").to_string());
        } else if self.opts.rest.is_empty() && !self.opts.has('T') {
            if cx.busybox() {
                cx.complain("empty archive");
                return Err(1);
            }
            cx.complain("Cowardly refusing to create an empty archive");
            return Err(usage(cx));
        }
        reads.extend(self.opts.values('T'));
        reads.extend(self.opts.values('X'));
        Ok(reads)
    }
    fn step(&mut self, cx: &mut Cx<'_, '_>, inputs: &mut Vec<Input>) -> Option<u8> {
        while !cx.must_pause() {
            let code = match std::mem::take(&mut self.stage) {
                Stage::Start => self.start(cx, inputs),
                Stage::Adding => self.adding(cx),
                Stage::Packing(packer) => self.packing(cx, packer),
                Stage::Unpacking(unpacker) => self.unpacking(cx, inputs, unpacker),
                Stage::Members(reader) => self.members(cx, reader),
            };
            match code {
                Some(0) if self.failed => return Some(failed(cx, self.mode)),
                Some(code) => return Some(code),
                None => {}
            }
        }
        None
    }
}

/// The exit code after complaints that did not end the work.
fn failed(cx: &mut Cx<'_, '_>, mode: char) -> u8 {
    if cx.busybox() {
        if mode == 'c' {
            cx.complain("error exit delayed from previous errors");
        }
        return 1;
    }
    cx.complain("Exiting with failure status due to previous errors");
    2
}

/// The archive cannot be opened.
fn cannot_open(cx: &mut Cx<'_, '_>, name: &str, e: Errno) -> u8 {
    if cx.busybox() {
        cx.complain(format!("can't open '{name}': {e}"));
        return 1;
    }
    cx.complain(format!("{name}: Cannot open: {e}"));
    cx.complain("Error is not recoverable: exiting now");
    2
}

/// `tar czf a.tgz dir`: letters without a dash, whose values follow in order.
fn old_style(args: &mut Vec<String>) -> Result<(), char> {
    let Some(first) = args.first().filter(|a| !a.starts_with('-')).cloned() else { return Ok(()) };
    args.remove(0);
    let mut new = Vec::new();
    for letter in first.chars() {
        new.push(format!("-{letter}"));
        if "fCTX".contains(letter) {
            if args.is_empty() {
                return Err(letter);
            }
            new.push(args.remove(0));
        }
    }
    new.append(args);
    *args = new;
    Ok(())
}

fn usage(cx: &mut Cx<'_, '_>) -> u8 {
    cx.eprint("Try 'tar --help' or 'tar --usage' for more information.\n");
    2
}

impl Tar {
    fn path(&self, name: &str) -> String {
        if self.dir.is_empty() || name.starts_with('/') { name.to_string() } else { join(&self.dir, name) }
    }

    fn excluded(&self, name: &str) -> bool {
        self.opts.values('1').iter().any(|pattern| {
            let pattern = pattern.trim_end_matches('/');
            let parts: Vec<&str> = name.trim_end_matches('/').split('/').collect();
            (0..parts.len()).any(|i| {
                glob::matches(pattern, &parts[i..].join("/"))
                    || glob::matches(pattern, &parts[..=i].join("/"))
                    || glob::matches(pattern, parts[i])
            })
        })
    }

    /// A member's line for `-v` or `-t`.
    fn tell(&self, cx: &mut Cx<'_, '_>, entry: &Entry, long: bool, to_stderr: bool) {
        let mut line = entry.name.clone();
        if long {
            let mode = super::ls::mode_text(entry.kind.letter(), entry.mode);
            let owner = if self.opts.has('4') {
                format!("{}/{}", entry.uid, entry.gid)
            } else {
                format!("{}/{}", entry.user, entry.group)
            };
            let format = if cx.busybox() { "%Y-%m-%d %H:%M:%S" } else { "%Y-%m-%d %H:%M" };
            let time = strftime(format, Time::from_secs(entry.mtime));
            let width = if cx.busybox() { 9 } else { 19usize.saturating_sub(owner.len() + 1).max(1) };
            let target = match &entry.kind {
                Kind::Link(to) => format!(" -> {to}"),
                Kind::Hard(to) => format!(" link to {to}"),
                _ => String::new(),
            };
            line = format!("{mode} {owner} {:>width$} {time} {}{target}", entry.data.len(), entry.name);
        }
        if to_stderr {
            cx.eprint(format!("{line}\n"));
        } else {
            cx.line(line);
        }
    }

    /// Reads what `-T` and `-X` name, and opens the archive.
    fn start(&mut self, cx: &mut Cx<'_, '_>, inputs: &mut [Input]) -> Option<u8> {
        let own = usize::from(self.mode != 'c');
        let lists: Vec<String> = inputs
            .iter()
            .skip(own)
            .map(|i| String::from_utf8_lossy(i.bytes.as_deref().unwrap_or(&[])).into_owned())
            .collect();
        let names = self.opts.values('T').len();
        for line in lists.iter().take(names).flat_map(|l| l.lines()) {
            self.opts.rest.push(line.to_string());
        }
        for line in lists.iter().skip(names).flat_map(|l| l.lines()) {
            self.opts.add_value('1', line);
        }
        if self.mode == 'c' {
            let target = self.target();
            if target != "-"
                && let Err(e) = cx.sys.vfs().write(&target, Vec::new(), 0o666)
            {
                return Some(cannot_open(cx, &target, e));
            }
            self.todo = self.opts.rest.iter().rev().cloned().collect();
            self.stage = Stage::Adding;
            return None;
        }
        self.wanted = self.opts.rest.iter().map(|n| (n.clone(), false)).collect();
        let archive = inputs.first_mut()?;
        let bytes = match &mut archive.bytes {
            Ok(bytes) => bytes,
            Err(e) => return Some(cannot_open(cx, &archive.name, *e)),
        };
        let packed = bytes.starts_with(&[0x1f, 0x8b]);
        if !packed && self.opts.has('z') && !cx.busybox() {
            cx.eprint("\ngzip: stdin: not in gzip format\n");
            cx.complain("Child returned status 1");
            cx.complain("Error is not recoverable: exiting now");
            return Some(2);
        }
        if packed {
            self.stage = Stage::Unpacking(Unpacker::default());
        } else {
            self.archive = std::mem::take(bytes);
            self.stage = Stage::Members(Reader::default());
        }
        None
    }

    /// The archive's name; `-` is stdin or stdout.
    fn target(&self) -> String {
        self.opts.value('f').unwrap_or("-").to_string()
    }

    fn unpacking(&mut self, cx: &mut Cx<'_, '_>, inputs: &[Input], mut unpacker: Unpacker) -> Option<u8> {
        let bytes = inputs.first().and_then(|i| i.bytes.as_deref().ok()).unwrap_or_default();
        let done = unpacker.step(bytes);
        cx.sys.spend(PIECE as u64 / 128);
        cx.sys.set_memory((1 << 20) + (bytes.len() + unpacker.out.len()) as u64);
        self.stage = match done {
            Ok(false) => Stage::Unpacking(unpacker),
            done => {
                // What is damaged is read as far as it goes.
                self.archive = unpacker.out;
                if done.is_err() && !cx.busybox() {
                    cx.eprint("\ngzip: stdin: unexpected end of file\n");
                }
                Stage::Members(Reader::default())
            }
        };
        None
    }

    fn verbosity(&self) -> usize {
        self.opts.all().iter().filter(|(f, _)| *f == 'v').count()
    }

    /// Lists or extracts the next member.
    fn members(&mut self, cx: &mut Cx<'_, '_>, mut reader: Reader) -> Option<u8> {
        let next = reader.next(&self.archive);
        self.stage = Stage::Members(reader);
        let whole = match next {
            Next::Member(entry) => {
                cx.sys.spend(5 + entry.data.len() as u64 / 256);
                if self.is_asked(&entry.name) && !self.excluded(&entry.name) {
                    self.member(cx, entry);
                }
                return None;
            }
            Next::Junk if cx.busybox() => {
                cx.complain("invalid tar magic");
                return Some(1);
            }
            Next::Junk => {
                cx.complain("This does not look like a tar archive");
                self.failed = true;
                return Some(0);
            }
            Next::End => true,
            Next::Short => false,
        };
        for (name, _) in self.wanted.iter().filter(|(_, seen)| !seen) {
            let message = if cx.busybox() {
                format!("{name}: not found in archive")
            } else {
                format!("{name}: Not found in archive")
            };
            cx.complain(message);
            self.failed = true;
        }
        if !whole && !cx.busybox() {
            cx.complain("Unexpected EOF in archive");
            cx.complain("Error is not recoverable: exiting now");
            return Some(2);
        }
        Some(0)
    }

    /// Whether a member was named, or none was.
    fn is_asked(&mut self, name: &str) -> bool {
        let plain = name.trim_end_matches('/');
        let wildcards = self.opts.has('8');
        let named = |want: &str| {
            let want = want.trim_end_matches('/');
            plain == want
                || plain.strip_prefix(want).is_some_and(|rest| rest.starts_with('/'))
                || (wildcards && glob::matches(want, plain))
        };
        let all = self.wanted.is_empty();
        match self.wanted.iter_mut().find(|(want, _)| named(want)) {
            Some((_, seen)) => {
                *seen = true;
                true
            }
            None => all,
        }
    }

    /// Lists or extracts one member.
    fn member(&mut self, cx: &mut Cx<'_, '_>, mut entry: Entry) {
        let verbose = self.verbosity();
        if self.mode == 't' {
            return self.tell(cx, &entry, verbose > 0, false);
        }
        let strip = self.opts.value('2').and_then(|n| n.parse::<usize>().ok()).unwrap_or(0);
        let is_dir = entry.name.ends_with('/');
        let parts: Vec<&str> = entry.name.split('/').filter(|p| !p.is_empty() && *p != ".").collect();
        if parts.contains(&"..") {
            cx.complain(format!("{}: Member name contains '..'", entry.name));
            self.failed = true;
            return;
        }
        if strip > 0 {
            if parts.len() <= strip {
                return;
            }
            entry.name = parts[strip..].join("/") + if is_dir { "/" } else { "" };
        } else if parts.is_empty() {
            return;
        }
        if verbose > 0 {
            self.tell(cx, &entry, verbose > 1, self.opts.has('O'));
        }
        if self.opts.has('O') {
            if entry.kind == Kind::File {
                cx.print(&entry.data);
            }
            return;
        }
        let path = self.path(entry.name.trim_start_matches('/').trim_end_matches('/'));
        if let Err(e) = self.extract(cx, &path, &entry) {
            let message = if cx.busybox() {
                format!("can't open '{}': {e}", entry.name)
            } else {
                format!("{}: Cannot open: {e}", entry.name)
            };
            cx.complain(message);
            self.failed = true;
        }
    }

    fn extract(&self, cx: &mut Cx<'_, '_>, path: &str, entry: &Entry) -> Result<(), Errno> {
        if let Some((parent, _)) = path.rsplit_once('/').filter(|(p, _)| !p.is_empty()) {
            cx.sys.vfs().mkdir_all(parent)?;
        }
        let keep_mode = self.opts.has('p') || cx.sys.uid() == 0;
        let umask = if keep_mode { 0 } else { cx.sys.umask() };
        let mode = entry.mode & !umask;
        match &entry.kind {
            Kind::Dir => {
                cx.sys.vfs().mkdir_all(path)?;
                cx.sys.vfs().chmod(path, mode)?;
            }
            Kind::Link(target) => {
                let _old = cx.sys.unlink(path);
                return cx.sys.vfs().symlink(target, path);
            }
            Kind::Hard(target) => {
                let _old = cx.sys.unlink(path);
                let target = self.path(target);
                return cx.sys.vfs().link(&target, path);
            }
            Kind::File => {
                if cx.sys.lstat(path).is_ok() {
                    if self.opts.has('k') {
                        return Err(Errno::EEXIST);
                    }
                    // A new file takes the place of the old one, as tar unlinks first.
                    let _old = cx.sys.unlink(path);
                }
                cx.sys.vfs().write(path, entry.data.clone(), mode)?;
                cx.sys.vfs().chmod(path, mode)?;
            }
        }
        if cx.sys.uid() == 0 && !self.opts.has('o') {
            cx.sys.vfs().chown(path, Some(entry.uid), Some(entry.gid), false)?;
            cx.sys.vfs().chmod(path, mode)?;
        }
        if !self.opts.has('m') {
            let time = Time::from_secs(entry.mtime);
            cx.sys.vfs().utimes(path, Some(time), Some(time))?;
        }
        Ok(())
    }
}
