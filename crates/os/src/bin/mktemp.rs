//! `mktemp`: a new file or directory of an unused name.

use super::{
    opts,
    paths::join,
    tool::{Cx, tool},
};
use crate::program::ProgramSpec;

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "mktemp",
    "Usage: mktemp [-dt] [-p DIR] [TEMPLATE]\n\nCreate a temporary file with name based on TEMPLATE and print its name.\n",
    || tool(main),
);

pub fn main(cx: &mut Cx<'_, '_>) -> u8 {
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
