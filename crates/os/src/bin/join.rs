//! `join`: lines of two sorted files that share a field.

use super::{
    opts,
    tool::Cx,
    whole::{Input, Job, whole},
};
use crate::program::ProgramSpec;

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "join",
    "Usage: join [OPTION]... FILE1 FILE2\n\nFor each pair of input lines with identical join fields, write a line to\nstandard output.\n\n  -a FILENUM        also print unpairable lines from file FILENUM\n  -e STRING         replace missing input fields with STRING\n  -i, --ignore-case ignore differences in case\n  -j FIELD          equivalent to '-1 FIELD -2 FIELD'\n  -o FORMAT         obey FORMAT while constructing output line\n  -t CHAR           use CHAR as input and output field separator\n  -v FILENUM        like -a FILENUM, but suppress joined output lines\n  -1 FIELD          join on this FIELD of file 1\n  -2 FIELD          join on this FIELD of file 2\n",
    || whole(Join::default()),
);

#[derive(Clone, Debug, Default)]
struct Join {
    fields: [usize; 2],
    separator: Option<char>,
    alone: [bool; 2],
    paired: bool,
    fold: bool,
    filler: String,
    /// File (0 is the shared field) and field of each output column.
    format: Vec<(usize, usize)>,
}

type Row = Vec<String>;

impl Job for Join {
    fn begin(&mut self, cx: &mut Cx<'_, '_>) -> Result<Vec<String>, u8> {
        let long = [("ignore-case", 'i'), ("header", 'h'), ("nocheck-order", 'n'), ("check-order", 'n')];
        let opts = opts::parse(cx, "1:2:j:t:a:v:e:o:inh", &long)?;
        for (i, flag) in ['1', '2'].into_iter().enumerate() {
            let text = opts.value(flag).or(opts.value('j')).unwrap_or("1");
            match text.parse() {
                Ok(n) if n > 0 => self.fields[i] = n,
                _ => {
                    let message = format!("invalid field number: ‘{text}’");
                    cx.complain(message);
                    return Err(1);
                }
            }
        }
        self.separator = opts.value('t').and_then(|t| if t == "\\t" { Some('\t') } else { t.chars().next() });
        let named = |flag: char, n: &str| opts.values(flag).iter().any(|v| v == n);
        self.alone = ["1", "2"].map(|n| named('a', n) || named('v', n));
        self.paired = !opts.has('v');
        self.fold = opts.has('i');
        self.filler = opts.value('e').unwrap_or("").to_string();
        for item in opts.value('o').unwrap_or("").split([',', ' ']).filter(|i| !i.is_empty()) {
            let (file, field) = item.split_once('.').unwrap_or(("0", "0"));
            match (file.parse(), field.parse()) {
                (Ok(file), Ok(field)) if file <= 2 => self.format.push((file, field)),
                _ => {
                    cx.complain(format!("invalid field specifier: ‘{item}’"));
                    return Err(1);
                }
            }
        }
        super::two_operands(cx, &opts.rest)?;
        Ok(opts.rest)
    }
    fn run(&mut self, cx: &mut Cx<'_, '_>, inputs: Vec<Input>) -> u8 {
        let mut sides: Vec<Vec<Row>> = Vec::new();
        for input in &inputs {
            let Some(bytes) = input.open(cx) else { return 1 };
            sides.push(Input::lines(bytes).into_iter().map(|l| self.split(l)).collect());
        }
        let [a, b] = sides.as_slice() else { return 1 };
        let (mut i, mut j) = (0, 0);
        while i < a.len() || j < b.len() {
            let (x, y) = (a.get(i).map(|r| self.key(0, r)), b.get(j).map(|r| self.key(1, r)));
            match (x, y) {
                (Some(x), Some(y)) if x == y => {
                    let same = |rows: &[Row], from: usize, side: usize| {
                        rows[from..].iter().take_while(|r| self.key(side, r) == x).count()
                    };
                    let (n, m) = (same(a, i, 0), same(b, j, 1));
                    cx.sys.spend((n * m) as u64);
                    if self.paired {
                        for left in &a[i..i + n] {
                            for right in &b[j..j + m] {
                                self.show(cx, Some(left), Some(right));
                            }
                        }
                    }
                    i += n;
                    j += m;
                }
                (Some(x), y) if y.as_ref().is_none_or(|y| x < *y) => {
                    if self.alone[0] {
                        self.show(cx, Some(&a[i]), None);
                    }
                    i += 1;
                }
                _ => {
                    if self.alone[1] {
                        self.show(cx, None, Some(&b[j]));
                    }
                    j += 1;
                }
            }
        }
        0
    }
}

impl Join {
    fn split(&self, line: &[u8]) -> Row {
        let text = String::from_utf8_lossy(line);
        match self.separator {
            Some(c) => text.split(c).map(str::to_string).collect(),
            None => text.split_whitespace().map(str::to_string).collect(),
        }
    }

    fn key(&self, side: usize, row: &Row) -> String {
        let key = row.get(self.fields[side] - 1).cloned().unwrap_or_default();
        if self.fold { key.to_lowercase() } else { key }
    }

    fn show(&self, cx: &mut Cx<'_, '_>, left: Option<&Row>, right: Option<&Row>) {
        let shared = left
            .map(|r| (r, self.fields[0]))
            .or(right.map(|r| (r, self.fields[1])))
            .and_then(|(r, n)| r.get(n - 1).cloned())
            .unwrap_or_default();
        let fill = |value: Option<&String>| match value {
            Some(v) if !v.is_empty() => v.clone(),
            _ => self.filler.clone(),
        };
        let mut out = Vec::new();
        if self.format.is_empty() {
            out.push(shared);
            for (row, key) in [(left, self.fields[0]), (right, self.fields[1])] {
                let Some(row) = row else { continue };
                out.extend(row.iter().enumerate().filter(|(i, _)| i + 1 != key).map(|(_, f)| fill(Some(f))));
            }
        } else {
            for (file, field) in &self.format {
                out.push(match file {
                    0 => shared.clone(),
                    1 => fill(left.and_then(|r| r.get(field.wrapping_sub(1)))),
                    _ => fill(right.and_then(|r| r.get(field.wrapping_sub(1)))),
                });
            }
        }
        cx.line(out.join(&self.separator.unwrap_or(' ').to_string()));
    }
}
