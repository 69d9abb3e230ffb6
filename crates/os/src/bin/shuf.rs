//! `shuf`: lines in random order.

use super::{
    opts,
    tool::Cx,
    whole::{Input, Job, whole},
};
use crate::program::ProgramSpec;

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "shuf",
    "Usage: shuf [-n NUM] [-o FILE] [-z] [FILE | -e [ARG...] | -i L-H]\n\nRandomly permute lines\n\n\t-n NUM\tOutput at most NUM lines\n\t-o FILE\tWrite to FILE, not standard output\n\t-e\tTreat ARGs as lines\n\t-i L-H\tTreat numbers L-H as lines\n",
    || whole(Shuf::default()),
);

#[derive(Clone, Debug, Default)]
struct Shuf {
    most: Option<usize>,
    repeat: bool,
    output: Option<String>,
    /// Lines that are not read from a file.
    given: Option<Vec<String>>,
}

impl Job for Shuf {
    fn begin(&mut self, cx: &mut Cx<'_, '_>) -> Result<Vec<String>, u8> {
        let long =
            [("head-count", 'n'), ("output", 'o'), ("echo", 'e'), ("input-range", 'i'), ("repeat", 'r')];
        let opts = opts::parse(cx, "n:o:ei:zr", &long)?;
        if let Some(text) = opts.value('n') {
            self.most = text.parse().ok();
            if self.most.is_none() {
                cx.complain(format!("invalid line count: ‘{text}’"));
                return Err(1);
            }
        }
        self.repeat = opts.has('r');
        self.output = opts.value('o').map(str::to_string);
        if let Some(range) = opts.value('i') {
            let bounds =
                range.split_once('-').and_then(|(a, b)| Some((a.parse().ok()?, b.parse::<u64>().ok()?)));
            let Some((low, high)) = bounds.filter(|(a, b): &(u64, u64)| a <= b && b - a < 10_000_000) else {
                cx.complain(format!("invalid input range: ‘{range}’"));
                return Err(1);
            };
            self.given = Some((low..=high).map(|n| n.to_string()).collect());
        } else if opts.has('e') {
            self.given = Some(opts.rest);
        } else {
            return Ok(vec![opts.rest.first().cloned().unwrap_or("-".to_string())]);
        }
        Ok(Vec::new())
    }
    fn run(&mut self, cx: &mut Cx<'_, '_>, inputs: Vec<Input>) -> u8 {
        let mut lines: Vec<Vec<u8>> = match (self.given.take(), inputs.first()) {
            (Some(given), _) => given.into_iter().map(String::into_bytes).collect(),
            (None, Some(input)) => {
                let Some(bytes) = input.open(cx) else { return 1 };
                Input::lines(bytes).into_iter().map(<[u8]>::to_vec).collect()
            }
            (None, None) => Vec::new(),
        };
        if self.repeat && !lines.is_empty() {
            let n = self.most.unwrap_or(1000);
            lines = (0..n).map(|_| lines[(cx.sys.random() % lines.len() as u64) as usize].clone()).collect();
        } else {
            for i in (1..lines.len()).rev() {
                lines.swap(i, (cx.sys.random() % (i as u64 + 1)) as usize);
            }
        }
        lines.truncate(self.most.unwrap_or(usize::MAX));
        let mut text = lines.join(&b'\n');
        if !lines.is_empty() {
            text.push(b'\n');
        }
        match &self.output {
            None => cx.print(text),
            Some(file) => {
                if let Err(e) = cx.sys.vfs().write(file, text, 0o666) {
                    cx.complain(format!("{file}: {e}"));
                    return 1;
                }
            }
        }
        0
    }
}
