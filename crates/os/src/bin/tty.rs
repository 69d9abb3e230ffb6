//! tty: the name of the terminal.

use super::tool::{Cx, tool};
use crate::program::ProgramSpec;

pub const SPEC: ProgramSpec =
    ProgramSpec::inside("tty", "Usage: tty [-s]\n\nPrint the name of the terminal\n", || tool(main));

pub fn main(cx: &mut Cx<'_, '_>) -> u8 {
    let quiet = cx.args.iter().any(|a| matches!(a.as_str(), "-s" | "--silent" | "--quiet"));
    match cx.sys.tty_of(0) {
        Some(t) => {
            if !quiet {
                cx.line(format!("/dev/pts/{}", t % 100));
            }
            0
        }
        None => {
            if !quiet {
                cx.line("not a tty");
            }
            1
        }
    }
}
