//! killall: signals to the processes of a name.

use super::tool::{Cx, tool};
use crate::{
    program::{Pid, ProgramSpec},
    signal::{NAMES, Signal},
};

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "killall",
    "Usage: killall [-lq] [-SIG] PROCESS_NAME...\n\nSend a signal (default: TERM) to given processes\n\n\t-l\tList all signal names and numbers\n\t-q\tDon't complain if no processes were killed\n",
    || tool(main),
);

fn main(cx: &mut Cx<'_, '_>) -> u8 {
    let mut signal = Signal::TERM;
    let mut quiet = false;
    let mut names = Vec::new();
    let mut args = cx.args.clone().into_iter();
    while let Some(arg) = args.next() {
        match arg.strip_prefix('-') {
            None => names.push(arg),
            Some("l" | "-list") => {
                cx.line(NAMES[1..].join(" "));
                return 0;
            }
            Some("q" | "-quiet") => quiet = true,
            Some("w" | "e" | "v" | "i" | "I" | "-wait" | "-exact" | "-verbose") => {}
            Some(word) => {
                let name = if matches!(word, "s" | "-signal") {
                    args.next().unwrap_or_default()
                } else {
                    word.to_string()
                };
                let Some(known) = Signal::parse(&name) else {
                    if cx.busybox() {
                        cx.complain(format!("bad signal name '{name}'"));
                    } else {
                        cx.eprint(format!("{name}: unknown signal; killall -l lists signals.\n"));
                    }
                    return 1;
                };
                signal = known;
            }
        }
    }
    if names.is_empty() {
        return if cx.busybox() {
            cx.missing_operand()
        } else {
            cx.eprint("Usage: killall [OPTION]... [--] NAME...\n");
            1
        };
    }
    let me = cx.sys.pid();
    let mut code = 0;
    for name in names {
        let hits: Vec<Pid> = cx
            .sys
            .processes()
            .into_iter()
            .filter(|p| p.pid != me && *p.comm == *name)
            .map(|p| p.pid)
            .collect();
        if hits.is_empty() {
            if !quiet {
                let text = if cx.busybox() {
                    format!("killall: {name}: no process killed\n")
                } else {
                    format!("{name}: no process found\n")
                };
                cx.eprint(text);
            }
            code = 1;
        }
        for pid in hits {
            if let Err(e) = cx.sys.kill(pid, signal) {
                cx.complain(if cx.busybox() {
                    format!("can't kill pid {pid}: {e}")
                } else {
                    format!("{name}({pid}): {e}")
                });
                code = 1;
            }
        }
    }
    code
}
