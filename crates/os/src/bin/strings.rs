//! `strings`: printable runs in a binary.

use super::{
    opts,
    tool::{Cx, Filter, Flow, filter},
};
use crate::program::ProgramSpec;

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "strings",
    "Usage: strings [-n LEN] [FILE]...\n\nDisplay printable strings in a binary file\n",
    || filter(Strings::default()),
);

#[derive(Clone, Debug, Default)]
pub struct Strings {
    least: usize,
    run: Vec<u8>,
}

impl Filter for Strings {
    const BY_LINE: bool = false;
    fn begin(&mut self, cx: &mut Cx<'_, '_>) -> Result<Vec<String>, u8> {
        let opts = opts::parse(cx, "an:", &[])?;
        self.least = opts.value('n').and_then(|n| n.parse().ok()).unwrap_or(4);
        Ok(opts.rest)
    }
    fn data(&mut self, cx: &mut Cx<'_, '_>, bytes: &[u8]) -> Flow {
        for &b in bytes {
            if (32..127).contains(&b) || b == b'\t' {
                self.run.push(b);
            } else {
                self.flush(cx);
            }
        }
        Flow::More
    }
    fn close(&mut self, cx: &mut Cx<'_, '_>, _: &str) {
        self.flush(cx);
    }
    fn end(&mut self, _: &mut Cx<'_, '_>, failed: bool) -> u8 {
        u8::from(failed)
    }
}

impl Strings {
    fn flush(&mut self, cx: &mut Cx<'_, '_>) {
        let run = std::mem::take(&mut self.run);
        if run.len() >= self.least {
            cx.line(run);
        }
    }
}
