//! watch: runs a command again and again and shows its output on a cleared screen.

use super::{
    opts,
    process::{program, start_child, with_cx},
    tool::Output,
};
use crate::{
    errno::Errno,
    kernel::{Sys, WaitFor},
    program::{Fd, Pid, Poll, Program, ProgramSpec, Wait},
    time::{SECOND, Time, strftime},
};

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "watch",
    "Usage: watch [-n SEC] [-t] PROG ARGS\n\nRun PROG periodically\n\n\t-n SEC\tPeriod (default 2)\n\t-t\tDon't print header\n",
    || Box::new(Watch::default()),
);

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
