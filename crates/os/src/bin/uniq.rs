//! `uniq`: repeated lines, once or counted.

use super::{
    opts,
    tool::{Cx, Filter, Flow, filter},
};
use crate::program::ProgramSpec;

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "uniq",
    "Usage: uniq [-cduiz] [-f,s,w N] [FILE [OUTFILE]]\n\nDiscard duplicate lines\n",
    || filter(Uniq::default()),
);

#[derive(Clone, Debug, Default)]
pub struct Uniq {
    count: bool,
    repeated: bool,
    unique: bool,
    fold: bool,
    skip_fields: usize,
    skip_chars: usize,
    last: Option<(Vec<u8>, u64)>,
}

impl Uniq {
    fn key(&self, line: &[u8]) -> Vec<u8> {
        let text = String::from_utf8_lossy(line).into_owned();
        let mut rest = text.trim_end_matches('\n');
        for _ in 0..self.skip_fields {
            rest = rest.trim_start();
            rest = rest.find(char::is_whitespace).map_or("", |at| &rest[at..]);
        }
        let rest: String = rest.chars().skip(self.skip_chars).collect();
        if self.fold { rest.to_lowercase().into_bytes() } else { rest.into_bytes() }
    }
    fn flush(&mut self, cx: &mut Cx<'_, '_>) {
        let Some((line, n)) = self.last.take() else { return };
        if (self.repeated && n < 2) || (self.unique && n > 1) {
            return;
        }
        let mut out = if self.count { format!("{n:7} ").into_bytes() } else { Vec::new() };
        out.extend(&line);
        if !line.ends_with(b"\n") {
            out.push(b'\n');
        }
        cx.print(out);
    }
}

impl Filter for Uniq {
    fn begin(&mut self, cx: &mut Cx<'_, '_>) -> Result<Vec<String>, u8> {
        let opts = opts::parse(
            cx,
            "cduif:s:w:",
            &[
                ("count", 'c'),
                ("repeated", 'd'),
                ("unique", 'u'),
                ("ignore-case", 'i'),
                ("skip-fields", 'f'),
                ("skip-chars", 's'),
            ],
        )?;
        self.count = opts.has('c');
        self.repeated = opts.has('d');
        self.unique = opts.has('u');
        self.fold = opts.has('i');
        self.skip_fields = opts.value('f').and_then(|n| n.parse().ok()).unwrap_or(0);
        self.skip_chars = opts.value('s').and_then(|n| n.parse().ok()).unwrap_or(0);
        Ok(opts.rest.into_iter().take(1).collect())
    }
    fn data(&mut self, cx: &mut Cx<'_, '_>, bytes: &[u8]) -> Flow {
        let same = self.last.as_ref().is_some_and(|(l, _)| self.key(l) == self.key(bytes));
        match &mut self.last {
            Some((_, n)) if same => *n += 1,
            _ => {
                self.flush(cx);
                self.last = Some((bytes.to_vec(), 1));
            }
        }
        Flow::More
    }
    fn end(&mut self, cx: &mut Cx<'_, '_>, failed: bool) -> u8 {
        self.flush(cx);
        u8::from(failed)
    }
}
