//! `cat`: files one after the other.

use super::{
    opts,
    tool::{Cx, Filter, Flow, filter},
};
use crate::{
    errno::Errno,
    program::{Program, ProgramSpec},
};

pub const CAT: ProgramSpec = ProgramSpec::inside(
    "cat",
    "Usage: cat [-nbvteA] [FILE]...\n\nPrint FILEs to stdout\n\n\t-n\tNumber output lines\n\t-b\tNumber nonempty lines\n\t-v\tShow nonprinting characters as ^x or M-x\n\t-t\t...and tabs as ^I\n\t-e\t...and end lines with $\n\t-A\tSame as -vte\n",
    start,
);

/// A fresh `cat`: also what the pagers are where there is no terminal.
pub(super) fn start() -> Box<dyn Program> {
    filter(Cat::default())
}

#[derive(Clone, Debug, Default)]
pub struct Cat {
    number: bool,
    nonblank: bool,
    squeeze: bool,
    ends: bool,
    tabs: bool,
    controls: bool,
    line: u64,
    blank: bool,
    failed: bool,
}

impl Filter for Cat {
    fn begin(&mut self, cx: &mut Cx<'_, '_>) -> Result<Vec<String>, u8> {
        let opts = opts::parse(
            cx,
            if cx.busybox() { "nbtveAu" } else { "nbsEtTveAu" },
            &[
                ("number", 'n'),
                ("show-all", 'A'),
                ("show-ends", 'E'),
                ("show-tabs", 'T'),
                ("squeeze-blank", 's'),
                ("number-nonblank", 'b'),
            ],
        )?;
        self.nonblank = opts.has('b');
        self.number = opts.has('n') || self.nonblank;
        self.squeeze = opts.has('s');
        self.ends = opts.has('E') || opts.has('A') || opts.has('e');
        self.tabs = opts.has('T') || opts.has('A') || opts.has('t');
        self.controls = opts.has('v') || opts.has('A') || opts.has('e') || opts.has('t');
        Ok(opts.rest)
    }
    fn data(&mut self, cx: &mut Cx<'_, '_>, bytes: &[u8]) -> Flow {
        if !(self.number || self.squeeze || self.ends || self.tabs || self.controls) {
            cx.print(bytes);
            return Flow::More;
        }
        let is_blank = bytes == b"\n";
        if self.squeeze && is_blank && self.blank {
            return Flow::More;
        }
        self.blank = is_blank;
        if self.number && !(self.nonblank && is_blank) {
            self.line += 1;
            cx.print(format!("{:6}\t", self.line));
        }
        let mut out = Vec::new();
        for &b in bytes {
            match b {
                b'\n' if self.ends => out.extend(b"$\n"),
                b'\t' if self.tabs => out.extend(b"^I"),
                b'\n' | b'\t' => out.push(b),
                0..=31 if self.controls => out.extend([b'^', b + 64]),
                127 if self.controls => out.extend(b"^?"),
                128.. if self.controls => {
                    out.extend(b"M-");
                    let low = b & 127;
                    if low < 32 { out.extend([b'^', low + 64]) } else { out.push(low) }
                }
                _ => out.push(b),
            }
        }
        if self.number && cx.busybox() && !out.ends_with(b"\n") {
            out.push(b'\n');
        }
        cx.print(out);
        Flow::More
    }
    fn refuse(&mut self, cx: &mut Cx<'_, '_>, input: &str, error: Errno) {
        self.failed = true;
        let message = match (cx.busybox(), error) {
            (true, Errno::EISDIR) => "read error: Is a directory".to_string(),
            (true, e) => format!("can't open '{input}': {e}"),
            (false, e) => format!("{input}: {e}"),
        };
        cx.complain(message);
    }
    fn end(&mut self, _: &mut Cx<'_, '_>, failed: bool) -> u8 {
        u8::from(failed || self.failed)
    }
}
