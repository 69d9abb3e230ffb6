//! `rm`: files and trees removed.

use super::{
    opts,
    opts::Opts,
    paths::{base, join, q},
    tool::{Cx, tool},
};
use crate::{errno::Errno, program::ProgramSpec};

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "rm",
    "Usage: rm [-irf] FILE...\n\nRemove (unlink) FILEs\n\n\t-i\tAlways prompt before removing\n\t-f\tNever prompt\n\t-R,-r\tRecurse\n",
    || tool(main),
);

pub fn main(cx: &mut Cx<'_, '_>) -> u8 {
    let long = [("recursive", 'r'), ("force", 'f'), ("verbose", 'v'), ("dir", 'd'), ("interactive", 'i')];
    let opts = match opts::parse(cx, "rRfvdiI", &long) {
        Ok(opts) => opts,
        Err(code) => return code,
    };
    if opts.rest.is_empty() {
        return if opts.has('f') { 0 } else { cx.missing_operand() };
    }
    let mut code = 0;
    for path in opts.rest.clone() {
        if matches!(base(&path), "." | "..") {
            cx.complain(format!("refusing to remove '.' or '..' directory: skipping {}", q(&path)));
            code = 1;
            continue;
        }
        if cx.sys.vfs().real_path(&path).is_ok_and(|p| p == "/")
            && (opts.has('r') || opts.has('R'))
            && !cx.busybox()
        {
            cx.complain("it is dangerous to operate recursively on '/'");
            cx.complain("use --no-preserve-root to override this failsafe");
            code = 1;
            continue;
        }
        if !remove(cx, &path, &opts) {
            code = 1;
        }
    }
    code
}

pub fn remove(cx: &mut Cx<'_, '_>, path: &str, opts: &Opts) -> bool {
    cx.sys.spend(2);
    let refuse = |cx: &mut Cx<'_, '_>, e: Errno| {
        let message = if cx.busybox() {
            format!("can't remove {}: {e}", q(path))
        } else {
            format!("cannot remove {}: {e}", q(path))
        };
        cx.complain(message);
        false
    };
    let stat = match cx.sys.lstat(path) {
        Ok(stat) => stat,
        Err(Errno::ENOENT | Errno::ENOTDIR) if opts.has('f') => return true,
        Err(e) => return refuse(cx, e),
    };
    if stat.is_dir() {
        if !opts.has('r') && !opts.has('R') && !opts.has('d') {
            let message = if cx.busybox() {
                format!("{} is a directory", q(path))
            } else {
                format!("cannot remove {}: Is a directory", q(path))
            };
            cx.complain(message);
            return false;
        }
        let names = match cx.sys.vfs().read_dir(path) {
            Ok(names) => names,
            Err(e) => return refuse(cx, e),
        };
        let mut ok = true;
        if !opts.has('d') || opts.has('r') {
            for name in names {
                ok &= remove(cx, &join(path, &name), opts);
            }
        }
        if !ok {
            return false;
        }
        if let Err(e) = cx.sys.vfs().rmdir(path) {
            return refuse(cx, e);
        }
        if opts.has('v') {
            cx.line(format!("removed directory {}", q(path)));
        }
        return true;
    }
    match cx.sys.unlink(path) {
        Ok(()) => {
            if opts.has('v') {
                cx.line(format!("removed {}", q(path)));
            }
            true
        }
        Err(e) => refuse(cx, e),
    }
}
