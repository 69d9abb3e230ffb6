//! `head`: the first lines or bytes.

use super::{
    opts,
    tool::{Cx, Filter, Flow, filter},
};
use crate::{errno::Errno, program::ProgramSpec};

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "head",
    "Usage: head [OPTIONS] [FILE]...\n\nPrint first 10 lines of FILEs (or stdin).\nWith more than one FILE, precede each with a filename header.\n\n\t-n N[bkm]\tPrint first N lines\n\t-n -N[bkm]\tPrint all except N last lines\n\t-c [-]N[bkm]\tPrint first N bytes\n\t-q\t\tNever print headers\n\t-v\t\tAlways print headers\n",
    || filter(Head::default()),
);

#[derive(Clone, Debug, Default)]
pub struct Head {
    lines: Option<u64>,
    bytes: Option<u64>,
    /// All but the last so many lines, which wait here.
    hold: Option<(usize, std::collections::VecDeque<Vec<u8>>)>,
    left: u64,
    headers: bool,
    first: bool,
}

impl Filter for Head {
    fn begin(&mut self, cx: &mut Cx<'_, '_>) -> Result<Vec<String>, u8> {
        // The old form: head -5.
        if let Some(n) = cx
            .args
            .first()
            .and_then(|a| a.strip_prefix('-'))
            .filter(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
        {
            cx.args[0] = format!("-n{n}");
        }
        let opts =
            opts::parse(cx, "n:c:qvz", &[("lines", 'n'), ("bytes", 'c'), ("quiet", 'q'), ("verbose", 'v')])?;
        self.lines = Some(10);
        if let Some(c) = opts.value('c') {
            self.lines = None;
            self.bytes = Some(opts::size(c.trim_start_matches('-')).ok_or_else(|| invalid(cx, c, "bytes"))?);
        } else if let Some(n) = opts.value('n') {
            if let Some(all_but) = n.strip_prefix('-') {
                let count = opts::size(all_but).ok_or_else(|| invalid(cx, n, "lines"))?;
                self.hold = Some((count as usize, Default::default()));
                self.lines = None;
            } else {
                self.lines = Some(opts::size(n).ok_or_else(|| invalid(cx, n, "lines"))?);
            }
        }
        self.headers = (opts.rest.len() > 1 || opts.has('v')) && !opts.has('q');
        self.first = true;
        Ok(opts.rest)
    }
    fn open(&mut self, cx: &mut Cx<'_, '_>, input: &str) {
        self.left = self.lines.or(self.bytes).unwrap_or(0);
        if self.headers {
            let gap = if self.first { "" } else { "\n" };
            let name = if input == "-" { "standard input" } else { input };
            cx.print(format!("{gap}==> {name} <==\n"));
        }
        self.first = false;
    }
    fn data(&mut self, cx: &mut Cx<'_, '_>, bytes: &[u8]) -> Flow {
        if let Some((count, held)) = &mut self.hold {
            held.push_back(bytes.to_vec());
            if held.len() > *count
                && let Some(line) = held.pop_front()
            {
                cx.print(line);
            }
            return Flow::More;
        }
        if self.left == 0 {
            return Flow::Next;
        }
        if self.bytes.is_some() {
            let n = (self.left as usize).min(bytes.len());
            cx.print(&bytes[..n]);
            self.left -= n as u64;
        } else {
            cx.print(bytes);
            self.left -= 1;
        }
        if self.left == 0 { Flow::Next } else { Flow::More }
    }
    fn close(&mut self, _: &mut Cx<'_, '_>, _: &str) {
        if let Some((_, held)) = &mut self.hold {
            held.clear();
        }
    }
    fn refuse(&mut self, cx: &mut Cx<'_, '_>, input: &str, error: Errno) {
        let message = match (cx.busybox(), error) {
            (true, e) => format!("{input}: {e}"),
            (false, Errno::EISDIR) => format!("error reading '{input}': {error}"),
            (false, e) => format!("cannot open '{input}' for reading: {e}"),
        };
        cx.complain(message);
    }
    fn end(&mut self, _: &mut Cx<'_, '_>, failed: bool) -> u8 {
        u8::from(failed)
    }
}

fn invalid(cx: &mut Cx<'_, '_>, text: &str, what: &str) -> u8 {
    let message = if cx.busybox() {
        format!("invalid number '{text}'")
    } else {
        format!("invalid number of {what}: ‘{text}’")
    };
    cx.complain(message);
    1
}
