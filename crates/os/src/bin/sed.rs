//! sed: the stream editor.
//!
//! A line is edited when the next one (or the end) is known, since `$` asks for it; scripts that never ask edit each line
//! as it comes. A cycle that needs another line (`n`, `N`) is kept until that line is there.

mod run;
mod script;

use std::rc::Rc;

use super::{
    opts,
    tool::{Cx, Filter, Flow, filter, values_of},
};
use crate::{errno::Errno, program::ProgramSpec, text::regex::Regex};
use script::{Addr, Command, Dialect, Script, What};

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "sed",
    "Usage: sed [-i[SFX]] [-nrE] [-f FILE]... [-e CMD]... [FILE]...\nor: sed [-i[SFX]] [-nrE] CMD [FILE]...\n\n\t-e CMD\tAdd CMD to sed commands to be executed\n\t-f FILE\tAdd FILE contents to sed commands to be executed\n\t-i[SFX]\tEdit files in-place (otherwise write to stdout)\n\t\tOptionally back files up, appending SFX\n\t-n\tSuppress automatic printing of pattern space\n\t-r,-E\tUse extended regex syntax\n\nIf no -e or -f, the first non-option argument is the sed command string.\nRemaining arguments are input files (stdin if none).\n",
    || filter(Sed::default()),
);

/// sed
#[derive(Clone, Debug, Default)]
pub struct Sed {
    script: Rc<Script>,
    /// Ranges that are open, by command, and where a `,+N` ends.
    open: Vec<Option<u64>>,
    /// `0,/re/` ranges that were opened.
    zero_seen: Vec<bool>,
    quiet: bool,
    in_place: Option<String>,
    separate: bool,
    /// Whether the script asks for what follows.
    ahead: bool,
    /// The line that waits to know whether it is the last.
    pending: Option<Vec<u8>>,
    suspended: Option<run::Cycle>,
    /// The cycle whose fuel ran out.
    running: Option<run::Cycle>,
    hold: String,
    line: u64,
    last: bool,
    /// The current line ended with a newline.
    whole: bool,
    /// Output whose newline is still owed.
    owed: bool,
    last_regex: Option<Regex>,
    written: Vec<u8>,
    files: Vec<(String, Vec<u8>)>,
    input: String,
    quit: Option<u8>,
    failed: bool,
    /// What ends a line.
    end: u8,
}

impl Sed {
    fn put(&mut self, cx: &mut Cx<'_, '_>, text: &str) {
        let newline = if std::mem::take(&mut self.owed) { "\n" } else { "" };
        if self.in_place.is_some() {
            self.written.extend(newline.bytes().chain(text.bytes()));
        } else {
            cx.print(newline);
            cx.print(text);
        }
    }

    /// Shows the pattern space; the last line keeps its missing newline.
    fn put_line(&mut self, cx: &mut Cx<'_, '_>, text: &str) {
        let whole = self.whole;
        let end = if whole { char::from(self.end).to_string() } else { String::new() };
        self.put(cx, &format!("{text}{end}"));
        self.owed = !whole;
    }

    fn append_to(&mut self, cx: &mut Cx<'_, '_>, file: &str, text: &str) {
        match file {
            "/dev/stdout" => self.put(cx, text),
            "/dev/stderr" => cx.eprint(text),
            _ => match self.files.iter_mut().find(|(n, _)| n == file) {
                Some((_, bytes)) => bytes.extend(text.bytes()),
                None => self.files.push((file.to_string(), text.as_bytes().to_vec())),
            },
        }
    }

    /// Edits the line that waited.
    fn finish_pending(&mut self, cx: &mut Cx<'_, '_>) {
        if let Some(line) = self.pending.take()
            && self.quit.is_none()
        {
            self.line(cx, &line, true);
        }
        self.suspended = None;
    }

    /// The script from `-e`, `-f` or the first operand.
    fn source(cx: &mut Cx<'_, '_>, opts: &opts::Opts, rest: &mut Vec<String>) -> Result<String, u8> {
        let mut parts = Vec::new();
        for (flag, value) in opts.all() {
            match flag {
                'e' => parts.push(value.clone()),
                'f' => match cx.file(value) {
                    Ok(text) => {
                        let text = String::from_utf8_lossy(&text);
                        parts.push(text.strip_suffix('\n').unwrap_or(&text).to_string());
                    }
                    Err(e) => {
                        let message = if cx.busybox() {
                            format!("{value}: {e}")
                        } else {
                            format!("couldn't open file {value}: {e}")
                        };
                        cx.complain(message);
                        return Err(1);
                    }
                },
                _ => {}
            }
        }
        if parts.is_empty() {
            if rest.is_empty() {
                if cx.busybox() {
                    return Err(cx.missing_operand());
                }
                cx.eprint("Usage: sed [OPTION]... {script-only-if-no-other-script} [input-file]...\n");
                return Err(1);
            }
            parts.push(rest.remove(0));
        }
        Ok(parts.join("\n"))
    }
}

impl Filter for Sed {
    fn preload(&self, args: &[String]) -> Vec<String> {
        values_of(args, 'f')
    }
    fn begin(&mut self, cx: &mut Cx<'_, '_>) -> Result<Vec<String>, u8> {
        // The suffix of -i is attached.
        for arg in &mut cx.args {
            let letters = arg.strip_prefix('-').filter(|l| !l.starts_with('-'));
            if let Some(at) = letters.and_then(|l| l.find('i'))
                && arg[1..=at].chars().all(|c| "nErsuz".contains(c))
            {
                self.in_place = Some(arg[at + 2..].to_string());
                arg.truncate(at + 2);
            } else if let Some(suffix) = arg.strip_prefix("--in-place=") {
                self.in_place = Some(suffix.to_string());
                *arg = "-i".to_string();
            }
        }
        let long = [
            ("quiet", 'n'),
            ("silent", 'n'),
            ("expression", 'e'),
            ("file", 'f'),
            ("regexp-extended", 'E'),
            ("in-place", 'i'),
            ("separate", 's'),
            ("unbuffered", 'u'),
            ("null-data", 'z'),
        ];
        let opts = opts::parse(cx, if cx.busybox() { "ne:f:Eri" } else { "ne:f:Eriszul:" }, &long)?;
        let mut rest = opts.rest.clone();
        let source = Sed::source(cx, &opts, &mut rest)?;
        self.quiet = opts.has('n') || source.starts_with("#n\n") || source == "#n";
        if opts.has('i') && self.in_place.is_none() {
            self.in_place = Some(String::new());
        }
        self.separate = opts.has('s') || self.in_place.is_some();
        self.end = if opts.has('z') { 0 } else { b'\n' };
        let dialect = Dialect { extended: opts.has('E') || opts.has('r'), busybox: cx.busybox() };
        let script = script::read(&source, dialect).map_err(|message| {
            cx.complain(message);
            1
        })?;
        let last = |a: &Option<Addr>| matches!(a, Some(Addr::Last));
        self.ahead = script.commands.iter().any(|c: &Command| {
            matches!(c.what, What::Plain('n' | 'N') | What::Read(_)) || last(&c.from) || last(&c.to)
        });
        self.open = vec![None; script.commands.len()];
        self.zero_seen = vec![false; script.commands.len()];
        self.files = script.files.iter().map(|f| (f.clone(), Vec::new())).collect();
        self.files.retain(|(f, _)| f != "/dev/stdout" && f != "/dev/stderr");
        self.script = Rc::new(script);
        Ok(rest)
    }
    fn delimiter(&self) -> u8 {
        self.end
    }
    fn open(&mut self, cx: &mut Cx<'_, '_>, input: &str) {
        self.input = input.to_string();
        if self.separate {
            self.line = 0;
            self.zero_seen.fill(false);
        }
        if self.in_place.is_some() && input != "-" && !cx.sys.stat(input).is_ok_and(|s| s.is_file()) {
            self.failed = true;
        }
    }
    fn data(&mut self, cx: &mut Cx<'_, '_>, bytes: &[u8]) -> Flow {
        match self.quit {
            Some(_) if self.in_place.is_none() => return Flow::Stop,
            Some(_) => self.written.extend_from_slice(bytes),
            None if !self.ahead => self.line(cx, bytes, false),
            None => {
                if let Some(line) = self.pending.replace(bytes.to_vec()) {
                    self.line(cx, &line, false);
                }
            }
        }
        if self.quit.is_some() && self.in_place.is_none() { Flow::Stop } else { Flow::More }
    }
    fn close(&mut self, cx: &mut Cx<'_, '_>, input: &str) {
        if !self.separate {
            return;
        }
        self.finish_pending(cx);
        if self.busy() {
            return;
        }
        self.owed = false;
        if let Some(suffix) = self.in_place.clone().filter(|_| input != "-") {
            let bytes = std::mem::take(&mut self.written);
            let Ok(stat) = cx.sys.stat(input) else { return };
            if !stat.is_file() {
                return;
            }
            if !suffix.is_empty()
                && let Ok(old) = cx.sys.vfs().read(input)
            {
                let name = if suffix.contains('*') {
                    suffix.replace('*', super::paths::base(input))
                } else {
                    format!("{input}{suffix}")
                };
                let _kept = cx.sys.vfs().write(&name, old, stat.mode & 0o777);
            }
            if let Err(e) = cx.sys.vfs().write(input, bytes, stat.mode & 0o777) {
                cx.complain(format!("couldn't open file {input}: {e}"));
                self.failed = true;
            }
        }
    }
    fn refuse(&mut self, cx: &mut Cx<'_, '_>, input: &str, error: Errno) {
        let message = match (cx.busybox(), error) {
            (true, Errno::EISDIR) => format!("read error: {error}"),
            (true, e) => format!("{input}: {e}"),
            (false, Errno::EISDIR) if self.in_place.is_some() => {
                format!("couldn't edit {input}: not a regular file")
            }
            (false, Errno::EISDIR) => format!("couldn't read {input}: {error}"),
            (false, e) => format!("can't read {input}: {e}"),
        };
        if !cx.busybox() && error == Errno::EISDIR && self.in_place.is_none() {
            self.quit = Some(4);
            return cx.complain(format!("read error on {input}: {error}"));
        }
        cx.complain(message);
    }
    fn busy(&self) -> bool {
        self.running.is_some()
    }
    fn work(&mut self, cx: &mut Cx<'_, '_>) {
        if let Some(cycle) = self.running.take() {
            self.cycle(cx, cycle);
        }
    }
    fn end(&mut self, cx: &mut Cx<'_, '_>, failed: bool) -> u8 {
        self.finish_pending(cx);
        if self.busy() {
            return 0;
        }
        for (file, bytes) in std::mem::take(&mut self.files) {
            if let Err(e) = cx.sys.vfs().write(&file, bytes, 0o666) {
                cx.complain(format!("couldn't open file {file}: {e}"));
                return 4;
            }
        }
        match self.quit.filter(|code| *code > 0) {
            Some(code) => code,
            None if failed || self.failed => 1 + u8::from(!cx.busybox()),
            None => 0,
        }
    }
}
