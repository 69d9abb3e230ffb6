//! printenv: the environment.

use super::tool::{Cx, tool};
use crate::program::ProgramSpec;

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "printenv",
    "Usage: printenv [VARIABLE]...\n\nPrint environment VARIABLEs.\n",
    || tool(main),
);

pub fn main(cx: &mut Cx<'_, '_>) -> u8 {
    let env = cx.sys.env();
    if cx.args.is_empty() {
        for (k, v) in env.iter() {
            cx.line(format!("{k}={v}"));
        }
        return 0;
    }
    let mut code = 0;
    for name in cx.args.clone() {
        match env.iter().find(|(k, _)| *k == name) {
            Some((_, v)) => cx.line(v),
            None => code = 1,
        }
    }
    code
}
