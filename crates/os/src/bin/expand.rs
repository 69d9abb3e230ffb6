//! `expand` and `unexpand`: tabs to spaces and back.

use super::{
    opts,
    tool::{Cx, Filter, Flow, filter},
};
use crate::program::ProgramSpec;

pub const EXPAND: ProgramSpec = ProgramSpec::inside(
    "expand",
    "Usage: expand [-i] [-t N] [FILE]...\n\nConvert tabs to spaces, writing to stdout\n\n\t-i\tDon't convert tabs after non blanks\n\t-t\tTabstops every N chars\n",
    || filter(Expand::default()),
);

pub const UNEXPAND: ProgramSpec = ProgramSpec::inside(
    "unexpand",
    "Usage: unexpand [-fa][-t N] [FILE]...\n\nConvert spaces to tabs, writing to stdout\n\n\t-a\tConvert all blanks\n\t-f\tConvert only leading blanks\n\t-t N\tTabstops every N chars\n",
    || filter(Expand::default()),
);

#[derive(Clone, Debug, Default)]
struct Expand {
    back: bool,
    initial: bool,
    /// One number is a distance, several are columns.
    stops: Vec<usize>,
}

impl Expand {
    /// The tab stop behind a column.
    fn stop(&self, column: usize) -> usize {
        match self.stops.as_slice() {
            [every] => (column / every + 1) * every,
            all => all.iter().copied().find(|s| *s > column).unwrap_or(column + 1),
        }
    }
}

impl Filter for Expand {
    fn begin(&mut self, cx: &mut Cx<'_, '_>) -> Result<Vec<String>, u8> {
        self.back = cx.name == "unexpand";
        let long = [("initial", 'i'), ("tabs", 't'), ("all", 'a'), ("first-only", 'f')];
        let opts = opts::parse(cx, "it:af", &long)?;
        self.initial =
            if self.back { !(opts.has('a') || opts.has('t')) || opts.has('f') } else { opts.has('i') };
        let text = opts.value('t').unwrap_or("8");
        for part in text.split([',', ' ']) {
            match part.parse() {
                Ok(n) if n > 0 => self.stops.push(n),
                _ => {
                    let message = if part == "0" {
                        "tab size cannot be 0".to_string()
                    } else {
                        format!("tab size contains invalid character(s): ‘{part}’")
                    };
                    cx.complain(message);
                    return Err(1);
                }
            }
        }
        Ok(opts.rest)
    }
    fn data(&mut self, cx: &mut Cx<'_, '_>, bytes: &[u8]) -> Flow {
        let text = String::from_utf8_lossy(bytes);
        let mut out = String::new();
        let (mut column, mut blanks, mut leading) = (0, 0, true);
        for c in text.chars() {
            let active = leading || !self.initial;
            match c {
                '\t' if !self.back && active => {
                    let to = self.stop(column);
                    out.extend(std::iter::repeat_n(' ', to - column));
                    column = to;
                    continue;
                }
                ' ' | '\t' if self.back && active => {
                    let to = if c == ' ' { column + 1 } else { self.stop(column) };
                    blanks += to - column;
                    if self.stop(column) == to && (c == '\t' || blanks > 1 || leading) {
                        out.push('\t');
                        blanks = 0;
                    }
                    column = to;
                    continue;
                }
                _ => {}
            }
            out.extend(std::iter::repeat_n(' ', std::mem::take(&mut blanks)));
            if c != ' ' && c != '\t' {
                leading = false;
            }
            out.push(c);
            column += 1;
        }
        out.extend(std::iter::repeat_n(' ', blanks));
        cx.print(out);
        Flow::More
    }
    fn end(&mut self, _: &mut Cx<'_, '_>, failed: bool) -> u8 {
        u8::from(failed)
    }
}
