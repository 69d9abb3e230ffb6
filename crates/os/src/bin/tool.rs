//! Two frames that most programs fit in, so that each is written as straight code.
//!
//! A *tool* does its work in one go and leaves output behind ([`tool`]). A *filter* is fed its inputs piece by piece,
//! whole or line by line ([`Filter`]). The frames wait for input, carry output off with back-pressure, and yield.

use super::whole::{Input, Slurp};
use crate::{
    errno::Errno,
    kernel::{OpenFlags, Sys},
    program::{Fd, Poll, Program, Wait},
};

/// What a tool or filter works with: the system, its arguments, and the output it leaves.
pub struct Cx<'a, 'b> {
    /// The machine, as this process.
    pub sys: &'a mut Sys<'b>,
    /// The arguments after the name.
    pub args: Vec<String>,
    /// What messages begin with.
    pub name: String,
    /// Files a filter asked for ([`Filter::preload`]).
    pub files: Vec<Input>,
    out: &'a mut Output,
}

/// Output not yet written, in order, so that lines of stdout and stderr keep their order on a shared terminal.
#[derive(Clone, Debug, Default)]
pub struct Output {
    parts: Vec<(Fd, Vec<u8>)>,
    /// stdout is gone: nobody reads it.
    broken: bool,
    /// Why stdout could not be written, for a shell that words the complaint itself.
    pub failed: Option<Errno>,
    /// The complaint is left to the owner.
    quiet: bool,
}

impl Output {
    /// Output whose owner says itself that stdout cannot be written.
    pub fn quiet() -> Output {
        Output { quiet: true, ..Output::default() }
    }

    /// Forgets what was not written.
    pub fn discard(&mut self) {
        self.parts.clear();
    }

    /// Adds bytes for a descriptor.
    pub fn push(&mut self, fd: Fd, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        match self.parts.last_mut() {
            Some((last, buf)) if *last == fd => buf.extend_from_slice(bytes),
            _ => self.parts.push((fd, bytes.to_vec())),
        }
    }

    /// The exit code when all is written: 1 where stdout was lost.
    pub fn exit_code(&self, code: u8) -> u8 {
        if self.broken && code == 0 { 1 } else { code }
    }

    /// All that was not written, as text.
    pub fn text(&self) -> String {
        self.parts.iter().map(|(_, bytes)| String::from_utf8_lossy(bytes)).collect()
    }

    /// Bytes not yet written.
    pub fn len(&self) -> usize {
        self.parts.iter().map(|(_, b)| b.len()).sum()
    }

    /// Whether stdout is gone.
    pub fn is_broken(&self) -> bool {
        self.broken
    }

    /// Writes what can be written; what to wait for if not all could.
    pub fn drain(&mut self, sys: &mut Sys<'_>) -> Option<Wait> {
        while let Some((fd, bytes)) = self.parts.first_mut() {
            match sys.write(*fd, bytes) {
                Ok(n) if n == bytes.len() => {
                    self.parts.remove(0);
                }
                Ok(n) => {
                    bytes.drain(..n);
                }
                Err(Errno::EAGAIN) => return Some(Wait::write(*fd)),
                Err(e) => {
                    let fd = *fd;
                    self.parts.retain(|(f, _)| *f != fd);
                    if fd == 1 && self.quiet {
                        self.failed = Some(e).filter(|e| *e != Errno::EPIPE);
                    } else if fd == 1 && !self.broken {
                        self.broken = true;
                        if e != Errno::EPIPE {
                            let name = sys.argv().first().cloned().unwrap_or_default();
                            let name = name.rsplit('/').next().unwrap_or("").to_string();
                            self.push(2, format!("{name}: write error: {e}\n").as_bytes());
                        }
                    }
                }
            }
        }
        None
    }
}

impl<'a, 'b> Cx<'a, 'b> {
    /// A context that leaves output in `out`.
    pub fn new(sys: &'a mut Sys<'b>, args: Vec<String>, name: String, out: &'a mut Output) -> Cx<'a, 'b> {
        Cx { sys, args, name, files: Vec::new(), out }
    }
}

impl Cx<'_, '_> {
    /// A file that was read before the program began; others are read now.
    pub fn file(&mut self, name: &str) -> Result<Vec<u8>, Errno> {
        match self.files.iter().find(|f| f.name == name) {
            Some(file) => file.bytes.clone(),
            None => self.sys.vfs().read(name),
        }
    }

    /// Writes to stdout.
    pub fn print(&mut self, text: impl AsRef<[u8]>) {
        self.sys.spend(1);
        self.out.push(1, text.as_ref());
    }

    /// Writes a line to stdout.
    pub fn line(&mut self, text: impl AsRef<[u8]>) {
        self.print(text);
        self.out.push(1, b"\n");
    }

    /// Writes to stderr as it is.
    pub fn eprint(&mut self, text: impl AsRef<[u8]>) {
        self.out.push(2, text.as_ref());
    }

    /// Writes `name: message` to stderr.
    pub fn complain(&mut self, message: impl AsRef<str>) {
        // Containers run in the C locale, where GNU tools quote with plain apostrophes.
        let line = format!("{}: {}\n", self.name, message.as_ref()).replace(['‘', '’'], "'");
        self.out.push(2, line.as_bytes());
    }

    /// Writes what was said so far, as far as it can be written now.
    pub fn flush(&mut self) {
        let _wait = self.out.drain(self.sys);
    }

    /// Whether a long work must stop here for now: the fuel is used up, or there is output to be carried off.
    pub fn must_pause(&self) -> bool {
        self.sys.fuel() <= 0 || self.out.len() >= HIGH_WATER
    }

    /// Whether the tools are BusyBox's.
    pub fn busybox(&self) -> bool {
        self.sys.is_busybox()
    }

    /// The complaint about a wrong option, and its exit code.
    pub fn bad_option(&mut self, option: &str, code: u8) -> u8 {
        let name = self.name.clone();
        let long = option.starts_with("--");
        if self.busybox() {
            let shown = option.trim_start_matches('-');
            if long {
                self.complain(format!("unrecognized option '--{shown}'"));
            } else {
                self.complain(format!("invalid option -- '{shown}'"));
            }
            let help = self.sys.k.program(&name).map(|p| p.help).unwrap_or("");
            self.eprint(crate::bin::busybox_banner());
            self.eprint(format!("\n{help}"));
            return 1;
        }
        if long {
            self.complain(format!("unrecognized option '{option}'"));
        } else {
            self.complain(format!("invalid option -- '{}'", option.trim_start_matches('-')));
        }
        self.eprint(format!("Try '{name} --help' for more information.\n"));
        code
    }

    /// Shows the program's help, if that is what the first argument asks for.
    pub fn help(&mut self) -> bool {
        helped(self.sys, self.out)
    }

    /// The complaint about a missing operand.
    pub fn missing_operand(&mut self) -> u8 {
        let name = self.name.clone();
        if self.busybox() {
            let help = self.sys.k.program(&name).map(|p| p.help).unwrap_or("");
            self.eprint(crate::bin::busybox_banner());
            self.eprint(format!("\n{help}"));
        } else {
            self.complain("missing operand");
            self.eprint(format!("Try '{name} --help' for more information.\n"));
        }
        1
    }
}

/// The main function of a tool: returns the exit code.
pub type Main = fn(&mut Cx<'_, '_>) -> u8;

/// A program that does its work in one go.
pub fn tool(main: Main) -> Box<dyn Program> {
    Box::new(Tool { main, output: Output::default(), code: None })
}

#[derive(Clone, Debug)]
struct Tool {
    main: Main,
    output: Output,
    code: Option<u8>,
}

/// Shows the help when `--help` is asked for.
pub fn help(sys: &mut Sys<'_>, output: &mut Output) -> bool {
    prepare(sys, output).is_none()
}

/// Name and arguments of the running program; None when `--help` was asked for and given.
fn prepare(sys: &mut Sys<'_>, output: &mut Output) -> Option<(String, Vec<String>)> {
    let argv = sys.argv();
    let name = argv.first().map_or("", |a| a.rsplit('/').next().unwrap_or(a)).to_string();
    let args: Vec<String> = argv.iter().skip(1).cloned().collect();
    if args.first().is_some_and(|a| a == "--help")
        && !matches!(name.as_str(), "echo" | "test" | "[" | "true" | "false")
    {
        let help = sys.k.program(&name).map_or("", |p| p.help);
        if sys.is_busybox() {
            output.push(2, crate::bin::busybox_banner().as_bytes());
            output.push(2, b"\n");
        }
        output.push(if sys.is_busybox() { 2 } else { 1 }, help.as_bytes());
        return None;
    }
    Some((name, args))
}

/// Whether `--help` was asked for; then it was given.
pub fn helped(sys: &mut Sys<'_>, output: &mut Output) -> bool {
    prepare(sys, output).is_none()
}

impl Program for Tool {
    fn poll(&mut self, sys: &mut Sys<'_>) -> Poll {
        let code = match self.code {
            Some(code) => code,
            None => {
                let code = match prepare(sys, &mut self.output) {
                    None => 0,
                    Some((name, args)) => (self.main)(&mut Cx::new(sys, args, name, &mut self.output)),
                };
                self.code = Some(code);
                code
            }
        };
        match self.output.drain(sys) {
            Some(wait) => Poll::Wait(wait),
            None => Poll::Exit(self.output.exit_code(code)),
        }
    }

    fn clone_box(&self) -> Box<dyn Program> {
        Box::new(self.clone())
    }
}

/// The values of a short option among arguments, attached or apart: what a filter preloads.
pub fn values_of(args: &[String], flag: char) -> Vec<String> {
    let mut values = Vec::new();
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match arg.strip_prefix('-').filter(|a| !a.starts_with('-')) {
            Some(letters) if letters.ends_with(flag) => values.extend(args.next().cloned()),
            Some(letters) if letters.starts_with(flag) => values.push(letters[flag.len_utf8()..].to_string()),
            _ => {}
        }
    }
    values
}

/// Whether a filter wants more.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flow {
    /// The next piece of this input.
    More,
    /// Nothing more of this input.
    Next,
    /// Nothing more at all.
    Stop,
}

/// A program that is fed its inputs.
pub trait Filter: Clone + 'static {
    /// Reads the arguments; gives the inputs (`-` is stdin; none means stdin), or the exit code of a refusal.
    fn begin(&mut self, cx: &mut Cx<'_, '_>) -> Result<Vec<String>, u8>;
    /// A new input begins.
    fn open(&mut self, _cx: &mut Cx<'_, '_>, _input: &str) {}
    /// One piece of it: a line with its newline (the last may lack it), or any bytes when not `BY_LINE`.
    fn data(&mut self, cx: &mut Cx<'_, '_>, bytes: &[u8]) -> Flow;
    /// The input has ended.
    fn close(&mut self, _cx: &mut Cx<'_, '_>, _input: &str) {}
    /// All inputs have ended; gives the exit code. `failed`: some could not be opened.
    fn end(&mut self, cx: &mut Cx<'_, '_>, failed: bool) -> u8;
    /// Says why an input cannot be read.
    fn refuse(&mut self, cx: &mut Cx<'_, '_>, input: &str, error: Errno) {
        if error == Errno::EISDIR {
            return cx.complain(if cx.busybox() {
                "read error: Is a directory".to_string()
            } else {
                format!("{input}: Is a directory")
            });
        }
        if cx.busybox() {
            cx.complain(format!("can't open '{input}': {error}"));
        } else {
            cx.complain(format!("{input}: {error}"));
        }
    }
    /// Further files to be read whole before it begins (`-f FILE`); their contents are in `Cx::files`.
    fn preload(&self, _args: &[String]) -> Vec<String> {
        Vec::new()
    }
    /// Whether its fuel ran out in the middle of a piece: [`Filter::work`] goes on before anything else is done, and what
    /// was being done (`close`, `end`) is done again.
    fn busy(&self) -> bool {
        false
    }
    /// Goes on with what it was in the middle of.
    fn work(&mut self, _cx: &mut Cx<'_, '_>) {}
    /// Whether it found out, while it worked, that it wants nothing more.
    fn over(&self) -> bool {
        false
    }
    /// Lines or any pieces.
    const BY_LINE: bool = true;
    /// What ends a line.
    fn delimiter(&self) -> u8 {
        b'\n'
    }
}

/// Runs a filter.
pub fn filter<F: Filter>(state: F) -> Box<dyn Program> {
    Box::new(Frame {
        state,
        begun: false,
        preload: None,
        name: String::new(),
        inputs: Vec::new(),
        at: 0,
        fd: None,
        buf: Vec::new(),
        scanned: 0,
        output: Output::default(),
        fed: None,
        ending: None,
        failed: false,
        code: None,
    })
}

#[derive(Clone)]
struct Frame<F> {
    state: F,
    begun: bool,
    preload: Option<Slurp>,
    name: String,
    inputs: Vec<String>,
    at: usize,
    fd: Option<Fd>,
    /// Bytes without a line end yet.
    buf: Vec<u8>,
    /// How much of `buf` was looked through for a line end.
    scanned: usize,
    output: Output,
    /// What was read must be looked at again before more is read; whether nothing follows.
    fed: Option<bool>,
    /// The input is over, its close is not.
    ending: Option<Flow>,
    failed: bool,
    code: Option<u8>,
}

/// Output beyond this is written before more input is read.
pub const HIGH_WATER: usize = 64 << 10;
/// The longest line.
const MAX_LINE: usize = 16 << 20;

impl<F: Filter> Program for Frame<F> {
    fn poll(&mut self, sys: &mut Sys<'_>) -> Poll {
        if !self.begun {
            if self.preload.is_none() {
                let (_, args) = super::process::arguments(sys);
                self.preload = Some(Slurp::new(self.state.preload(&args)));
            }
            if let Some(poll) = self.preload.as_mut().and_then(|slurp| slurp.poll(sys)) {
                return poll;
            }
            self.begun = true;
            match prepare(sys, &mut self.output) {
                None => self.code = Some(0),
                Some((name, args)) => {
                    self.name = name.clone();
                    let mut cx = Cx::new(sys, args, name, &mut self.output);
                    cx.files = self.preload.take().map_or(Vec::new(), |mut slurp| slurp.take());
                    match self.state.begin(&mut cx) {
                        Ok(inputs) if inputs.is_empty() => self.inputs = vec!["-".to_string()],
                        Ok(inputs) => self.inputs = inputs,
                        Err(code) => self.code = Some(code),
                    }
                }
            }
        }
        loop {
            if self.code.is_some() || self.output.len() >= HIGH_WATER {
                if let Some(wait) = self.output.drain(sys) {
                    return Poll::Wait(wait);
                }
                if self.output.broken && self.code.is_none() {
                    return Poll::Exit(1);
                }
            }
            if let Some(code) = self.code {
                return Poll::Exit(self.output.exit_code(code));
            }
            if sys.fuel() <= 0 {
                return Poll::Yield;
            }
            if let Some(wait) = self.step(sys) {
                // Show what there is before waiting.
                return Poll::Wait(match self.output.drain(sys) {
                    Some(output) => output,
                    None => wait,
                });
            }
        }
    }

    fn clone_box(&self) -> Box<dyn Program> {
        Box::new(self.clone())
    }
}

impl<F: Filter> Frame<F> {
    /// Opens an input, or reads a piece of it; gives what to wait for.
    fn step(&mut self, sys: &mut Sys<'_>) -> Option<Wait> {
        let mut cx = Cx::new(sys, Vec::new(), self.name.clone(), &mut self.output);
        if self.state.busy() {
            self.state.work(&mut cx);
            if self.state.over() {
                self.at = self.inputs.len();
            }
            return None;
        }
        let Some(input) = self.inputs.get(self.at).cloned() else {
            let code = self.state.end(&mut cx, self.failed);
            self.code = Some(code).filter(|_| !self.state.busy());
            return None;
        };
        let Some(fd) = self.fd else {
            self.open(sys, &input);
            return None;
        };
        if let Some(flow) = self.ending {
            self.state.close(&mut cx, &input);
            if !self.state.busy() {
                self.ending = None;
                self.leave(sys, fd, flow);
            }
            return None;
        }
        let (bytes, eof) = match self.fed.take() {
            Some(eof) => (Vec::new(), eof),
            None => match cx.sys.read(fd, 32_768) {
                Err(Errno::EAGAIN) => return Some(Wait::read(fd)),
                Err(e) => {
                    self.failed = true;
                    self.state.refuse(&mut cx, &input, e);
                    self.leave(sys, fd, Flow::Next);
                    return None;
                }
                Ok(bytes) => {
                    let eof = bytes.is_empty();
                    (bytes, eof)
                }
            },
        };
        sys.spend(bytes.len() as u64 / 256);
        let flow = self.feed(sys, &bytes, eof);
        self.ending = Some(flow).filter(|it| *it != Flow::More);
        None
    }

    fn open(&mut self, sys: &mut Sys<'_>, input: &str) {
        let opened = if input == "-" { Ok(0) } else { sys.open(input, OpenFlags::READ, 0) };
        let mut cx = Cx::new(sys, Vec::new(), self.name.clone(), &mut self.output);
        match opened {
            Ok(fd) => {
                self.fd = Some(fd);
                self.state.open(&mut cx, input);
            }
            Err(e) => {
                self.failed = true;
                self.at += 1;
                self.state.refuse(&mut cx, input, e);
            }
        }
    }

    /// Goes on to the next input, or to the end.
    fn leave(&mut self, sys: &mut Sys<'_>, fd: Fd, flow: Flow) {
        if fd != 0 {
            // It was opened by this frame.
            let _closed = sys.close(fd);
        }
        self.fd = None;
        self.buf.clear();
        self.scanned = 0;
        self.at = if flow == Flow::Stop { self.inputs.len() } else { self.at + 1 };
    }

    /// Hands bytes on, in lines if the filter wants them so; `eof`: nothing follows.
    fn feed(&mut self, sys: &mut Sys<'_>, bytes: &[u8], eof: bool) -> Flow {
        let mut cx = Cx::new(sys, Vec::new(), self.name.clone(), &mut self.output);
        let mut flow = Flow::More;
        if F::BY_LINE {
            flow = feed_lines(&mut self.state, &mut cx, &mut self.buf, &mut self.scanned, bytes, eof);
        } else if !bytes.is_empty() {
            flow = self.state.data(&mut cx, bytes);
        }
        if flow == Flow::More && self.state.busy() {
            // The rest is looked at when the filter has done its work.
            self.fed = Some(eof);
            return Flow::More;
        }
        if eof && flow == Flow::More { Flow::Next } else { flow }
    }
}

/// Adds bytes to those without a line end, and hands the lines on, up to one that stops the filter or keeps it busy.
fn feed_lines<F: Filter>(
    state: &mut F,
    cx: &mut Cx<'_, '_>,
    buf: &mut Vec<u8>,
    scanned: &mut usize,
    bytes: &[u8],
    eof: bool,
) -> Flow {
    let delimiter = state.delimiter();
    let mut flow = Flow::More;
    buf.extend_from_slice(bytes);
    let mut start = 0;
    while let Some(n) = buf[*scanned..].iter().position(|&b| b == delimiter) {
        let end = *scanned + n + 1;
        cx.sys.spend(1);
        flow = state.data(cx, &buf[start..end]);
        start = end;
        *scanned = end;
        if flow != Flow::More || state.busy() {
            break;
        }
    }
    buf.drain(..start);
    *scanned = if flow == Flow::More && !state.busy() { buf.len() } else { 0 };
    let rest = !buf.is_empty() && (eof || buf.len() > MAX_LINE);
    if flow == Flow::More && !state.busy() && rest {
        let rest = std::mem::take(buf);
        *scanned = 0;
        flow = state.data(cx, &rest);
    }
    flow
}
