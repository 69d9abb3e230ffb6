//! `split`: a file in pieces.

use super::{
    opts,
    tool::Cx,
    whole::{Input, Job, whole},
};
use crate::program::ProgramSpec;

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "split",
    "Usage: split [OPTIONS] [INPUT [PREFIX]]\n\n\t-b N[k|m]\tSplit by N (kilo|mega)bytes\n\t-l N\t\tSplit by N lines\n\t-a N\t\tUse N letters as suffix\n\t-d\t\tUse numbers as suffix\n\t-n N\t\tSplit in N files\n",
    || whole(Split::default()),
);

#[derive(Clone, Debug, Default)]
struct Split {
    bytes: Option<usize>,
    lines: usize,
    parts: Option<usize>,
    letters: usize,
    digits: bool,
    prefix: String,
    suffix: String,
}

impl Job for Split {
    fn begin(&mut self, cx: &mut Cx<'_, '_>) -> Result<Vec<String>, u8> {
        let long = [
            ("bytes", 'b'),
            ("lines", 'l'),
            ("suffix-length", 'a'),
            ("numeric-suffixes", 'd'),
            ("number", 'n'),
            ("additional-suffix", 's'),
        ];
        let opts = opts::parse(cx, "b:l:a:dn:s:", &long)?;
        for (flag, what) in [('b', "bytes"), ('l', "lines"), ('n', "chunks")] {
            if let Some(text) = opts.value(flag)
                && opts::size(text.trim_start_matches("l/")).is_none_or(|n| n == 0)
            {
                let range = if text == "0" { ": Numerical result out of range" } else { "" };
                cx.complain(format!("invalid number of {what}: ‘{text}’{range}"));
                return Err(1);
            }
        }
        let number = |flag: char| {
            opts.value(flag).and_then(|t| opts::size(t.trim_start_matches("l/"))).map(|n| n as usize)
        };
        self.bytes = number('b');
        self.lines = number('l').unwrap_or(1000);
        self.parts = number('n');
        self.letters = number('a').unwrap_or(2).clamp(1, 8);
        self.digits = opts.has('d');
        self.suffix = opts.value('s').unwrap_or("").to_string();
        self.prefix = opts.rest.get(1).cloned().unwrap_or("x".to_string());
        if let Some(extra) = opts.rest.get(2) {
            cx.complain(format!("extra operand ‘{extra}’"));
            return Err(1);
        }
        Ok(vec![opts.rest.first().cloned().unwrap_or("-".to_string())])
    }
    fn run(&mut self, cx: &mut Cx<'_, '_>, inputs: Vec<Input>) -> u8 {
        let Some(Ok(bytes)) = inputs.first().map(|i| &i.bytes) else {
            let input = inputs.first().cloned();
            if let Some(Input { name, bytes: Err(e) }) = input {
                let message = if cx.busybox() {
                    format!("can't open '{name}': {e}")
                } else {
                    format!("cannot open ‘{name}’ for reading: {e}")
                };
                cx.complain(message);
            }
            return 1;
        };
        let pieces: Vec<Vec<u8>> = match (self.bytes, self.parts) {
            (Some(n), _) => bytes.chunks(n).map(<[u8]>::to_vec).collect(),
            (None, Some(parts)) => {
                let size = (bytes.len() / parts).max(1);
                let end =
                    |i: usize| if i + 1 == parts { bytes.len() } else { ((i + 1) * size).min(bytes.len()) };
                (0..parts).map(|i| bytes[(i * size).min(bytes.len())..end(i)].to_vec()).collect()
            }
            (None, None) => {
                let lines: Vec<&[u8]> = bytes.split_inclusive(|b| *b == b'\n').collect();
                lines.chunks(self.lines).map(<[&[u8]]>::concat).collect()
            }
        };
        for (i, piece) in pieces.into_iter().enumerate() {
            let Some(name) = self.name(i) else {
                let message =
                    if cx.busybox() { "suffixes exhausted" } else { "output file suffixes exhausted" };
                cx.complain(message);
                return 1;
            };
            if let Err(e) = cx.sys.vfs().write(&name, piece, 0o666) {
                cx.complain(format!("{name}: {e}"));
                return 1;
            }
        }
        0
    }
}

impl Split {
    /// The name of the nth piece.
    fn name(&self, mut n: usize) -> Option<String> {
        let base = if self.digits { 10 } else { 26 };
        let first = if self.digits { b'0' } else { b'a' };
        let mut suffix = Vec::new();
        for _ in 0..self.letters {
            suffix.insert(0, first + (n % base) as u8);
            n /= base;
        }
        let letters = String::from_utf8_lossy(&suffix).into_owned();
        (n == 0).then(|| format!("{}{letters}{}", self.prefix, self.suffix))
    }
}
