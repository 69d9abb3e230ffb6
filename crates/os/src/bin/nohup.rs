//! nohup: runs a command that outlives the terminal.

use super::{
    process::{Command, prelude},
    tool::Cx,
};
use crate::{kernel::OpenFlags, program::ProgramSpec, signal::Signal};

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "nohup",
    "Usage: nohup PROG ARGS\n\nRun PROG immune to hangups, with output to a non-tty\n",
    || prelude(begin),
);

fn begin(cx: &mut Cx<'_, '_>) -> Result<Command, u8> {
    let mut args = std::mem::take(&mut cx.args);
    if args.first().is_some_and(|a| a == "--") {
        args.remove(0);
    }
    if args.is_empty() {
        cx.missing_operand();
        return Err(125);
    }
    cx.sys.ignore(Signal::HUP);
    let (from_tty, to_tty, err_tty) = (cx.sys.is_tty(0), cx.sys.is_tty(1), cx.sys.is_tty(2));
    if from_tty && let Ok(fd) = cx.sys.open("/dev/null", OpenFlags::READ, 0) {
        let _dup = cx.sys.dup2(fd, 0);
        let _closed = cx.sys.close(fd);
    }
    let mut file = None;
    if to_tty {
        let home = cx.sys.var("HOME").unwrap_or("/").trim_end_matches('/').to_string();
        for name in ["nohup.out".to_string(), format!("{home}/nohup.out")] {
            if let Ok(fd) = cx.sys.open(&name, OpenFlags::APPEND, 0o600) {
                file = Some((fd, name));
                break;
            }
        }
        let Some((_, name)) = &file else {
            cx.complain("failed to open 'nohup.out': Permission denied");
            return Err(127);
        };
        let ignoring = if from_tty { "ignoring input and " } else { "" };
        cx.complain(if cx.busybox() {
            format!("appending output to {name}")
        } else {
            format!("{ignoring}appending output to '{name}'")
        });
    } else if from_tty {
        cx.complain(if err_tty {
            "ignoring input and redirecting stderr to stdout"
        } else {
            "ignoring input"
        });
    }
    // What was said goes out before stderr is elsewhere.
    cx.flush();
    if let Some((fd, _)) = file {
        let _dup = cx.sys.dup2(fd, 1);
        let _closed = cx.sys.close(fd);
    }
    if err_tty {
        let _dup = cx.sys.dup2(1, 2);
    }
    Ok(Command { argv: args, env: cx.sys.env().to_vec(), failed: "failed to run command " })
}
