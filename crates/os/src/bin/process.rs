//! Programs that wait or run others: sleep, yes, tee, env, timeout, nohup, nice, xargs, watch, time, tail.

use std::rc::Rc;

use super::{
    opts,
    tool::{Cx, Output},
};
use crate::{
    errno::Errno,
    host::ExitStatus,
    kernel::{ChildEvent, OpenFlags, Sys, WaitFor},
    program::{Fd, Pid, Poll, Program, Wait},
    signal::Signal,
    time::{SECOND, Time, strftime},
};

macro_rules! program {
    ($name:ident) => {
        fn clone_box(&self) -> Box<dyn Program> {
            Box::new($name::clone(self))
        }
    };
}

/// The program's name and arguments.
pub fn arguments(sys: &Sys<'_>) -> (String, Vec<String>) {
    let argv = sys.argv();
    let name = argv.first().map_or("", |a| a.rsplit('/').next().unwrap_or(a)).to_string();
    (name, argv.iter().skip(1).cloned().collect())
}

/// Runs `f` with a context that writes to `out`.
pub fn with_cx<T>(sys: &mut Sys<'_>, out: &mut Output, f: impl FnOnce(&mut Cx<'_, '_>) -> T) -> T {
    let (name, args) = arguments(sys);
    f(&mut Cx::new(sys, args, name, out))
}

#[derive(Clone, Debug, Default)]
pub struct Sleep {
    until: Option<Time>,
    out: Output,
    code: Option<u8>,
}

impl Program for Sleep {
    fn poll(&mut self, sys: &mut Sys<'_>) -> Poll {
        if self.until.is_none() && self.code.is_none() {
            let (_, args) = arguments(sys);
            let mut total = 0i64;
            let bad = args.iter().find(|a| match opts::duration(a) {
                Some(d) => {
                    total = total.saturating_add(d);
                    false
                }
                None => true,
            });
            match bad.cloned() {
                Some(text) => {
                    self.code = Some(1);
                    with_cx(sys, &mut self.out, |cx| {
                        let message = if cx.busybox() {
                            format!("invalid number '{text}'")
                        } else {
                            format!("invalid time interval ‘{text}’")
                        };
                        cx.complain(message);
                        if !cx.busybox() {
                            cx.eprint("Try 'sleep --help' for more information.\n");
                        }
                    });
                }
                None if args.is_empty() => {
                    self.code = Some(with_cx(sys, &mut self.out, |cx| cx.missing_operand()))
                }
                None => self.until = Some(sys.now().plus(total)),
            }
        }
        if let Some(wait) = self.out.drain(sys) {
            return Poll::Wait(wait);
        }
        match (self.code, self.until) {
            (Some(code), _) => Poll::Exit(code),
            (None, Some(until)) if sys.now() < until => Poll::Wait(Wait::until(until)),
            _ => Poll::Exit(0),
        }
    }
    program!(Sleep);
}

#[derive(Clone, Debug, Default)]
pub struct Yes {
    block: Rc<Vec<u8>>,
    at: usize,
}

impl Program for Yes {
    fn poll(&mut self, sys: &mut Sys<'_>) -> Poll {
        if self.block.is_empty() {
            let (_, args) = arguments(sys);
            let line = format!("{}\n", if args.is_empty() { "y".to_string() } else { args.join(" ") });
            self.block = Rc::new(line.repeat((8192 / line.len()).max(1)).into_bytes());
        }
        while sys.fuel() > 0 {
            match sys.write(1, &self.block[self.at..]) {
                Ok(n) => self.at = (self.at + n) % self.block.len(),
                Err(Errno::EAGAIN) => return Poll::Wait(Wait::write(1)),
                Err(_) => return Poll::Exit(1),
            }
            sys.spend(4);
        }
        Poll::Yield
    }
    program!(Yes);
}

#[derive(Clone, Debug, Default)]
pub struct Tee {
    begun: bool,
    outs: Vec<(Fd, Vec<u8>)>,
    eof: bool,
    code: u8,
    out: Output,
}

impl Program for Tee {
    fn poll(&mut self, sys: &mut Sys<'_>) -> Poll {
        if !self.begun {
            self.begun = true;
            self.outs.push((1, Vec::new()));
            let parsed = with_cx(sys, &mut self.out, |cx| {
                opts::parse(cx, "ai", &[("append", 'a'), ("ignore-interrupts", 'i')])
            });
            match parsed {
                Ok(opts) => {
                    let flags = if opts.has('a') { OpenFlags::APPEND } else { OpenFlags::WRITE };
                    for file in &opts.rest {
                        match sys.open(file, flags, 0o666) {
                            Ok(fd) => self.outs.push((fd, Vec::new())),
                            Err(e) => {
                                with_cx(sys, &mut self.out, |cx| cx.complain(format!("{file}: {e}")));
                                self.code = 1;
                            }
                        }
                    }
                }
                Err(code) => {
                    self.code = code;
                    self.eof = true;
                }
            }
        }
        loop {
            if let Some(wait) = self.out.drain(sys) {
                return Poll::Wait(wait);
            }
            for (fd, buf) in &mut self.outs {
                while !buf.is_empty() {
                    match sys.write(*fd, buf) {
                        Ok(n) => {
                            buf.drain(..n);
                        }
                        Err(Errno::EAGAIN) => return Poll::Wait(Wait::write(*fd)),
                        Err(_) => buf.clear(),
                    }
                }
            }
            if self.eof {
                return Poll::Exit(self.code);
            }
            if sys.fuel() <= 0 {
                return Poll::Yield;
            }
            match sys.read(0, 32_768) {
                Ok(bytes) if bytes.is_empty() => self.eof = true,
                Ok(bytes) => self.outs.iter_mut().for_each(|(_, b)| b.extend_from_slice(&bytes)),
                Err(Errno::EAGAIN) => return Poll::Wait(Wait::read(0)),
                Err(_) => self.eof = true,
            }
        }
    }
    program!(Tee);
}

/// Finds and starts a program as a child; the error message and code if that fails.
pub fn start_child(
    sys: &mut Sys<'_>,
    argv: &[String],
    env: Option<Rc<Vec<(String, String)>>>,
) -> Result<Pid, (String, u8)> {
    let search = sys.var("PATH").unwrap_or("/usr/local/bin:/usr/bin:/bin").to_string();
    let env = env.unwrap_or_else(|| sys.env());
    let result = sys.find_program(&argv[0], &search).and_then(|file| sys.spawn(&file, argv.to_vec(), env));
    result.map_err(|e| failure(sys, &argv[0], e))
}

fn failure(sys: &Sys<'_>, name: &str, e: Errno) -> (String, u8) {
    let text =
        if sys.is_busybox() { format!("can't execute '{name}': {e}") } else { format!("‘{name}’: {e}") };
    (text, if e == Errno::ENOENT { 127 } else { 126 })
}

/// env, nohup, nice, time's kin: set something up, then become the command.
#[derive(Clone, Debug, Default)]
pub struct Become {
    out: Output,
    code: Option<u8>,
}

impl Program for Become {
    fn poll(&mut self, sys: &mut Sys<'_>) -> Poll {
        if self.code.is_none() {
            let (name, args) = arguments(sys);
            let mut env = sys.env().to_vec();
            let mut rest = args.as_slice();
            let mut chdir = None;
            while let Some(arg) = rest.first() {
                match (name.as_str(), arg.as_str()) {
                    ("env", "-i" | "-" | "--ignore-environment") => env.clear(),
                    ("env", "-u") if rest.len() > 1 => {
                        env.retain(|(k, _)| *k != rest[1]);
                        rest = &rest[1..];
                    }
                    ("env", "-C") if rest.len() > 1 => {
                        chdir = Some(rest[1].clone());
                        rest = &rest[1..];
                    }
                    ("env", "-0") => {}
                    ("nice", "-n") if rest.len() > 1 => rest = &rest[1..],
                    ("nice", a) if a.starts_with('-') => {}
                    ("setsid" | "stdbuf" | "ionice" | "sudo" | "su-exec" | "exec", a)
                        if a.starts_with('-') => {}
                    ("env", a) if a.contains('=') && !a.starts_with('=') => {
                        if let Some((k, v)) = a.split_once('=') {
                            env.retain(|(n, _)| n != k);
                            env.push((k.to_string(), v.to_string()));
                        }
                    }
                    ("env", a) if a.starts_with('-') && a.len() > 1 && a != "--" => {
                        let a = a.to_string();
                        self.code = Some(with_cx(sys, &mut self.out, |cx| cx.bad_option(&a, 125)));
                        break;
                    }
                    (_, "--") => {
                        rest = &rest[1..];
                        break;
                    }
                    _ => break,
                }
                rest = &rest[1..];
            }
            if let (Some(dir), None) = (chdir, self.code)
                && let Err(e) = sys.chdir(&dir)
            {
                with_cx(sys, &mut self.out, |cx| {
                    cx.complain(format!("cannot change directory to ‘{dir}’: {e}"))
                });
                self.code = Some(125);
            }
            if self.code.is_none() {
                if rest.is_empty() {
                    if name == "env" {
                        with_cx(sys, &mut self.out, |cx| {
                            env.iter().for_each(|(k, v)| cx.line(format!("{k}={v}")))
                        });
                        self.code = Some(0);
                    } else if name == "nice" {
                        with_cx(sys, &mut self.out, |cx| cx.line("0"));
                        self.code = Some(0);
                    } else {
                        self.code = Some(with_cx(sys, &mut self.out, |cx| cx.missing_operand()));
                    }
                } else {
                    match name.as_str() {
                        "nohup" => {
                            sys.ignore(Signal::HUP);
                            if sys.is_tty(1) {
                                with_cx(sys, &mut self.out, |cx| {
                                    cx.complain("ignoring input and appending output to 'nohup.out'")
                                });
                                let _ready = self.out.drain(sys);
                                if let Ok(fd) = sys.open("nohup.out", OpenFlags::APPEND, 0o600) {
                                    let _dup = sys.dup2(fd, 1);
                                    let _dup = sys.dup2(fd, 2);
                                    let _closed = sys.close(fd);
                                }
                            }
                        }
                        "setsid" => {
                            let _session = sys.set_sid();
                        }
                        _ => {}
                    }
                    let search = env
                        .iter()
                        .find(|(k, _)| k == "PATH")
                        .map_or("/usr/local/bin:/usr/bin:/bin".to_string(), |(_, v)| v.clone());
                    let result = sys
                        .find_program(&rest[0], &search)
                        .and_then(|file| sys.exec(&file, rest.to_vec(), Rc::new(env)));
                    match result {
                        Ok(()) => return Poll::Yield,
                        Err(e) => {
                            let (text, code) = failure(sys, &rest[0], e);
                            with_cx(sys, &mut self.out, |cx| cx.complain(text));
                            self.code = Some(code);
                        }
                    }
                }
            }
        }
        match self.out.drain(sys) {
            Some(wait) => Poll::Wait(wait),
            None => Poll::Exit(self.code.unwrap_or(0)),
        }
    }
    program!(Become);
}

#[derive(Clone, Debug, Default)]
pub struct Timeout {
    child: Option<Pid>,
    until: Option<Time>,
    kill_after: Option<i64>,
    signal: Option<Signal>,
    fired: bool,
    preserve: bool,
    out: Output,
    code: Option<u8>,
}

impl Program for Timeout {
    fn poll(&mut self, sys: &mut Sys<'_>) -> Poll {
        if self.child.is_none() && self.code.is_none() {
            let parsed = with_cx(sys, &mut self.out, |cx| {
                opts::parse_with(
                    cx,
                    "+s:k:t:fv",
                    &[("signal", 's'), ("kill-after", 'k'), ("preserve-status", 'f'), ("foreground", 'v')],
                    125,
                )
            });
            match parsed {
                Err(code) => self.code = Some(code),
                Ok(opts) => {
                    let mut rest = opts.rest.clone();
                    self.signal = opts.value('s').and_then(Signal::parse);
                    self.kill_after = opts.value('k').and_then(opts::duration);
                    self.preserve = opts.has('f');
                    let limit = match opts.value('t') {
                        Some(t) => Some(t.to_string()),
                        None if rest.is_empty() => None,
                        None => Some(rest.remove(0)),
                    };
                    let span = limit.as_deref().and_then(opts::duration);
                    match (span, rest.is_empty()) {
                        (Some(span), false) => {
                            sys.catch(Signal::TERM);
                            sys.catch(Signal::INT);
                            match start_child(sys, &rest, None) {
                                Ok(pid) => {
                                    self.child = Some(pid);
                                    self.until = (span > 0).then(|| sys.now().plus(span));
                                }
                                Err((text, code)) => {
                                    let text = if sys.is_busybox() {
                                        text
                                    } else {
                                        format!("failed to run command {text}")
                                    };
                                    with_cx(sys, &mut self.out, |cx| cx.complain(text));
                                    self.code = Some(code);
                                }
                            }
                        }
                        (None, false) => {
                            with_cx(sys, &mut self.out, |cx| {
                                cx.complain(format!("invalid time interval ‘{}’", limit.unwrap_or_default()))
                            });
                            self.code = Some(125);
                        }
                        _ => {
                            with_cx(sys, &mut self.out, |cx| cx.missing_operand());
                            self.code = Some(125);
                        }
                    }
                }
            }
        }
        if let Some(wait) = self.out.drain(sys) {
            return Poll::Wait(wait);
        }
        if let Some(code) = self.code {
            return Poll::Exit(code);
        }
        let Some(child) = self.child else { return Poll::Exit(125) };
        while let Some(signal) = sys.take_signal() {
            let _gone = sys.kill(child, signal);
        }
        match sys.wait(WaitFor::Pid(child), false) {
            Ok((_, ChildEvent::Exited(status))) => {
                if self.fired && !self.preserve {
                    return Poll::Exit(if status == ExitStatus::Signal(Signal::KILL) {
                        137
                    } else if sys.is_busybox() {
                        143
                    } else {
                        124
                    });
                }
                return Poll::Exit(status.code() as u8);
            }
            Err(Errno::ECHILD) => return Poll::Exit(125),
            _ => {}
        }
        if self.until.is_some_and(|u| sys.now() >= u) {
            let signal = if self.fired { Signal::KILL } else { self.signal.unwrap_or(Signal::TERM) };
            let _gone = sys.kill(child, signal);
            self.fired = true;
            self.until = self.kill_after.take().map(|k| sys.now().plus(k));
            return Poll::Yield;
        }
        Poll::Wait(Wait { until: self.until, ..Wait::child() })
    }
    program!(Timeout);
}

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

/// watch: runs a command again and again and shows its output on a cleared screen.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    begun: bool,
    interval: i64,
    title: bool,
    argv: Vec<String>,
    text: String,
    child: Option<(Pid, Fd)>,
    shown: Vec<u8>,
    next: Option<Time>,
    out: Output,
    code: Option<u8>,
}

impl Program for Watch {
    fn poll(&mut self, sys: &mut Sys<'_>) -> Poll {
        if !self.begun {
            self.begun = true;
            self.interval = 2 * SECOND;
            let parsed = with_cx(sys, &mut self.out, |cx| {
                opts::parse(
                    cx,
                    "+n:tdxecgb",
                    &[("interval", 'n'), ("no-title", 't'), ("differences", 'd'), ("exec", 'x')],
                )
            });
            match parsed {
                Ok(opts) if opts.rest.is_empty() => {
                    self.code = Some(with_cx(sys, &mut self.out, |cx| cx.missing_operand()))
                }
                Ok(opts) => {
                    self.interval =
                        opts.value('n').and_then(opts::duration).unwrap_or(self.interval).max(SECOND / 10);
                    self.title = !opts.has('t');
                    self.text = opts.rest.join(" ");
                    self.argv = if opts.has('x') {
                        opts.rest
                    } else {
                        vec!["sh".to_string(), "-c".to_string(), self.text.clone()]
                    };
                }
                Err(code) => self.code = Some(code),
            }
        }
        loop {
            if let Some(wait) = self.out.drain(sys) {
                return Poll::Wait(wait);
            }
            if let Some(code) = self.code {
                return Poll::Exit(code);
            }
            if let Some((pid, fd)) = self.child {
                match sys.read(fd, 65_536) {
                    Ok(bytes) if bytes.is_empty() => {
                        if sys.wait(WaitFor::Pid(pid), false) == Err(Errno::EAGAIN) {
                            return Poll::Wait(Wait::child());
                        }
                        let _closed = sys.close(fd);
                        self.child = None;
                        self.show(sys);
                        self.next = Some(sys.now().plus(self.interval));
                    }
                    Ok(bytes) => self.shown.extend(bytes),
                    Err(Errno::EAGAIN) => return Poll::Wait(Wait::read(fd)),
                    Err(_) => return Poll::Exit(1),
                }
                continue;
            }
            if let Some(next) = self.next.filter(|n| sys.now() < *n) {
                return Poll::Wait(Wait::until(next));
            }
            self.shown.clear();
            let Ok((read, write)) = sys.pipe() else { return Poll::Exit(1) };
            let _open = sys.set_cloexec(read, true);
            let saved = (sys.dup(1, 10), sys.dup(2, 10));
            let _dup = sys.dup2(write, 1);
            let _dup = sys.dup2(write, 2);
            let _closed = sys.close(write);
            for fd in [saved.0, saved.1].into_iter().flatten() {
                let _open = sys.set_cloexec(fd, true);
            }
            let argv = self.argv.clone();
            let started = start_child(sys, &argv, None);
            for (fd, to) in [(saved.0, 1), (saved.1, 2)] {
                if let Ok(fd) = fd {
                    let _dup = sys.dup2(fd, to);
                    let _closed = sys.close(fd);
                }
            }
            match started {
                Ok(pid) => self.child = Some((pid, read)),
                Err((text, code)) => {
                    with_cx(sys, &mut self.out, |cx| cx.complain(text));
                    self.code = Some(code);
                }
            }
        }
    }
    program!(Watch);
}

impl Watch {
    fn show(&mut self, sys: &mut Sys<'_>) {
        let (cols, rows) = sys.window(1).unwrap_or((80, 24));
        let mut screen = "\x1b[H\x1b[2J".to_string();
        let mut left = usize::from(rows);
        if self.title {
            let head = format!("Every {:.1}s: {}", self.interval as f64 / 1e6, self.text);
            let tail = if sys.is_busybox() {
                strftime("%Y-%m-%d %H:%M:%S", sys.now())
            } else {
                format!("{}: {}", sys.hostname(), strftime("%a %b %e %H:%M:%S %Y", sys.now()))
            };
            let gap = usize::from(cols).saturating_sub(head.chars().count() + tail.chars().count()).max(1);
            screen.push_str(&format!("{head}{}{tail}\n\n", " ".repeat(gap)));
            left = left.saturating_sub(2);
        }
        let text = String::from_utf8_lossy(&self.shown).into_owned();
        let lines: Vec<String> =
            text.lines().take(left).map(|l| l.chars().take(usize::from(cols)).collect()).collect();
        screen.push_str(&lines.join("\n"));
        self.out.push(1, screen.as_bytes());
    }
}

/// tail, with -f.
#[derive(Clone, Debug, Default)]
pub struct Tail {
    begun: bool,
    lines: Option<usize>,
    bytes: Option<usize>,
    from_start: bool,
    follow: bool,
    by_name: bool,
    headers: bool,
    inputs: Vec<Input>,
    at: usize,
    shown: Option<usize>,
    failed: bool,
    out: Output,
    done: bool,
}

#[derive(Clone, Debug)]
struct Input {
    name: String,
    fd: Option<Fd>,
    buf: Vec<u8>,
    /// The first part was shown; what comes now is new.
    following: bool,
    pos: u64,
}

impl Tail {
    fn begin(&mut self, sys: &mut Sys<'_>) {
        let parsed = with_cx(sys, &mut self.out, |cx| {
            if let Some(n) = cx
                .args
                .first()
                .and_then(|a| a.strip_prefix('-'))
                .filter(|n| n.starts_with(|c: char| c.is_ascii_digit()))
            {
                let (digits, f) = n.split_at(n.find(|c: char| !c.is_ascii_digit()).unwrap_or(n.len()));
                let (digits, f) = (digits.to_string(), f == "f");
                cx.args[0] = format!("-n{digits}");
                if f {
                    cx.args.insert(0, "-f".to_string());
                }
            }
            opts::parse(
                cx,
                "n:c:fFqvs:",
                &[("lines", 'n'), ("bytes", 'c'), ("follow", 'f'), ("quiet", 'q'), ("retry", 'v')],
            )
        });
        let opts = match parsed {
            Ok(opts) => opts,
            Err(_) => {
                self.done = true;
                self.failed = true;
                return;
            }
        };
        let spec = opts.value('c').or(opts.value('n')).unwrap_or("10").to_string();
        self.from_start = spec.starts_with('+');
        let Some(count) = opts::size(spec.trim_start_matches(['+', '-'])) else {
            with_cx(sys, &mut self.out, |cx| cx.complain(format!("invalid number of lines: ‘{spec}’")));
            self.done = true;
            self.failed = true;
            return;
        };
        if opts.value('c').is_some() {
            self.bytes = Some(count as usize)
        } else {
            self.lines = Some(count as usize)
        }
        self.follow = opts.has('f') || opts.has('F');
        self.by_name = opts.has('F');
        let names = if opts.rest.is_empty() { vec!["-".to_string()] } else { opts.rest.clone() };
        self.headers = names.len() > 1 && !opts.has('q');
        self.inputs = names
            .into_iter()
            .map(|name| Input { name, fd: None, buf: Vec::new(), following: false, pos: 0 })
            .collect();
    }

    fn header(&mut self, i: usize) {
        if self.headers && self.shown != Some(i) {
            let gap = if self.shown.is_some() { "\n" } else { "" };
            let name = if self.inputs[i].name == "-" {
                "standard input".to_string()
            } else {
                self.inputs[i].name.clone()
            };
            self.out.push(1, format!("{gap}==> {name} <==\n").as_bytes());
            self.shown = Some(i);
        }
    }

    /// The part of the first reading that is shown.
    fn last_part(&self, buf: &[u8]) -> usize {
        if let Some(n) = self.bytes {
            return if self.from_start {
                n.saturating_sub(1).min(buf.len())
            } else {
                buf.len().saturating_sub(n)
            };
        }
        let n = self.lines.unwrap_or(10);
        if self.from_start {
            let mut seen = 1;
            return if n <= 1 {
                0
            } else {
                buf.iter()
                    .position(|b| {
                        seen += usize::from(*b == b'\n');
                        seen == n
                    })
                    .map_or(buf.len(), |p| p + 1)
            };
        }
        if n == 0 {
            return buf.len();
        }
        let end = if buf.last() == Some(&b'\n') { buf.len() - 1 } else { buf.len() };
        let mut seen = 0;
        buf[..end]
            .iter()
            .rposition(|b| {
                seen += usize::from(*b == b'\n');
                seen == n
            })
            .map_or(0, |p| p + 1)
    }
}

impl Program for Tail {
    fn poll(&mut self, sys: &mut Sys<'_>) -> Poll {
        if !self.begun {
            self.begun = true;
            self.begin(sys);
        }
        loop {
            if let Some(wait) = self.out.drain(sys) {
                return Poll::Wait(wait);
            }
            if self.done {
                return Poll::Exit(u8::from(self.failed));
            }
            if sys.fuel() <= 0 {
                return Poll::Yield;
            }
            let i = self.at;
            if i >= self.inputs.len() {
                return self.follow(sys);
            }
            let name = self.inputs[i].name.clone();
            if self.inputs[i].fd.is_none() {
                let opened = if name == "-" { Ok(0) } else { sys.open(&name, OpenFlags::READ, 0) };
                match opened {
                    Ok(fd) => self.inputs[i].fd = Some(fd),
                    Err(e) => {
                        with_cx(sys, &mut self.out, |cx| {
                            let message = if cx.busybox() {
                                format!("can't open '{name}': {e}")
                            } else {
                                format!("cannot open '{name}' for reading: {e}")
                            };
                            cx.complain(message);
                        });
                        self.failed = true;
                        self.at += 1;
                        continue;
                    }
                }
            }
            let Some(fd) = self.inputs[i].fd else { continue };
            match sys.read(fd, 65_536) {
                Ok(bytes) if bytes.is_empty() => {
                    self.header(i);
                    let buf = std::mem::take(&mut self.inputs[i].buf);
                    let start = self.last_part(&buf);
                    self.out.push(1, &buf[start..]);
                    self.inputs[i].following = true;
                    self.inputs[i].pos = buf.len() as u64;
                    self.at += 1;
                }
                Ok(bytes) => {
                    let keep = &mut self.inputs[i].buf;
                    keep.extend(bytes);
                    // Only the end of a long input is needed.
                    if !self.from_start && keep.len() > 8 << 20 {
                        let cut = keep.len() - (4 << 20);
                        keep.drain(..cut);
                    }
                }
                Err(Errno::EAGAIN) => return Poll::Wait(Wait::read(fd)),
                Err(e) => {
                    with_cx(sys, &mut self.out, |cx| cx.complain(format!("error reading '{name}': {e}")));
                    self.failed = true;
                    self.at += 1;
                }
            }
        }
    }
    program!(Tail);
}

impl Tail {
    /// Looks for new text once a second.
    fn follow(&mut self, sys: &mut Sys<'_>) -> Poll {
        if !self.follow || self.inputs.iter().all(|i| i.fd.is_none() && !self.by_name) {
            return Poll::Exit(u8::from(self.failed));
        }
        for i in 0..self.inputs.len() {
            let name = self.inputs[i].name.clone();
            if self.by_name && name != "-" {
                // The name may stand for another file now.
                let new = sys.stat(&name).ok().map(|s| (s.dev, s.ino));
                let old = self.inputs[i].fd.and_then(|fd| sys.fstat(fd).ok()).map(|s| (s.dev, s.ino));
                if new.is_some() && new != old {
                    if let Some(fd) = self.inputs[i].fd.take() {
                        let _closed = sys.close(fd);
                    }
                    self.inputs[i].fd = sys.open(&name, OpenFlags::READ, 0).ok();
                    self.inputs[i].pos = 0;
                }
            }
            let Some(fd) = self.inputs[i].fd else { continue };
            if let Ok(stat) = sys.fstat(fd)
                && stat.is_file()
                && stat.size < self.inputs[i].pos
            {
                with_cx(sys, &mut self.out, |cx| cx.complain(format!("{name}: file truncated")));
                let _start = sys.seek(fd, 0, 0);
                self.inputs[i].pos = 0;
            }
            while let Ok(bytes) = sys.read(fd, 65_536) {
                if bytes.is_empty() {
                    break;
                }
                self.inputs[i].pos += bytes.len() as u64;
                self.header(i);
                self.out.push(1, &bytes);
            }
        }
        match self.out.drain(sys) {
            Some(wait) => Poll::Wait(wait),
            None => Poll::Wait(Wait::until(sys.now().plus(SECOND))),
        }
    }
}
