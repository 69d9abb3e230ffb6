//! `cmp`: whether two files are the same, byte by byte.

use super::{
    opts,
    tool::Cx,
    whole::{Input, Job, whole},
};
use crate::program::ProgramSpec;

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "cmp",
    "Usage: cmp [-ls] [-n NUM] FILE1 [FILE2]\n\nCompare FILE1 with FILE2 (or stdin)\n\n\t-l\tWrite the byte numbers (decimal) and values (octal)\n\t\tfor all differing bytes\n\t-s\tQuiet\n\t-n NUM\tCompare at most NUM bytes\n",
    || whole(Cmp::default()),
);

#[derive(Clone, Debug, Default)]
struct Cmp {
    all: bool,
    quiet: bool,
    most: Option<u64>,
}

impl Job for Cmp {
    fn begin(&mut self, cx: &mut Cx<'_, '_>) -> Result<Vec<String>, u8> {
        let long = [("silent", 's'), ("quiet", 's'), ("verbose", 'l'), ("bytes", 'n')];
        let opts = opts::parse(cx, "lsn:", &long)?;
        self.all = opts.has('l');
        self.quiet = opts.has('s');
        self.most = opts.value('n').and_then(opts::size);
        let mut names = opts.rest;
        if names.len() == 1 {
            names.push("-".to_string());
        }
        super::two_operands(cx, &names).map_err(|code| if cx.busybox() { code } else { 2 })?;
        names.truncate(2);
        Ok(names)
    }
    fn run(&mut self, cx: &mut Cx<'_, '_>, inputs: Vec<Input>) -> u8 {
        let mut sides = Vec::new();
        for input in &inputs {
            match &input.bytes {
                Ok(bytes) => sides.push(&bytes[..bytes.len().min(self.most.unwrap_or(u64::MAX) as usize)]),
                Err(e) => {
                    let name = &input.name;
                    let can = if cx.busybox() { format!("can't open '{name}'") } else { name.clone() };
                    if !self.quiet {
                        cx.complain(format!("{can}: {e}"));
                    }
                    return 2;
                }
            }
        }
        let [a, b] = sides.as_slice() else { return 2 };
        let (name_a, name_b) = (&inputs[0].name, &inputs[1].name);
        let mut code = 0;
        for (i, (x, y)) in a.iter().zip(*b).enumerate() {
            if x == y {
                continue;
            }
            code = 1;
            if self.quiet {
                return 1;
            }
            if !self.all {
                let line = a[..i].iter().filter(|c| **c == b'\n').count() + 1;
                cx.line(format!("{name_a} {name_b} differ: char {}, line {line}", i + 1));
                return 1;
            }
            let width = if cx.busybox() { 4 } else { a.len().min(b.len()).to_string().len() };
            cx.line(format!("{:>width$} {x:>3o} {y:>3o}", i + 1));
        }
        if a.len() == b.len() {
            return code;
        }
        if !self.quiet {
            let (short, n) = if a.len() < b.len() { (name_a, a.len()) } else { (name_b, b.len()) };
            let lines = a[..n.min(a.len())].iter().filter(|c| **c == b'\n').count();
            if cx.busybox() {
                cx.complain(format!("EOF on {short}"));
            } else if n == 0 {
                cx.complain(format!("EOF on {short} which is empty"));
            } else if self.all {
                cx.complain(format!("EOF on {short} after byte {n}"));
            } else if a[..n.min(a.len())].ends_with(b"\n") {
                cx.complain(format!("EOF on {short} after byte {n}, line {lines}"));
            } else {
                cx.complain(format!("EOF on {short} after byte {n}, in line {}", lines + 1));
            }
        }
        1
    }
}
