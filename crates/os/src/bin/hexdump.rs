//! `hexdump`: bytes as words or, with `-C`, as bytes and text.

use super::{
    opts,
    rows::{Fold, Rows, printable},
    tool::{Cx, Filter, Flow, filter},
};
use crate::program::ProgramSpec;

const HELP: &str = "Usage: hexdump [-bcdoxCv] [-n LEN] [-s OFS] [FILE]...\n\nDisplay FILEs (or stdin) in a user specified format\n\n\t-b\t\t1-byte octal display\n\t-c\t\t1-byte character display\n\t-d\t\t2-byte decimal display\n\t-o\t\t2-byte octal display\n\t-x\t\t2-byte hex display\n\t-C\t\thex+ASCII 16 bytes per line\n\t-v\t\tShow all (no dup folding)\n\t-n LENGTH\tShow only first LENGTH bytes\n\t-s OFFSET\tSkip OFFSET bytes\n";

pub const HD: ProgramSpec = ProgramSpec::inside("hd", HELP, || filter(Hexdump::default()));
pub const HEXDUMP: ProgramSpec = ProgramSpec::inside("hexdump", HELP, || filter(Hexdump::default()));

#[derive(Clone, Debug, Default)]
struct Hexdump {
    style: char,
    all: bool,
    rows: Rows,
}

impl Filter for Hexdump {
    const BY_LINE: bool = false;
    fn begin(&mut self, cx: &mut Cx<'_, '_>) -> Result<Vec<String>, u8> {
        let opts = opts::parse(cx, "bcdoxCvn:s:e:", &[("canonical", 'C'), ("length", 'n'), ("skip", 's')])?;
        if opts.has('e') {
            cx.complain("format strings are not here; see -C");
            return Err(1);
        }
        self.style = opts.last_of("bcdoxC").unwrap_or(if cx.name == "hd" { 'C' } else { 'w' });
        self.all = opts.has('v');
        let value = |flag: char| opts.value(flag).and_then(opts::size);
        self.rows = Rows::new(16, value('s'), value('n'));
        Ok(opts.rest)
    }
    fn data(&mut self, cx: &mut Cx<'_, '_>, bytes: &[u8]) -> Flow {
        for row in self.rows.feed(bytes) {
            self.row(cx, &row);
        }
        if self.rows.full() { Flow::Stop } else { Flow::More }
    }
    fn end(&mut self, cx: &mut Cx<'_, '_>, failed: bool) -> u8 {
        if let Some(row) = self.rows.rest() {
            self.row(cx, &row);
        }
        if self.rows.at > 0 {
            let width = if self.style == 'C' { 8 } else { 7 };
            cx.line(format!("{:0width$x}", self.rows.at));
        }
        u8::from(failed)
    }
}

impl Hexdump {
    fn row(&mut self, cx: &mut Cx<'_, '_>, row: &[u8]) {
        let at = self.rows.pass(row);
        match self.rows.fold(row) {
            Fold::Star if !self.all => return cx.line("*"),
            Fold::Hide if !self.all => return,
            _ => {}
        }
        let words = || row.chunks(2).map(|c| u16::from_le_bytes([c[0], *c.get(1).unwrap_or(&0)]));
        let cells: String = match self.style {
            'C' => {
                let half = |part: &[u8]| part.iter().map(|b| format!("{b:02x} ")).collect::<String>();
                let (a, b) = row.split_at(row.len().min(8));
                let text = printable(row);
                return cx.line(format!("{at:08x}  {:<24} {:<24} |{text}|", half(a), half(b)));
            }
            'b' => row.iter().map(|b| format!(" {b:03o}")).collect(),
            'c' => row.iter().map(|b| format!(" {:>3}", super::od::character(*b))).collect(),
            'd' => words().map(|w| format!("   {w:05}")).collect(),
            'o' => words().map(|w| format!("  {w:06o}")).collect(),
            'x' => words().map(|w| format!("    {w:04x}")).collect(),
            _ => words().map(|w| format!(" {w:04x}")).collect(),
        };
        // util-linux fills the last line.
        let (unit, wide) = match self.style {
            'b' | 'c' => (1, 4),
            'w' => (2, 5),
            _ => (2, 8),
        };
        let width = if cx.busybox() { 0 } else { 16 / unit * wide };
        cx.line(format!("{at:07x}{cells:<width$}"));
    }
}
