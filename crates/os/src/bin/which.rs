//! which: where a command is.

use super::tool::{Cx, tool};
use crate::program::ProgramSpec;

pub const SPEC: ProgramSpec =
    ProgramSpec::inside("which", "Usage: which [-a] COMMAND...\n\nLocate COMMAND\n", || tool(main));

pub fn main(cx: &mut Cx<'_, '_>) -> u8 {
    let path = cx.sys.var("PATH").unwrap_or("/usr/bin:/bin").to_string();
    let mut code = 0;
    for name in cx.args.clone().into_iter().filter(|a| !a.starts_with('-')) {
        match cx.sys.find_program(&name, &path) {
            Ok(file) => cx.line(file),
            Err(_) => code = 1,
        }
    }
    code
}
