//! `cp`: files and trees copied.

use super::{
    opts,
    opts::Opts,
    paths::{base, join, q},
    tool::{Cx, tool},
};
use crate::{
    errno::{Errno, SysResult},
    fs::{Content, Node},
    program::ProgramSpec,
};

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "cp",
    "Usage: cp [-arPLHpfinlsTu] SOURCE DEST\nor: cp [-arPLHpfinlsu] SOURCE... { -t DIRECTORY | DIRECTORY }\n\nCopy SOURCEs to DEST\n",
    || tool(main),
);

/// Copies one file, link or directory; false after a complaint.
pub fn copy(cx: &mut Cx<'_, '_>, from: &str, to: &str, opts: &Opts, depth: u32) -> bool {
    cx.sys.spend(5);
    let recursive = opts.has('R') || opts.has('r');
    let follow =
        opts.has('L') || !(opts.has('d') || opts.has('P') || opts.has('a') || (recursive && depth > 0));
    let stat = match if follow { cx.sys.stat(from) } else { cx.sys.lstat(from) } {
        Ok(stat) => stat,
        Err(e) => {
            return refuse(
                cx,
                format!("can't stat {}: {e}", q(from)),
                format!("cannot stat {}: {e}", q(from)),
            );
        }
    };
    if stat.is_dir() {
        return copy_dir(cx, from, to, &stat, opts, depth);
    }
    if let (Ok(a), Ok(b)) = (cx.sys.stat(from), cx.sys.stat(to))
        && (a.dev, a.ino) == (b.dev, b.ino)
        && !stat.is_link()
    {
        cx.complain(format!("{} and {} are the same file", q(from), q(to)));
        return false;
    }
    if opts.has('n') && cx.sys.lstat(to).is_ok() {
        return true;
    }
    if stat.is_link() {
        let target = cx.sys.vfs().read_link(from).unwrap_or_default();
        let _old = cx.sys.unlink(to);
        return match cx.sys.vfs().symlink(&target, to) {
            Ok(()) => true,
            Err(e) => cannot_create(cx, to, e),
        };
    }
    copy_file(cx, from, to, &stat, opts)
}

/// Complains in the words of the machine's flavour; false.
fn refuse(cx: &mut Cx<'_, '_>, busybox: String, gnu: String) -> bool {
    let message = if cx.busybox() { busybox } else { gnu };
    cx.complain(message);
    false
}

fn cannot_create(cx: &mut Cx<'_, '_>, to: &str, e: Errno) -> bool {
    let gnu = format!("cannot create regular file {}: {e}", q(to));
    refuse(cx, format!("can't create {}: {e}", q(to)), gnu)
}

fn copy_dir(
    cx: &mut Cx<'_, '_>,
    from: &str,
    to: &str,
    stat: &crate::fs::Stat,
    opts: &Opts,
    depth: u32,
) -> bool {
    if !(opts.has('r') || opts.has('R') || opts.has('a')) {
        let what = format!("omitting directory {}", q(from));
        let gnu = format!("-r not specified; {what}");
        return refuse(cx, what, gnu);
    }
    let existed = cx.sys.stat(to).is_ok_and(|s| s.is_dir());
    if !existed && let Err(e) = cx.sys.vfs().mkdir(to, 0o777) {
        let gnu = format!("cannot create directory {}: {e}", q(to));
        return refuse(cx, format!("can't create directory {}: {e}", q(to)), gnu);
    }
    let names = cx.sys.vfs().read_dir(from).unwrap_or_default();
    let inside = cx.sys.vfs().real_path(to).unwrap_or_default();
    let mut ok = true;
    for name in names {
        let child = join(from, &name);
        // A directory copied into itself does not copy the copy.
        if cx.sys.vfs().real_path(&child).is_ok_and(|p| p == inside) {
            continue;
        }
        ok &= copy(cx, &child, &join(to, &name), opts, depth + 1);
    }
    keep(cx, to, stat, opts);
    ok
}

fn copy_file(cx: &mut Cx<'_, '_>, from: &str, to: &str, stat: &crate::fs::Stat, opts: &Opts) -> bool {
    let content = match content(cx, from) {
        Ok(content) => content,
        Err(e) => {
            let gnu = format!("cannot open {} for reading: {e}", q(from));
            return refuse(cx, format!("can't open {}: {e}", q(from)), gnu);
        }
    };
    cx.sys.spend(content.len() / 4096);
    if opts.has('f') && cx.sys.vfs().access(to, 2).is_err() {
        let _old = cx.sys.unlink(to);
    }
    if let Err(e) = cx.sys.vfs().write(to, content, stat.mode & 0o777) {
        if e == Errno::ENOSPC {
            cx.complain(format!("error writing {}: {e}", q(to)));
            return false;
        }
        return cannot_create(cx, to, e);
    }
    keep(cx, to, stat, opts);
    if opts.has('v') {
        cx.line(format!("{} -> {}", q(from), q(to)));
    }
    true
}

/// What is in a file. It is shared, not copied, until one of the two is written.
fn content(cx: &mut Cx<'_, '_>, from: &str) -> SysResult<Content> {
    let vfs = cx.sys.vfs();
    let shared = vfs.lookup(from, true).and_then(|(_, node)| {
        let inode = vfs.inode(&node)?;
        if !vfs.permits(inode, 4) {
            return Err(Errno::EACCES);
        }
        match &inode.node {
            Node::File(c) => Ok(c.clone()),
            _ => vfs.read(from).map(Content::from),
        }
    });
    match shared {
        Err(Errno::EACCES) => vfs.read(from).map(Content::from).map_err(|_| Errno::EACCES),
        shared => shared,
    }
}

fn keep(cx: &mut Cx<'_, '_>, to: &str, stat: &crate::fs::Stat, opts: &Opts) {
    if opts.has('p') || opts.has('a') {
        let _not_ours = cx.sys.vfs().chown(to, Some(stat.uid), Some(stat.gid), true);
        let _not_ours = cx.sys.vfs().chmod(to, stat.mode);
        let _not_ours = cx.sys.vfs().utimes(to, Some(stat.atime), Some(stat.mtime));
    }
}

/// The destination's directory if there is one, and the sources.
pub fn destination(cx: &mut Cx<'_, '_>, opts: &mut Opts) -> Result<(String, bool), u8> {
    if let Some(dir) = opts.value('t').map(str::to_string) {
        return Ok((dir, true));
    }
    match opts.rest.len() {
        0 if !cx.busybox() => {
            cx.complain("missing file operand");
            let name = cx.name.clone();
            cx.eprint(format!("Try '{name} --help' for more information.\n"));
            return Err(1);
        }
        1 if !cx.busybox() => {
            cx.complain(format!("missing destination file operand after {}", q(&opts.rest[0])));
            let name = cx.name.clone();
            cx.eprint(format!("Try '{name} --help' for more information.\n"));
            return Err(1);
        }
        0 | 1 => return Err(cx.missing_operand()),
        _ => {}
    }
    let last = opts.rest.pop().unwrap_or_default();
    let is_dir = cx.sys.stat(&last).is_ok_and(|s| s.is_dir()) && !opts.has('T');
    if opts.rest.len() > 1 && !is_dir {
        let e = if cx.sys.stat(&last).is_ok() { Errno::ENOTDIR } else { Errno::ENOENT };
        let message = if cx.busybox() {
            format!("can't stat {}: {e}", q(&last))
        } else {
            format!("target {}: {e}", q(&last))
        };
        cx.complain(message);
        return Err(1);
    }
    Ok((last, is_dir))
}

pub fn main(cx: &mut Cx<'_, '_>) -> u8 {
    let long = [
        ("recursive", 'r'),
        ("archive", 'a'),
        ("force", 'f'),
        ("verbose", 'v'),
        ("no-clobber", 'n'),
        ("preserve", 'p'),
        ("target-directory", 't'),
        ("no-target-directory", 'T'),
        ("dereference", 'L'),
        ("no-dereference", 'P'),
    ];
    let mut opts = match opts::parse(cx, "rRafvnpdPLHiut:Tsl", &long) {
        Ok(opts) => opts,
        Err(code) => return code,
    };
    let (to, is_dir) = match destination(cx, &mut opts) {
        Ok(found) => found,
        Err(code) => return code,
    };
    let mut ok = true;
    for from in opts.rest.clone() {
        let target = if is_dir { join(&to, base(&from)) } else { to.clone() };
        ok &= copy(cx, &from, &target, &opts, 0);
    }
    u8::from(!ok)
}
