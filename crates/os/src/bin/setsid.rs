//! setsid: runs a command in a session of its own.

use super::{
    process::{Command, prelude},
    tool::Cx,
};
use crate::program::ProgramSpec;

pub const SPEC: ProgramSpec =
    ProgramSpec::inside("setsid", "Usage: setsid [-c] PROG ARGS\n\nRun PROG in a new session\n", || {
        prelude(begin)
    });

fn begin(cx: &mut Cx<'_, '_>) -> Result<Command, u8> {
    let args: Vec<String> =
        std::mem::take(&mut cx.args).into_iter().skip_while(|a| a.starts_with('-')).collect();
    if args.is_empty() {
        if cx.busybox() {
            return Err(cx.missing_operand());
        }
        cx.complain("no command specified");
        cx.eprint("Try 'setsid --help' for more information.\n");
        return Err(1);
    }
    // A process may always lead a session of its own.
    let _led = cx.sys.set_sid();
    Ok(Command { argv: args, env: cx.sys.env().to_vec(), failed: "failed to execute " })
}
