//! `tr`: bytes translated, squeezed or deleted.

use super::{
    opts,
    tool::{Cx, Filter, Flow, filter},
};
use crate::program::ProgramSpec;

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "tr",
    "Usage: tr [-cds] STRING1 [STRING2]\n\nTranslate, squeeze, or delete characters from stdin, writing to stdout\n\n\t-c\tTake complement of STRING1\n\t-d\tDelete input characters coded STRING1\n\t-s\tSqueeze multiple output characters of STRING2 into one character\n",
    || filter(Tr::default()),
);

#[derive(Clone, Debug, Default)]
struct Tr {
    /// What each byte becomes; None: it is deleted.
    map: Vec<Option<u8>>,
    /// Bytes of which a run becomes one.
    squeeze: Vec<bool>,
    last: Option<u8>,
}

/// The bytes of a set, and where `[x*]` is to be filled up.
struct Set {
    bytes: Vec<u8>,
    fill: Option<usize>,
}

/// Bytes with escapes read; the flag tells an escaped one, which is no operator.
fn letters(text: &str) -> Vec<(u8, bool)> {
    let bytes = text.as_bytes();
    let mut out = Vec::new();
    let mut i = 0;
    while i < bytes.len() {
        if bytes[i] != b'\\' || i + 1 == bytes.len() {
            out.push((bytes[i], false));
            i += 1;
            continue;
        }
        let digits = bytes[i + 1..].iter().take(3).take_while(|b| (b'0'..=b'7').contains(b)).count();
        if digits > 0 {
            let n = bytes[i + 1..=i + digits].iter().fold(0u32, |n, b| n * 8 + u32::from(b - b'0'));
            out.push((n as u8, true));
            i += 1 + digits;
            continue;
        }
        let c = match bytes[i + 1] {
            b'a' => 7,
            b'b' => 8,
            b'f' => 12,
            b'n' => 10,
            b'r' => 13,
            b't' => 9,
            b'v' => 11,
            other => other,
        };
        out.push((c, true));
        i += 2;
    }
    out
}

fn set(text: &str) -> Result<Set, String> {
    let letters = letters(text);
    let plain = |i: usize, c: u8| letters.get(i) == Some(&(c, false));
    let mut set = Set { bytes: Vec::new(), fill: None };
    let mut i = 0;
    while i < letters.len() {
        let (c, escaped) = letters[i];
        if c == b'[' && !escaped && (plain(i + 1, b':') || plain(i + 1, b'=')) {
            let mark = letters[i + 1].0;
            let end = (i + 2..letters.len()).find(|j| plain(*j, mark) && plain(j + 1, b']'));
            if let Some(end) = end.filter(|e| *e > i + 2) {
                let name: Vec<u8> = letters[i + 2..end].iter().map(|l| l.0).collect();
                let name = String::from_utf8_lossy(&name).into_owned();
                if mark == b'=' {
                    set.bytes.extend(name.bytes());
                } else {
                    let before = set.bytes.len();
                    let class = |c: &u8| crate::text::glob::in_class(&name, char::from(*c));
                    set.bytes.extend((0..=127u8).filter(class));
                    if set.bytes.len() == before {
                        return Err(format!("invalid character class ‘{name}’"));
                    }
                }
                i = end + 2;
                continue;
            }
        }
        if c == b'[' && !escaped && plain(i + 2, b'*') {
            // [x*n]
            let end = (i + 3..letters.len()).find(|j| plain(*j, b']'));
            if let Some(end) = end {
                let digits: String = letters[i + 3..end].iter().map(|l| char::from(l.0)).collect();
                let radix = if digits.starts_with('0') { 8 } else { 10 };
                match usize::from_str_radix(&digits, radix) {
                    Ok(n) if n > 0 => set.bytes.extend(std::iter::repeat_n(letters[i + 1].0, n.min(4096))),
                    _ => {
                        set.fill = Some(set.bytes.len());
                        set.bytes.push(letters[i + 1].0);
                    }
                }
                i = end + 1;
                continue;
            }
        }
        if plain(i + 1, b'-') && i + 2 < letters.len() {
            let high = letters[i + 2].0;
            if high < c {
                let shown = |c: u8| char::from(c).to_string();
                return Err(format!(
                    "range-endpoints of '{}-{}' are in reverse collating sequence order",
                    shown(c),
                    shown(high)
                ));
            }
            set.bytes.extend(c..=high);
            i += 3;
            continue;
        }
        set.bytes.push(c);
        i += 1;
    }
    Ok(set)
}

impl Filter for Tr {
    const BY_LINE: bool = false;
    fn begin(&mut self, cx: &mut Cx<'_, '_>) -> Result<Vec<String>, u8> {
        let long = [("delete", 'd'), ("squeeze-repeats", 's'), ("complement", 'c'), ("truncate-set1", 't')];
        let opts = opts::parse(cx, "+dscCt", &long)?;
        let (deletes, squeezes) = (opts.has('d'), opts.has('s'));
        let complement = opts.has('c') || opts.has('C');
        check(cx, &opts.rest, deletes, squeezes)?;
        let mut sets = Vec::new();
        for text in &opts.rest {
            sets.push(set(text).map_err(|message| {
                cx.complain(message);
                1
            })?);
        }
        let second = if sets.len() > 1 { sets.pop() } else { None };
        let Some(first) = sets.pop() else { return Err(1) };
        let mut members = vec![false; 256];
        for b in &first.bytes {
            members[usize::from(*b)] = true;
        }
        let mut from = first.bytes;
        if complement {
            members.iter_mut().for_each(|m| *m = !*m);
            from = (0..=255u8).filter(|b| members[usize::from(*b)]).collect();
        }
        self.map = (0..=255u8).map(Some).collect();
        if deletes {
            for b in &from {
                self.map[usize::from(*b)] = None;
            }
        } else if let Some(second) = &second {
            let to = filled(second, from.len());
            if to.is_empty() {
                cx.complain("when not truncating set1, string2 must be non-empty");
                return Err(1);
            }
            for (i, b) in from.iter().enumerate() {
                match to.get(i).or(to.last().filter(|_| !opts.has('t'))) {
                    Some(new) => self.map[usize::from(*b)] = Some(*new),
                    None => break,
                }
            }
        }
        self.squeeze = vec![false; 256];
        if squeezes {
            let set = match &second {
                Some(second) => filled(second, from.len()),
                None => from,
            };
            for b in set {
                self.squeeze[usize::from(b)] = true;
            }
        }
        Ok(Vec::new())
    }
    fn data(&mut self, cx: &mut Cx<'_, '_>, bytes: &[u8]) -> Flow {
        let mut out = Vec::with_capacity(bytes.len());
        for b in bytes {
            let Some(new) = self.map[usize::from(*b)] else { continue };
            if self.squeeze[usize::from(new)] && self.last == Some(new) {
                continue;
            }
            self.last = Some(new);
            out.push(new);
        }
        cx.print(out);
        Flow::More
    }
    fn end(&mut self, _: &mut Cx<'_, '_>, _: bool) -> u8 {
        0
    }
}

/// The second set with its `[x*]` as long as the first needs it.
fn filled(set: &Set, length: usize) -> Vec<u8> {
    let mut bytes = set.bytes.clone();
    if let Some(at) = set.fill {
        let missing = length.saturating_sub(bytes.len());
        let b = bytes[at];
        bytes.splice(at..at, std::iter::repeat_n(b, missing));
    }
    bytes
}

/// Refuses a wrong number of operands.
fn check(cx: &mut Cx<'_, '_>, rest: &[String], deletes: bool, squeezes: bool) -> Result<(), u8> {
    let (message, hint) = match rest {
        [] => return Err(cx.missing_operand()),
        [one] if deletes == squeezes => {
            let hint = if squeezes {
                "Two strings must be given when both deleting and squeezing repeats.\n"
            } else {
                "Two strings must be given when translating.\n"
            };
            (format!("missing operand after ‘{one}’"), hint)
        }
        [_, two] if deletes && !squeezes => {
            let hint = "Only one string may be given when deleting without squeezing repeats.\n";
            (format!("extra operand ‘{two}’"), hint)
        }
        [_, _, three, ..] => (format!("extra operand ‘{three}’"), ""),
        _ => return Ok(()),
    };
    if cx.busybox() {
        return Err(cx.missing_operand());
    }
    cx.complain(message);
    cx.eprint(format!("{hint}Try 'tr --help' for more information.\n"));
    Err(1)
}
