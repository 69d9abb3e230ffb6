//! `dirname`: a path without its last part.

use super::tool::{Cx, tool};
use crate::program::ProgramSpec;

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "dirname",
    "Usage: dirname FILENAME\n\nStrip non-directory suffix from FILENAME\n",
    || tool(main),
);

pub fn main(cx: &mut Cx<'_, '_>) -> u8 {
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
