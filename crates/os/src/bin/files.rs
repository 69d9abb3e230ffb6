//! cp, mv, rm, mkdir, rmdir, touch, ln, chmod, chown, mktemp, truncate, readlink, realpath, basename, dirname, pwd.

use super::{
    opts::{self, Opts},
    tool::Cx,
};
use crate::{
    errno::Errno,
    fs::{Content, Node},
    time::{Civil, Time},
};

/// `'name'` as GNU tools quote names in messages; BusyBox does the same in most.
fn q(name: &str) -> String {
    format!("'{name}'")
}

/// The path of `name` within `dir`.
pub fn join(dir: &str, name: &str) -> String {
    if dir.ends_with('/') { format!("{dir}{name}") } else { format!("{dir}/{name}") }
}

/// The last part of a path.
pub fn base(path: &str) -> &str {
    let trimmed = path.trim_end_matches('/');
    if trimmed.is_empty() { "/" } else { trimmed.rsplit('/').next().unwrap_or(trimmed) }
}

pub fn mkdir(cx: &mut Cx<'_, '_>) -> u8 {
    let opts = match opts::parse(cx, "pm:v", &[("parents", 'p'), ("mode", 'm'), ("verbose", 'v')]) {
        Ok(opts) => opts,
        Err(code) => return code,
    };
    if opts.rest.is_empty() {
        return cx.missing_operand();
    }
    let mode = match opts.value('m').map(|m| parse_mode(m, 0o777, true, 0)) {
        Some(None) => {
            cx.complain(format!("invalid mode ‘{}’", opts.value('m').unwrap_or("")));
            return 1;
        }
        Some(Some(mode)) => Some(mode),
        None => None,
    };
    let mut code = 0;
    for dir in &opts.rest {
        let result = if opts.has('p') { cx.sys.vfs().mkdir_all(dir) } else { cx.sys.vfs().mkdir(dir, 0o777) };
        match result {
            Ok(()) => {
                if let Some(mode) = mode {
                    let _own = cx.sys.vfs().chmod(dir, mode);
                }
                if opts.has('v') {
                    let line = if cx.busybox() {
                        format!("created directory: {}", q(dir))
                    } else {
                        format!("mkdir: created directory {}", q(dir))
                    };
                    cx.line(line);
                }
            }
            Err(e) => {
                let message = if cx.busybox() {
                    format!("can't create directory {}: {e}", q(dir))
                } else {
                    format!("cannot create directory ‘{dir}’: {e}")
                };
                cx.complain(message);
                code = 1;
            }
        }
    }
    code
}

pub fn rmdir(cx: &mut Cx<'_, '_>) -> u8 {
    let opts = match opts::parse(cx, "pv", &[("parents", 'p'), ("ignore-fail-on-non-empty", 'v')]) {
        Ok(opts) => opts,
        Err(code) => return code,
    };
    if opts.rest.is_empty() {
        return cx.missing_operand();
    }
    let mut code = 0;
    for dir in &opts.rest {
        let mut at = dir.trim_end_matches('/').to_string();
        loop {
            if let Err(e) = cx.sys.vfs().rmdir(&at) {
                let message = if cx.busybox() {
                    format!("{}: {e}", q(&at))
                } else {
                    format!("failed to remove '{at}': {e}")
                };
                cx.complain(message);
                code = 1;
                break;
            }
            match at.rsplit_once('/') {
                Some((up, _)) if opts.has('p') && !up.is_empty() => at = up.to_string(),
                _ => break,
            }
        }
    }
    code
}

pub fn rm(cx: &mut Cx<'_, '_>) -> u8 {
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

fn remove(cx: &mut Cx<'_, '_>, path: &str, opts: &Opts) -> bool {
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

/// Copies one file, link or directory; false after a complaint.
fn copy(cx: &mut Cx<'_, '_>, from: &str, to: &str, opts: &Opts, depth: u32) -> bool {
    cx.sys.spend(5);
    let follow =
        !(opts.has('d') || opts.has('P') || opts.has('a') || (opts.has('R') || opts.has('r')) && depth > 0);
    let stat = match if follow { cx.sys.stat(from) } else { cx.sys.lstat(from) } {
        Ok(stat) => stat,
        Err(e) => {
            let message = if cx.busybox() {
                format!("can't stat {}: {e}", q(from))
            } else {
                format!("cannot stat {}: {e}", q(from))
            };
            cx.complain(message);
            return false;
        }
    };
    let fail = |cx: &mut Cx<'_, '_>, e: Errno| {
        let message = if cx.busybox() {
            format!("can't create {}: {e}", q(to))
        } else {
            format!("cannot create regular file {}: {e}", q(to))
        };
        cx.complain(message);
        false
    };
    if stat.is_dir() {
        if !(opts.has('r') || opts.has('R') || opts.has('a')) {
            let message = if cx.busybox() {
                format!("omitting directory {}", q(from))
            } else {
                format!("-r not specified; omitting directory {}", q(from))
            };
            cx.complain(message);
            return false;
        }
        let existed = cx.sys.stat(to).is_ok_and(|s| s.is_dir());
        if !existed && let Err(e) = cx.sys.vfs().mkdir(to, 0o777) {
            let message = if cx.busybox() {
                format!("can't create directory {}: {e}", q(to))
            } else {
                format!("cannot create directory {}: {e}", q(to))
            };
            cx.complain(message);
            return false;
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
        keep(cx, to, &stat, opts);
        return ok;
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
            Err(e) => fail(cx, e),
        };
    }
    // The content is shared, not copied, until one of the two is written.
    let content = {
        let vfs = cx.sys.vfs();
        match vfs.lookup(from, true).and_then(|(_, node)| {
            let inode = vfs.inode(&node)?;
            if !vfs.permits(inode, 4) {
                return Err(Errno::EACCES);
            }
            match &inode.node {
                Node::File(c) => Ok(c.clone()),
                _ => vfs.read(from).map(Content::from),
            }
        }) {
            Ok(content) => Ok(content),
            Err(Errno::EACCES) if vfs.read(from).is_ok() => vfs.read(from).map(Content::from),
            Err(e) => Err(e),
        }
    };
    let content = match content {
        Ok(content) => content,
        Err(e) => {
            let message = if cx.busybox() {
                format!("can't open {}: {e}", q(from))
            } else {
                format!("cannot open {} for reading: {e}", q(from))
            };
            cx.complain(message);
            return false;
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
        return fail(cx, e);
    }
    keep(cx, to, &stat, opts);
    if opts.has('v') {
        cx.line(format!("{} -> {}", q(from), q(to)));
    }
    true
}

fn keep(cx: &mut Cx<'_, '_>, to: &str, stat: &crate::fs::Stat, opts: &Opts) {
    if opts.has('p') || opts.has('a') {
        let _not_ours = cx.sys.vfs().chown(to, Some(stat.uid), Some(stat.gid), true);
        let _not_ours = cx.sys.vfs().chmod(to, stat.mode);
        let _not_ours = cx.sys.vfs().utimes(to, Some(stat.atime), Some(stat.mtime));
    }
}

/// The destination's directory if there is one, and the sources.
fn destination(cx: &mut Cx<'_, '_>, opts: &mut Opts) -> Result<(String, bool), u8> {
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

pub fn cp(cx: &mut Cx<'_, '_>) -> u8 {
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

pub fn mv(cx: &mut Cx<'_, '_>) -> u8 {
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
    let (to, is_dir) = match destination(cx, &mut opts) {
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
                    (None, false) => format!("cannot move {} to {}: {e}", q(&from), q(&target)),
                };
                cx.complain(message);
            }
        }
    }
    code
}

impl Opts {
    /// Options made up by the program itself.
    fn with(letters: &str) -> Opts {
        let mut opts = Opts::default();
        for c in letters.chars() {
            opts.add(c);
        }
        opts
    }
}

pub fn touch(cx: &mut Cx<'_, '_>) -> u8 {
    let long = [("no-create", 'c'), ("date", 'd'), ("reference", 'r')];
    let opts = match opts::parse(cx, "camd:t:r:", &long) {
        Ok(opts) => opts,
        Err(code) => return code,
    };
    if opts.rest.is_empty() {
        return if cx.busybox() {
            cx.missing_operand()
        } else {
            cx.complain("missing file operand");
            cx.eprint("Try 'touch --help' for more information.\n");
            1
        };
    }
    let mut when = cx.sys.now();
    if let Some(text) = opts.value('d') {
        match super::date::parse(text, when) {
            Some(t) => when = t,
            None => {
                cx.complain(format!("invalid date format ‘{text}’"));
                return 1;
            }
        }
    }
    if let Some(text) = opts.value('t') {
        match stamp(text, when) {
            Some(t) => when = t,
            None => {
                cx.complain(format!("invalid date format ‘{text}’"));
                return 1;
            }
        }
    }
    if let Some(file) = opts.value('r') {
        when = cx.sys.stat(file).map_or(when, |s| s.mtime);
    }
    let mut code = 0;
    for path in &opts.rest {
        let missing = cx.sys.stat(path) == Err(Errno::ENOENT);
        if missing && opts.has('c') {
            continue;
        }
        let mut result = Ok(());
        if missing {
            result = cx.sys.vfs().open_for_write(path, 0o666, true, false).map(|_| ());
        }
        let a = (!opts.has('m') || opts.has('a')).then_some(when);
        let m = (!opts.has('a') || opts.has('m')).then_some(when);
        if let Err(e) = result.and_then(|()| cx.sys.vfs().utimes(path, a, m)) {
            let message =
                if cx.busybox() { format!("{path}: {e}") } else { format!("cannot touch {}: {e}", q(path)) };
            cx.complain(message);
            code = 1;
        }
    }
    code
}

/// `[[CC]YY]MMDDhhmm[.ss]`
fn stamp(text: &str, now: Time) -> Option<Time> {
    let (main, secs) = text.split_once('.').unwrap_or((text, "0"));
    let at = |from: usize, n: usize| main.get(from..from + n)?.parse::<u32>().ok();
    let (year, skip) = match main.len() {
        8 => (now.civil().year, 0),
        10 => (2000 + i64::from(at(0, 2)?), 2),
        12 => (i64::from(at(0, 4)?), 4),
        _ => return None,
    };
    let civil = Civil {
        year,
        month: at(skip, 2)?,
        day: at(skip + 2, 2)?,
        hour: at(skip + 4, 2)?,
        minute: at(skip + 6, 2)?,
        second: secs.parse().ok()?,
        weekday: 0,
        yearday: 0,
    };
    Some(Time::from_secs(civil.to_secs()))
}

pub fn ln(cx: &mut Cx<'_, '_>) -> u8 {
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

/// A mode as chmod takes it: octal, or `u+x,go-w`.
pub fn parse_mode(text: &str, old: u32, is_dir: bool, umask: u32) -> Option<u32> {
    if text.bytes().all(|b| b.is_ascii_digit()) {
        return u32::from_str_radix(text, 8).ok().filter(|m| *m <= 0o7777);
    }
    let mut mode = old;
    for clause in text.split(',') {
        let at = clause.find(['+', '-', '='])?;
        let (who, mut rest) = clause.split_at(at);
        let mut mask = 0;
        for w in who.chars() {
            mask |= match w {
                'u' => 0o4700,
                'g' => 0o2070,
                'o' => 0o1007,
                'a' => 0o7777,
                _ => return None,
            };
        }
        let limit = if who.is_empty() { !umask } else { !0 };
        if who.is_empty() {
            mask = 0o7777;
        }
        while let Some(op) = rest.chars().next() {
            if !"+-=".contains(op) {
                return None;
            }
            let end = rest[1..].find(['+', '-', '=']).map_or(rest.len(), |n| n + 1);
            let mut bits = 0;
            for p in rest[1..end].chars() {
                bits |= match p {
                    'r' => 0o444,
                    'w' => 0o222,
                    'x' => 0o111,
                    'X' if is_dir || mode & 0o111 != 0 => 0o111,
                    'X' => 0,
                    's' => 0o6000,
                    't' => 0o1000,
                    'u' => (mode >> 6 & 7) * 0o111,
                    'g' => (mode >> 3 & 7) * 0o111,
                    'o' => (mode & 7) * 0o111,
                    _ => return None,
                };
            }
            let bits = bits & mask & limit;
            match op {
                '+' => mode |= bits,
                '-' => mode &= !bits,
                _ => mode = (mode & !(mask & 0o777)) | bits,
            }
            rest = &rest[end..];
        }
    }
    Some(mode)
}

/// Calls `change` for paths, and with `recursive` for all below them.
fn each(
    cx: &mut Cx<'_, '_>,
    path: &str,
    recursive: bool,
    change: &mut dyn FnMut(&mut Cx<'_, '_>, &str) -> bool,
) -> bool {
    let mut ok = change(cx, path);
    if recursive && cx.sys.lstat(path).is_ok_and(|s| s.is_dir()) {
        for name in cx.sys.vfs().read_dir(path).unwrap_or_default() {
            ok &= each(cx, &join(path, &name), true, change);
        }
    }
    ok
}

pub fn chmod(cx: &mut Cx<'_, '_>) -> u8 {
    // A mode may begin with a dash: -x.
    let args = cx.args.clone();
    let recursive = args.iter().any(|a| a == "-R" || a == "--recursive");
    let mut rest = args
        .iter()
        .filter(|a| !matches!(a.as_str(), "-R" | "--recursive" | "-v" | "-f" | "-c" | "--"))
        .cloned();
    let Some(mode) = rest.next() else { return cx.missing_operand() };
    let paths: Vec<String> = rest.collect();
    if paths.is_empty() {
        if cx.busybox() {
            return cx.missing_operand();
        }
        cx.complain(format!("missing operand after ‘{mode}’"));
        cx.eprint("Try 'chmod --help' for more information.\n");
        return 1;
    }
    let umask = cx.sys.umask();
    if parse_mode(&mode, 0, false, umask).is_none() {
        let message = if cx.busybox() {
            format!("invalid mode '{mode}'")
        } else {
            format!("invalid mode: ‘{mode}’")
        };
        cx.complain(message);
        if !cx.busybox() {
            cx.eprint("Try 'chmod --help' for more information.\n");
        }
        return 1;
    }
    let mut ok = true;
    for path in paths {
        ok &= each(cx, &path, recursive, &mut |cx, path| {
            let result = cx.sys.stat(path).and_then(|s| {
                let new = parse_mode(&mode, s.mode, s.is_dir(), umask).ok_or(Errno::EINVAL)?;
                cx.sys.vfs().chmod(path, new)
            });
            if let Err(e) = result {
                let message = match (cx.busybox(), e) {
                    (true, e) => format!("{path}: {e}"),
                    (false, Errno::ENOENT) => format!("cannot access {}: {e}", q(path)),
                    (false, e) => format!("changing permissions of {}: {e}", q(path)),
                };
                cx.complain(message);
            }
            result.is_ok()
        });
    }
    u8::from(!ok)
}

pub fn chown(cx: &mut Cx<'_, '_>) -> u8 {
    let group_only = cx.name == "chgrp";
    let opts = match opts::parse(cx, "Rhvfc", &[("recursive", 'R'), ("no-dereference", 'h')]) {
        Ok(opts) => opts,
        Err(code) => return code,
    };
    if opts.rest.len() < 2 {
        return cx.missing_operand();
    }
    let spec = opts.rest[0].clone();
    let (user, group) = if group_only {
        ("", Some(spec.as_str()))
    } else {
        spec.split_once([':', '.']).map_or((spec.as_str(), None), |(u, g)| (u, Some(g)))
    };
    let uid = match user {
        "" => None,
        name => match name.parse::<u32>().ok().or_else(|| super::users::by_name(cx.sys, name).map(|u| u.uid))
        {
            Some(uid) => Some(uid),
            None => {
                let message = if cx.busybox() {
                    format!("unknown user {name}")
                } else {
                    format!("invalid user: ‘{spec}’")
                };
                cx.complain(message);
                return 1;
            }
        },
    };
    let gid = match group.filter(|g| !g.is_empty()) {
        None => None,
        Some(name) => match name
            .parse::<u32>()
            .ok()
            .or_else(|| super::users::groups(cx.sys).into_iter().find(|g| g.0 == name).map(|g| g.1))
        {
            Some(gid) => Some(gid),
            None => {
                let message = if cx.busybox() {
                    format!("unknown group {name}")
                } else {
                    format!("invalid group: ‘{spec}’")
                };
                cx.complain(message);
                return 1;
            }
        },
    };
    let mut ok = true;
    for path in &opts.rest[1..] {
        ok &= each(cx, path, opts.has('R'), &mut |cx, path| {
            let result = cx.sys.vfs().chown(path, uid, gid, !opts.has('h'));
            if let Err(e) = result {
                let message = match (cx.busybox(), e) {
                    (true, e) => format!("{path}: {e}"),
                    (false, Errno::ENOENT) => format!("cannot access {}: {e}", q(path)),
                    (false, e) => format!(
                        "changing {} of {}: {e}",
                        if group_only { "group" } else { "ownership" },
                        q(path)
                    ),
                };
                cx.complain(message);
            }
            result.is_ok()
        });
    }
    u8::from(!ok)
}

pub fn mktemp(cx: &mut Cx<'_, '_>) -> u8 {
    let opts = match opts::parse(cx, "dqtup:", &[("directory", 'd'), ("tmpdir", 'p'), ("dry-run", 'u')]) {
        Ok(opts) => opts,
        Err(code) => return code,
    };
    let dir =
        opts.value('p').filter(|d| !d.is_empty()).or(cx.sys.var("TMPDIR")).unwrap_or("/tmp").to_string();
    let template = match opts.rest.first() {
        Some(t) if opts.has('t') || opts.has('p') => join(&dir, t),
        Some(t) => t.clone(),
        None if cx.busybox() => join(&dir, "tmp.XXXXXX"),
        None => join(&dir, "tmp.XXXXXXXXXX"),
    };
    let xs = template.len() - template.trim_end_matches('X').len();
    if xs < 3 {
        cx.complain(format!("too few X's in template ‘{template}’"));
        return 1;
    }
    let mut name = template[..template.len() - xs].to_string();
    const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    for _ in 0..xs {
        name.push(LETTERS[(cx.sys.random() >> 32) as usize % LETTERS.len()] as char);
    }
    let result = if opts.has('u') {
        Ok(())
    } else if opts.has('d') {
        cx.sys.vfs().mkdir(&name, 0o700)
    } else {
        cx.sys.vfs().open_for_write(&name, 0o600, true, true).map(|_| ())
    };
    match result {
        Ok(()) => {
            cx.line(name);
            0
        }
        Err(e) => {
            let kind = if opts.has('d') { "directory" } else { "file" };
            let message = if cx.busybox() {
                format!("{template}: {e}")
            } else {
                format!("failed to create {kind} via template ‘{template}’: {e}")
            };
            cx.complain(message);
            1
        }
    }
}

pub fn truncate(cx: &mut Cx<'_, '_>) -> u8 {
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

pub fn readlink(cx: &mut Cx<'_, '_>) -> u8 {
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

pub fn basename(cx: &mut Cx<'_, '_>) -> u8 {
    let opts = match opts::parse(cx, "as:z", &[("multiple", 'a'), ("suffix", 's')]) {
        Ok(opts) => opts,
        Err(code) => return code,
    };
    let strip = |name: &str, suffix: Option<&str>| match suffix.and_then(|s| name.strip_suffix(s)) {
        Some(short) if !short.is_empty() => short.to_string(),
        _ => name.to_string(),
    };
    if opts.has('a') || opts.has('s') {
        for path in &opts.rest {
            cx.line(strip(base(path), opts.value('s')));
        }
        return 0;
    }
    match opts.rest.as_slice() {
        [path] if path.is_empty() => cx.line(""),
        [path] => cx.line(base(path)),
        [path, suffix] => cx.line(strip(base(path), Some(suffix))),
        [] => return cx.missing_operand(),
        [_, _, extra, ..] => {
            cx.complain(format!("extra operand ‘{extra}’"));
            cx.eprint("Try 'basename --help' for more information.\n");
            return 1;
        }
    }
    0
}

pub fn dirname(cx: &mut Cx<'_, '_>) -> u8 {
    if cx.args.is_empty() {
        return cx.missing_operand();
    }
    for path in cx.args.clone() {
        let trimmed = path.trim_end_matches('/');
        let dir = match trimmed.rsplit_once('/') {
            Some((dir, _)) => dir.trim_end_matches('/'),
            None if trimmed.is_empty() && !path.is_empty() => "",
            None => ".",
        };
        cx.line(if dir.is_empty() { "/" } else { dir });
    }
    0
}

pub fn pwd(cx: &mut Cx<'_, '_>) -> u8 {
    let cwd = cx.sys.cwd().to_string();
    cx.line(cwd);
    0
}
