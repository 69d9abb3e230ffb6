//! `link` and `unlink`: the bare system calls.

use super::tool::{Cx, tool};
use crate::program::ProgramSpec;

pub const LINK: ProgramSpec =
    ProgramSpec::inside("link", "Usage: link FILE LINK\n\nCreate hard LINK to FILE\n", || tool(link));
pub const UNLINK: ProgramSpec =
    ProgramSpec::inside("unlink", "Usage: unlink FILE\n\nDelete FILE by calling unlink()\n", || tool(unlink));

fn link(cx: &mut Cx<'_, '_>) -> u8 {
    let args = cx.args.clone();
    if let Err(code) = super::two_operands(cx, &args) {
        return code;
    }
    match cx.sys.vfs().link(&args[0], &args[1]) {
        Ok(()) => 0,
        Err(e) => {
            cx.complain(format!("cannot create link ‘{}’ to ‘{}’: {e}", args[1], args[0]));
            1
        }
    }
}

fn unlink(cx: &mut Cx<'_, '_>) -> u8 {
    let [file] = cx.args.as_slice() else { return cx.missing_operand() };
    let file = file.clone();
    match cx.sys.unlink(&file) {
        Ok(()) => 0,
        Err(e) => {
            let can = if cx.busybox() { "can't remove" } else { "cannot unlink" };
            cx.complain(format!("{can} ‘{file}’: {e}"));
            1
        }
    }
}
