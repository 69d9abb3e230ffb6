//! Loops, cases and functions: where the machine goes on after `break`, `continue`, `return` and a pattern that fits.

use super::*;

impl Shell {
    pub(super) fn match_case(&mut self, sys: &mut Sys<'_>, patterns: &[Word], otherwise: i32) -> Step {
        for word in patterns {
            match self.pattern(sys, word) {
                Ok(pattern) => {
                    let subject = self.cases.last().cloned().unwrap_or_default();
                    let hit = if self.opts.nocasematch {
                        glob::matches_fold(&pattern, &subject)
                    } else {
                        glob::matches(&pattern, &subject)
                    };
                    if hit {
                        self.begin_command();
                        self.jump(1);
                        return Step::Go;
                    }
                }
                Err(stop) => return self.stop(sys, stop),
            }
        }
        self.begin_command();
        self.jump(otherwise);
        Step::Go
    }

    /// `break` and `continue`.
    pub(in crate::shell) fn leave_loop(&mut self, sys: &mut Sys<'_>, levels: usize, again: bool) {
        let base =
            self.frames.iter().rposition(|f| matches!(f.kind, FrameKind::Function { .. })).unwrap_or(0);
        let available = self.loops.iter().filter(|l| l.frame >= base).count();
        if available == 0 {
            return;
        }
        let target = self.loops.len() - levels.min(available);
        let l = self.loops[target].clone();
        self.unwind(sys, l.frame + 1);
        while self.redirects.len() > l.redirects {
            if let Some(undo) = self.redirects.pop() {
                self.undo(sys, undo);
            }
        }
        self.cases.truncate(l.cases);
        self.tested = l.tested;
        self.loops.truncate(if again { target + 1 } else { target });
        if let (true, Some(kept)) = (again, self.loops.last_mut()) {
            kept.status = 0;
        }
        if let Some(frame) = self.frames.last_mut() {
            frame.pc = if again { l.next } else { l.end };
        }
    }

    /// An error in the head of `for ((…))`: the loop ends there.
    pub(super) fn leave_arith_for(&mut self, leave: i32) -> Step {
        let frame = self.frames.len().saturating_sub(1);
        let here = self.frames.last().map_or(0, |f| f.pc);
        self.jump(leave);
        let end = self.frames.last().map_or(0, |f| f.pc);
        // In the first part the loop has not begun.
        if self.loops.last().is_some_and(|l| l.frame == frame && l.end == end && here > l.first) {
            self.loops.pop();
        }
        self.check_errexit()
    }

    /// The variable and words of the innermost loop.
    pub(in crate::shell) fn for_choices(&self) -> Option<(Rc<str>, Vec<String>)> {
        let (name, words) = self.loops.last()?.words.as_ref()?;
        Some((name.clone(), words.iter().cloned().collect()))
    }

    /// `select` got its choice: the loop's body runs.
    pub(in crate::shell) fn choose(&mut self, word: &str) {
        if let Some((name, _)) = self.for_choices() {
            self.assign(&name, word);
        }
        self.jump(1);
    }

    /// `select` got the end of its input.
    pub(in crate::shell) fn leave_select(&mut self, leave: i32) -> Step {
        self.jump(leave);
        Step::Go
    }

    /// How many loops `break` could leave.
    pub(in crate::shell) fn loop_depth(&self) -> usize {
        let base =
            self.frames.iter().rposition(|f| matches!(f.kind, FrameKind::Function { .. })).unwrap_or(0);
        self.loops.iter().filter(|l| l.frame >= base).count()
    }

    /// `return`: leaves the function or sourced file; false when there is none.
    pub(in crate::shell) fn leave_function(&mut self, sys: &mut Sys<'_>) -> bool {
        let at = self
            .frames
            .iter()
            .rposition(|f| matches!(f.kind, FrameKind::Function { .. } | FrameKind::Source(_)));
        match at {
            Some(at) => {
                let status = self.status;
                if self.frames[at].at_return.is_some() {
                    // The function ends when its RETURN trap has run.
                    self.unwind(sys, at + 1);
                    self.status = status;
                    let frame = &mut self.frames[at];
                    frame.pc = frame.code.ops.len();
                    return true;
                }
                self.unwind(sys, at);
                self.status = status;
                true
            }
            None => false,
        }
    }
}
