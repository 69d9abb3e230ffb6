//! `zip` and `unzip`: archives of packed files.

mod format;

use super::{
    opts::{self, Opts},
    paths::join,
    tool::Cx,
    whole::{Input, Job, whole},
};
use crate::{
    bytes::gzip::unpack,
    program::ProgramSpec,
    text::glob,
    time::{Time, strftime},
};
use format::Member;

pub const UNZIP: ProgramSpec = ProgramSpec::inside(
    "unzip",
    "Usage: unzip [-lnojpq] FILE[.zip] [FILE]... [-x FILE]... [-d DIR]\n\nExtract FILEs from ZIP archive\n\n\t-l\tList contents\n\t-n\tNever overwrite files\n\t-o\tOverwrite\n\t-j\tDo not restore paths\n\t-p\tWrite to stdout\n\t-q\tQuiet\n\t-d DIR\tExtract into DIR\n\t-x FILE\tExclude FILEs\n",
    || whole(Unzip::default()),
);

pub const ZIP: ProgramSpec = ProgramSpec::inside(
    "zip",
    "Usage: zip [-rqj9] ARCHIVE FILE...\n\nPackage and compress FILEs\n\n\t-r\tRecurse into directories\n\t-q\tQuiet\n\t-j\tDo not store paths\n",
    || whole(Zip::default()),
);

#[derive(Clone, Debug, Default)]
struct Unzip {
    opts: Opts,
    archive: String,
    wanted: Vec<String>,
    excluded: Vec<String>,
}

impl Job for Unzip {
    fn begin(&mut self, cx: &mut Cx<'_, '_>) -> Result<Vec<String>, u8> {
        // -x takes all names up to the next option.
        if let Some(at) = cx.args.iter().position(|a| a == "-x") {
            let end = cx.args[at + 1..]
                .iter()
                .position(|a| a.starts_with('-'))
                .map_or(cx.args.len(), |n| at + 1 + n);
            self.excluded = cx.args.drain(at..end).skip(1).collect();
        }
        self.opts = opts::parse(cx, "lnojpqd:tvC", &[])?;
        let mut names = self.opts.rest.clone();
        if names.is_empty() {
            if !cx.busybox() {
                cx.line(SPEC_SHORT);
                return Err(10);
            }
            return Err(cx.missing_operand());
        }
        self.archive = names.remove(0);
        if cx.sys.stat(&self.archive).is_err() && cx.sys.stat(&format!("{}.zip", self.archive)).is_ok() {
            self.archive.push_str(".zip");
        }
        self.wanted = names;
        Ok(vec![self.archive.clone()])
    }
    fn run(&mut self, cx: &mut Cx<'_, '_>, inputs: Vec<Input>) -> u8 {
        let archive = self.archive.clone();
        let Some(Ok(bytes)) = inputs.first().map(|i| &i.bytes) else {
            if cx.busybox() {
                cx.complain(format!("can't open '{archive}[.zip]'"));
                return 1;
            }
            cx.eprint(format!("unzip:  cannot find or open {archive}, {archive}.zip or {archive}.ZIP.\n"));
            return 9;
        };
        let Some(members) = format::read(bytes) else {
            if cx.busybox() {
                cx.complain("invalid zip magic");
                return 1;
            }
            cx.line(format!("Archive:  {archive}"));
            cx.eprint(format!(
                "  End-of-central-directory signature not found.  Either this file is not\n  a zipfile, or it constitutes one disk of a multi-part archive.  In the\n  latter case the central directory and zipfile comment will be found on\n  the last disk(s) of this archive.\nunzip:  cannot find zipfile directory in one of {archive} or\n        {archive}.zip, and cannot find {archive}.ZIP, period.\n"
            ));
            return 9;
        };
        let named = |set: &[String], name: &str| set.iter().any(|p| glob::matches(p, name));
        let members: Vec<&Member> = members
            .iter()
            .filter(|m| self.wanted.is_empty() || named(&self.wanted, &m.name))
            .filter(|m| !named(&self.excluded, &m.name))
            .collect();
        if !self.opts.has('q') && !self.opts.has('p') {
            cx.line(format!("Archive:  {archive}"));
        }
        if self.opts.has('l') {
            list(cx, &members);
            return 0;
        }
        if members.is_empty() && !self.wanted.is_empty() {
            for name in self.wanted.clone() {
                cx.eprint(format!("caution: filename not matched:  {name}\n"));
            }
            return 11;
        }
        let mut code = 0;
        for member in members {
            code = code.max(self.member(cx, member, bytes));
        }
        if self.opts.has('t') && code == 0 {
            cx.line(format!("No errors detected in compressed data of {archive}."));
        }
        code
    }
}

const SPEC_SHORT: &str = "UnZip 6.00 of 20 April 2009, by Debian. Original by Info-ZIP.\n\nUsage: unzip [-Z] [-opts[modifiers]] file[.zip] [list] [-x xlist] [-d exdir]";

fn list(cx: &mut Cx<'_, '_>, members: &[&Member]) {
    cx.line("  Length      Date    Time    Name");
    cx.line("---------  ---------- -----   ----");
    for m in members {
        let time = strftime("%Y-%m-%d %H:%M", Time::from_secs(m.mtime));
        cx.line(format!("{:>9}  {time}   {}", m.size, m.name));
    }
    let total: u64 = members.iter().map(|m| m.size).sum();
    let s = if members.len() == 1 { "" } else { "s" };
    cx.line("---------                     -------");
    cx.line(format!("{total:>9}                     {} file{s}", members.len()));
}

impl Unzip {
    fn member(&self, cx: &mut Cx<'_, '_>, m: &Member, archive: &[u8]) -> u8 {
        let packed = archive.get(m.offset..m.offset + m.packed).unwrap_or(&[]);
        let data = match m.method {
            0 => packed.to_vec(),
            8 => match unpack(packed) {
                Ok((data, _)) => data,
                Err(_) => {
                    cx.eprint(format!("  error:  invalid compressed data to inflate {}\n", m.name));
                    return 2;
                }
            },
            other => {
                cx.eprint(format!("   skipping: {:<23} unsupported compression method {other}\n", m.name));
                return 81;
            }
        };
        cx.sys.spend(data.len() as u64 / 64);
        if self.opts.has('p') {
            cx.print(data);
            return 0;
        }
        if self.opts.has('t') {
            if !self.opts.has('q') {
                cx.line(format!("    testing: {:<22}   OK", m.name));
            }
            return 0;
        }
        let mut name = m.name.trim_start_matches('/').to_string();
        if self.opts.has('j') {
            name = name.rsplit('/').next().unwrap_or("").to_string();
        }
        if name.is_empty() || name.split('/').any(|p| p == "..") {
            return 0;
        }
        let path = match self.opts.value('d') {
            Some(dir) => join(dir, &name),
            None => name,
        };
        let is_dir = path.ends_with('/');
        let parent =
            if is_dir { Some(path.trim_end_matches('/')) } else { path.rsplit_once('/').map(|p| p.0) };
        let new_dir = is_dir && cx.sys.stat(&path).is_err();
        if let Some(parent) = parent.filter(|p| !p.is_empty()) {
            let _exists = cx.sys.vfs().mkdir_all(parent);
        }
        let quiet = self.opts.has('q');
        if is_dir {
            if new_dir && !quiet {
                cx.line(format!("   creating: {path}"));
            }
            return 0;
        }
        if cx.sys.lstat(&path).is_ok() && !self.opts.has('o') {
            if self.opts.has('n') {
                return 0;
            }
            cx.eprint(format!("replace {path}? [y]es, [n]o, [A]ll, [N]one, [r]ename:  NULL\n(EOF or read error, treating as \"[N]one\" ...)\n"));
            return 1;
        }
        let verb = if m.method == 0 { " extracting" } else { "  inflating" };
        if let Err(e) = cx.sys.vfs().write(&path, data, m.mode & 0o777) {
            cx.eprint(format!("error:  cannot create {path}\n        {e}\n"));
            return 50;
        }
        let time = Time::from_secs(m.mtime);
        let _set = cx.sys.vfs().utimes(&path, Some(time), Some(time));
        if !quiet {
            cx.line(if cx.busybox() { format!("{verb}: {path}") } else { format!("{verb}: {path:<22}  ") });
        }
        0
    }
}

#[derive(Clone, Debug, Default)]
struct Zip {
    opts: Opts,
}

impl Job for Zip {
    fn begin(&mut self, cx: &mut Cx<'_, '_>) -> Result<Vec<String>, u8> {
        self.opts = opts::parse(cx, "rqj123456789", &[("recurse-paths", 'r'), ("quiet", 'q')])?;
        if self.opts.rest.len() < 2 {
            cx.eprint("\nzip error: Nothing to do! (try: zip -r a.zip . -i files)\n");
            return Err(12);
        }
        Ok(Vec::new())
    }
    fn run(&mut self, cx: &mut Cx<'_, '_>, _: Vec<Input>) -> u8 {
        let mut archive = self.opts.rest[0].clone();
        if !archive.contains('.') {
            archive.push_str(".zip");
        }
        let mut files = Vec::new();
        for name in &self.opts.rest[1..] {
            if cx.sys.stat(name).is_err() {
                cx.print(format!("\tzip warning: name not matched: {name}\n"));
                continue;
            }
            self.gather(cx, name, &mut files);
        }
        if files.is_empty() {
            cx.print(format!("\nzip error: Nothing to do! ({archive})\n"));
            return 12;
        }
        for (m, data) in &mut files {
            let saved = 100 - (m.packed * 100).checked_div(data.len()).unwrap_or(100);
            if !self.opts.has('q') {
                let how = if m.method == 0 { "stored" } else { "deflated" };
                let saved = if m.method == 0 { 0 } else { saved };
                cx.line(format!("  adding: {} ({how} {saved}%)", m.name));
            }
        }
        let bytes = format::write(&files);
        if let Err(e) = cx.sys.vfs().write(&archive, bytes, 0o666) {
            cx.eprint(format!("zip I/O error: {e}\nzip error: Could not create output file ({archive})\n"));
            return 15;
        }
        0
    }
}

impl Zip {
    fn gather(&self, cx: &mut Cx<'_, '_>, name: &str, files: &mut Vec<(Member, Vec<u8>)>) {
        let Ok(stat) = cx.sys.stat(name) else { return };
        let mut shown = name.trim_start_matches('/').trim_start_matches("./").to_string();
        if self.opts.has('j') {
            shown = super::paths::base(name).to_string();
        }
        if stat.is_dir() {
            if !shown.is_empty() && shown != "." && !self.opts.has('j') {
                let dir = format!("{}/", shown.trim_end_matches('/'));
                files.push((Member::new(dir, stat.mode | 0o40_000, stat.mtime.secs(), &[]), Vec::new()));
            }
            if self.opts.has('r') {
                for child in cx.sys.vfs().read_dir(name).unwrap_or_default() {
                    self.gather(cx, &join(name, &child), files);
                }
            }
            return;
        }
        let Ok(data) = cx.sys.vfs().read(name) else { return };
        cx.sys.spend(data.len() as u64 / 16);
        files.push((Member::new(shown, stat.mode | 0o100_000, stat.mtime.secs(), &data), data));
    }
}
