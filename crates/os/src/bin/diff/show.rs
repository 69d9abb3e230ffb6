//! Hunks as text, line by line: as ed(1) would be told them, or unified.

use std::collections::VecDeque;
use std::ops::Range;

use super::{classes::Text, script::Hunk};
use crate::bin::tool::Cx;

/// Something to show.
#[derive(Clone, Debug)]
enum Part {
    Line(String),
    /// Lines of the old file (0) or the new one (1) behind a mark.
    Lines(&'static str, usize, Range<usize>),
}

/// Hunks that are being shown.
#[derive(Clone, Debug)]
pub struct Shown {
    found: Vec<Hunk>,
    /// Lines of context; None shows commands.
    context: Option<usize>,
    /// The next hunk.
    at: usize,
    parts: VecDeque<Part>,
}

impl Shown {
    /// Shows these hunks.
    pub fn new(found: Vec<Hunk>, context: Option<usize>) -> Shown {
        Shown { found, context, at: 0, parts: VecDeque::new() }
    }

    /// Goes on until it must pause; whether all is shown.
    pub fn step(&mut self, cx: &mut Cx<'_, '_>, texts: [&Text; 2]) -> bool {
        loop {
            match self.parts.pop_front() {
                Some(Part::Line(line)) => cx.line(line),
                Some(Part::Lines(mark, side, mut range)) => {
                    if let Some(i) = range.next() {
                        show(cx, mark, texts[side].line(i));
                        self.parts.push_front(Part::Lines(mark, side, range));
                    }
                }
                None if self.at == self.found.len() => return true,
                None => match self.context {
                    None => self.command(),
                    Some(context) => self.unified(context, texts[0].len(), texts[1].len()),
                },
            }
            if cx.must_pause() {
                return false;
            }
        }
    }

    /// The next hunk as a command.
    fn command(&mut self) {
        let hunk = self.found[self.at].clone();
        self.at += 1;
        let range = |r: &Range<usize>| match r.len() {
            0 => r.start.to_string(),
            1 => (r.start + 1).to_string(),
            _ => format!("{},{}", r.start + 1, r.end),
        };
        let letter = match (hunk.old.is_empty(), hunk.new.is_empty()) {
            (true, _) => 'a',
            (_, true) => 'd',
            _ => 'c',
        };
        self.parts.push_back(Part::Line(format!("{}{letter}{}", range(&hunk.old), range(&hunk.new))));
        self.parts.push_back(Part::Lines("< ", 0, hunk.old));
        if letter == 'c' {
            self.parts.push_back(Part::Line("---".to_string()));
        }
        self.parts.push_back(Part::Lines("> ", 1, hunk.new));
    }

    /// The next hunks whose contexts touch, as one.
    fn unified(&mut self, context: usize, old_len: usize, new_len: usize) {
        let found = &self.found;
        let (i, mut last) = (self.at, self.at);
        let reach = context.saturating_mul(2);
        while last + 1 < found.len() && found[last + 1].old.start - found[last].old.end <= reach {
            last += 1;
        }
        let group = &found[i..=last];
        self.at = last + 1;
        let (first, end) = (&group[0], &group[group.len() - 1]);
        let before = context.min(first.old.start).min(first.new.start);
        let after = context.min(old_len - end.old.end).min(new_len - end.new.end);
        let range = |from: usize, to: usize| match to - from {
            0 => format!("{from},0"),
            1 => format!("{}", from + 1),
            n => format!("{},{n}", from + 1),
        };
        self.parts.push_back(Part::Line(format!(
            "@@ -{} +{} @@",
            range(first.old.start - before, end.old.end + after),
            range(first.new.start - before, end.new.end + after)
        )));
        let mut at = first.old.start - before;
        for hunk in group {
            self.parts.push_back(Part::Lines(" ", 0, at..hunk.old.start));
            self.parts.push_back(Part::Lines("-", 0, hunk.old.clone()));
            self.parts.push_back(Part::Lines("+", 1, hunk.new.clone()));
            at = hunk.old.end;
        }
        self.parts.push_back(Part::Lines(" ", 0, at..end.old.end + after));
    }
}

fn show(cx: &mut Cx<'_, '_>, mark: &str, line: &[u8]) {
    cx.print(mark);
    cx.print(line);
    if !line.ends_with(b"\n") {
        cx.print("\n\\ No newline at end of file\n");
    }
}
