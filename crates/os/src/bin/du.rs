//! du: the room that files take.

use super::{
    opts,
    paths::join,
    tool::{Cx, tool},
};
use crate::program::ProgramSpec;

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "du",
    "Usage: du [-ashkm] [-d N] [FILE]...\n\nSummarize disk space used for FILEs (or directories)\n",
    || tool(main),
);

pub fn main(cx: &mut Cx<'_, '_>) -> u8 {
    let opts = match opts::parse(
        cx,
        "shakmcd:bx",
        &[
            ("summarize", 's'),
            ("human-readable", 'h'),
            ("all", 'a'),
            ("max-depth", 'd'),
            ("bytes", 'b'),
            ("total", 'c'),
            ("apparent-size", 'b'),
        ],
    ) {
        Ok(opts) => opts,
        Err(code) => return code,
    };
    let mut paths = opts.rest.clone();
    if paths.is_empty() {
        paths.push(".".to_string());
    }
    let most =
        if opts.has('s') { 0 } else { opts.value('d').and_then(|d| d.parse().ok()).unwrap_or(usize::MAX) };
    let mut code = 0;
    for path in paths {
        match cx.sys.lstat(&path) {
            Ok(_) => {
                usage(cx, &path, &opts, most, 0);
            }
            Err(e) => {
                let message = if cx.busybox() {
                    format!("{path}: {e}")
                } else {
                    format!("cannot access '{path}': {e}")
                };
                cx.complain(message);
                code = 1;
            }
        }
    }
    code
}

fn usage(cx: &mut Cx<'_, '_>, path: &str, opts: &opts::Opts, most: usize, depth: usize) -> u64 {
    let Ok(stat) = cx.sys.lstat(path) else { return 0 };
    let mut sum = if opts.has('b') {
        stat.size
    } else if stat.is_link() {
        0
    } else {
        stat.size.div_ceil(4096) * 4096
    };
    if stat.is_dir() {
        for name in cx.sys.vfs().read_dir(path).unwrap_or_default() {
            sum += usage(cx, &join(path, &name), opts, most, depth + 1);
        }
    }
    if depth <= most && (stat.is_dir() || opts.has('a') || depth == 0) {
        let shown = if opts.has('h') {
            opts::human(sum)
        } else if opts.has('b') {
            sum.to_string()
        } else if opts.has('m') {
            sum.div_ceil(1 << 20).to_string()
        } else {
            (sum / 1024).to_string()
        };
        cx.line(format!("{shown}\t{path}"));
    }
    sum
}
