//! `dirname`: a path without its last part.

use super::{
    opts,
    tool::{Cx, tool},
};
use crate::program::ProgramSpec;

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "dirname",
    "Usage: dirname FILENAME\n\nStrip non-directory suffix from FILENAME\n",
    || tool(main),
);

pub fn main(cx: &mut Cx<'_, '_>) -> u8 {
    let opts = match opts::parse(cx, "z", &[("zero", 'z')]) {
        Ok(opts) => opts,
        Err(code) => return code,
    };
    if opts.rest.is_empty() {
        return cx.missing_operand();
    }
    let end = if opts.has('z') { "\0" } else { "\n" };
    for path in opts.rest {
        let trimmed = path.trim_end_matches('/');
        let dir = match trimmed.rsplit_once('/') {
            Some((dir, _)) => dir.trim_end_matches('/'),
            None if trimmed.is_empty() && !path.is_empty() => "",
            None => ".",
        };
        cx.print(if dir.is_empty() { "/" } else { dir });
        cx.print(end);
    }
    0
}
