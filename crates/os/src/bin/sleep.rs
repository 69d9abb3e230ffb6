//! sleep: waits.

use super::{
    opts,
    process::{arguments, program, with_cx},
    tool::Output,
};
use crate::{
    kernel::Sys,
    program::{Poll, Program, ProgramSpec, Wait},
    time::Time,
};

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "sleep",
    "Usage: sleep [N]...\n\nPause for a time equal to the total of the args given, where each arg can\nhave an optional suffix of (s)econds, (m)inutes, (h)ours, or (d)ays\n",
    || Box::new(Sleep::default()),
);

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
