//! `basename`: the last part of a path.

use super::{
    opts,
    paths::base,
    tool::{Cx, tool},
};
use crate::program::ProgramSpec;

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "basename",
    "Usage: basename FILE [SUFFIX] | -a FILE... | -s SUFFIX FILE...\n\nStrip directory path and SUFFIX from FILE\n",
    || tool(main),
);

pub fn main(cx: &mut Cx<'_, '_>) -> u8 {
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
