//! `truncate`: files cut or extended to a size.

use super::{
    opts,
    paths::q,
    tool::{Cx, tool},
};
use crate::program::ProgramSpec;

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "truncate",
    "Usage: truncate [-c] -s SIZE FILE...\n\nTruncate FILEs to SIZE\n",
    || tool(main),
);

pub fn main(cx: &mut Cx<'_, '_>) -> u8 {
    let opts = match opts::parse(cx, "s:cr:", &[("size", 's'), ("no-create", 'c')]) {
        Ok(opts) => opts,
        Err(code) => return code,
    };
    let spec = opts.value('s').unwrap_or("").to_string();
    let (sign, number) = match spec.chars().next() {
        Some(c @ ('+' | '-')) => (c, &spec[1..]),
        _ => ('=', spec.as_str()),
    };
    let Some(size) = opts::size(number) else {
        cx.complain(if spec.is_empty() {
            "you must specify either ‘--size’ or ‘--reference’".to_string()
        } else {
            format!("Invalid number: ‘{spec}’")
        });
        if spec.is_empty() && !cx.busybox() {
            cx.eprint("Try 'truncate --help' for more information.\n");
        }
        return 1;
    };
    for path in &opts.rest {
        let mut vfs = cx.sys.vfs();
        let result = vfs.open_for_write(path, 0o666, !opts.has('c'), false).and_then(|node| {
            let old = vfs.inode(&node)?.size();
            let new = match sign {
                '+' => old + size,
                '-' => old.saturating_sub(size),
                _ => size,
            };
            vfs.truncate(&node, new)
        });
        if let Err(e) = result {
            cx.complain(format!("cannot open {} for writing: {e}", q(path)));
            return 1;
        }
    }
    0
}
