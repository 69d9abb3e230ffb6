//! echo

use super::tool::{Cx, tool};
use crate::program::ProgramSpec;

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "echo",
    "Usage: echo [-neE] [STRING]...\n\nEcho the STRING(s) to standard output.\n",
    || tool(main),
);

/// The words that options of echo consist of.
fn is_option(arg: &str) -> bool {
    arg.len() > 1 && arg.starts_with('-') && arg[1..].bytes().all(|b| matches!(b, b'n' | b'e' | b'E'))
}

/// What echo prints for these arguments. `xpg`: backslashes are always read and `-e` is text (dash).
pub fn render(args: &[String], xpg: bool) -> Vec<u8> {
    let (mut newline, mut escapes) = (true, xpg);
    let mut words = args;
    while let Some(first) = words.first() {
        if xpg {
            if first != "-n" {
                break;
            }
            newline = false;
        } else {
            if !is_option(first) {
                break;
            }
            for b in first[1..].bytes() {
                match b {
                    b'n' => newline = false,
                    b'e' => escapes = true,
                    _ => escapes = false,
                }
            }
        }
        words = &words[1..];
        if xpg {
            break;
        }
    }
    let mut out = Vec::new();
    for (i, word) in words.iter().enumerate() {
        if i > 0 {
            out.push(b' ');
        }
        if escapes {
            let (bytes, stop) = crate::text::unescape(word, true);
            out.extend(bytes);
            if stop {
                return out;
            }
        } else {
            out.extend_from_slice(word.as_bytes());
        }
    }
    if newline {
        out.push(b'\n');
    }
    out
}

pub fn main(cx: &mut Cx<'_, '_>) -> u8 {
    let out = render(&cx.args, false);
    cx.print(out);
    0
}
