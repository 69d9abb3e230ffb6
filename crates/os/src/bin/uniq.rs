//! `uniq`: repeated lines, once or counted.

use super::{
    opts,
    tool::{Cx, Filter, Flow, filter},
};
use crate::program::ProgramSpec;

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "uniq",
    "Usage: uniq [-cduiz] [-f,s,w N] [FILE [OUTFILE]]\n\nDiscard duplicate lines\n\n\t-c\tPrefix lines by the number of occurrences\n\t-d\tOnly print duplicate lines\n\t-u\tOnly print unique lines\n\t-i\tIgnore case\n\t-z\tNUL terminated output\n\t-f N\tSkip first N fields\n\t-s N\tSkip first N chars (after any skipped fields)\n\t-w N\tCompare N characters in line\n",
    || filter(Uniq::default()),
);

#[derive(Clone, Debug, Default)]
struct Uniq {
    count: bool,
    repeated: bool,
    unique: bool,
    every: bool,
    fold: bool,
    skip_fields: usize,
    skip_chars: usize,
    compare: usize,
    end: u8,
    output: Option<(String, Vec<u8>)>,
    /// The line of the run, what counts of it, and how long the run is.
    last: Option<(Vec<u8>, Vec<u8>, u64)>,
}

impl Uniq {
    fn key(&self, line: &[u8]) -> Vec<u8> {
        let mut rest = line;
        for _ in 0..self.skip_fields {
            let blank = |b: &u8| *b == b' ' || *b == b'\t';
            let lead = rest.iter().take_while(|b| blank(b)).count();
            rest = &rest[lead..];
            let word = rest.iter().take_while(|b| !blank(b)).count();
            rest = &rest[word..];
        }
        rest = &rest[self.skip_chars.min(rest.len())..];
        rest = &rest[..self.compare.min(rest.len())];
        if self.fold { rest.to_ascii_lowercase() } else { rest.to_vec() }
    }

    fn put(&mut self, cx: &mut Cx<'_, '_>, bytes: &[u8]) {
        match &mut self.output {
            Some((_, out)) => out.extend_from_slice(bytes),
            None => cx.print(bytes),
        }
    }

    fn show(&mut self, cx: &mut Cx<'_, '_>, line: &[u8], n: u64) {
        let mut out = if self.count { format!("{n:7} ").into_bytes() } else { Vec::new() };
        out.extend(line);
        out.push(self.end);
        self.put(cx, &out);
    }

    fn flush(&mut self, cx: &mut Cx<'_, '_>) {
        let Some((line, _, n)) = self.last.take() else { return };
        if (self.repeated && n < 2) || (self.unique && n > 1) || self.every {
            return;
        }
        self.show(cx, &line, n);
    }
}

impl Filter for Uniq {
    fn begin(&mut self, cx: &mut Cx<'_, '_>) -> Result<Vec<String>, u8> {
        let long = [
            ("count", 'c'),
            ("repeated", 'd'),
            ("all-repeated", 'D'),
            ("unique", 'u'),
            ("ignore-case", 'i'),
            ("skip-fields", 'f'),
            ("skip-chars", 's'),
            ("check-chars", 'w'),
            ("zero-terminated", 'z'),
        ];
        let opts = opts::parse(cx, if cx.busybox() { "cduif:s:w:z" } else { "cdDuif:s:w:z" }, &long)?;
        self.count = opts.has('c');
        self.repeated = opts.has('d');
        self.every = opts.has('D');
        self.unique = opts.has('u');
        self.fold = opts.has('i');
        self.end = if opts.has('z') { 0 } else { b'\n' };
        let mut numbers = [0, 0, usize::MAX];
        for (i, (flag, what)) in [('f', "fields to skip"), ('s', "bytes to skip"), ('w', "bytes to compare")]
            .into_iter()
            .enumerate()
        {
            let Some(text) = opts.value(flag) else { continue };
            numbers[i] = text.parse().map_err(|_| {
                let message = if cx.busybox() {
                    format!("invalid number '{text}'")
                } else {
                    format!("{text}: invalid number of {what}")
                };
                cx.complain(message);
                1
            })?;
        }
        [self.skip_fields, self.skip_chars, self.compare] = numbers;
        if let Some(extra) = opts.rest.get(2) {
            if cx.busybox() {
                return Err(cx.missing_operand());
            }
            cx.complain(format!("extra operand ‘{extra}’"));
            cx.eprint("Try 'uniq --help' for more information.\n");
            return Err(1);
        }
        self.output = opts.rest.get(1).map(|file| (file.clone(), Vec::new()));
        Ok(opts.rest.into_iter().take(1).collect())
    }
    fn delimiter(&self) -> u8 {
        self.end
    }
    fn data(&mut self, cx: &mut Cx<'_, '_>, bytes: &[u8]) -> Flow {
        let line = bytes.strip_suffix(&[self.end]).unwrap_or(bytes);
        let key = self.key(line);
        if self.last.as_ref().is_some_and(|(_, k, _)| *k == key) {
            if self.every {
                let first = self.last.as_ref().filter(|l| l.2 == 1).map(|l| l.0.clone());
                if let Some(first) = first {
                    self.show(cx, &first, 1);
                }
                self.show(cx, line, 1);
            }
            if let Some((_, _, n)) = &mut self.last {
                *n += 1;
            }
        } else {
            self.flush(cx);
            self.last = Some((line.to_vec(), key, 1));
        }
        Flow::More
    }
    fn end(&mut self, cx: &mut Cx<'_, '_>, failed: bool) -> u8 {
        self.flush(cx);
        if let Some((file, bytes)) = self.output.take()
            && let Err(e) = cx.sys.vfs().write(&file, bytes, 0o666)
        {
            cx.complain(format!("{file}: {e}"));
            return 1;
        }
        u8::from(failed)
    }
}
