//! `pwd`: the working directory.

use super::tool::{Cx, tool};
use crate::program::ProgramSpec;

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "pwd",
    "Usage: pwd\n\nPrint the full filename of the current working directory\n",
    || tool(main),
);

pub fn main(cx: &mut Cx<'_, '_>) -> u8 {
    let cwd = cx.sys.cwd().to_string();
    cx.line(cwd);
    0
}
