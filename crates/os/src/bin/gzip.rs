//! `gzip`, `gunzip` and `zcat`: files packed and unpacked.

use super::{
    opts,
    tool::Cx,
    whole::{Input, Job, whole},
};
use crate::{
    bytes::gzip::{Bad, gunzip, gzip, header},
    errno::Errno,
    program::ProgramSpec,
};

pub const GUNZIP: ProgramSpec = ProgramSpec::inside(
    "gunzip",
    "Usage: gunzip [-cfkt] [FILE]...\n\nDecompress FILEs (or stdin)\n\n\t-c\tWrite to stdout\n\t-f\tForce\n\t-k\tKeep input files\n\t-t\tTest integrity\n",
    || whole(Gzip::default()),
);

pub const GZIP: ProgramSpec = ProgramSpec::inside(
    "gzip",
    "Usage: gzip [-cfkdt123456789] [FILE]...\n\nCompress FILEs (or stdin)\n\n\t-1..9\tCompression level\n\t-c\tWrite to stdout\n\t-f\tForce\n\t-k\tKeep input files\n\t-d\tDecompress\n\t-t\tTest integrity\n",
    || whole(Gzip::default()),
);

pub const ZCAT: ProgramSpec =
    ProgramSpec::inside("zcat", "Usage: zcat [FILE]...\n\nDecompress to stdout\n", || whole(Gzip::default()));

#[derive(Clone, Debug, Default)]
struct Gzip {
    unpack: bool,
    stdout: bool,
    keep: bool,
    force: bool,
    test: bool,
    list: bool,
    verbose: bool,
    quiet: bool,
    no_name: bool,
    level: u8,
    code: u8,
}

impl Job for Gzip {
    fn begin(&mut self, cx: &mut Cx<'_, '_>) -> Result<Vec<String>, u8> {
        let long = [
            ("stdout", 'c'),
            ("to-stdout", 'c'),
            ("decompress", 'd'),
            ("uncompress", 'd'),
            ("force", 'f'),
            ("keep", 'k'),
            ("list", 'l'),
            ("no-name", 'n'),
            ("quiet", 'q'),
            ("test", 't'),
            ("verbose", 'v'),
            ("fast", '1'),
            ("best", '9'),
            ("recursive", 'r'),
        ];
        let opts = opts::parse(cx, "cdfklnNqrtv123456789", &long)?;
        self.unpack = opts.has('d') || cx.name != "gzip";
        self.stdout = opts.has('c') || cx.name == "zcat";
        self.keep = opts.has('k') || self.stdout;
        self.force = opts.has('f');
        self.test = opts.has('t');
        self.list = opts.has('l');
        self.verbose = opts.has('v');
        self.quiet = opts.has('q');
        self.no_name = opts.has('n');
        self.level = opts.last_of("123456789").and_then(|c| c.to_digit(10)).unwrap_or(6) as u8;
        let mut names = Vec::new();
        for name in opts.rest.clone() {
            match cx.sys.stat(&name) {
                Ok(s) if s.is_dir() && opts.has('r') => self.below(cx, &name, &mut names),
                Ok(s) if s.is_dir() => {
                    let message = if cx.busybox() {
                        format!("{name}: is not a regular file")
                    } else {
                        format!("{name} is a directory -- ignored")
                    };
                    cx.complain(message);
                    self.code = self.code.max(if cx.busybox() { 1 } else { 2 });
                }
                // zcat finds the packed file without its suffix.
                Err(Errno::ENOENT) if self.unpack && cx.sys.stat(&format!("{name}.gz")).is_ok() => {
                    names.push(format!("{name}.gz"));
                }
                _ => names.push(name),
            }
        }
        if names.is_empty() && self.code > 0 {
            return Err(self.code);
        }
        if names.is_empty() && !self.unpack && cx.sys.is_tty(1) && !self.force {
            cx.complain("compressed data not written to a terminal. Use -f to force compression.");
            cx.eprint("For help, type: gzip -h\n");
            return Err(1);
        }
        Ok(if names.is_empty() { vec!["-".to_string()] } else { names })
    }
    fn run(&mut self, cx: &mut Cx<'_, '_>, inputs: Vec<Input>) -> u8 {
        if self.list {
            cx.line("         compressed        uncompressed  ratio uncompressed_name");
        }
        for input in inputs {
            let code = match &input.bytes {
                Ok(bytes) if self.unpack || self.test || self.list => self.unpacked(cx, &input.name, bytes),
                Ok(bytes) => self.packed(cx, &input.name, bytes),
                Err(e) => {
                    cx.complain(format!("{}: {e}", input.name));
                    1
                }
            };
            self.code = self.code.max(code);
        }
        self.code
    }
}

impl Gzip {
    fn below(&self, cx: &mut Cx<'_, '_>, dir: &str, names: &mut Vec<String>) {
        for name in cx.sys.vfs().read_dir(dir).unwrap_or_default() {
            let path = super::paths::join(dir, &name);
            match cx.sys.lstat(&path) {
                Ok(s) if s.is_dir() => self.below(cx, &path, names),
                Ok(s) if s.is_file() => names.push(path),
                _ => {}
            }
        }
    }

    fn packed(&self, cx: &mut Cx<'_, '_>, name: &str, bytes: &[u8]) -> u8 {
        cx.sys.spend(bytes.len() as u64 / 16);
        let stdin = name == "-";
        if name.ends_with(".gz") && !self.stdout && !self.force {
            cx.complain(format!("{name} already has .gz suffix -- unchanged"));
            return u8::from(cx.busybox());
        }
        let mtime = cx.sys.stat(name).map_or(0, |s| s.mtime.secs() as u32);
        let kept = (!stdin && !self.no_name && !cx.busybox()).then(|| super::paths::base(name));
        let out = gzip(bytes, kept, if self.no_name || stdin { 0 } else { mtime }, self.level);
        if stdin || self.stdout {
            cx.print(out);
            return 0;
        }
        let ratio = ratio(bytes.len(), &out);
        self.replace(cx, name, &format!("{name}.gz"), out, &ratio)
    }

    fn unpacked(&self, cx: &mut Cx<'_, '_>, name: &str, bytes: &[u8]) -> u8 {
        let stdin = name == "-";
        let shown = if stdin { "stdin" } else { name };
        let target = match name.strip_suffix(".gz").or(name.strip_suffix(".z")) {
            Some(base) => base.to_string(),
            None => match name.strip_suffix(".tgz") {
                Some(base) => format!("{base}.tar"),
                None if stdin || self.stdout || self.test || self.list => String::new(),
                None => {
                    let dash = if cx.busybox() { "-" } else { "--" };
                    cx.complain(format!("{name}: unknown suffix {dash} ignored"));
                    return if cx.busybox() { 1 } else { 2 };
                }
            },
        };
        cx.sys.spend(bytes.len() as u64 / 16);
        let out = match gunzip(bytes) {
            Ok(out) => out,
            // zcat -f shows what is not packed as it is.
            Err(Bad::Magic) if self.force && self.stdout => bytes.to_vec(),
            Err(bad) => {
                let message = match (bad, cx.busybox()) {
                    (Bad::Magic, true) => "invalid magic".to_string(),
                    (Bad::Magic, false) => format!("{shown}: not in gzip format"),
                    (Bad::Short, true) => "short read".to_string(),
                    (Bad::Short, false) => format!("{shown}: unexpected end of file"),
                    (Bad::Crc, true) => "crc error".to_string(),
                    (Bad::Crc, false) => format!("{shown}: invalid compressed data--crc error"),
                    (Bad::Data, true) => "corrupted data".to_string(),
                    (Bad::Data, false) => format!("{shown}: invalid compressed data--format violated"),
                    (Bad::TooLarge, _) => "output would be too large".to_string(),
                };
                let gap = if cx.busybox() { "" } else { "\n" };
                let name = cx.name.clone();
                // gunzip and zcat are gzip under other names.
                let who = if cx.busybox() { name.as_str() } else { "gzip" };
                cx.eprint(format!("{gap}{who}: {message}\n"));
                return 1;
            }
        };
        if self.list {
            let (packed, whole) = (bytes.len(), out.len());
            let ratio = ratio(whole, bytes);
            let target = if stdin { "stdout".to_string() } else { target };
            cx.line(format!("{packed:>19} {whole:>19} {ratio} {target}"));
            return 0;
        }
        if self.test {
            return 0;
        }
        if stdin || self.stdout {
            cx.print(out);
            return 0;
        }
        let ratio = ratio(out.len(), bytes);
        self.replace(cx, name, &target, out, &ratio)
    }

    /// Puts the result beside the file, and removes the file.
    fn replace(&self, cx: &mut Cx<'_, '_>, name: &str, target: &str, out: Vec<u8>, ratio: &str) -> u8 {
        if cx.sys.lstat(target).is_ok() && !self.force {
            if cx.busybox() {
                cx.complain(format!("can't open '{target}': File exists"));
                return 1;
            }
            cx.complain(format!("{target} already exists;\tnot overwritten"));
            return 2;
        }
        let mode = cx.sys.stat(name).map_or(0o644, |s| s.mode & 0o777);
        if let Err(e) = cx.sys.vfs().write(target, out, mode) {
            cx.complain(format!("{target}: {e}"));
            return 1;
        }
        if let Ok(stat) = cx.sys.stat(name) {
            let _as_before = cx.sys.vfs().utimes(target, Some(stat.atime), Some(stat.mtime));
        }
        if self.verbose && !self.quiet {
            let how = if self.keep { "created" } else { "replaced with" };
            let how = if cx.busybox() { how.to_string() } else { format!("-- {how}") };
            cx.eprint(format!("{name}:\t{ratio} {how} {target}\n"));
        }
        if !self.keep
            && let Err(e) = cx.sys.unlink(name)
        {
            cx.complain(format!("{name}: {e}"));
            return 1;
        }
        0
    }
}

/// How much was saved: ` 12.3%`.
fn ratio(whole: usize, packed: &[u8]) -> String {
    let packed = packed.len().saturating_sub(header(packed).unwrap_or(10) + 8);
    let percent = if whole == 0 { 0.0 } else { 100.0 * (whole as f64 - packed as f64) / whole as f64 };
    format!("{percent:>5.1}%")
}
