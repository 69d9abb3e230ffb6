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
    fn run(&mut self, cx: &mut Cx<'_, '_>, inputs: Vec<Input>) -> u8 {
        let mut sides = Vec::new();
        for input in &inputs {
            let Some(bytes) = input.open(cx) else { return 1 };
            sides.push(Input::lines(bytes));
        }
        let [a, b] = sides.as_slice() else { return 1 };
        let (mut i, mut j) = (0, 0);
        let mut disorder = [false; 2];
        while i < a.len() || j < b.len() {
            for (side, (lines, at)) in [(a, i), (b, j)].into_iter().enumerate() {
                if self.check && !disorder[side] && at > 0 && at < lines.len() && lines[at] < lines[at - 1] {
                    disorder[side] = true;
                    cx.complain(format!("file {} is not in sorted order", side + 1));
                }
            }
            let order = match (a.get(i), b.get(j)) {
                (Some(x), Some(y)) => x.cmp(y),
                (Some(_), None) => std::cmp::Ordering::Less,
                _ => std::cmp::Ordering::Greater,
            };
            let (column, line) = match order {
                std::cmp::Ordering::Less => (0, a[i]),
                std::cmp::Ordering::Greater => (1, b[j]),
                std::cmp::Ordering::Equal => (2, a[i]),
            };
            i += usize::from(order.is_le());
            j += usize::from(order.is_ge());
            if !self.hide[column] {
                let indent = self.hide[..column].iter().filter(|h| !**h).count();
                cx.print(self.separator.repeat(indent));
                cx.line(line);
            }
        }
        if disorder[0] || disorder[1] {
            cx.complain("input is not in sorted order");
            return 1;
        }
        0
    }
}
