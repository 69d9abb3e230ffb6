//! kill: signals to processes.

use super::tool::{Cx, tool};
use crate::{
    program::{Pid, ProgramSpec},
    signal::{NAMES, Signal},
};

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "kill",
    "Usage: kill [-l] [-SIG] PID...\n\nSend a signal (default: TERM) to given PIDs\n\n\t-l\tList all signal names and numbers\n",
    || tool(main),
);

const USAGE: &str = "\nUsage:\n kill [options] <pid> [...]\n\nOptions:\n <pid> [...]            send signal to every <pid> listed\n -<signal>, -s, --signal <signal>\n                        specify the <signal> to be sent\n -q, --queue <value>    integer value to be sent with the signal\n -l, --list=[<signal>]  list all signal names, or convert one to a name\n -L, --table            list all signal names in a nice table\n\n -h, --help     display this help and exit\n -V, --version  output version information and exit\n\nFor more details see kill(1).\n";

fn main(cx: &mut Cx<'_, '_>) -> u8 {
    let mut args = cx.args.clone();
    let mut signal = Signal::TERM;
    while let Some(flag) = args.first().cloned().filter(|a| a.starts_with('-') && a.len() > 1) {
        args.remove(0);
        let name = match flag.as_str() {
            "-l" | "-L" | "--list" => return list(cx, &args),
            "-s" | "-n" | "--signal" if !args.is_empty() => args.remove(0),
            "--" => break,
            _ => flag[1..].to_string(),
        };
        match Signal::parse(&name) {
            Some(s) => signal = s,
            None => {
                let message = if cx.busybox() {
                    format!("bad signal name '{name}'")
                } else {
                    format!("unknown signal name {name}")
                };
                cx.complain(message);
                return 1;
            }
        }
    }
    if args.is_empty() {
        if cx.busybox() {
            cx.complain("you need to specify whom to kill");
            return 1;
        }
        cx.eprint(USAGE);
        return 1;
    }
    let mut code = 0;
    for target in args {
        let result = match target.parse::<i64>() {
            Ok(-1) => cx.sys.kill_all(signal),
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

/// Names of all signals, or of the numbers given (an exit code above 128 stands for its signal), or numbers of names.
fn list(cx: &mut Cx<'_, '_>, args: &[String]) -> u8 {
    if args.is_empty() {
        if cx.busybox() {
            for (n, name) in NAMES.iter().enumerate().skip(1) {
                cx.line(format!("{n:>2}) {name}"));
            }
        } else {
            cx.line(NAMES[1..].join(" "));
        }
        return 0;
    }
    for arg in args {
        match (arg.parse::<u32>(), Signal::parse(arg)) {
            (Ok(n), _) => match Signal((n & 127) as u8).name() {
                Some(name) => cx.line(name),
                None => cx.complain(format!("unknown signal '{arg}'")),
            },
            (_, Some(signal)) => cx.line(signal.0.to_string()),
            _ => {
                cx.complain(format!("unknown signal '{arg}'"));
                return 1;
            }
        }
    }
    0
}
