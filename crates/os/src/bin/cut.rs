//! `cut`: fields or characters of each line.

use collections::StableSort;

use super::{
    opts,
    tool::{Cx, Filter, Flow, filter},
};
use crate::program::ProgramSpec;

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "cut",
    "Usage: cut {-b|c LIST | -f LIST [-d SEP] [-s]} [FILE]...\n\nPrint selected fields from FILEs to stdout\n",
    || filter(Cut::default()),
);

#[derive(Clone, Debug, Default)]
pub struct Cut {
    /// Ranges, 1-based, inclusive.
    ranges: Vec<(usize, usize)>,
    fields: bool,
    delimiter: String,
    output: Option<String>,
    only: bool,
    bytes: bool,
}

impl Filter for Cut {
    fn begin(&mut self, cx: &mut Cx<'_, '_>) -> Result<Vec<String>, u8> {
        let opts = opts::parse(
            cx,
            "f:d:c:b:sn",
            &[
                ("fields", 'f'),
                ("delimiter", 'd'),
                ("characters", 'c'),
                ("bytes", 'b'),
                ("only-delimited", 's'),
                ("output-delimiter", 'n'),
                ("complement", 's'),
            ],
        )?;
        let list = opts.value('f').or(opts.value('c')).or(opts.value('b'));
        let Some(list) = list.map(str::to_string) else {
            if cx.busybox() {
                return Err(cx.missing_operand());
            }
            cx.complain("you must specify a list of bytes, characters, or fields");
            cx.eprint("Try 'cut --help' for more information.\n");
            return Err(1);
        };
        for part in list.split([',', ' ']) {
            let range = match part.split_once('-') {
                None => part.parse().ok().map(|n: usize| (n, n)),
                Some(("", b)) => b.parse().ok().map(|b| (1, b)),
                Some((a, "")) => a.parse().ok().map(|a| (a, usize::MAX)),
                Some((a, b)) => a.parse().ok().zip(b.parse().ok()),
            };
            match range {
                Some((a, b)) if a > 0 && a <= b => self.ranges.push((a, b)),
                _ => {
                    cx.complain(if opts.has('f') {
                        "fields are numbered from 1".to_string()
                    } else {
                        "byte/character positions are numbered from 1".to_string()
                    });
                    cx.eprint("Try 'cut --help' for more information.\n");
                    return Err(1);
                }
            }
        }
        self.ranges.stable_sort();
        self.fields = opts.has('f');
        self.bytes = opts.has('b');
        self.only = opts.has('s');
        self.delimiter = opts.value('d').unwrap_or("\t").to_string();
        if self.delimiter.chars().count() > 1 {
            cx.complain("the delimiter must be a single character");
            cx.eprint("Try 'cut --help' for more information.\n");
            return Err(1);
        }
        self.output = opts.value('n').filter(|v| !v.is_empty()).map(str::to_string);
        Ok(opts.rest)
    }
    fn data(&mut self, cx: &mut Cx<'_, '_>, bytes: &[u8]) -> Flow {
        let text = String::from_utf8_lossy(bytes);
        let line = text.trim_end_matches('\n');
        let wanted = |n: usize| self.ranges.iter().any(|(a, b)| (*a..=*b).contains(&n));
        if !self.fields {
            let picked: String =
                line.chars().enumerate().filter(|(i, _)| wanted(i + 1)).map(|(_, c)| c).collect();
            cx.line(picked);
            return Flow::More;
        }
        if !line.contains(&self.delimiter) {
            if !self.only {
                cx.line(line);
            }
            return Flow::More;
        }
        let picked: Vec<&str> =
            line.split(&self.delimiter).enumerate().filter(|(i, _)| wanted(i + 1)).map(|(_, f)| f).collect();
        cx.line(picked.join(self.output.as_deref().unwrap_or(&self.delimiter)));
        Flow::More
    }
    fn end(&mut self, _: &mut Cx<'_, '_>, failed: bool) -> u8 {
        u8::from(failed)
    }
}
