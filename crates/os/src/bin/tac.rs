//! `tac`: lines in reverse order.

use super::{
    opts,
    tool::{Cx, Filter, Flow, filter},
};
use crate::program::ProgramSpec;

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "tac",
    "Usage: tac [FILE]...\n\nConcatenate FILEs and print them in reverse\n",
    || filter(Tac::default()),
);

#[derive(Clone, Debug, Default)]
pub struct Tac {
    lines: Vec<Vec<u8>>,
}

impl Filter for Tac {
    fn begin(&mut self, cx: &mut Cx<'_, '_>) -> Result<Vec<String>, u8> {
        Ok(opts::parse(cx, "", &[])?.rest)
    }
    fn data(&mut self, _: &mut Cx<'_, '_>, bytes: &[u8]) -> Flow {
        self.lines.push(bytes.to_vec());
        Flow::More
    }
    fn close(&mut self, cx: &mut Cx<'_, '_>, _: &str) {
        for line in std::mem::take(&mut self.lines).into_iter().rev() {
            cx.print(line);
        }
    }
    fn end(&mut self, _: &mut Cx<'_, '_>, failed: bool) -> u8 {
        u8::from(failed)
    }
}
