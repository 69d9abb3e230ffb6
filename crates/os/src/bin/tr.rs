//! `tr`: characters translated, squeezed or deleted.

use super::{
    opts,
    tool::{Cx, Filter, Flow, filter},
};
use crate::program::ProgramSpec;

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "tr",
    "Usage: tr [-cds] STRING1 [STRING2]\n\nTranslate, squeeze, or delete characters from stdin, writing to stdout\n",
    || filter(Tr::default()),
);

#[derive(Clone, Debug, Default)]
pub struct Tr {
    from: Vec<char>,
    to: Vec<char>,
    delete: bool,
    squeeze: Option<Vec<char>>,
    complement: bool,
    last: Option<char>,
    partial: Vec<u8>,
}

/// The characters of a tr set.
fn tr_set(text: &str) -> Vec<char> {
    let text = String::from_utf8_lossy(&crate::text::unescape(text, false).0).into_owned();
    let chars: Vec<char> = text.chars().collect();
    let mut set = Vec::new();
    let mut i = 0;
    while i < chars.len() {
        if chars[i] == '['
            && chars.get(i + 1) == Some(&':')
            && let Some(end) = chars[i + 2..].windows(2).position(|w| w == [':', ']'])
        {
            let name: String = chars[i + 2..i + 2 + end].iter().collect();
            set.extend((0u8..=127).map(char::from).filter(|c| crate::text::glob::in_class(&name, *c)));
            i += end + 4;
            continue;
        }
        if chars.get(i + 1) == Some(&'-') && i + 2 < chars.len() && chars[i] <= chars[i + 2] {
            set.extend(chars[i]..=chars[i + 2]);
            i += 3;
            continue;
        }
        set.push(chars[i]);
        i += 1;
    }
    set
}

impl Filter for Tr {
    const BY_LINE: bool = false;
    fn begin(&mut self, cx: &mut Cx<'_, '_>) -> Result<Vec<String>, u8> {
        let opts =
            opts::parse(cx, "+dscCt", &[("delete", 'd'), ("squeeze-repeats", 's'), ("complement", 'c')])?;
        let Some(first) = opts.rest.first() else { return Err(cx.missing_operand()) };
        if opts.rest.len() < 2 && !opts.has('d') && !opts.has('s') {
            if cx.busybox() {
                return Err(cx.missing_operand());
            }
            cx.complain(format!("missing operand after ‘{first}’"));
            cx.eprint("Two strings must be given when translating.\nTry 'tr --help' for more information.\n");
            return Err(1);
        }
        self.from = tr_set(first);
        self.to = opts.rest.get(1).map_or(Vec::new(), |t| tr_set(t));
        self.delete = opts.has('d');
        self.complement = opts.has('c') || opts.has('C');
        if opts.has('s') {
            self.squeeze = Some(if self.to.is_empty() { self.from.clone() } else { self.to.clone() });
        }
        if self.delete && opts.rest.len() < 2 || !self.delete && opts.rest.len() < 2 {
            self.to.clear();
        }
        Ok(Vec::new())
    }
    fn data(&mut self, cx: &mut Cx<'_, '_>, bytes: &[u8]) -> Flow {
        let mut all = std::mem::take(&mut self.partial);
        all.extend_from_slice(bytes);
        // A character cut at the end waits for its rest.
        let valid = match std::str::from_utf8(&all) {
            Ok(_) => all.len(),
            Err(e) if e.error_len().is_none() => e.valid_up_to(),
            Err(_) => all.len(),
        };
        self.partial = all.split_off(valid);
        let mut out = String::new();
        for c in String::from_utf8_lossy(&all).chars() {
            let at = self.from.iter().rposition(|f| *f == c);
            let hit = at.is_some() != self.complement;
            let new = match (hit, self.delete) {
                (true, true) => continue,
                (true, false) if !self.to.is_empty() => {
                    let n = if self.complement { usize::MAX } else { at.unwrap_or(0) };
                    self.to.get(n).or(self.to.last()).copied().unwrap_or(c)
                }
                _ => c,
            };
            if let Some(set) = &self.squeeze {
                let in_set = if self.complement && self.to.is_empty() {
                    !self.from.contains(&new)
                } else {
                    set.contains(&new)
                };
                if in_set && self.last == Some(new) {
                    continue;
                }
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
