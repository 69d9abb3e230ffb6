//! `xxd`: bytes in hexadecimal, and back.

use super::{
    opts,
    rows::{Rows, printable},
    tool::{Cx, Filter, Flow, filter},
};
use crate::program::ProgramSpec;

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "xxd",
    "Usage: xxd [-pri] [-g N] [-c N] [-l LEN] [-s OFS] [-o OFS] [FILE]\n\nHex dump FILE (or stdin)\n\n\t-g N\t\tBytes per group\n\t-c N\t\tBytes per line\n\t-p\t\tShow only hex bytes, assumes -c30\n\t-i\t\tC include file style\n\t-l LENGTH\tShow only first LENGTH bytes\n\t-s OFFSET\tSkip OFFSET bytes\n\t-r\t\tReverse (with -p, assumes no offsets in input)\n",
    || filter(Xxd::default()),
);

#[derive(Clone, Debug, Default)]
struct Xxd {
    plain: bool,
    back: bool,
    upper: bool,
    bits: bool,
    group: usize,
    columns: usize,
    rows: Rows,
    /// Lines to turn back.
    text: String,
}

/// A number as the options have them. What is negative wraps, as in the real one.
fn number(text: &str) -> Option<u64> {
    if let Some(rest) = text.strip_prefix('-') {
        return number(rest).map(u64::wrapping_neg);
    }
    match text.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        None => opts::size(text),
    }
}

impl Filter for Xxd {
    const BY_LINE: bool = false;
    fn begin(&mut self, cx: &mut Cx<'_, '_>) -> Result<Vec<String>, u8> {
        let opts = opts::parse(cx, "pribug:c:l:s:o:a", &[])?;
        self.plain = opts.has('p');
        self.back = opts.has('r');
        self.upper = opts.has('u');
        self.bits = opts.has('b');
        let (group, columns) = match (self.bits, self.plain) {
            (true, _) => (1, 6),
            (_, true) => (0, 30),
            _ => (2, 16),
        };
        let value = |flag: char| opts.value(flag).and_then(number);
        self.group = value('g').map_or(group, |n| n as usize);
        self.columns = value('c').filter(|n| *n > 0).map_or(columns, |n| n as usize).min(256);
        self.rows = Rows::new(self.columns, value('s'), value('l'));
        self.rows.at = self.rows.at.wrapping_add(value('o').unwrap_or(0));
        Ok(opts.rest.into_iter().take(1).collect())
    }
    fn data(&mut self, cx: &mut Cx<'_, '_>, bytes: &[u8]) -> Flow {
        if self.back {
            self.text.push_str(&String::from_utf8_lossy(bytes));
            return Flow::More;
        }
        for row in self.rows.feed(bytes) {
            self.row(cx, &row);
        }
        if self.rows.full() { Flow::Stop } else { Flow::More }
    }
    fn end(&mut self, cx: &mut Cx<'_, '_>, failed: bool) -> u8 {
        if self.back {
            let bytes = self.turned_back();
            cx.print(bytes);
        } else if let Some(row) = self.rows.rest() {
            self.row(cx, &row);
        }
        if failed { 2 } else { 0 }
    }
    fn refuse(&mut self, cx: &mut Cx<'_, '_>, input: &str, error: crate::errno::Errno) {
        let message =
            if cx.busybox() { format!("can't open '{input}': {error}") } else { format!("{input}: {error}") };
        cx.complain(message);
    }
}

impl Xxd {
    fn byte(&self, b: u8) -> String {
        match (self.bits, self.upper) {
            (true, _) => format!("{b:08b}"),
            (_, true) => format!("{b:02X}"),
            _ => format!("{b:02x}"),
        }
    }

    fn row(&mut self, cx: &mut Cx<'_, '_>, row: &[u8]) {
        let digits: Vec<String> = row.iter().map(|b| self.byte(*b)).collect();
        if self.plain {
            return cx.line(digits.concat());
        }
        let group = if self.group == 0 { row.len() } else { self.group };
        let cells: Vec<String> = digits.chunks(group).map(<[String]>::concat).collect();
        let groups = if self.group == 0 { 1 } else { self.columns.div_ceil(group) };
        let wide = self.columns * if self.bits { 8 } else { 2 } + groups - 1;
        let (at, text) = (self.rows.pass(row), printable(row));
        cx.line(format!("{at:08x}: {:<wide$}  {text}", cells.join(" ")));
    }

    fn turned_back(&self) -> Vec<u8> {
        let mut out: Vec<u8> = Vec::new();
        for line in self.text.lines() {
            let mut digits = line;
            if !self.plain {
                let Some((offset, rest)) = line.split_once(':') else { continue };
                let at = usize::from_str_radix(offset.trim(), 16).unwrap_or(out.len());
                if at > out.len() && at < 1 << 24 {
                    out.resize(at, 0);
                }
                // The text column stands behind two blanks.
                digits = rest.trim_start().split("  ").next().unwrap_or("");
            }
            let hex: Vec<u8> = digits.chars().filter_map(|c| c.to_digit(16)).map(|d| d as u8).collect();
            out.extend(hex.chunks_exact(2).map(|p| p[0] << 4 | p[1]));
        }
        out
    }
}
