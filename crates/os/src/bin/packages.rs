//! apt, apt-get and apk: packages are not simulated, and one line says so.

use super::tool::{Cx, tool};
use crate::program::ProgramSpec;

pub const APT: ProgramSpec =
    ProgramSpec::inside("apt", "Usage: apt [options] command\n\nPackage manager\n", || tool(main));
pub const APT_GET: ProgramSpec =
    ProgramSpec::inside("apt-get", "Usage: apt-get [options] command\n\nPackage manager\n", || tool(main));
pub const APK: ProgramSpec =
    ProgramSpec::inside("apk", "Usage: apk COMMAND [ARGUMENTS]...\n\nPackage manager\n", || tool(main));

fn main(cx: &mut Cx<'_, '_>) -> u8 {
    cx.complain("packages are not simulated; the usual programs are there already");
    if cx.name == "apk" { 1 } else { 100 }
}
