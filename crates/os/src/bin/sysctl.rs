//! sysctl: kernel parameters, from /proc/sys.

use super::tool::{Cx, tool};
use crate::program::ProgramSpec;

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "sysctl",
    "Usage: sysctl [-enq] { -a | -p [FILE]... | [-w] [KEY[=VALUE]]... }\n\nShow/set kernel parameters\n\n\t-e\tDon't warn about unknown keys\n\t-n\tDon't show key names\n\t-q\tQuiet\n\t-a\tShow all values\n\t-p\tSet values from FILEs (default /etc/sysctl.conf)\n\t-w\tSet values\n",
    || tool(main),
);

fn main(cx: &mut Cx<'_, '_>) -> u8 {
    let opts = match super::opts::parse(
        cx,
        "anewqpN",
        &[("all", 'a'), ("values", 'n'), ("write", 'w'), ("quiet", 'q')],
    ) {
        Ok(opts) => opts,
        Err(code) => return code,
    };
    if opts.has('a') {
        all(cx, "/proc/sys", opts.has('n'));
        return 0;
    }
    if opts.rest.is_empty() {
        if cx.busybox() {
            return cx.missing_operand();
        }
        cx.eprint("\nUsage:\n sysctl [options] [variable[=value] ...]\n\nFor more details see sysctl(8).\n");
        return 1;
    }
    let mut code = 0;
    for word in &opts.rest {
        let (key, value) = word.split_once('=').map_or((word.as_str(), None), |(k, v)| (k, Some(v)));
        let path = format!("/proc/sys/{}", key.trim().replace('.', "/"));
        if cx.sys.lstat(&path).is_err() {
            if !opts.has('e') {
                cx.complain(if cx.busybox() {
                    format!("error: '{key}' is an unknown key")
                } else {
                    format!("cannot stat {path}: No such file or directory")
                });
            }
            code = if cx.busybox() { 1 } else { 255 };
            continue;
        }
        if value.is_some() {
            // Parameters belong to the node: containers see them read-only.
            cx.complain(if cx.busybox() {
                format!("error setting key '{key}': Read-only file system")
            } else {
                format!("setting key \"{key}\", ignoring: Read-only file system")
            });
            code = if cx.busybox() { 1 } else { 255 };
            continue;
        }
        one(cx, &path, opts.has('n'));
    }
    code
}

fn one(cx: &mut Cx<'_, '_>, path: &str, bare: bool) {
    let text = cx.sys.vfs().read_text(path).unwrap_or_default();
    let key = path.trim_start_matches("/proc/sys/").replace('/', ".");
    for line in text.lines() {
        cx.line(if bare { line.to_string() } else { format!("{key} = {line}") });
    }
}

fn all(cx: &mut Cx<'_, '_>, dir: &str, bare: bool) {
    for name in cx.sys.vfs().read_dir(dir).unwrap_or_default() {
        let path = format!("{dir}/{name}");
        match cx.sys.lstat(&path) {
            Ok(stat) if stat.is_dir() => all(cx, &path, bare),
            _ => one(cx, &path, bare),
        }
    }
}
