//! renice: changes how nice running processes are.

use super::{
    tool::{Cx, tool},
    users,
};
use crate::{
    errno::Errno,
    program::{Pid, ProgramSpec},
};

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "renice",
    "Usage: renice [-n] PRIORITY [[-p|g|u] ID...]...\n\nChange scheduling priority of a running process\n\n\t-n\tAdd PRIORITY to current nice value\n\t\tWithout -n, nice value is set to PRIORITY\n\t-p\tProcess ids (default)\n\t-g\tProcess group ids\n\t-u\tProcess user names\n",
    || tool(main),
);

fn main(cx: &mut Cx<'_, '_>) -> u8 {
    let mut args = cx.args.clone().into_iter().peekable();
    let mut relative = false;
    if args.next_if(|a| a == "-n" || a == "--relative" || a == "--priority").is_some() {
        // util-linux takes -n as absolute; BusyBox adds.
        relative = cx.busybox();
    }
    let Some(value) = args.next() else {
        if cx.busybox() {
            return cx.missing_operand();
        }
        cx.complain("not enough arguments");
        cx.eprint("Try 'renice --help' for more information.\n");
        return 1;
    };
    let Ok(value) = value.parse::<i32>() else {
        cx.complain(format!("invalid {}'{value}'", if cx.busybox() { "number " } else { "priority " }));
        return 1;
    };
    let (mut kind, mut code) = ('p', 0);
    for arg in args {
        if let Some(k) = arg.strip_prefix('-').and_then(|k| k.chars().next()).filter(|k| "pgu".contains(*k)) {
            kind = k;
            continue;
        }
        let number: Option<Pid> = arg.parse().ok();
        let uid = users::by_name(cx.sys, &arg).map(|u| u.uid).or(number);
        let mut targets: Vec<Pid> = Vec::new();
        for p in cx.sys.processes() {
            let hit = match kind {
                'g' => Some(p.pgid) == number,
                'u' => Some(p.uid) == uid,
                _ => Some(p.pid) == number,
            };
            if hit {
                targets.push(p.pid);
            }
        }
        if number.is_none() && kind != 'u' || targets.is_empty() {
            let text = if number.is_none() && kind != 'u' {
                if cx.busybox() {
                    format!("invalid number '{arg}'")
                } else {
                    format!("bad process ID value: {arg}")
                }
            } else if cx.busybox() {
                format!("getpriority {arg}: No such process")
            } else {
                format!("failed to get priority for {arg} (process ID): No such process")
            };
            cx.complain(text);
            code = 1;
        }
        for pid in targets {
            let old = cx.sys.nice(pid).unwrap_or(0);
            let new = if relative { i32::from(old) + value } else { value };
            match cx.sys.set_nice(pid, new) {
                Ok(()) if !cx.busybox() => {
                    let new = cx.sys.nice(pid).unwrap_or(0);
                    cx.line(format!("{pid} (process ID) old priority {old}, new priority {new}"));
                }
                Ok(()) => {}
                Err(e) => {
                    let e = if e == Errno::EACCES { Errno::EACCES } else { e };
                    cx.complain(if cx.busybox() {
                        format!("setpriority {pid}: {e}")
                    } else {
                        format!("failed to set priority for {pid} (process ID): {e}")
                    });
                    code = 1;
                }
            }
        }
    }
    code
}
