//! `printf`: text by a format.

use super::tool::{Cx, tool};
use crate::{
    program::ProgramSpec,
    text::printf::{Dialect, Trouble, format_as},
};

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "printf",
    "Usage: printf FORMAT [ARG]...\n\nFormat and print ARG(s) according to FORMAT (a-la C printf)\n",
    || tool(main),
);

fn main(cx: &mut Cx<'_, '_>) -> u8 {
    let Some(format) = cx.args.first().cloned() else { return cx.missing_operand() };
    let dialect = if cx.busybox() { Dialect::BusyBox } else { Dialect::Gnu };
    let printed = format_as(dialect, &format, &cx.args[1..], cx.sys.now());
    cx.print(&printed.out);
    for trouble in &printed.errors {
        let message = match trouble {
            _ if cx.busybox() => trouble.builtin_message(dialect),
            Trouble::NotANumber(text) => format!("‘{text}’: expected a numeric value"),
            Trouble::NotWhole(text) => format!("‘{text}’: value not completely converted"),
            Trouble::Directive(text, _) => format!("{text}: invalid conversion specification"),
        };
        cx.complain(message);
    }
    u8::from(!printed.errors.is_empty())
}
