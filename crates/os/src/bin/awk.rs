//! awk: the POSIX language, in mawk's and BusyBox's manners.
//!
//! A program is read ([`parse`]) to a tree ([`tree`]), compiled ([`compile`]) to instructions ([`code`]), and run by a
//! machine whose whole state is data ([`vm`]; what reaches outside it is in [`effects`]). So an endless loop yields, and
//! `getline`, pipes to commands and `system()` wait without holding anything up.

mod code;
mod compile;
mod effects;
mod expr;
mod fields;
mod functions;
mod input;
mod lex;
mod parse;
mod streams;
mod tree;
mod value;
mod vars;
mod vm;

use std::rc::Rc;

use self::{
    code::special,
    lex::Wrong,
    streams::Next,
    value::Value,
    vm::{Stop, Vm},
};
use super::{
    opts,
    process::{program, with_cx},
    tool::{Cx, Output},
};
use crate::{
    kernel::Sys,
    program::{Poll, Program, ProgramSpec},
};

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "awk",
    "Usage: awk [OPTIONS] [AWK_PROGRAM] [FILE]...\n\n\t-v VAR=VAL\tSet variable\n\t-F SEP\t\tUse SEP as field separator\n\t-f FILE\t\tRead program from FILE\n",
    || Box::new(Awk::default()),
);

/// What is being done.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Phase {
    #[default]
    Start,
    Begin,
    /// A record is to be read.
    Read,
    /// The rules run for a record.
    Rules,
    End,
    Finish,
}

/// A running awk.
#[derive(Clone, Debug, Default)]
pub struct Awk {
    phase: Phase,
    vm: Vm,
    out: Output,
    code: u8,
}

/// Output beyond this is written before the program goes on.
const HIGH_WATER: usize = 64 << 10;

impl Program for Awk {
    fn poll(&mut self, sys: &mut Sys<'_>) -> Poll {
        loop {
            if self.out.len() >= HIGH_WATER
                && let Some(wait) = self.out.drain(sys)
            {
                return Poll::Wait(wait);
            }
            if let Some(poll) = self.advance(sys) {
                // What there is to see is shown before waiting.
                return match (self.out.drain(sys), poll) {
                    (Some(wait), Poll::Wait(_) | Poll::Exit(_)) => Poll::Wait(wait),
                    (_, poll) => poll,
                };
            }
            if sys.fuel() <= 0 {
                return Poll::Yield;
            }
        }
    }
    program!(Awk);
}

impl Awk {
    /// One step of the whole; gives what to answer if there is nothing more to do now.
    fn advance(&mut self, sys: &mut Sys<'_>) -> Option<Poll> {
        match self.phase {
            Phase::Start => {
                let mut out = std::mem::take(&mut self.out);
                let begun = with_cx(sys, &mut out, |cx| self.begin(cx));
                self.out = out;
                self.phase = Phase::Begin;
                if let Err(code) = begun {
                    self.code = code;
                    self.phase = Phase::Finish;
                }
            }
            Phase::Read => return self.read(sys),
            Phase::Begin | Phase::Rules | Phase::End => return self.run(sys),
            Phase::Finish => {
                if let Some(wait) = self.out.drain(sys).or_else(|| self.vm.close_all(sys)) {
                    return Some(Poll::Wait(wait));
                }
                return Some(Poll::Exit(self.code));
            }
        }
        None
    }

    fn read(&mut self, sys: &mut Sys<'_>) -> Option<Poll> {
        let separator = self.vm.separator();
        let next = self.vm.next_record(sys, &separator);
        for complaint in std::mem::take(&mut self.vm.complaints) {
            with_cx(sys, &mut self.out, |cx| cx.complain(complaint));
        }
        match next {
            Ok(Next::Record(text)) => {
                self.vm.set_record(&text);
                self.vm.count_record(true);
                let main = self.vm.code.main;
                self.enter(Phase::Rules, main);
            }
            Ok(Next::Wait(wait)) => return Some(Poll::Wait(wait)),
            Ok(Next::End | Next::Failed(_)) => {
                let end = self.vm.code.end;
                self.enter(Phase::End, end);
            }
            Err(stop) => return self.stopped(stop, sys),
        }
        None
    }

    fn run(&mut self, sys: &mut Sys<'_>) -> Option<Poll> {
        let stop = self.vm.run(sys, &mut self.out);
        self.stopped(stop, sys)
    }

    fn stopped(&mut self, stop: Stop, sys: &mut Sys<'_>) -> Option<Poll> {
        match stop {
            Stop::Done | Stop::Next | Stop::NextFile if self.phase == Phase::End => self.finish(),
            Stop::Done if self.phase == Phase::Begin && !self.vm.code.reads => self.finish(),
            Stop::Done | Stop::Next => self.phase = Phase::Read,
            Stop::NextFile => {
                self.vm.skip_file(sys);
                self.phase = Phase::Read;
            }
            Stop::Exit(code) => {
                self.code = code.unwrap_or(self.code);
                if self.phase == Phase::End {
                    self.finish();
                } else {
                    let end = self.vm.code.end;
                    self.enter(Phase::End, end);
                }
            }
            Stop::Yield => return Some(Poll::Yield),
            Stop::Wait(wait) => return Some(Poll::Wait(wait)),
            Stop::Failed(message) => {
                let busybox = self.vm.busybox;
                with_cx(sys, &mut self.out, |cx| cx.complain(message));
                self.code = if busybox { 1 } else { 2 };
                self.phase = Phase::Finish;
            }
        }
        None
    }

    fn enter(&mut self, phase: Phase, at: u32) {
        self.phase = phase;
        self.vm.restart(at);
    }

    fn finish(&mut self) {
        if self.vm.failed && self.code == 0 {
            self.code = if self.vm.busybox { 1 } else { 2 };
        }
        self.phase = Phase::Finish;
    }

    /// Reads the arguments and the program.
    fn begin(&mut self, cx: &mut Cx<'_, '_>) -> Result<(), u8> {
        let opts = opts::parse_with(cx, "+F:v:f:e:", &[("assign", 'v'), ("field-separator", 'F')], 2)?;
        let mut rest = opts.rest.clone();
        let mut source = opts.values('e').join("\n");
        for file in opts.values('f') {
            match cx.sys.vfs().read_text(&file) {
                Ok(text) => source.push_str(&text),
                Err(e) => {
                    let gnu = format!("cannot open {file} ({e})");
                    cx.complain(if cx.busybox() { format!("can't open '{file}': {e}") } else { gnu });
                    return Err(if cx.busybox() { 1 } else { 2 });
                }
            }
        }
        if !opts.has('f') && !opts.has('e') {
            if rest.is_empty() {
                return Err(cx.missing_operand());
            }
            source = rest.remove(0);
        }
        let code = match parse::parse(&source).and_then(|it| compile::compile(&it)) {
            Ok(code) => code,
            Err(wrong) => return Err(refuse(cx, &wrong)),
        };
        self.vm = Vm::new(Rc::new(code), cx.sys);
        if let Some(separator) = opts.value('F') {
            let separator = if separator == "t" { "\t".to_string() } else { lex::escapes(separator) };
            self.vm.set_global(special::FS, Value::text(separator));
        }
        for assignment in opts.values('v') {
            self.vm.assign(&assignment);
        }
        let mut argv = vec![("0".into(), Value::text(cx.name.as_str()))];
        argv.extend(
            rest.iter()
                .enumerate()
                .map(|(i, it)| ((i + 1).to_string().into(), Value::Input(it.as_str().into()))),
        );
        self.vm.set_global(special::ARGC, Value::Number(argv.len() as f64));
        self.vm.fill(special::ARGV, argv);
        Ok(())
    }
}

/// Says why a program cannot be read; the exit code.
fn refuse(cx: &mut Cx<'_, '_>, wrong: &Wrong) -> u8 {
    let Wrong { line, message, busybox, at_end } = wrong;
    if cx.busybox() {
        cx.complain(format!("cmd. line:{line}: {busybox}"));
        return 1;
    }
    let place = if message.starts_with("unexpected character") { "" } else { "line " };
    let line = line + u32::from(*at_end);
    cx.complain(format!("{place}{line}: {message}"));
    if message == "extra '}'" {
        cx.complain(format!("line {line}: syntax error at or near end of line"));
    }
    2
}
