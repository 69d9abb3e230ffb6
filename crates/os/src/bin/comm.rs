//! `comm`: lines that two sorted files have alone or in common.

use super::{
    opts,
    tool::Cx,
    whole::{Input, Job, whole},
};
use crate::program::ProgramSpec;

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "comm",
    "Usage: comm [-123] FILE1 FILE2\n\nCompare FILE1 with FILE2\n\n\t-1\tSuppress lines unique to FILE1\n\t-2\tSuppress lines unique to FILE2\n\t-3\tSuppress lines common to both files\n",
    || whole(Comm::default()),
);

#[derive(Clone, Debug, Default)]
struct Comm {
    hide: [bool; 3],
    check: bool,
    separator: String,
    /// Where the next line of each file begins, and where the one before it did.
    at: [usize; 2],
    before: [usize; 2],
    disorder: [bool; 2],
    opened: bool,
}

/// The line that begins at `at`, without its end, and where the next one begins.
fn line(bytes: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let rest = bytes.get(at..).filter(|rest| !rest.is_empty())?;
    match rest.iter().position(|b| *b == b'\n') {
        Some(end) => Some((&rest[..end], at + end + 1)),
        None => Some((rest, bytes.len())),
    }
}

impl Job for Comm {
    fn begin(&mut self, cx: &mut Cx<'_, '_>) -> Result<Vec<String>, u8> {
        let long = [("nocheck-order", 'n'), ("check-order", 'k'), ("output-delimiter", 'o'), ("total", 't')];
        let opts = opts::parse(cx, "123no:kt", &long)?;
        self.hide = ['1', '2', '3'].map(|c| opts.has(c));
        self.check = !opts.has('n') && !cx.busybox();
        self.separator = opts.value('o').unwrap_or("\t").to_string();
        super::two_operands(cx, &opts.rest)?;
        Ok(opts.rest)
    }

    fn step(&mut self, cx: &mut Cx<'_, '_>, inputs: &mut Vec<Input>) -> Option<u8> {
        if !std::mem::replace(&mut self.opened, true) && inputs.iter().any(|i| i.open(cx).is_none()) {
            return Some(1);
        }
        let [Ok(a), Ok(b)] = [&inputs[0].bytes, &inputs[1].bytes] else { return Some(1) };
        let files = [a.as_slice(), b.as_slice()];
        while !cx.must_pause() {
            let next = [0, 1].map(|i| line(files[i], self.at[i]));
            if next == [None, None] {
                if self.disorder[0] || self.disorder[1] {
                    cx.complain("input is not in sorted order");
                    return Some(1);
                }
                return Some(0);
            }
            self.compare(cx, files, next);
        }
        None
    }
}

impl Comm {
    /// Shows the lesser of the next lines, and goes on behind it.
    fn compare(&mut self, cx: &mut Cx<'_, '_>, files: [&[u8]; 2], next: [Option<(&[u8], usize)>; 2]) {
        for side in [0, 1] {
            let before = line(files[side], self.before[side]);
            if self.check
                && !self.disorder[side]
                && self.at[side] > 0
                && let (Some((before, _)), Some((now, _))) = (before, next[side])
                && now < before
            {
                self.disorder[side] = true;
                cx.complain(format!("file {} is not in sorted order", side + 1));
            }
        }
        let order = match (next[0], next[1]) {
            (Some((x, _)), Some((y, _))) => x.cmp(y),
            (Some(_), None) => std::cmp::Ordering::Less,
            _ => std::cmp::Ordering::Greater,
        };
        let (column, from) = match order {
            std::cmp::Ordering::Less => (0, 0),
            std::cmp::Ordering::Greater => (1, 1),
            std::cmp::Ordering::Equal => (2, 0),
        };
        let text = next[from].map_or(&[][..], |(text, _)| text);
        cx.sys.spend(1 + text.len() as u64 / 256);
        if !self.hide[column] {
            let indent = self.hide[..column].iter().filter(|h| !**h).count();
            cx.print(self.separator.repeat(indent));
            cx.line(text);
        }
        for side in [0, 1] {
            let moves = if side == 0 { order.is_le() } else { order.is_ge() };
            if let (true, Some((_, after))) = (moves, next[side]) {
                self.before[side] = self.at[side];
                self.at[side] = after;
            }
        }
    }
}
