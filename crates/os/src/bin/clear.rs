//! clear and reset: the screen.

use super::tool::{Cx, tool};
use crate::program::ProgramSpec;

pub const CLEAR: ProgramSpec = ProgramSpec::inside("clear", "Usage: clear\n\nClear screen\n", || tool(main));
pub const RESET: ProgramSpec =
    ProgramSpec::inside("reset", "Usage: reset\n\nReset the terminal\n", || tool(main));

pub fn main(cx: &mut Cx<'_, '_>) -> u8 {
    if cx.name == "reset" {
        cx.print("\x1bc");
    }
    cx.print("\x1b[H\x1b[2J\x1b[3J");
    0
}
