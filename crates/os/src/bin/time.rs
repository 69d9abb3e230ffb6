//! time: how long a command took, and how much CPU time it used.

use super::{
    process::{program, start_child, with_cx},
    tool::{Output, helped},
};
use crate::{
    errno::Errno,
    host::ExitStatus,
    kernel::{ChildEvent, Sys, WaitFor},
    program::{Pid, Poll, Program, ProgramSpec, Wait},
    time::Time as Moment,
};

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "time",
    "Usage: time [-vpa] [-o FILE] [-f FMT] PROG ARGS\n\nRun PROG, display resource usage when it exits\n\n\t-p\tPOSIX output format\n",
    || Box::new(Time::default()),
);

#[derive(Clone, Debug, Default)]
struct Time {
    begun: bool,
    posix: bool,
    child: Option<Pid>,
    began: Moment,
    out: Output,
    code: Option<u8>,
}

impl Time {
    fn begin(&mut self, sys: &mut Sys<'_>) {
        if helped(sys, &mut self.out) {
            return self.code = Some(0);
        }
        let parsed = with_cx(sys, &mut self.out, |cx| super::opts::parse(cx, "+pvao:f:", &[]));
        let opts = match parsed {
            Ok(opts) => opts,
            Err(code) => return self.code = Some(code),
        };
        self.posix = opts.has('p');
        self.began = sys.now();
        if opts.rest.is_empty() {
            return self.code = Some(with_cx(sys, &mut self.out, |cx| cx.missing_operand()));
        }
        match start_child(sys, &opts.rest, None) {
            Ok(pid) => self.child = Some(pid),
            Err((text, code)) => {
                with_cx(sys, &mut self.out, |cx| cx.complain(text));
                self.report(sys, code);
            }
        }
    }

    fn report(&mut self, sys: &Sys<'_>, code: u8) {
        if code != 0 {
            self.out.push(2, format!("Command exited with non-zero status {code}\n").as_bytes());
        }
        let real = sys.now().since(self.began).max(0) as u64;
        let lines = [("real", real), ("user", sys.cpu_times().1), ("sys", 0)];
        for (name, us) in lines {
            let cs = us / 10_000;
            let text = if self.posix {
                format!("{name} {}.{:02}\n", cs / 100, cs % 100)
            } else {
                format!("{name}\t{}m {}.{:02}s\n", cs / 6000, cs / 100 % 60, cs % 100)
            };
            self.out.push(2, text.as_bytes());
        }
        self.code = Some(code);
    }
}

impl Program for Time {
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
            match self.child.map(|pid| sys.wait(WaitFor::Pid(pid), false)) {
                Some(Ok((_, ChildEvent::Exited(status)))) => {
                    if let ExitStatus::Signal(signal) = status {
                        self.out.push(2, format!("Command terminated by signal {}\n", signal.0).as_bytes());
                    }
                    self.report(sys, status.code() as u8);
                }
                Some(Err(Errno::EAGAIN) | Ok(_)) => return Poll::Wait(Wait::child()),
                _ => self.code = Some(1),
            }
        }
    }
    program!(Time);
}
