//! `chmod`: permissions.

use super::{
    paths::{each, q},
    tool::{Cx, tool},
};
use crate::{errno::Errno, program::ProgramSpec};

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "chmod",
    "Usage: chmod [-Rcvf] MODE[,MODE]... FILE...\n\nMODE is octal number (bit pattern sstrwxrwxrwx) or [ugoa]{+|-|=}[rwxXst]\n",
    || tool(main),
);

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

pub fn main(cx: &mut Cx<'_, '_>) -> u8 {
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
