//! `ln`: hard and symbolic links.

use super::{
    opts,
    paths::{base, join, q},
    tool::{Cx, tool},
};
use crate::{errno::Errno, program::ProgramSpec};

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "ln",
    "Usage: ln [-sfnbtv] [-S SUF] TARGET... LINK|DIR\n\nCreate a link LINK or DIR/TARGET to the specified TARGET(s)\n",
    || tool(main),
);

pub fn main(cx: &mut Cx<'_, '_>) -> u8 {
    let long = [("symbolic", 's'), ("force", 'f'), ("no-dereference", 'n'), ("verbose", 'v')];
    let mut opts = match opts::parse(cx, "sfnvrT", &long) {
        Ok(opts) => opts,
        Err(code) => return code,
    };
    if opts.rest.is_empty() {
        return cx.missing_operand();
    }
    if opts.rest.len() == 1 {
        opts.rest.push(".".to_string());
    }
    let to = opts.rest.pop().unwrap_or_default();
    let to_stat = if opts.has('n') { cx.sys.lstat(&to) } else { cx.sys.stat(&to) };
    let is_dir = to_stat.is_ok_and(|s| s.is_dir());
    let mut code = 0;
    for from in opts.rest.clone() {
        let path = if is_dir { join(&to, base(&from)) } else { to.clone() };
        if opts.has('f') {
            let _old = cx.sys.unlink(&path);
        }
        let result =
            if opts.has('s') { cx.sys.vfs().symlink(&from, &path) } else { cx.sys.vfs().link(&from, &path) };
        if let Err(e) = result {
            let kind = if opts.has('s') { "symbolic" } else { "hard" };
            let message = match (cx.busybox(), opts.has('s')) {
                (true, _) => format!("{path}: {e}"),
                (false, false) if e == Errno::ENOENT => format!("failed to access {}: {e}", q(&from)),
                (false, false) => format!("failed to create {kind} link {} => {}: {e}", q(&path), q(&from)),
                (false, true) => format!("failed to create {kind} link {}: {e}", q(&path)),
            };
            cx.complain(message);
            code = 1;
        }
    }
    code
}
