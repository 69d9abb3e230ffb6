//! `base64`: bytes in 64 letters, and back.

use super::{
    opts,
    tool::{Cx, Filter, Flow, filter},
};
use crate::program::ProgramSpec;

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "base64",
    "Usage: base64 [-d] [-w COL] [FILE]\n\nBase64 encode or decode FILE to standard output\n",
    || filter(Base64::default()),
);

#[derive(Clone, Debug, Default)]
pub struct Base64 {
    decode: bool,
    wrap: usize,
    buf: Vec<u8>,
}

impl Filter for Base64 {
    const BY_LINE: bool = false;
    fn begin(&mut self, cx: &mut Cx<'_, '_>) -> Result<Vec<String>, u8> {
        let opts = opts::parse(cx, "dDiw:", &[("decode", 'd'), ("wrap", 'w'), ("ignore-garbage", 'i')])?;
        self.decode = opts.has('d') || opts.has('D');
        self.wrap = match opts.value('w') {
            None => 76,
            Some(text) => text.parse().map_err(|_| {
                cx.complain(format!("invalid wrap size: ‘{text}’"));
                1
            })?,
        };
        Ok(opts.rest)
    }
    fn data(&mut self, _: &mut Cx<'_, '_>, bytes: &[u8]) -> Flow {
        self.buf.extend_from_slice(bytes);
        Flow::More
    }
    fn end(&mut self, cx: &mut Cx<'_, '_>, failed: bool) -> u8 {
        if failed {
            return 1;
        }
        if self.decode {
            return match crate::text::unbase64(&self.buf) {
                Some(bytes) => {
                    cx.print(bytes);
                    0
                }
                None => {
                    cx.complain(if cx.busybox() { "truncated input" } else { "invalid input" });
                    1
                }
            };
        }
        let text = crate::text::base64(&self.buf);
        if self.wrap == 0 {
            cx.print(text);
            return 0;
        }
        for line in text.as_bytes().chunks(self.wrap) {
            cx.line(line);
        }
        0
    }
}
