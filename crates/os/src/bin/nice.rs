//! nice: runs a command that gives way to others, or less so.

use super::{
    process::{Command, prelude},
    tool::Cx,
};
use crate::program::ProgramSpec;

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "nice",
    "Usage: nice [-n ADJUST] [PROG ARGS]\n\nChange scheduling priority, run PROG\n\n\t-n ADJUST\tAdjust priority by ADJUST\n",
    || prelude(begin),
);

fn begin(cx: &mut Cx<'_, '_>) -> Result<Command, u8> {
    let mut args = std::mem::take(&mut cx.args);
    let pid = cx.sys.pid();
    // A process that runs is in the table.
    let now = i32::from(cx.sys.nice(pid).unwrap_or(0));
    if args.is_empty() {
        cx.line(now.to_string());
        return Err(0);
    }
    let mut by = None;
    while let Some(flag) = args.first().and_then(|a| a.strip_prefix('-')).map(str::to_string) {
        args.remove(0);
        let value = match flag.as_str() {
            "-" => break,
            "n" | "-adjustment" if !args.is_empty() => args.remove(0),
            "n" => {
                cx.complain(if cx.busybox() {
                    "option requires an argument: n"
                } else {
                    "option requires an argument -- 'n'"
                });
                return Err(125);
            }
            other => {
                let other = other.strip_prefix("-adjustment=").unwrap_or(other);
                other.strip_prefix('n').unwrap_or(other).to_string()
            }
        };
        let Ok(n) = value.parse::<i32>() else {
            if !value.starts_with(|c: char| c.is_ascii_digit() || c == '-') && flag != "n" {
                return Err(cx.bad_option(&format!("-{flag}"), 125));
            }
            cx.complain(if cx.busybox() {
                format!("invalid number '{value}'")
            } else {
                format!("invalid adjustment ‘{value}’")
            });
            return Err(125);
        };
        by = Some(n);
    }
    if args.is_empty() {
        cx.complain("a command must be given with an adjustment");
        cx.eprint("Try 'nice --help' for more information.\n");
        return Err(125);
    }
    if let Err(e) = cx.sys.set_nice(pid, now + by.unwrap_or(10)) {
        // GNU nice warns and goes on.
        cx.complain(format!("cannot set niceness: {e}"));
    }
    Ok(Command { argv: args, env: cx.sys.env().to_vec(), failed: "" })
}
