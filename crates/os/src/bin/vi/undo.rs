//! Undo and redo: what a change took out and put in, so that a long file is not kept many times.

use super::{Pos, Vi};
use crate::time::{SECOND, Time, strftime};

/// The changes so far, and how many of them are in the text.
#[derive(Clone, Debug, Default)]
pub(super) struct History {
    /// The text before the change under way.
    before: Option<(Vec<Vec<char>>, Pos)>,
    changes: Vec<Change>,
    done: usize,
    /// The number of the newest change ever made.
    newest: usize,
    /// How many changes were in the text when it was written; `None`: that state cannot be had again.
    saved: Option<usize>,
    /// The line that was changed last, as it was before (for `U`).
    line: Option<(usize, Vec<char>)>,
}

/// Lines from `row` on: the old ones and the new ones.
#[derive(Clone, Debug)]
struct Change {
    row: usize,
    old: Vec<Vec<char>>,
    new: Vec<Vec<char>>,
    cursor: Pos,
    number: usize,
    time: Time,
}

/// Changes that are kept, and lines in all of them.
const CHANGES_MAX: usize = 1_000;
const LINES_MAX: usize = 200_000;

impl Vi {
    /// Remembers the text before a change; within a macro only before its first one.
    pub(super) fn save_undo(&mut self) {
        if self.depth > 0 && self.history.before.is_some() {
            return;
        }
        self.close_change();
        if self.history.line.as_ref().is_none_or(|(row, _)| *row != self.row) {
            self.history.line = Some((self.row, self.line().clone()));
        }
        self.history.before = Some((self.text.lines.clone(), (self.row, self.col)));
    }

    /// The change under way is complete: what it did is kept.
    pub(super) fn close_change(&mut self) {
        let Some((before, cursor)) = self.history.before.take() else { return };
        let now = &self.text.lines;
        let same = before.iter().zip(now).take_while(|(a, b)| a == b).count();
        if same == before.len() && same == now.len() {
            return;
        }
        // Where lines are alike, the change is taken to have been at the cursor.
        let short = before.len().min(now.len());
        let tail = before.iter().rev().zip(now.iter().rev()).take_while(|(a, b)| a == b).count();
        let same = cursor.0.clamp((short - tail.min(short)).min(same), same);
        let tail = tail.min(short - same);
        let history = &mut self.history;
        history.changes.truncate(history.done);
        if history.saved.is_some_and(|saved| saved > history.done) {
            history.saved = None;
        }
        if before.len() != now.len() || before.len() - same - tail != 1 {
            history.line = None;
        }
        history.newest += 1;
        history.changes.push(Change {
            row: same,
            old: before[same..before.len() - tail].to_vec(),
            new: now[same..now.len() - tail].to_vec(),
            cursor,
            number: history.newest,
            time: self.now,
        });
        history.done += 1;
        let mut lines: usize = history.changes.iter().map(|c| c.old.len() + c.new.len()).sum();
        while history.changes.len() > CHANGES_MAX || (lines > LINES_MAX && history.changes.len() > 1) {
            let gone = history.changes.remove(0);
            lines -= gone.old.len() + gone.new.len();
            history.done -= 1;
            history.saved = history.saved.and_then(|saved| saved.checked_sub(1));
        }
    }

    /// A change that changed nothing is none.
    pub(super) fn drop_change(&mut self) {
        if self.depth == 0 {
            self.history.before = None;
        }
    }

    /// Another file: nothing can be undone.
    pub(super) fn forget_changes(&mut self) {
        self.history = History { saved: Some(0), ..History::default() };
    }

    /// The text is as it is on disk.
    pub(super) fn mark_saved(&mut self) {
        self.close_change();
        self.history.saved = Some(self.history.done);
        self.text.modified = false;
    }

    /// `u`, or `^R`.
    pub(super) fn travel(&mut self, back: bool) {
        self.close_change();
        let history = &mut self.history;
        let at = if back { history.done.checked_sub(1) } else { Some(history.done) };
        let Some(change) = at.and_then(|at| history.changes.get(at)).cloned() else {
            return self.fail(if back { "Already at oldest change" } else { "Already at newest change" });
        };
        history.done = if back { history.done - 1 } else { history.done + 1 };
        history.line = None;
        let (gone, come) = if back { (&change.new, &change.old) } else { (&change.old, &change.new) };
        self.text.lines.splice(change.row..change.row + gone.len(), come.iter().cloned());
        if self.text.lines.is_empty() {
            self.text.lines.push(Vec::new());
        }
        self.void = self.text.lines.len() == 1 && self.text.lines[0].is_empty() && self.history.done == 0;
        self.text.modified = self.history.saved != Some(self.history.done);
        self.message = self.travelled(&change, back, come.len() as i64 - gone.len() as i64);
        let mut row = change.row.min(self.last_row());
        // The line below the one that the change was made from: `o` and `p` are left where they began.
        if change.cursor.0 + 1 == row {
            row -= 1;
        }
        let col = if change.cursor.0 == row { change.cursor.1 } else { self.first_ink(row) };
        self.go(row, col);
    }

    fn travelled(&self, change: &Change, back: bool, difference: i64) -> String {
        if self.busybox {
            let chars: usize = change.old.iter().chain(&change.new).map(Vec::len).sum();
            return format!(
                "Undo [{}] restored {chars} chars at position {}",
                self.history.done, change.cursor.1
            );
        }
        let what = match difference {
            0 if change.old.len() > 1 => format!("{} changes", change.old.len()),
            0 => "1 change".to_owned(),
            1 => "1 more line".to_owned(),
            -1 => "1 line less".to_owned(),
            n if n > 0 => format!("{n} more lines"),
            n => format!("{} fewer lines", -n),
        };
        let seconds = self.now.since(change.time) / SECOND;
        let ago = match seconds {
            1 => "1 second ago".to_owned(),
            0..100 => format!("{seconds} seconds ago"),
            _ => strftime("%H:%M:%S", change.time),
        };
        format!("{what}; {} #{}  {ago}", if back { "before" } else { "after" }, change.number)
    }

    /// `U`: the line that was changed last, as it was before.
    pub(super) fn undo_line(&mut self) {
        self.close_change();
        let Some((row, old)) = self.history.line.take().filter(|(row, _)| *row < self.text.lines.len())
        else {
            return self.fail("");
        };
        self.history.before = Some((self.text.lines.clone(), (self.row, self.col)));
        let new = std::mem::replace(&mut self.text.lines[row], old);
        self.history.line = Some((row, new));
        self.changed();
        self.close_change();
        self.go(row, 0);
    }

    /// `:undolist`
    pub(super) fn undo_list(&mut self) {
        self.close_change();
        let Some(last) = self.history.changes.last() else {
            self.message = "Nothing to undo".to_owned();
            return;
        };
        let time = strftime("%H:%M:%S", last.time);
        let row = format!("{:>6} {:>7}  {time}", last.number, self.history.changes.len());
        self.tell(vec!["number changes  when               saved".to_owned(), row]);
    }
}
