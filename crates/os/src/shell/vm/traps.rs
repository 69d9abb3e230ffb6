//! Signals the shell catches, the traps they run, and what `set -e` makes of a failure.

use super::*;

impl Shell {
    /// Notes caught signals; their traps run between commands.
    pub(super) fn note_signals(&mut self, sys: &mut Sys<'_>) {
        while let Some(signal) = sys.take_signal() {
            if self.traps.contains_key(&signal.0) {
                self.pending_traps.push(signal);
            } else if signal == Signal::INT && self.interactive {
                self.interrupt(sys);
            }
        }
    }

    /// ^C at an interactive shell: the command line is given up.
    pub(super) fn interrupt(&mut self, sys: &mut Sys<'_>) {
        if matches!(self.waiting, Some(Waiting::Foreground(_))) {
            return;
        }
        if let Some(Waiting::Builtin { undo, .. } | Waiting::Flush { undo, .. }) = self.waiting.take() {
            self.undo(sys, undo);
        }
        if !self.frames.is_empty() {
            self.unwind(sys, 0);
            self.print("\n");
        }
        self.status = 130;
    }

    pub(super) fn run_traps(&mut self, _sys: &mut Sys<'_>) -> Option<Step> {
        if self.pending_traps.is_empty() || self.leaving {
            return None;
        }
        let signal = self.pending_traps.remove(0);
        let action = self.traps.get(&signal.0)?.clone();
        let status = self.status;
        if self.frames.is_empty()
            && !self.interactive
            && matches!(self.input, Input::None)
            && self.exit_with.is_some()
        {
            return None;
        }
        // The command being expanded begins anew after the trap.
        self.begin_command();
        self.run_source(&action, FrameKind::Trap(status), "trap");
        Some(Step::Go)
    }

    /// Runs the DEBUG trap before a command; true when it was begun.
    pub(super) fn debug_trap(&mut self, op: &Op) -> bool {
        let stops = matches!(
            op,
            Op::Simple(_) | Op::Arith(..) | Op::ArithPart(..) | Op::Cond(..) | Op::Case(..) | Op::NextWord(_)
        );
        let more = |l: &Loop| l.words.as_ref().is_none_or(|(_, words)| !words.is_empty());
        let ends = matches!(op, Op::NextWord(_)) && !self.loops.last().is_some_and(more);
        if !stops || ends || self.debugged || !self.traps.contains_key(&DEBUG) {
            return false;
        }
        // Functions do not have it unless `set -T` says so; traps never.
        let traced = self.shopts.contains("functrace");
        let inside = |f: &Frame| {
            matches!(f.kind, FrameKind::Trap(_)) || (!traced && matches!(f.kind, FrameKind::Function { .. }))
        };
        if self.frames.iter().any(inside) {
            return false;
        }
        let Some(action) = self.traps.get(&DEBUG).cloned() else { return false };
        let text: Option<Rc<str>> = match op {
            Op::Simple(simple) => Some(simple.text.clone()),
            Op::Case(_, head) => Some(head.clone()),
            Op::Arith(_, text, _) | Op::ArithPart(_, text, _) => Some(format!("(( {text} ))").into()),
            Op::NextWord(_) => self.loops.last().map(|l| l.head.clone()),
            _ => None,
        };
        if let Some(text) = text {
            self.command_text = text;
        }
        self.debugged = true;
        let status = self.status;
        self.run_source(&action, FrameKind::Trap(status), "trap");
        true
    }

    /// Sets the RETURN trap of the function being run; false when there is none.
    pub(in crate::shell) fn set_return_trap(&mut self, action: &str) -> bool {
        let function = self.frames.iter_mut().rev().find(|f| matches!(f.kind, FrameKind::Function { .. }));
        match function {
            Some(frame) => {
                frame.at_return = Some(action.to_string());
                true
            }
            None => false,
        }
    }

    /// Whether a trap's action is being run.
    pub(super) fn in_trap(&self) -> bool {
        self.frames.iter().any(|f| matches!(f.kind, FrameKind::Trap(_)))
    }

    /// `set -e` and the ERR trap.
    pub(super) fn check_errexit(&mut self) -> Step {
        if self.status == 0 || self.tested > 0 {
            return Step::Go;
        }
        let action = self.traps.get(&ERR).cloned();
        // Functions do not have the ERR trap unless `set -E` says so.
        let has = self.shopts.contains("errtrace")
            || !self.frames.iter().any(|f| matches!(f.kind, FrameKind::Function { .. }));
        if let (Some(action), false, true) = (action, self.in_trap(), has) {
            let status = self.status;
            self.run_source(&action, FrameKind::Trap(status), "trap");
            self.exit_after_trap = self.opts.errexit.then_some(status);
        } else if self.opts.errexit {
            self.exit_with = Some(self.status);
        }
        Step::Go
    }
}
