//! xargs: runs a command on the items of its input.

use super::{
    opts,
    process::{program, start_child, with_cx},
    tool::Output,
};
use crate::{
    errno::Errno,
    host::ExitStatus,
    kernel::{ChildEvent, Sys, WaitFor},
    program::{Poll, Program, ProgramSpec, Wait},
};

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "xargs",
    "Usage: xargs [OPTIONS] [PROG ARGS]\n\nRun PROG on every item given by stdin\n\n\t-0\tNUL terminated input\n\t-r\tDon't run command if input is empty\n\t-t\tPrint the command on stderr before execution\n\t-n N\tPass no more than N args to PROG\n\t-I STR\tReplace STR within PROG ARGS with input line\n\t-P N\tRun up to N PROGs in parallel\n",
    || Box::new(Xargs::default()),
);

#[derive(Clone, Debug, Default)]
pub struct Xargs {
    begun: bool,
    command: Vec<String>,
    most: usize,
    replace: Option<String>,
    delimiter: Option<u8>,
    lines: Option<usize>,
    no_empty: bool,
    parallel: usize,
    trace: bool,
    buf: Vec<u8>,
    items: Option<std::collections::VecDeque<String>>,
    running: usize,
    ran: bool,
    code: u8,
    stop: bool,
    out: Output,
}

impl Xargs {
    fn begin(&mut self, sys: &mut Sys<'_>) {
        let parsed = with_cx(sys, &mut self.out, |cx| {
            opts::parse(
                cx,
                "+n:I:0d:L:rP:tipx",
                &[
                    ("max-args", 'n'),
                    ("null", '0'),
                    ("delimiter", 'd'),
                    ("no-run-if-empty", 'r'),
                    ("max-procs", 'P'),
                    ("verbose", 't'),
                    ("replace", 'i'),
                ],
            )
        });
        match parsed {
            Ok(opts) => {
                self.most = opts.value('n').and_then(|n| n.parse().ok()).unwrap_or(5000).max(1);
                self.replace =
                    opts.value('I').map(str::to_string).or(opts.has('i').then(|| "{}".to_string()));
                self.delimiter = if opts.has('0') {
                    Some(0)
                } else {
                    opts.value('d').and_then(|d| crate::text::unescape(d, false).0.first().copied())
                };
                self.lines = opts.value('L').and_then(|n| n.parse().ok());
                self.no_empty = opts.has('r');
                self.parallel = opts.value('P').and_then(|n| n.parse().ok()).unwrap_or(1usize).max(1);
                self.trace = opts.has('t');
                self.command = if opts.rest.is_empty() { vec!["echo".to_string()] } else { opts.rest };
            }
            Err(code) => {
                self.code = code;
                self.stop = true;
            }
        }
    }

    /// Cuts the input into items: blanks separate, quotes and backslashes protect.
    fn cut(&mut self) {
        let text = String::from_utf8_lossy(&std::mem::take(&mut self.buf)).into_owned();
        let mut items = std::collections::VecDeque::new();
        if let Some(d) = self.delimiter {
            let d = d as char;
            items.extend(text.trim_end_matches(d).split(d).filter(|_| !text.is_empty()).map(str::to_string));
        } else if self.replace.is_some() {
            items.extend(text.lines().map(|l| l.trim_start().to_string()).filter(|l| !l.is_empty()));
        } else {
            let mut current: Option<String> = None;
            let mut chars = text.chars();
            while let Some(c) = chars.next() {
                match c {
                    c if c.is_whitespace() => items.extend(current.take()),
                    '\'' | '"' => {
                        let word = current.get_or_insert_default();
                        for d in chars.by_ref().take_while(|d| *d != c) {
                            word.push(d);
                        }
                    }
                    '\\' => {
                        if let Some(d) = chars.next() {
                            current.get_or_insert_default().push(d);
                        }
                    }
                    c => current.get_or_insert_default().push(c),
                }
            }
            items.extend(current);
        }
        self.items = Some(items);
    }

    /// The next command line; None when there is none left.
    fn next(&mut self) -> Option<Vec<String>> {
        let items = self.items.as_mut()?;
        if let Some(mark) = &self.replace {
            let item = items.pop_front()?;
            return Some(self.command.iter().map(|w| w.replace(mark.as_str(), &item)).collect());
        }
        if items.is_empty() && (self.ran || self.no_empty) {
            return None;
        }
        let most = self.lines.unwrap_or(self.most);
        let take = items.len().min(most);
        let mut argv = self.command.clone();
        argv.extend(items.drain(..take));
        Some(argv)
    }
}

impl Program for Xargs {
    fn poll(&mut self, sys: &mut Sys<'_>) -> Poll {
        if !self.begun {
            self.begun = true;
            self.begin(sys);
        }
        loop {
            if let Some(wait) = self.out.drain(sys) {
                return Poll::Wait(wait);
            }
            if self.items.is_none() && !self.stop {
                match sys.read(0, 65_536) {
                    Ok(bytes) if bytes.is_empty() => self.cut(),
                    Ok(bytes) => self.buf.extend(bytes),
                    Err(Errno::EAGAIN) => return Poll::Wait(Wait::read(0)),
                    Err(_) => self.cut(),
                }
                continue;
            }
            while let Ok((_, ChildEvent::Exited(status))) = sys.wait(WaitFor::Any, false) {
                self.running = self.running.saturating_sub(1);
                match status {
                    ExitStatus::Code(0) => {}
                    ExitStatus::Code(255) => {
                        self.code = 124;
                        self.stop = true;
                    }
                    ExitStatus::Code(_) => self.code = 123,
                    ExitStatus::Signal(_) => {
                        self.code = 125;
                        self.stop = true;
                    }
                }
            }
            if self.running >= self.parallel.max(1) {
                return Poll::Wait(Wait::child());
            }
            let next = if self.stop { None } else { self.next() };
            match next {
                Some(argv) => {
                    self.ran = true;
                    if self.trace {
                        self.out.push(2, format!("{}\n", argv.join(" ")).as_bytes());
                    }
                    match start_child(sys, &argv, None) {
                        Ok(_) => self.running += 1,
                        Err((text, code)) => {
                            let text = if sys.is_busybox() {
                                text
                            } else {
                                format!("{}: No such file or directory", argv[0])
                            };
                            with_cx(sys, &mut self.out, |cx| cx.complain(text));
                            self.code = code;
                            self.stop = true;
                        }
                    }
                }
                None if self.running > 0 => return Poll::Wait(Wait::child()),
                None => return Poll::Exit(self.code),
            }
        }
    }
    program!(Xargs);
}
