//! nproc: the number of processors.

use super::tool::{Cx, tool};
use crate::program::ProgramSpec;

pub const SPEC: ProgramSpec =
    ProgramSpec::inside("nproc", "Usage: nproc\n\nPrint number of available CPUs\n", || tool(main));

pub fn main(cx: &mut Cx<'_, '_>) -> u8 {
    let n = cx.sys.limits().cores;
    cx.line(n.to_string());
    0
}
