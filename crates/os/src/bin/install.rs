//! `install`: files copied with their modes and owners, and directories made.

use super::{
    chmod::parse_mode,
    opts::{self, Opts},
    paths::{base, join},
    tool::{Cx, tool},
    users,
};
use crate::program::ProgramSpec;

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "install",
    "Usage: install [-cdDsp] [-o USER] [-g GRP] [-m MODE] [-t DIR] [SOURCE]... DEST\n\nCopy files and set attributes\n\n\t-d\tCreate directories\n\t-D\tCreate leading target directories\n\t-p\tPreserve date\n\t-o USER\tSet ownership\n\t-g GRP\tSet group ownership\n\t-m MODE\tSet permissions\n\t-t DIR\tInstall to DIR\n",
    || tool(main),
);

fn main(cx: &mut Cx<'_, '_>) -> u8 {
    let long = [
        ("directory", 'd'),
        ("mode", 'm'),
        ("owner", 'o'),
        ("group", 'g'),
        ("target-directory", 't'),
        ("verbose", 'v'),
        ("preserve-timestamps", 'p'),
    ];
    let opts = match opts::parse(cx, "cdDspvm:o:g:t:T", &long) {
        Ok(opts) => opts,
        Err(code) => return code,
    };
    let mode = match opts.value('m').map(|m| parse_mode(m, 0, false, 0)) {
        Some(None) => {
            cx.complain(format!("invalid mode ‘{}’", opts.value('m').unwrap_or("")));
            return 1;
        }
        Some(Some(mode)) => mode,
        None => 0o755,
    };
    let mut rest = opts.rest.clone();
    if rest.is_empty() {
        if cx.busybox() {
            return cx.missing_operand();
        }
        cx.complain("missing file operand");
        cx.eprint("Try 'install --help' for more information.\n");
        return 1;
    }
    if opts.has('d') {
        return directories(cx, &opts, mode);
    }
    let (to, is_dir) = match opts.value('t') {
        Some(dir) => (dir.to_string(), true),
        None if rest.len() < 2 => {
            cx.complain(format!("missing destination file operand after ‘{}’", rest[0]));
            cx.eprint("Try 'install --help' for more information.\n");
            return 1;
        }
        None => {
            let last = rest.pop().unwrap_or_default();
            let is_dir = cx.sys.stat(&last).is_ok_and(|s| s.is_dir()) && !opts.has('T');
            (last, is_dir)
        }
    };
    if rest.len() > 1 && !is_dir {
        cx.complain(format!("target ‘{to}’: No such file or directory"));
        return 1;
    }
    let mut code = 0;
    for from in rest {
        let target = if is_dir { join(&to, base(&from)) } else { to.clone() };
        if opts.has('D')
            && let Some((parent, _)) = target.rsplit_once('/').filter(|(p, _)| !p.is_empty())
        {
            let _exists = cx.sys.vfs().mkdir_all(parent);
        }
        code |= one(cx, &opts, &from, &target, mode);
    }
    code
}

fn one(cx: &mut Cx<'_, '_>, opts: &Opts, from: &str, target: &str, mode: u32) -> u8 {
    let bytes = match cx.sys.vfs().read(from) {
        Ok(bytes) => bytes,
        Err(e) => {
            let message = match (cx.busybox(), cx.sys.stat(from).is_ok_and(|s| s.is_dir())) {
                (true, _) => format!("can't stat '{from}': {e}"),
                (false, true) => format!("omitting directory ‘{from}’"),
                (false, false) => format!("cannot stat ‘{from}’: {e}"),
            };
            cx.complain(message);
            return 1;
        }
    };
    if cx.sys.lstat(target).is_ok() {
        // The old file may be in use: a new one takes its name.
        let _old = cx.sys.unlink(target);
    }
    if let Err(e) = cx.sys.vfs().write(target, bytes, 0o600) {
        let message = if cx.busybox() {
            format!("can't create '{target}': {e}")
        } else {
            format!("cannot create regular file ‘{target}’: {e}")
        };
        cx.complain(message);
        return 1;
    }
    if opts.has('p')
        && let Ok(stat) = cx.sys.stat(from)
    {
        let _kept = cx.sys.vfs().utimes(target, Some(stat.atime), Some(stat.mtime));
    }
    if opts.has('v') {
        cx.line(format!("'{from}' -> '{target}'"));
    }
    finish(cx, opts, target, mode)
}

fn directories(cx: &mut Cx<'_, '_>, opts: &Opts, mode: u32) -> u8 {
    let mut code = 0;
    for dir in &opts.rest {
        if let Err(e) = cx.sys.vfs().mkdir_all(dir) {
            let message = if cx.busybox() {
                format!("can't create directory '{dir}': {e}")
            } else {
                format!("cannot create directory ‘{dir}’: {e}")
            };
            cx.complain(message);
            code = 1;
            continue;
        }
        if opts.has('v') {
            cx.line(format!("install: creating directory '{dir}'"));
        }
        code |= finish(cx, opts, dir, mode);
    }
    code
}

/// Sets mode and owner.
fn finish(cx: &mut Cx<'_, '_>, opts: &Opts, path: &str, mode: u32) -> u8 {
    let mut ids = [None, None];
    for (i, (flag, what)) in [('o', "user"), ('g', "group")].into_iter().enumerate() {
        let Some(name) = opts.value(flag) else { continue };
        let known = match what {
            "user" => users::by_name(cx.sys, name).map(|u| u.uid),
            _ => users::groups(cx.sys).into_iter().find(|g| g.0 == name).map(|g| g.1),
        };
        ids[i] = name.parse().ok().or(known);
        if ids[i].is_none() {
            cx.complain(format!("invalid {what} ‘{name}’"));
            return 1;
        }
    }
    let owned = if ids == [None, None] { Ok(()) } else { cx.sys.vfs().chown(path, ids[0], ids[1], true) };
    if let Err(e) = owned.and_then(|()| cx.sys.vfs().chmod(path, mode)) {
        cx.complain(format!("cannot change ownership of ‘{path}’: {e}"));
        return 1;
    }
    0
}
