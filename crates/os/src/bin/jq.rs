//! `jq`: a filter language for JSON, in the words and with the exit codes of jq 1.7.
//!
//! Not the crate jaq, whose running filters are iterators: they can neither be copied with the machine nor be stopped
//! (`jq -n 'last(repeat(1))'` would hang the page), and its words are its own. Here a filter is compiled to terms
//! ([`ast`]) that a backtracking machine of plain data runs ([`vm`]) as long as there is fuel.

pub(super) mod arith; // shared with yq
pub(super) mod ast; // shared with yq
mod dates;
mod eval;
mod fold;
pub(super) mod formats; // shared with yq
mod input;
pub(super) mod json; // shared with yq
pub(super) mod lex; // shared with yq
mod maths;
mod natives;
mod options;
pub(super) mod parse; // shared with yq
mod regex;
mod terms;
pub(super) mod value;
pub(super) mod vm; // shared with yq

use std::rc::Rc;

use input::{Input, whole};
use json::{Parser, Style};
use options::{Asked, End, Options};
use value::Value;
use vm::{Out, Vm};

use super::tool::Output;
use crate::{
    errno::Errno,
    kernel::{OpenFlags, Sys},
    program::{Poll, Program, ProgramSpec, Wait},
};

pub const SPEC: ProgramSpec = ProgramSpec::inside("jq", HELP, || Box::new(Jq::default()));

const VERSION: &str = "jq-1.7.1";

const USAGE: &str = "Usage:\tjq [OPTIONS] FILTER [FILES...]\n\tjq [OPTIONS] -f FILE [FILES...]\n\tjq [OPTIONS] --args FILTER [ARGUMENTS...]\n\tjq [OPTIONS] --jsonargs FILTER [JSON_VALUES...]\n";

const HELP: &str = "Usage:\tjq [OPTIONS] FILTER [FILES...]
\tjq [OPTIONS] -f FILE [FILES...]
\tjq [OPTIONS] --args FILTER [ARGUMENTS...]
\tjq [OPTIONS] --jsonargs FILTER [JSON_VALUES...]

jq is a tool for processing JSON inputs, applying the given filter to
its JSON text inputs and producing the filter's results as JSON on
standard output.

Command options:
  -n, --null-input          use `null` as the single input value;
  -R, --raw-input           read each line as string instead of JSON;
  -s, --slurp               read all inputs into an array and use it as
                            the single input value;
  -c, --compact-output      compact instead of pretty-printed output;
  -r, --raw-output          output strings without escapes and quotes;
      --raw-output0         implies -r and output NUL after each output;
  -j, --join-output         implies -r and output without newline after
                            each output;
  -a, --ascii-output        output strings by only ASCII characters
                            using escape sequences;
  -S, --sort-keys           sort keys of each object on output;
  -C, --color-output        colorize JSON output;
  -M, --monochrome-output   disable colored output;
      --tab                 use tabs for indentation;
      --indent n            use n spaces for indentation (max 7 spaces);
      --seq                 parse input/output as application/json-seq;
  -f, --from-file file      load filter from the file;
      --arg name value      set $name to the string value;
      --argjson name value  set $name to the JSON value;
      --slurpfile name file set $name to an array of JSON values read
                            from the file;
      --rawfile name file   set $name to string contents of file;
      --args                consume remaining arguments as positional
                            string values;
      --jsonargs            consume remaining arguments as positional
                            JSON values;
  -e, --exit-status         set exit status code based on the output;
  -V, --version             show the version;
  -h, --help                show the help;
  --                        terminates argument processing;

Named arguments are also available as $ARGS.named[], while
positional arguments are available as $ARGS.positional[].
";

/// Definitions in jq's own language, in scope of every program.
pub(super) const PRELUDE: &str = include_str!("jq/defs.jq");

/// The process: what is read, the machine, what is written.
#[derive(Clone, Default)]
struct Jq {
    options: Options,
    style: Style,
    vm: Option<Vm>,
    input: Input,
    output: Output,
    /// The filter runs on an input.
    running: bool,
    /// With -n or -s: the one input was given.
    given: bool,
    code: u8,
    /// The last value that was written, for -e.
    last: Option<bool>,
    exit: Option<u8>,
}

/// What asking for the next value comes to.
enum Next {
    Value(Value),
    End,
    Wait(Wait),
    Again,
}

impl Program for Jq {
    fn poll(&mut self, sys: &mut Sys<'_>) -> Poll {
        if self.vm.is_none()
            && self.exit.is_none()
            && let Err(code) = self.begin(sys)
        {
            self.exit = Some(code);
        }
        loop {
            if self.output.len() > 64 << 10 || self.exit.is_some() {
                if let Some(wait) = self.output.drain(sys) {
                    return Poll::Wait(wait);
                }
                if self.output.is_broken() {
                    return Poll::Exit(2);
                }
            }
            if let Some(code) = self.exit {
                return Poll::Exit(code);
            }
            if sys.fuel() <= 0 {
                return Poll::Yield;
            }
            if let Some(wait) = self.step(sys) {
                // Show what there is before waiting.
                return Poll::Wait(self.output.drain(sys).unwrap_or(wait));
            }
        }
    }

    fn clone_box(&self) -> Box<dyn Program> {
        Box::new(self.clone())
    }
}

impl Jq {
    fn complain(&mut self, text: &str) {
        self.output.push(2, format!("jq: {text}\n").as_bytes());
    }

    /// Reads the command line and compiles the filter. Err is an exit code.
    fn begin(&mut self, sys: &mut Sys<'_>) -> Result<(), u8> {
        let argv = sys.argv();
        let asked = options::read(argv.get(1..).unwrap_or_default());
        let mut options = match asked {
            Asked::Run(options) => *options,
            Asked::Help => {
                self.output.push(1, HELP.as_bytes());
                return Err(0);
            }
            Asked::Version => {
                self.output.push(1, format!("{VERSION}\n").as_bytes());
                return Err(0);
            }
            Asked::Wrong(why) => {
                self.complain(&why);
                self.output.push(2, b"Use jq --help for help with command-line options,\nor see the jq manpage, or online docs  at https://jqlang.github.io/jq\n");
                return Err(2);
            }
        };
        // As jq 1.7: no filter is `.` where input or output is no terminal.
        let Some(mut filter) =
            options.filter.clone().or((!sys.is_tty(0) || !sys.is_tty(1)).then(|| ".".to_owned()))
        else {
            self.output.push(2, format!("{USAGE}Try 'jq --help' for more information.\n").as_bytes());
            return Err(2);
        };
        if options.from_file {
            let path = filter;
            filter = match whole(sys, &path) {
                Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
                Err(e) => {
                    self.complain(&format!("error: Could not open {path}: {e}"));
                    return Err(2);
                }
            };
        }
        self.load(sys, &mut options)?;
        let (names, values) = variables(sys, &options);
        let code = match parse::compile(PRELUDE, &filter, &names) {
            Ok(code) => code,
            Err(wrong) => {
                self.output.push(2, syntax(&filter, &wrong).as_bytes());
                return Err(3);
            }
        };
        self.style = options::style(
            &options,
            sys.is_tty(1),
            sys.var("JQ_COLORS"),
            sys.var("NO_COLOR").is_some_and(|v| !v.is_empty()),
        );
        self.input.files =
            if options.files.is_empty() { vec!["-".to_owned()] } else { options.files.clone() };
        self.options = options;
        self.vm = Some(Vm::new(Rc::new(code), values));
        Ok(())
    }

    /// Reads the files of --slurpfile and --rawfile.
    fn load(&mut self, sys: &mut Sys<'_>, options: &mut Options) -> Result<(), u8> {
        for (name, path, raw) in std::mem::take(&mut options.loads) {
            let option = if raw { "rawfile" } else { "slurpfile" };
            let read = whole(sys, &path).map_err(|e| format!("Could not open {path}: {e}"));
            let value = read.and_then(|bytes| {
                if raw {
                    return Ok(Value::str(String::from_utf8_lossy(&bytes)));
                }
                let mut values = Vec::new();
                let mut parser = Parser::default();
                parser.feed(&bytes, &mut values)?;
                parser.finish(&mut values)?;
                Ok(Value::array(values))
            });
            match value {
                Ok(value) => {
                    options.named.entry(Rc::from(name)).or_insert(value);
                }
                Err(why) => {
                    self.complain(&format!("Bad JSON in --{option} {name} {path}: {why}"));
                    return Err(2);
                }
            }
        }
        Ok(())
    }

    /// One step; gives what to wait for.
    fn step(&mut self, sys: &mut Sys<'_>) -> Option<Wait> {
        if self.running {
            return self.run(sys);
        }
        if self.options.null_input {
            if self.given {
                self.end();
            } else {
                self.given = true;
                self.start(sys, Value::Null);
            }
            return None;
        }
        match self.next(sys) {
            Next::Value(value) => self.start(sys, value),
            Next::End => self.end(),
            Next::Wait(wait) => return Some(wait),
            Next::Again => {}
        }
        None
    }

    fn start(&mut self, sys: &Sys<'_>, value: Value) {
        self.running = true;
        if let Some(vm) = &mut self.vm {
            vm.facts.now = sys.now().0 as f64 / 1e6;
            vm.start(value);
        }
    }

    /// Runs the filter until it gives something or the fuel is used up.
    fn run(&mut self, sys: &mut Sys<'_>) -> Option<Wait> {
        let vm = self.vm.as_mut()?;
        vm.facts.line = self.input.lines;
        vm.facts.file = self.input.name();
        let mut fuel = sys.fuel().max(1) * STEPS;
        let before = fuel;
        let out = vm.run(&mut fuel);
        sys.spend(((before - fuel) / STEPS).max(1) as u64);
        match out {
            Out::Yield => {}
            Out::Value(value) => {
                let size = self.write(&value);
                sys.spend(size as u64 / 256);
            }
            Out::Done => self.running = false,
            Out::Error(error) => {
                self.running = false;
                self.code = 5;
                let place = self.place();
                match &error {
                    Value::Str(text) => self.complain(&format!("error (at {place}): {text}")),
                    other => {
                        let shown = json::compact(other);
                        self.complain(&format!("error (at {place}) (not a string): {shown}"));
                    }
                }
            }
            Out::Fatal(why) => {
                self.complain(&format!("error: {why}"));
                self.exit = Some(5);
            }
            Out::Stderr(text) => self.output.push(2, text.as_bytes()),
            Out::Halt { code, message } => {
                match message {
                    Some(Value::Str(text)) => self.output.push(2, text.as_bytes()),
                    Some(other) => self.output.push(2, format!("{}\n", json::compact(&other)).as_bytes()),
                    None => {}
                }
                self.exit = Some(code);
            }
            Out::NeedInput => match self.next(sys) {
                Next::Value(value) => self.answer(Some(value)),
                Next::End => self.answer(None),
                Next::Wait(wait) => return Some(wait),
                Next::Again => {}
            },
        }
        None
    }

    fn answer(&mut self, value: Option<Value>) {
        if let Some(vm) = &mut self.vm {
            vm.provide(value);
        }
    }

    /// Writes a value; gives its size.
    fn write(&mut self, value: &Value) -> usize {
        self.last = Some(value.truthy());
        let mut text = match value {
            Value::Str(text) if self.options.raw_output && !self.style.ascii => text.to_string(),
            Value::Str(_) if self.options.raw_output => {
                let plain = Style { ascii: true, ..Style::default() };
                let quoted = json::show(value, &plain);
                quoted[1..quoted.len() - 1].to_owned()
            }
            value => json::show(value, &self.style),
        };
        if self.options.seq {
            text.insert(0, '\u{1e}');
        }
        match self.options.end {
            End::Line => text.push('\n'),
            End::Nothing => {}
            End::Nul => text.push('\0'),
        }
        self.output.push(1, text.as_bytes());
        text.len()
    }

    /// Where errors say they happened.
    fn place(&self) -> String {
        if self.options.null_input && self.input.lines == 0 && self.input.fd.is_none() {
            return "<unknown>".to_owned();
        }
        let name = self.input.name();
        format!("{}:{}", name.as_deref().unwrap_or("<stdin>"), self.input.lines)
    }

    /// All inputs are done.
    fn end(&mut self) {
        if let Some(why) = self.input.broken.take() {
            self.complain(&format!("parse error: {why}"));
            self.code = 5;
        }
        let code = match (self.code, self.options.exit_status) {
            (0, true) => match self.last {
                Some(true) => 0,
                Some(false) => 1,
                None => 4,
            },
            (code, _) => code,
        };
        self.exit = Some(code);
    }

    fn next(&mut self, sys: &mut Sys<'_>) -> Next {
        if self.options.slurp {
            if self.given {
                return Next::End;
            }
            if !self.input.ended {
                return self.read(sys);
            }
            self.given = true;
            if self.input.broken.is_some() {
                return Next::End;
            }
            return Next::Value(if self.options.raw_input {
                Value::str(String::from_utf8_lossy(&std::mem::take(&mut self.input.text)))
            } else {
                Value::array(self.input.ready.drain(..).collect())
            });
        }
        match self.input.ready.pop_front() {
            Some(value) => Next::Value(value),
            None if self.input.ended => Next::End,
            None => self.read(sys),
        }
    }

    /// Reads a piece of the inputs.
    fn read(&mut self, sys: &mut Sys<'_>) -> Next {
        let Some(name) = self.input.files.get(self.input.at).cloned() else {
            self.finish_input();
            return Next::Again;
        };
        let fd = match self.input.fd {
            Some(fd) => fd,
            None if name == "-" && self.options.files.is_empty() => *self.input.fd.insert(0),
            None => match sys.open(&name, OpenFlags::READ, 0) {
                Ok(fd) => *self.input.fd.insert(fd),
                Err(e) => {
                    self.complain(&format!("error: Could not open {name}: {e}"));
                    self.code = 2;
                    self.input.at += 1;
                    return Next::Again;
                }
            },
        };
        match sys.read(fd, 32_768) {
            Err(Errno::EAGAIN) => return Next::Wait(Wait::read(fd)),
            Err(e) => {
                self.complain(&format!("error: Could not open {name}: {e}"));
                self.code = 2;
                self.next_file(sys);
            }
            Ok(bytes) if bytes.is_empty() => self.next_file(sys),
            Ok(bytes) => {
                sys.spend(bytes.len() as u64 / 32);
                self.take(&bytes);
            }
        }
        Next::Again
    }

    fn next_file(&mut self, sys: &mut Sys<'_>) {
        if let Some(fd) = self.input.fd.take().filter(|fd| *fd != 0) {
            let _closed = sys.close(fd);
        }
        self.input.at += 1;
    }

    fn take(&mut self, bytes: &[u8]) {
        self.input.lines += bytes.iter().filter(|b| **b == b'\n').count();
        if self.options.raw_input {
            self.input.text.extend_from_slice(bytes);
            while !self.options.slurp
                && let Some(end) = self.input.text.iter().position(|b| *b == b'\n')
            {
                let line: Vec<u8> = self.input.text.drain(..=end).collect();
                self.input.ready.push_back(Value::str(String::from_utf8_lossy(&line[..end])));
            }
            return;
        }
        let mut values = Vec::new();
        let fed = self.input.parser.feed(bytes, &mut values);
        self.input.accept(values, self.options.stream);
        if let Err(why) = fed {
            self.input.broken = Some(why);
            self.input.ended = true;
        }
    }

    fn finish_input(&mut self) {
        self.input.ended = true;
        if self.options.raw_input {
            if !self.options.slurp && !self.input.text.is_empty() {
                let text = std::mem::take(&mut self.input.text);
                self.input.ready.push_back(Value::str(String::from_utf8_lossy(&text)));
            }
            return;
        }
        let mut values = Vec::new();
        let finished = self.input.parser.finish(&mut values);
        self.input.accept(values, self.options.stream);
        self.input.broken = finished.err();
    }
}

/// Microseconds of a core to steps of the machine.
const STEPS: i64 = 10;

/// The variables that programs see: names and values.
fn variables(sys: &Sys<'_>, options: &Options) -> (Vec<String>, Vec<Value>) {
    let env = sys.env().iter().map(|(k, v)| (Rc::from(k.as_str()), Value::str(v))).collect();
    let args = Value::record([
        ("positional", Value::array(options.positional.clone())),
        ("named", Value::object(options.named.clone())),
    ]);
    let mut names = vec!["ENV".to_owned(), "ARGS".to_owned()];
    let mut values = vec![Value::object(env), args];
    for (name, value) in &options.named {
        names.push(name.to_string());
        values.push(value.clone());
    }
    (names, values)
}

/// Compile errors as jq shows them: message, place, the line of the program.
fn syntax(source: &str, wrong: &lex::Wrong) -> String {
    let first = (wrong.message.as_str(), wrong.at);
    let mut text = String::new();
    let mut count = 0;
    for (message, at) in std::iter::once(first).chain(wrong.also) {
        let at = at.min(source.len());
        let before = source.get(..at).unwrap_or_default();
        let number = before.matches('\n').count();
        let start = before.rfind('\n').map_or(0, |n| n + 1);
        let line = source.lines().nth(number).unwrap_or_default();
        let pad = " ".repeat(at - start);
        text.push_str(&format!("jq: error: {message} at <top-level>, line {}:\n{line}{pad}\n", number + 1));
        count += 1;
    }
    let plural = if count == 1 { "" } else { "s" };
    format!("{text}jq: {count} compile error{plural}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(program: &str) -> Vm {
        let code = parse::compile(PRELUDE, program, &[]).expect("a program that compiles");
        let mut vm = Vm::new(Rc::new(code), Vec::new());
        vm.start(Value::Null);
        vm
    }

    /// All outputs, running with so much fuel at a time; a copy is taken at every stop and goes on instead.
    fn outputs(program: &str, slice: i64) -> Vec<String> {
        let mut vm = machine(program);
        let mut found = Vec::new();
        loop {
            let mut fuel = slice;
            match vm.run(&mut fuel) {
                Out::Value(value) => found.push(json::compact(&value)),
                Out::Yield => {}
                Out::Error(error) => {
                    found.push(format!("error {}", json::compact(&error)));
                    return found;
                }
                _ => return found,
            }
            vm = vm.clone();
        }
    }

    /// However often a filter is stopped and copied, it gives the same.
    #[test]
    fn slices_and_copies_change_nothing() {
        for program in [
            "[range(20)] | map(select(. % 3 == 0)) | add, length, (.[] |= . + 1)",
            "reduce range(10) as $i ({}; .[\"k\\($i % 3)\"] += [$i]) | to_entries[]",
            "def fac: if . <= 1 then 1 else . * (. - 1 | fac) end; [range(8) | fac]",
            "[limit(5; repeat(1))], (try error(\"x\") catch .), ([1, [2]] as [$a, [$b]] | $a + $b)",
        ] {
            assert_eq!(outputs(program, 2), outputs(program, 1_000_000), "{program}");
        }
    }

    /// A filter that never ends uses its fuel and no more, and can be dropped in the middle.
    #[test]
    fn endless_filters_yield() {
        for program in ["last(repeat(1))", "def f: f; f", "[range(1e12) | select(false)]"] {
            let mut vm = machine(program);
            for _ in 0..100 {
                let mut fuel = 1_000;
                assert!(matches!(vm.run(&mut fuel), Out::Yield), "{program}");
            }
        }
    }

    /// A filter that wants too much is stopped before the memory is gone.
    #[test]
    fn greedy_filters_are_stopped() {
        for program in [
            "def f: 1 + f; f",
            "reduce range(1e9) as $i (\"x\"; . + .)",
            "reduce range(1e9) as $i (1; [.])",
            "\"x\" * 1e12",
        ] {
            let mut vm = machine(program);
            let mut fuel = 100_000_000;
            let out = vm.run(&mut fuel);
            assert!(matches!(out, Out::Fatal(_) | Out::Error(_)), "{program}: {out:?}");
        }
    }
}
