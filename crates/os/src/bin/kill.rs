//! kill, pkill, killall: signals to processes.

use super::tool::{Cx, tool};
use crate::{
    program::Pid,
    program::ProgramSpec,
    signal::{NAMES, Signal},
};

pub const KILL: ProgramSpec = ProgramSpec::inside(
    "kill",
    "Usage: kill [-l] [-SIG] PID...\n\nSend a signal (default: TERM) to given PIDs\n",
    || tool(main),
);
pub const KILLALL: ProgramSpec = ProgramSpec::inside(
    "killall",
    "Usage: killall [-lq] [-SIG] PROCESS_NAME...\n\nSend a signal (default: TERM) to given processes\n",
    || tool(main),
);
pub const PKILL: ProgramSpec = ProgramSpec::inside(
    "pkill",
    "Usage: pkill [-l|-SIGNAL] [-xfvnoe] [PATTERN]\n\nSend signal to processes selected by PATTERN\n",
    || tool(main),
);

pub fn main(cx: &mut Cx<'_, '_>) -> u8 {
    let mut args = cx.args.clone();
    let by_name = matches!(cx.name.as_str(), "pkill" | "killall");
    let mut signal = Signal::TERM;
    let mut full = false;
    while let Some(flag) = args.first().cloned().filter(|a| a.starts_with('-') && a.len() > 1) {
        args.remove(0);
        match flag.as_str() {
            "-l" => {
                cx.line(NAMES[1..].join(" "));
                return 0;
            }
            "-f" if by_name => full = true,
            "-s" if !args.is_empty() => signal = Signal::parse(&args.remove(0)).unwrap_or(Signal::TERM),
            "--" => break,
            name => match Signal::parse(&name[1..]) {
                Some(s) => signal = s,
                None => {
                    cx.complain(format!("invalid signal name or number: {}", &name[1..]));
                    return 1;
                }
            },
        }
    }
    if args.is_empty() {
        return cx.missing_operand();
    }
    let mut code = 0;
    let me = cx.sys.pid();
    for target in args {
        if by_name {
            let hits: Vec<Pid> = cx
                .sys
                .processes()
                .into_iter()
                .filter(|p| {
                    p.pid != me
                        && if cx.name == "killall" {
                            *p.comm == *target
                        } else if full {
                            p.argv.join(" ").contains(&target)
                        } else {
                            p.comm.contains(&target)
                        }
                })
                .map(|p| p.pid)
                .collect();
            if hits.is_empty() {
                if cx.name == "killall" {
                    cx.complain_as(&target, "no process found");
                }
                code = 1;
            }
            for pid in hits {
                // One that has just ended is no failure.
                let _gone = cx.sys.kill(pid, signal);
            }
            continue;
        }
        let result = match target.parse::<i64>() {
            Ok(n) if n < 0 => cx.sys.kill_group((-n) as Pid, signal),
            Ok(n) => cx.sys.kill(n as Pid, signal),
            Err(_) => {
                let message = if cx.busybox() {
                    format!("invalid number '{target}'")
                } else {
                    format!("failed to parse argument: '{target}'")
                };
                cx.complain(message);
                code = 1;
                continue;
            }
        };
        if let Err(e) = result {
            let message = if cx.busybox() {
                format!("can't kill pid {target}: {e}")
            } else {
                format!("({target}): {e}")
            };
            cx.complain(message);
            code = 1;
        }
    }
    code
}
