//! timeout: runs a command, but not for longer than told.

use super::{
    opts,
    process::{program, start_child, with_cx},
    tool::Output,
};
use crate::{
    errno::Errno,
    host::ExitStatus,
    kernel::{ChildEvent, Sys, WaitFor},
    program::{Pid, Poll, Program, ProgramSpec, Wait},
    signal::Signal,
    time::Time,
};

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "timeout",
    "Usage: timeout [-s SIG] [-k KILL_SECS] SECS PROG ARGS\n\nRun PROG. Send SIG to it if it is not gone in SECS seconds.\nDefault SIG: TERM.If it still exists in KILL_SECS seconds, send KILL.\n",
    || Box::new(Timeout::default()),
);

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

impl Timeout {
    /// Reads the arguments and starts the command, or sets the exit code.
    fn begin(&mut self, sys: &mut Sys<'_>) {
        let parsed = with_cx(sys, &mut self.out, |cx| {
            opts::parse_with(
                cx,
                "+s:k:t:fv",
                &[("signal", 's'), ("kill-after", 'k'), ("preserve-status", 'f'), ("foreground", 'v')],
                125,
            )
        });
        let opts = match parsed {
            Ok(opts) => opts,
            Err(code) => return self.code = Some(code),
        };
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
            (Some(span), false) => self.start(sys, &rest, span),
            (None, false) => {
                with_cx(sys, &mut self.out, |cx| {
                    let text = limit.unwrap_or_default();
                    if cx.busybox() {
                        return cx.complain(format!("invalid number '{text}'"));
                    }
                    cx.complain(format!("invalid time interval ‘{text}’"));
                    cx.eprint("Try 'timeout --help' for more information.\n");
                });
                self.code = Some(if sys.is_busybox() { 1 } else { 125 });
            }
            _ => {
                with_cx(sys, &mut self.out, |cx| cx.missing_operand());
                self.code = Some(125);
            }
        }
    }

    /// Starts the command, which has `span` µs (0: as long as it likes).
    fn start(&mut self, sys: &mut Sys<'_>, command: &[String], span: i64) {
        sys.catch(Signal::TERM);
        sys.catch(Signal::INT);
        match start_child(sys, command, None) {
            Ok(pid) => {
                self.child = Some(pid);
                self.until = (span > 0).then(|| sys.now().plus(span));
            }
            Err((text, code)) => {
                let text = if sys.is_busybox() { text } else { format!("failed to run command {text}") };
                with_cx(sys, &mut self.out, |cx| cx.complain(text));
                self.code = Some(code);
            }
        }
    }

    /// The command ended; its code, or one that says that its time was up.
    fn ended(&self, sys: &mut Sys<'_>, status: ExitStatus) -> Poll {
        if let (true, true, ExitStatus::Signal(signal)) = (self.fired, sys.is_busybox(), status) {
            // There the command is the process itself, and this one its child: it dies of the signal.
            sys.default_signal(signal);
            let _gone = sys.kill(sys.pid(), signal);
            return Poll::Yield;
        }
        if !self.fired || self.preserve {
            return Poll::Exit(status.code() as u8);
        }
        Poll::Exit(match status {
            ExitStatus::Signal(Signal::KILL) => 137,
            _ if sys.is_busybox() => 143,
            _ => 124,
        })
    }
}

impl Program for Timeout {
    fn poll(&mut self, sys: &mut Sys<'_>) -> Poll {
        if self.child.is_none() && self.code.is_none() {
            self.begin(sys);
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
            Ok((_, ChildEvent::Exited(status))) => return self.ended(sys, status),
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
