//! `printf`: text by a format.

use super::tool::{Cx, tool};
use crate::program::ProgramSpec;

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "printf",
    "Usage: printf FORMAT [ARG]...\n\nFormat and print ARG(s) according to FORMAT (a-la C printf)\n",
    || tool(main),
);

fn main(cx: &mut Cx<'_, '_>) -> u8 {
    let Some(format) = cx.args.first().cloned() else { return cx.missing_operand() };
    let printed = crate::text::printf::format(&format, &cx.args[1..], cx.sys.now());
    cx.print(&printed.out);
    for text in &printed.errors {
        let message = if cx.busybox() {
            format!("invalid number '{text}'")
        } else {
            format!("‘{text}’: expected a numeric value")
        };
        cx.complain(message);
    }
    u8::from(!printed.errors.is_empty())
}
