//! The long part of sort, in steps: checking, sorting by merging ever longer runs, merging sorted inputs, writing.

use std::cmp::Ordering;

use collections::StableSort;

use super::{Cx, Sort};

/// Lines that are sorted at once.
const RUN: usize = 64;

/// What is being done. Lines are where they begin and end in the text.
#[derive(Clone, Debug, Default)]
pub enum Work {
    /// The inputs are being read.
    #[default]
    Reading,
    /// Lines before this one are in order (`-c`).
    Checking(usize),
    /// Runs of [`RUN`] lines are sorted up to here.
    Runs(usize),
    /// Runs of some length are merged in pairs.
    Pairs(Pairs),
    /// Sorted inputs become one (`-m`): what is left of each, and the lines in order.
    Inputs(Vec<(usize, usize)>, Vec<(u32, u32)>),
    /// Lines are shown up to here; the last that was, and what goes into a file.
    Showing { at: usize, last: Option<(u32, u32)>, file: Vec<u8> },
    /// The exit code.
    Done(u8),
}

/// A pass that merges runs in pairs.
#[derive(Clone, Debug)]
pub struct Pairs {
    width: usize,
    /// What is merged already.
    out: Vec<(u32, u32)>,
    /// The next line of the first run and of the second, and where they end.
    left: (usize, usize),
    right: (usize, usize),
}

impl Pairs {
    fn new(width: usize, lines: usize) -> Pairs {
        let mut pairs = Pairs { width, out: Vec::with_capacity(lines), left: (0, 0), right: (0, 0) };
        pairs.next(lines);
        pairs
    }

    /// The next two runs.
    fn next(&mut self, lines: usize) {
        let start = self.right.1.min(lines);
        let middle = (start + self.width).min(lines);
        self.left = (start, middle);
        self.right = (middle, (middle + self.width).min(lines));
    }
}

impl Sort {
    /// All is read: the work begins.
    pub(super) fn prepare(&mut self, cx: &mut Cx<'_, '_>) {
        self.account(cx);
        self.work = if self.check.is_some() {
            Work::Checking(1)
        } else if self.merge {
            let ends = self.inputs.iter().skip(1).copied().chain([self.lines.len()]);
            let heads = self.inputs.iter().copied().zip(ends).collect();
            Work::Inputs(heads, Vec::with_capacity(self.lines.len()))
        } else {
            Work::Runs(0)
        };
    }

    /// Says how much memory is held: the text, the lines, and the lines again while they are merged.
    fn account(&self, cx: &mut Cx<'_, '_>) {
        cx.sys.set_memory((1 << 20) + self.text.len() as u64 + 16 * self.lines.len() as u64);
    }

    /// Works until it must pause.
    pub(super) fn go_on(&mut self, cx: &mut Cx<'_, '_>) {
        while !cx.must_pause() {
            let work = std::mem::take(&mut self.work);
            self.work = match work {
                Work::Checking(at) => self.checking(cx, at),
                Work::Runs(at) => self.runs(cx, at),
                Work::Pairs(pairs) => self.pairs(cx, pairs),
                Work::Inputs(heads, out) => self.inputs(cx, heads, out),
                Work::Showing { at, last, file } => self.showing(cx, at, last, file),
                over => {
                    self.work = over;
                    return;
                }
            };
        }
    }

    fn shown() -> Work {
        Work::Showing { at: 0, last: None, file: Vec::new() }
    }

    fn checking(&mut self, cx: &mut Cx<'_, '_>, from: usize) -> Work {
        let end = self.lines.len().min(from + RUN);
        cx.sys.spend(end.saturating_sub(from) as u64 / 4 + 1);
        for i in from..end {
            let (before, line) = (self.line(self.lines[i - 1]), self.line(self.lines[i]));
            let order = self.order(before, line);
            if order == Ordering::Greater || (self.unique && order == Ordering::Equal) {
                if self.check == Some('c') {
                    let line = String::from_utf8_lossy(line).into_owned();
                    cx.complain(format!("{}:{}: disorder: {line}", self.input, i + 1));
                }
                return Work::Done(1);
            }
        }
        if end == self.lines.len() { Work::Done(0) } else { Work::Checking(end) }
    }

    fn runs(&mut self, cx: &mut Cx<'_, '_>, from: usize) -> Work {
        let end = self.lines.len().min(from + RUN);
        cx.sys.spend((end - from) as u64 * 6 / 4 + 1);
        let mut run: Vec<(u32, u32)> = self.lines[from..end].to_vec();
        run.stable_sort_by(|a, b| self.order(self.line(*a), self.line(*b)));
        self.lines[from..end].copy_from_slice(&run);
        match end == self.lines.len() {
            false => Work::Runs(end),
            true if end <= RUN => Sort::shown(),
            true => Work::Pairs(Pairs::new(RUN, end)),
        }
    }

    fn pairs(&mut self, cx: &mut Cx<'_, '_>, mut pairs: Pairs) -> Work {
        for _ in 0..RUN {
            let (left, right) = (pairs.left.0 < pairs.left.1, pairs.right.0 < pairs.right.1);
            let first = match (left, right) {
                (false, false) if pairs.right.1 < self.lines.len() => {
                    pairs.next(self.lines.len());
                    continue;
                }
                (false, false) => {
                    self.lines = std::mem::take(&mut pairs.out);
                    let width = 2 * pairs.width;
                    let done = width >= self.lines.len();
                    return if done {
                        Sort::shown()
                    } else {
                        Work::Pairs(Pairs::new(width, self.lines.len()))
                    };
                }
                (true, true) => {
                    let (a, b) = (self.lines[pairs.left.0], self.lines[pairs.right.0]);
                    self.order(self.line(a), self.line(b)).is_le()
                }
                (left, _) => left,
            };
            let side = if first { &mut pairs.left } else { &mut pairs.right };
            pairs.out.push(self.lines[side.0]);
            side.0 += 1;
        }
        cx.sys.spend(RUN as u64 / 4);
        Work::Pairs(pairs)
    }

    fn inputs(
        &mut self,
        cx: &mut Cx<'_, '_>,
        mut heads: Vec<(usize, usize)>,
        mut out: Vec<(u32, u32)>,
    ) -> Work {
        let mut best: Option<usize> = None;
        for (i, (at, end)) in heads.iter().enumerate() {
            let less =
                |b: usize| self.order(self.line(self.lines[*at]), self.line(self.lines[heads[b].0])).is_lt();
            if at < end && best.is_none_or(less) {
                best = Some(i);
            }
        }
        cx.sys.spend(1 + heads.len() as u64 / 4);
        let Some(best) = best else {
            self.lines = out;
            return Sort::shown();
        };
        out.push(self.lines[heads[best].0]);
        heads[best].0 += 1;
        Work::Inputs(heads, out)
    }

    fn showing(
        &mut self,
        cx: &mut Cx<'_, '_>,
        from: usize,
        mut last: Option<(u32, u32)>,
        mut file: Vec<u8>,
    ) -> Work {
        let end = self.lines.len().min(from + RUN);
        cx.sys.spend((end - from) as u64 / 16 + 1);
        let mut out = Vec::new();
        for &line in &self.lines[from..end] {
            let again = |last| self.order(self.line(last), self.line(line)) == Ordering::Equal;
            if self.unique && last.is_some_and(again) {
                continue;
            }
            last = Some(line);
            out.extend_from_slice(self.line(line));
            out.push(self.end);
        }
        let whole = end == self.lines.len();
        let Some(name) = self.output.clone() else {
            cx.print(out);
            return if whole { Work::Done(0) } else { Work::Showing { at: end, last, file } };
        };
        file.extend(out);
        if !whole {
            return Work::Showing { at: end, last, file };
        }
        if let Err(e) = cx.sys.vfs().write(&name, file, 0o666) {
            cx.complain(format!("open failed: {name}: {e}"));
            return Work::Done(2);
        }
        Work::Done(0)
    }
}
