//! `xxd`, `hexdump` and `od`: bytes made visible.

use super::{
    opts,
    tool::{Cx, Filter, Flow, filter},
};
use crate::program::ProgramSpec;

pub const HEXDUMP: ProgramSpec =
    ProgramSpec::inside("hexdump", "Usage: hexdump [-C] [FILE]...\n\nDisplay file in hexadecimal\n", || {
        filter(Dump::default())
    });
pub const OD: ProgramSpec = ProgramSpec::inside(
    "od",
    "Usage: od [-c] [-A RADIX] [-t TYPE] [FILE]...\n\nPrint FILEs in octal\n",
    || filter(Dump::default()),
);
pub const XXD: ProgramSpec =
    ProgramSpec::inside("xxd", "Usage: xxd [-p] [FILE]\n\nHex dump FILE (or stdin)\n", || {
        filter(Dump::default())
    });

/// xxd, hexdump -C and od.
#[derive(Clone, Debug, Default)]
pub struct Dump {
    buf: Vec<u8>,
    style: char,
    plain: bool,
    no_address: bool,
}

impl Filter for Dump {
    const BY_LINE: bool = false;
    fn begin(&mut self, cx: &mut Cx<'_, '_>) -> Result<Vec<String>, u8> {
        let opts = opts::parse(cx, "Cpct:A:n:xbv", &[])?;
        self.plain = opts.has('p');
        self.no_address = opts.value('A') == Some("n");
        self.style = match cx.name.as_str() {
            "xxd" => 'x',
            "hexdump" | "hd" if opts.has('C') || cx.name == "hd" => 'C',
            "od" if opts.has('c') || opts.value('t') == Some("c") => 'c',
            "od" if opts.value('t').is_some_and(|t| t.starts_with('x')) => '1',
            "od" => 'o',
            _ => 'h',
        };
        Ok(opts.rest)
    }
    fn data(&mut self, _: &mut Cx<'_, '_>, bytes: &[u8]) -> Flow {
        self.buf.extend_from_slice(bytes);
        Flow::More
    }
    fn end(&mut self, cx: &mut Cx<'_, '_>, failed: bool) -> u8 {
        let bytes = std::mem::take(&mut self.buf);
        let ascii = |c: &[u8]| -> String {
            c.iter().map(|b| if (32..127).contains(b) { *b as char } else { '.' }).collect()
        };
        if self.style == 'x' && self.plain {
            for chunk in bytes.chunks(30) {
                cx.line(crate::bytes::digest::hex(chunk.iter().copied()));
            }
            return u8::from(failed);
        }
        for (i, chunk) in bytes.chunks(16).enumerate() {
            let at = i * 16;
            let words = |n: usize| -> Vec<u16> {
                chunk.chunks(n).map(|c| u16::from_le_bytes([c[0], *c.get(1).unwrap_or(&0)])).collect()
            };
            let line = match self.style {
                'x' => {
                    let pairs: Vec<String> =
                        chunk.chunks(2).map(|c| crate::bytes::digest::hex(c.iter().copied())).collect();
                    format!("{at:08x}: {:<39}  {}", pairs.join(" "), ascii(chunk))
                }
                'C' => {
                    let cells: Vec<String> = chunk.iter().map(|b| format!("{b:02x}")).collect();
                    let (a, b) = cells.split_at(cells.len().min(8));
                    format!("{at:08x}  {:<23}  {:<23}  |{}|", a.join(" "), b.join(" "), ascii(chunk))
                }
                'c' => {
                    let cells: String = chunk
                        .iter()
                        .map(|b| match b {
                            b'\n' => "  \\n".to_string(),
                            b'\t' => "  \\t".to_string(),
                            b'\r' => "  \\r".to_string(),
                            0 => "  \\0".to_string(),
                            32..=126 => format!("   {}", *b as char),
                            b => format!(" {b:03o}"),
                        })
                        .collect();
                    if self.no_address { cells } else { format!("{at:07o}{cells}") }
                }
                '1' => {
                    let cells: String = chunk.iter().map(|b| format!(" {b:02x}")).collect();
                    if self.no_address { cells } else { format!("{at:07o}{cells}") }
                }
                'o' => {
                    let cells: String = words(2).iter().map(|w| format!(" {w:06o}")).collect();
                    if self.no_address { cells } else { format!("{at:07o}{cells}") }
                }
                _ => format!("{at:07x}{}", words(2).iter().map(|w| format!(" {w:04x}")).collect::<String>()),
            };
            cx.line(line);
        }
        match self.style {
            'C' if !bytes.is_empty() => cx.line(format!("{:08x}", bytes.len())),
            'c' | 'o' | '1' if !self.no_address => cx.line(format!("{:07o}", bytes.len())),
            'h' => cx.line(format!("{:07x}", bytes.len())),
            _ => {}
        }
        u8::from(failed)
    }
}
