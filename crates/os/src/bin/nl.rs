//! `nl`: lines with numbers.

use super::{
    opts,
    tool::{Cx, Filter, Flow, filter},
};
use crate::program::ProgramSpec;

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "nl",
    "Usage: nl [OPTIONS] [FILE]...\n\nWrite FILEs to standard output with line numbers added\n",
    || filter(Nl::default()),
);

#[derive(Clone, Debug, Default)]
pub struct Nl {
    all: bool,
    line: u64,
}

impl Filter for Nl {
    fn begin(&mut self, cx: &mut Cx<'_, '_>) -> Result<Vec<String>, u8> {
        let opts = opts::parse(cx, "b:w:s:v:i:n:", &[])?;
        self.all = opts.value('b') == Some("a");
        Ok(opts.rest)
    }
    fn data(&mut self, cx: &mut Cx<'_, '_>, bytes: &[u8]) -> Flow {
        if bytes == b"\n" && !self.all {
            cx.print("       \n");
            return Flow::More;
        }
        self.line += 1;
        cx.print(format!("{:6}\t", self.line));
        cx.print(bytes);
        if !bytes.ends_with(b"\n") {
            cx.line("");
        }
        Flow::More
    }
    fn end(&mut self, _: &mut Cx<'_, '_>, failed: bool) -> u8 {
        u8::from(failed)
    }
}
