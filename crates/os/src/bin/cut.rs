//! `cut`: fields, characters or bytes of each line.

use super::{
    opts,
    tool::{Cx, Filter, Flow, filter},
};
use crate::program::ProgramSpec;

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "cut",
    "Usage: cut {-b|c LIST | -f LIST [-d SEP] [-s]} [-D] [-O SEP] [FILE]...\n\nPrint selected fields from FILEs to stdout\n\n\t-b LIST\tOutput only bytes from LIST\n\t-c LIST\tOutput only characters from LIST\n\t-d SEP\tInput field delimiter (default tab)\n\t-f LIST\tPrint only these fields (-d is delimiter)\n\t-s\tDrop lines with no delimiter\n",
    || filter(Cut::default()),
);

#[derive(Clone, Debug, Default)]
struct Cut {
    /// Ranges, 1-based, inclusive.
    ranges: Vec<(usize, usize)>,
    fields: bool,
    delimiter: Vec<u8>,
    output: Option<Vec<u8>>,
    only: bool,
    complement: bool,
    end: u8,
}

fn hint(cx: &mut Cx<'_, '_>, message: impl AsRef<str>) -> u8 {
    cx.complain(message);
    if !cx.busybox() {
        cx.eprint("Try 'cut --help' for more information.\n");
    }
    1
}

impl Cut {
    fn list(&mut self, cx: &mut Cx<'_, '_>, list: &str) -> Result<(), u8> {
        let what = if self.fields { "fields are" } else { "byte/character positions are" };
        for part in list.split([',', ' ']) {
            let (from, to) = match part.split_once('-') {
                None => (part, part),
                Some(("", "")) => return Err(hint(cx, "invalid range with no endpoint: -")),
                Some((a, b)) => (if a.is_empty() { "1" } else { a }, b),
            };
            let number = |t: &str| if t.is_empty() { Some(usize::MAX) } else { t.parse().ok() };
            match (number(from), number(to)) {
                (Some(0) | None, _) if from == "0" || from.is_empty() => {
                    return Err(hint(cx, format!("{what} numbered from 1")));
                }
                (Some(a), Some(b)) if a <= b && a > 0 => self.ranges.push((a, b)),
                (Some(a), Some(b)) if a > b => {
                    let message = if cx.busybox() {
                        format!("{part}: bad range")
                    } else {
                        "invalid decreasing range".to_string()
                    };
                    return Err(hint(cx, message));
                }
                _ => {
                    let kind = if self.fields { "field" } else { "byte/character position" };
                    let message = if cx.busybox() {
                        format!("invalid number '{part}'")
                    } else if self.fields {
                        format!("invalid field value ‘{part}’")
                    } else {
                        format!("invalid {kind} ‘{part}’")
                    };
                    return Err(hint(cx, message));
                }
            }
        }
        Ok(())
    }

    fn wanted(&self, n: usize) -> bool {
        self.ranges.iter().any(|(a, b)| (*a..=*b).contains(&n)) != self.complement
    }
}

impl Filter for Cut {
    fn begin(&mut self, cx: &mut Cx<'_, '_>) -> Result<Vec<String>, u8> {
        let long = [
            ("fields", 'f'),
            ("delimiter", 'd'),
            ("characters", 'c'),
            ("bytes", 'b'),
            ("only-delimited", 's'),
            ("output-delimiter", 'O'),
            ("complement", 'C'),
            ("zero-terminated", 'z'),
        ];
        let opts = opts::parse(cx, "f:d:c:b:snO:Cz", &long)?;
        let lists: Vec<char> = "fcb".chars().filter(|c| opts.has(*c)).collect();
        let list = match lists.as_slice() {
            [one] => opts.value(*one).unwrap_or("").to_string(),
            [] if cx.busybox() => {
                cx.complain("expected a list of bytes, characters, or fields");
                return Err(1);
            }
            [] => return Err(hint(cx, "you must specify a list of bytes, characters, or fields")),
            _ => return Err(hint(cx, "only one list may be specified")),
        };
        self.fields = opts.has('f');
        for (flag, message) in [
            ('d', "an input delimiter may be specified only when operating on fields"),
            ('s', "suppressing non-delimited lines makes sense\n\tonly when operating on fields"),
        ] {
            if opts.has(flag) && !self.fields {
                return Err(hint(cx, message));
            }
        }
        self.list(cx, &list)?;
        self.only = opts.has('s');
        self.complement = opts.has('C');
        self.end = if opts.has('z') { 0 } else { b'\n' };
        let delimiter = opts.value('d').unwrap_or("\t");
        // An empty one is the NUL byte.
        self.delimiter = if delimiter.is_empty() { vec![0] } else { delimiter.as_bytes().to_vec() };
        if delimiter.chars().count() > 1 {
            return Err(hint(cx, "the delimiter must be a single character"));
        }
        self.output = opts.value('O').map(|o| o.as_bytes().to_vec());
        Ok(opts.rest)
    }
    fn delimiter(&self) -> u8 {
        self.end
    }
    fn data(&mut self, cx: &mut Cx<'_, '_>, bytes: &[u8]) -> Flow {
        let line = bytes.strip_suffix(&[self.end]).unwrap_or(bytes);
        let mut out: Vec<u8> = Vec::with_capacity(bytes.len());
        if !self.fields {
            let mut last = None;
            for (i, b) in line.iter().enumerate().filter(|(i, _)| self.wanted(i + 1)) {
                // An output delimiter stands between ranges that do not touch.
                if let Some(o) = self.output.as_ref().filter(|_| last.is_some_and(|l| l + 1 != i)) {
                    out.extend(o);
                }
                last = Some(i);
                out.push(*b);
            }
        } else {
            let n = self.delimiter.len();
            let ends: Vec<usize> =
                line.windows(n).enumerate().filter(|(_, w)| *w == self.delimiter).map(|(i, _)| i).collect();
            if ends.is_empty() {
                if self.only {
                    return Flow::More;
                }
                out.extend(line);
            } else {
                let between = self.output.as_ref().unwrap_or(&self.delimiter);
                let mut start = 0;
                let mut first = true;
                for (i, end) in ends.iter().copied().chain([line.len()]).enumerate() {
                    if self.wanted(i + 1) {
                        if !std::mem::replace(&mut first, false) {
                            out.extend(between);
                        }
                        out.extend(&line[start..end]);
                    }
                    start = end + n;
                }
            }
        }
        out.push(self.end);
        cx.print(out);
        Flow::More
    }
    fn end(&mut self, _: &mut Cx<'_, '_>, failed: bool) -> u8 {
        u8::from(failed)
    }
}
