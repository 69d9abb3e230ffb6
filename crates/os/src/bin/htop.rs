//! htop: not simulated; it says what to use.

use super::tool::{Cx, tool};
use crate::program::ProgramSpec;

pub const SPEC: ProgramSpec =
    ProgramSpec::inside("htop", "Usage: htop\n\nNot simulated: use top\n", || tool(main));

fn main(cx: &mut Cx<'_, '_>) -> u8 {
    cx.complain("not simulated: use top");
    1
}
