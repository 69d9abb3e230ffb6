//! `wc`: counts of lines, words, characters and bytes.

use super::{
    opts,
    tool::{Cx, Filter, Flow, filter},
};
use crate::errno::Errno;
use crate::program::ProgramSpec;

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "wc",
    "Usage: wc [-cmlwL] [FILE]...\n\nCount lines, words, and bytes for FILEs (or stdin)\n",
    || filter(Wc::default()),
);

#[derive(Clone, Debug, Default)]
pub struct Wc {
    show: Vec<char>,
    now: [u64; 5],
    total: [u64; 5],
    rows: Vec<([u64; 5], String)>,
    files: usize,
    in_word: bool,
    width: usize,
}

impl Filter for Wc {
    const BY_LINE: bool = false;
    fn begin(&mut self, cx: &mut Cx<'_, '_>) -> Result<Vec<String>, u8> {
        let opts = opts::parse(
            cx,
            "lwcmL",
            &[("lines", 'l'), ("words", 'w'), ("bytes", 'c'), ("chars", 'm'), ("max-line-length", 'L')],
        )?;
        self.show = "lwmcL".chars().filter(|c| opts.has(*c)).collect();
        if self.show.is_empty() {
            self.show = vec!['l', 'w', 'c'];
        }
        self.files = opts.rest.len();
        // GNU sizes its columns by the sizes of the files.
        let mut sizes = Vec::new();
        for file in if opts.rest.is_empty() { vec!["-".to_string()] } else { opts.rest.clone() } {
            let stat = if file == "-" { cx.sys.fstat(0) } else { cx.sys.stat(&file) };
            sizes.extend(stat.ok().map(|s| if s.is_file() { Some(s.size) } else { None }));
        }
        self.width = if self.show.len() == 1 && self.files <= 1 {
            1
        } else if sizes.iter().any(Option::is_none) {
            7
        } else {
            sizes.into_iter().flatten().sum::<u64>().to_string().len()
        };
        Ok(opts.rest)
    }
    fn open(&mut self, _: &mut Cx<'_, '_>, _: &str) {
        self.now = [0; 5];
        self.in_word = false;
    }
    fn data(&mut self, _: &mut Cx<'_, '_>, bytes: &[u8]) -> Flow {
        for &b in bytes {
            if b == b'\n' {
                self.now[0] += 1;
            }
            // What cannot be printed is neither part of a word nor its end.
            if b.is_ascii_whitespace() || b == 11 {
                self.in_word = false;
            } else if b.is_ascii_graphic() && !std::mem::replace(&mut self.in_word, true) {
                self.now[1] += 1;
            }
            if b & 0xC0 != 0x80 {
                self.now[2] += 1;
            }
        }
        self.now[3] += bytes.len() as u64;
        let longest = bytes.split(|b| *b == b'\n').map(|l| l.len() as u64).max().unwrap_or(0);
        self.now[4] = self.now[4].max(longest);
        Flow::More
    }
    fn close(&mut self, cx: &mut Cx<'_, '_>, input: &str) {
        for i in 0..4 {
            self.total[i] += self.now[i];
        }
        self.total[4] = self.total[4].max(self.now[4]);
        let name = if self.files == 0 { String::new() } else { input.to_string() };
        let counts = self.now;
        self.row(cx, counts, &name);
    }
    fn refuse(&mut self, cx: &mut Cx<'_, '_>, input: &str, error: Errno) {
        let message =
            if cx.busybox() { format!("can't open '{input}': {error}") } else { format!("{input}: {error}") };
        cx.complain(if cx.busybox() && error == Errno::EISDIR {
            "read error: Is a directory".to_string()
        } else {
            message
        });
        // A directory opens, and has nothing to read.
        if error == Errno::EISDIR {
            self.row(cx, [0; 5], input);
        }
    }
    fn end(&mut self, cx: &mut Cx<'_, '_>, failed: bool) -> u8 {
        if self.files > 1 {
            let counts = self.total;
            self.row(cx, counts, "total");
        }
        u8::from(failed)
    }
}

impl Wc {
    fn row(&mut self, cx: &mut Cx<'_, '_>, counts: [u64; 5], name: &str) {
        let pick = |c: char| counts["lwmcL".find(c).unwrap_or(0)];
        let width = self.width;
        let busybox = cx.busybox();
        let single = self.show.len() == 1 && self.files <= 1;
        let columns: Vec<String> = self
            .show
            .iter()
            .map(|c| {
                if single {
                    pick(*c).to_string()
                } else if busybox {
                    format!("{:>9}", pick(*c))
                } else {
                    format!("{:>width$}", pick(*c))
                }
            })
            .collect();
        let text = columns.join(" ");
        if name.is_empty() {
            cx.line(text)
        } else {
            cx.line(format!("{text} {name}"))
        }
        self.rows.clear();
    }
}
