//! sync: writes what was not yet written: nothing, here.

use super::tool::{Cx, tool};
use crate::program::ProgramSpec;

pub const SPEC: ProgramSpec =
    ProgramSpec::inside("sync", "Usage: sync\n\nWrite all buffered blocks to disk\n", || tool(main));

pub fn main(_: &mut Cx<'_, '_>) -> u8 {
    0
}
