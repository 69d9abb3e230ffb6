//! `od`: bytes as octal, hexadecimal, decimal numbers or characters.

use super::{
    opts,
    rows::{Fold, Rows, printable},
    tool::{Cx, Filter, Flow, filter},
};
use crate::program::ProgramSpec;

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "od",
    "Usage: od [-abcdfhilovxs] [-t TYPE] [-A RADIX] [-N SIZE] [-j SKIP] [-w[BYTES]] [FILE]...\n\nPrint FILEs (or stdin) unambiguously, as octal bytes by default\n",
    || filter(Od::default()),
);

/// One way to show the bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Style {
    /// `a`, `c`, `d`, `o`, `u`, `x`
    kind: char,
    size: usize,
    text: bool,
}

#[derive(Clone, Debug, Default)]
struct Od {
    styles: Vec<Style>,
    radix: char,
    all: bool,
    width: usize,
    rows: Rows,
}

/// A byte as C writes it, or in octal.
pub fn character(b: u8) -> String {
    match b {
        0 => "\\0".to_string(),
        7 => "\\a".to_string(),
        8 => "\\b".to_string(),
        9 => "\\t".to_string(),
        10 => "\\n".to_string(),
        11 => "\\v".to_string(),
        12 => "\\f".to_string(),
        13 => "\\r".to_string(),
        32..=126 => char::from(b).to_string(),
        b => format!("{b:03o}"),
    }
}

const NAMES: [&str; 33] = [
    "nul", "soh", "stx", "etx", "eot", "enq", "ack", "bel", "bs", "ht", "nl", "vt", "ff", "cr", "so", "si",
    "dle", "dc1", "dc2", "dc3", "dc4", "nak", "syn", "etb", "can", "em", "sub", "esc", "fs", "gs", "rs",
    "us", "sp",
];

impl Style {
    /// How many characters a cell takes, without the blank before it.
    fn width(self) -> usize {
        let bits = self.size * 8;
        match self.kind {
            'a' | 'c' => 3,
            'o' => bits.div_ceil(3),
            'x' => bits / 4,
            'd' => [0, 4, 6, 0, 11, 0, 0, 0, 20][self.size],
            _ => [0, 3, 5, 0, 10, 0, 0, 0, 20][self.size],
        }
    }

    fn cell(self, bytes: &[u8]) -> String {
        let n = bytes.iter().rev().fold(0u64, |n, b| n << 8 | u64::from(*b));
        let shift = 64 - 8 * self.size as u32;
        match self.kind {
            'a' if bytes[0] & 127 == 127 => "del".to_string(),
            'a' => NAMES
                .get(usize::from(bytes[0] & 127))
                .map_or_else(|| char::from(bytes[0] & 127).to_string(), |name| name.to_string()),
            'c' => character(bytes[0]),
            'o' => format!("{n:0width$o}", width = self.width()),
            'x' => format!("{n:0width$x}", width = self.width()),
            'd' => (((n << shift) as i64) >> shift).to_string(),
            _ => n.to_string(),
        }
    }
}

/// The styles of `-t`, as `x1z` or `o2c`.
fn styles(text: &str) -> Option<Vec<Style>> {
    let mut found = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(kind) = chars.next() {
        if !"acdoux".contains(kind) {
            return None;
        }
        let mut size = if matches!(kind, 'a' | 'c') { 1 } else { 4 };
        if let Some(c) = chars.peek().copied() {
            let named = match c {
                '1' | 'C' => Some(1),
                '2' | 'S' => Some(2),
                '4' | 'I' => Some(4),
                '8' | 'L' => Some(8),
                _ => None,
            };
            if let Some(n) = named.filter(|_| !matches!(kind, 'a' | 'c')) {
                size = n;
                chars.next();
            }
        }
        let text = chars.next_if_eq(&'z').is_some();
        found.push(Style { kind, size, text });
    }
    Some(found)
}

impl Filter for Od {
    const BY_LINE: bool = false;
    fn begin(&mut self, cx: &mut Cx<'_, '_>) -> Result<Vec<String>, u8> {
        let long = [
            ("address-radix", 'A'),
            ("format", 't'),
            ("read-bytes", 'N'),
            ("skip-bytes", 'j'),
            ("output-duplicates", 'v'),
        ];
        // The value of -w is attached.
        for arg in &mut cx.args {
            if arg == "-w" {
                *arg = "-w32".to_string();
            }
        }
        let opts = opts::parse(cx, "abcdhiloxsvA:t:N:j:w:", &long)?;
        for (flag, value) in opts.all() {
            let text = match flag {
                'a' => "a",
                'b' => "o1",
                'c' => "c",
                'd' => "u2",
                'i' => "d4",
                'l' => "d8",
                'o' => "o2",
                's' => "d2",
                'x' | 'h' => "x2",
                't' => value,
                _ => continue,
            };
            match styles(text) {
                Some(found) => self.styles.extend(found),
                None => {
                    let wrong = text.chars().find(|c| !"acdouxCSIL12348z".contains(*c)).unwrap_or('?');
                    cx.complain(format!("invalid character ‘{wrong}’ in type string ‘{text}’"));
                    return Err(1);
                }
            }
        }
        if self.styles.is_empty() {
            self.styles.push(Style { kind: 'o', size: 2, text: false });
        }
        self.radix = opts.value('A').and_then(|a| a.chars().next()).unwrap_or('o');
        self.all = opts.has('v');
        self.width = opts.value('w').and_then(|w| w.parse().ok()).unwrap_or(16).clamp(1, 4096);
        let value = |flag: char| opts.value(flag).and_then(opts::size);
        self.rows = Rows::new(self.width, value('j'), value('N'));
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
        if self.radix != 'n' {
            let address = address(self.radix, self.rows.at);
            cx.line(address);
        }
        u8::from(failed)
    }
}

/// An address in the radix of `-A`.
fn address(radix: char, at: u64) -> String {
    match radix {
        'n' => String::new(),
        'd' => format!("{at:07}"),
        'x' => format!("{at:06x}"),
        _ => format!("{at:07o}"),
    }
}

impl Od {
    fn row(&mut self, cx: &mut Cx<'_, '_>, row: &[u8]) {
        let address = address(self.radix, self.rows.pass(row));
        match self.rows.fold(row) {
            Fold::Star if !self.all => return cx.line("*"),
            Fold::Hide if !self.all => return,
            _ => {}
        }
        // With several styles the cells of one stand below those of the other.
        let per_byte = |s: &Style| (s.width() + 1).div_ceil(s.size);
        let wide = self.styles.iter().map(per_byte).max().unwrap_or(3);
        let several = self.styles.len() > 1;
        for (i, style) in self.styles.iter().enumerate() {
            let width = if several { wide * style.size } else { style.width() + 1 };
            let mut line = if i == 0 { address.clone() } else { " ".repeat(address.len()) };
            for chunk in row.chunks(style.size) {
                line.push_str(&format!("{:>width$}", style.cell(chunk)));
            }
            if style.text {
                let missing = (self.width - row.len()) / style.size;
                line.push_str(&" ".repeat(missing * width));
                line.push_str(&format!("  >{}<", printable(row)));
            }
            cx.line(line);
        }
    }
}
