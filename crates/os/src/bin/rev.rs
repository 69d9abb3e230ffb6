//! `rev`: each line reversed.

use super::{
    opts,
    tool::{Cx, Filter, Flow, filter},
};
use crate::program::ProgramSpec;

pub const SPEC: ProgramSpec =
    ProgramSpec::inside("rev", "Usage: rev [FILE]...\n\nReverse lines of FILE\n", || filter(Rev));

#[derive(Clone, Debug, Default)]
pub struct Rev;

impl Filter for Rev {
    fn begin(&mut self, cx: &mut Cx<'_, '_>) -> Result<Vec<String>, u8> {
        Ok(opts::parse(cx, "", &[])?.rest)
    }
    fn data(&mut self, cx: &mut Cx<'_, '_>, bytes: &[u8]) -> Flow {
        let text = String::from_utf8_lossy(bytes);
        cx.line(text.trim_end_matches('\n').chars().rev().collect::<String>());
        Flow::More
    }
    fn end(&mut self, _: &mut Cx<'_, '_>, failed: bool) -> u8 {
        u8::from(failed)
    }
}
