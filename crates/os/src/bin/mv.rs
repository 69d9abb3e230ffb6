//! `mv`: files and trees renamed or moved.

use super::{
    cp::copy,
    opts,
    opts::Opts,
    paths::{base, join, q},
    rm::remove,
    tool::{Cx, tool},
};
use crate::{errno::Errno, program::ProgramSpec};

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "mv",
    "Usage: mv [-finT] SOURCE DEST\nor: mv [-fin] SOURCE... { -t DIRECTORY | DIRECTORY }\n\nRename SOURCE to DEST, or move SOURCEs to DIRECTORY\n",
    || tool(main),
);

pub fn main(cx: &mut Cx<'_, '_>) -> u8 {
    let long = [
        ("force", 'f'),
        ("verbose", 'v'),
        ("no-clobber", 'n'),
        ("target-directory", 't'),
        ("no-target-directory", 'T'),
    ];
    let mut opts = match opts::parse(cx, "fvniut:T", &long) {
        Ok(opts) => opts,
        Err(code) => return code,
    };
    let (to, is_dir) = match super::cp::destination(cx, &mut opts) {
        Ok(found) => found,
        Err(code) => return code,
    };
    let mut code = 0;
    for from in opts.rest.clone() {
        let target = if is_dir { join(&to, base(&from)) } else { to.clone() };
        if opts.has('n') && cx.sys.lstat(&target).is_ok() {
            continue;
        }
        let mut result = cx.sys.vfs().rename(&from, &target);
        if result == Err(Errno::EXDEV) {
            let all = Opts::with("a");
            if copy(cx, &from, &target, &all, 0) && remove(cx, &from, &Opts::with("rf")) {
                result = Ok(());
            } else {
                code = 1;
                continue;
            }
        }
        match result {
            Ok(()) if opts.has('v') => {
                let line = if cx.busybox() {
                    format!("{} -> {}", q(&from), q(&target))
                } else {
                    format!("renamed {} -> {}", q(&from), q(&target))
                };
                cx.line(line);
            }
            Ok(()) => {}
            Err(e) => {
                code = 1;
                let missing = cx.sys.lstat(&from).err();
                let message = match (missing, cx.busybox()) {
                    (Some(e), true) => format!("can't rename {}: {e}", q(&from)),
                    (Some(e), false) => format!("cannot stat {}: {e}", q(&from)),
                    (None, true) => format!("can't rename {}: {e}", q(&from)),
                    (None, false) if e == Errno::EINVAL => {
                        format!("cannot move {} to a subdirectory of itself, {}", q(&from), q(&target))
                    }
                    (None, false) => format!("cannot move {} to {}: {e}", q(&from), q(&target)),
                };
                cx.complain(message);
            }
        }
    }
    code
}
