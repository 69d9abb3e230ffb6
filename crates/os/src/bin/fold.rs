//! `fold`: long lines wrapped.

use super::{
    opts,
    tool::{Cx, Filter, Flow, filter},
};
use crate::program::ProgramSpec;

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "fold",
    "Usage: fold [-bs] [-w WIDTH] [FILE]...\n\nWrap input lines in FILEs (or stdin), writing to stdout\n",
    || filter(Fold::default()),
);

#[derive(Clone, Debug, Default)]
pub struct Fold {
    width: usize,
    spaces: bool,
}

impl Filter for Fold {
    fn begin(&mut self, cx: &mut Cx<'_, '_>) -> Result<Vec<String>, u8> {
        let opts = opts::parse(cx, "w:sb", &[("width", 'w'), ("spaces", 's')])?;
        self.width = opts.value('w').and_then(|w| w.parse().ok()).unwrap_or(80).max(1);
        self.spaces = opts.has('s');
        Ok(opts.rest)
    }
    fn data(&mut self, cx: &mut Cx<'_, '_>, bytes: &[u8]) -> Flow {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let newline = text.ends_with('\n');
        let mut rest: Vec<char> = text.trim_end_matches('\n').chars().collect();
        while rest.len() > self.width {
            let mut at = self.width;
            if self.spaces {
                at = rest[..at].iter().rposition(|c| *c == ' ').map_or(at, |p| p + 1);
            }
            let tail = rest.split_off(at);
            cx.line(rest.iter().collect::<String>());
            rest = tail;
        }
        cx.print(rest.iter().collect::<String>());
        if newline {
            cx.line("");
        }
        Flow::More
    }
    fn end(&mut self, _: &mut Cx<'_, '_>, failed: bool) -> u8 {
        u8::from(failed)
    }
}
