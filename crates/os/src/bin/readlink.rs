//! `readlink` and `realpath`: where a path leads.

use super::{
    opts,
    tool::{Cx, tool},
};
use crate::{errno::Errno, program::ProgramSpec};

pub const READLINK: ProgramSpec = ProgramSpec::inside(
    "readlink",
    "Usage: readlink [-fnv] FILE\n\nDisplay the value of a symlink\n",
    || tool(main),
);
pub const REALPATH: ProgramSpec =
    ProgramSpec::inside("realpath", "Usage: realpath FILE...\n\nPrint absolute pathnames of FILE\n", || {
        tool(main)
    });

pub fn main(cx: &mut Cx<'_, '_>) -> u8 {
    let opts = match opts::parse(cx, "fenmqsv", &[("canonicalize", 'f'), ("no-newline", 'n')]) {
        Ok(opts) => opts,
        Err(code) => return code,
    };
    let canonical = opts.has('f') || opts.has('e') || opts.has('m') || cx.name == "realpath";
    let mut code = 0;
    for path in &opts.rest {
        let found = if canonical {
            let vfs = cx.sys.vfs();
            vfs.walk(path, true).and_then(|f| {
                if f.node.is_none() && (opts.has('e')) { Err(Errno::ENOENT) } else { Ok(f.path) }
            })
        } else {
            cx.sys.vfs().read_link(path)
        };
        match found {
            Ok(text) if opts.has('n') => cx.print(text),
            Ok(text) => cx.line(text),
            Err(e) => {
                if cx.name == "realpath" {
                    cx.complain(format!("{path}: {e}"));
                }
                code = 1;
            }
        }
    }
    code
}
