//! watch: runs a command again and again and shows its output on a cleared screen.

use super::{
    opts,
    process::{program, start_child, with_cx},
    tool::Output,
};
use crate::{
    errno::Errno,
    host::ExitStatus,
    kernel::{ChildEvent, Sys, WaitFor},
    program::{Fd, Pid, Poll, Program, ProgramSpec, Wait},
    signal::Signal,
    time::{SECOND, Time, strftime},
};

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "watch",
    "Usage: watch [-n SEC] [-t] PROG ARGS\n\nRun PROG periodically\n\n\t-n SEC\tPeriod (default 2)\n\t-t\tDon't print header\n",
    || Box::new(Watch::default()),
);

/// watch
#[derive(Clone, Debug, Default)]
pub struct Watch {
    begun: bool,
    interval: i64,
    title: bool,
    /// Changes since the last time, or since the first, are shown in reverse.
    differences: Option<bool>,
    exit_on_error: bool,
    exit_on_change: bool,
    beep: bool,
    argv: Vec<String>,
    text: String,
    child: Option<(Pid, Fd)>,
    seen: Vec<u8>,
    /// The lines shown before, and where something has ever changed.
    before: Option<Vec<String>>,
    changed: Vec<Vec<bool>>,
    next: Option<Time>,
    /// The terminal shows another screen for the while.
    other_screen: bool,
    out: Output,
    code: Option<u8>,
}

impl Watch {
    fn begin(&mut self, sys: &mut Sys<'_>) {
        self.interval = 2 * SECOND;
        let long = [
            ("interval", 'n'),
            ("no-title", 't'),
            ("exec", 'x'),
            ("errexit", 'e'),
            ("chgexit", 'g'),
            ("color", 'c'),
            ("beep", 'b'),
            ("precise", 'p'),
            ("no-wrap", 'w'),
        ];
        let parsed = with_cx(sys, &mut self.out, |cx| {
            // `-d` may be told to keep all changes: `--differences=permanent`.
            for arg in cx.args.iter_mut().filter(|a| a.starts_with("--differences") || *a == "-d=permanent") {
                *arg = if arg.contains('=') { "-D".to_string() } else { "-d".to_string() };
            }
            opts::parse(cx, if cx.busybox() { "+n:td" } else { "+n:tdDxecgbpw" }, &long)
        });
        let opts = match parsed {
            Ok(opts) => opts,
            Err(code) => return self.code = Some(code),
        };
        if opts.rest.is_empty() {
            let code = with_cx(sys, &mut self.out, |cx| {
                if cx.busybox() {
                    return cx.missing_operand();
                }
                cx.eprint("\nUsage:\n watch [options] command\n\nFor more details see watch(1).\n");
                1
            });
            return self.code = Some(code);
        }
        if let Some(value) = opts.value('n') {
            match opts::duration(&value.replace(',', ".")) {
                Some(span) => self.interval = span.max(SECOND / 10),
                None => {
                    let text = format!("failed to parse argument: '{value}'");
                    with_cx(sys, &mut self.out, |cx| cx.complain(text));
                    return self.code = Some(1);
                }
            }
        }
        self.title = !opts.has('t');
        self.differences = if opts.has('D') { Some(true) } else { opts.has('d').then_some(false) };
        self.exit_on_error = opts.has('e');
        self.exit_on_change = opts.has('g');
        self.beep = opts.has('b');
        self.text = opts.rest.join(" ");
        self.argv = if opts.has('x') {
            opts.rest
        } else {
            vec!["sh".to_string(), "-c".to_string(), self.text.clone()]
        };
        if sys.is_tty(1) && !sys.is_busybox() {
            self.other_screen = true;
            self.out.push(1, b"\x1b[?1049h\x1b[H\x1b[2J");
            sys.catch(Signal::INT);
            sys.catch(Signal::TERM);
            sys.catch(Signal::WINCH);
        }
    }

    fn leave(&mut self, code: u8) {
        if self.other_screen {
            self.out.push(1, b"\x1b[?1049l");
        }
        self.code = Some(code);
    }

    /// Starts the command with its output going to a pipe.
    fn start(&mut self, sys: &mut Sys<'_>) {
        self.seen.clear();
        let Ok((read, write)) = sys.pipe() else { return self.leave(1) };
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
                self.leave(code);
            }
        }
    }

    fn ended(&mut self, sys: &mut Sys<'_>, status: ExitStatus) {
        let text = String::from_utf8_lossy(&self.seen).replace('\t', "        ");
        let lines: Vec<String> = text.lines().map(str::to_string).collect();
        let same = self.before.as_ref().is_none_or(|b| *b == lines);
        self.show(sys, &lines);
        self.before = Some(lines);
        self.next = Some(sys.now().plus(self.interval));
        if status.code() != 0 {
            if self.beep {
                self.out.push(1, b"\x07");
            }
            if self.exit_on_error {
                self.out.push(1, b"\ncommand exit with a non-zero status, press a key to exit\n");
                self.leave(status.code() as u8);
            }
        }
        if self.exit_on_change && !same {
            self.leave(0);
        }
    }

    fn head(&self, sys: &Sys<'_>, cols: usize) -> String {
        let head = format!("Every {:.1}s: ", self.interval as f64 / 1e6);
        let tail = if sys.is_busybox() {
            strftime("%Y-%m-%d %H:%M:%S", sys.now())
        } else {
            format!("{}: {}", sys.hostname(), strftime("%a %b %e %H:%M:%S %Y", sys.now()))
        };
        let room = cols.saturating_sub(head.chars().count() + tail.chars().count() + 1);
        let mut command = self.text.clone();
        if command.chars().count() > room {
            // The command gives way to the date.
            let cut = if sys.is_busybox() { room } else { room.saturating_sub(3) };
            command = command.chars().take(cut).collect();
            if !sys.is_busybox() {
                command.push_str("...");
            }
        }
        let gap =
            cols.saturating_sub((head.chars().count() + command.chars().count()) + tail.chars().count());
        format!("{head}{command}{}{tail}", " ".repeat(gap.max(1)))
    }

    fn show(&mut self, sys: &mut Sys<'_>, lines: &[String]) {
        let (cols, rows) = sys.window(1).map_or((80, 24), |(c, r)| (usize::from(c), usize::from(r)));
        let mut screen = if sys.is_busybox() { "\x1b[H\x1b[J" } else { "\x1b[H\x1b[2J" }.to_string();
        let mut left = rows;
        if self.title {
            screen.push_str(&self.head(sys, cols));
            screen.push_str("\n\n");
            left = left.saturating_sub(2);
        }
        let marks = self.marks(lines);
        let shown: Vec<String> = lines
            .iter()
            .take(left)
            .enumerate()
            .map(|(row, line)| {
                let mut text = String::new();
                let mut lit = false;
                for (column, c) in line.chars().take(cols).enumerate() {
                    let mark = marks.get(row).and_then(|r| r.get(column)).copied().unwrap_or(false);
                    if mark != lit {
                        text.push_str(if mark { "\x1b[7m" } else { "\x1b[27m" });
                        lit = mark;
                    }
                    text.push(c);
                }
                if lit {
                    text.push_str("\x1b[27m");
                }
                text
            })
            .collect();
        screen.push_str(&shown.join("\n"));
        if sys.is_busybox() {
            screen.push('\n');
        }
        self.out.push(1, screen.as_bytes());
    }

    /// Which characters are not what they were.
    fn marks(&mut self, lines: &[String]) -> Vec<Vec<bool>> {
        let (Some(permanent), Some(before)) = (self.differences, &self.before) else { return Vec::new() };
        let old = |row: usize| before.get(row).map_or(Vec::new(), |l| l.chars().collect::<Vec<_>>());
        let mut marks: Vec<Vec<bool>> = lines
            .iter()
            .enumerate()
            .map(|(row, line)| {
                let old = old(row);
                line.chars().enumerate().map(|(i, c)| old.get(i).copied().unwrap_or(' ') != c).collect()
            })
            .collect();
        if permanent {
            for (row, mark) in marks.iter_mut().enumerate() {
                for (column, mark) in mark.iter_mut().enumerate() {
                    *mark |= self.changed.get(row).and_then(|r| r.get(column)).copied().unwrap_or(false);
                }
            }
            self.changed = marks.clone();
        }
        marks
    }
}

impl Program for Watch {
    fn poll(&mut self, sys: &mut Sys<'_>) -> Poll {
        if !self.begun {
            self.begun = true;
            self.begin(sys);
        }
        loop {
            if let Some(wait) = self.out.drain(sys) {
                return Poll::Wait(wait);
            }
            if let Some(code) = self.code {
                return Poll::Exit(code);
            }
            match sys.take_signal() {
                Some(Signal::WINCH) => self.next = None,
                Some(signal) => {
                    self.leave(if signal == Signal::INT { 130 } else { 143 });
                    continue;
                }
                None => {}
            }
            if let Some((pid, fd)) = self.child {
                match sys.read(fd, 65_536) {
                    Ok(bytes) if bytes.is_empty() => {
                        let status = match sys.wait(WaitFor::Pid(pid), false) {
                            Err(Errno::EAGAIN) => return Poll::Wait(Wait::child()),
                            Ok((_, ChildEvent::Exited(status))) => status,
                            _ => ExitStatus::Code(0),
                        };
                        let _closed = sys.close(fd);
                        self.child = None;
                        self.ended(sys, status);
                    }
                    Ok(bytes) => self.seen.extend(bytes),
                    Err(Errno::EAGAIN) => return Poll::Wait(Wait::read(fd)),
                    Err(_) => self.leave(1),
                }
                continue;
            }
            if let Some(next) = self.next.filter(|n| sys.now() < *n) {
                return Poll::Wait(Wait::until(next));
            }
            self.start(sys);
        }
    }
    program!(Watch);
}
