//! Running code: the machine behind the shell.

use std::rc::Rc;

use crate::{
    errno::Errno,
    host::ExitStatus,
    kernel::{ChildEvent, OpenFlags, ShellKind, Sys, WaitFor},
    program::{Fd, Pid, Wait},
    shell::{
        Shell, Step,
        builtins::{self, Done, Pending},
        code::{Code, Op, Simple, Word},
        expand::{Expanded, Stop},
        input::{Input, Next},
        jobs::Job,
        redirect::Undo,
        vars::Var,
    },
    signal::Signal,
    text::glob,
};

/// A piece of code being run.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    pub code: Rc<Code>,
    pub pc: usize,
    pub kind: FrameKind,
    /// Depths to go back to when the frame is left.
    pub loops: usize,
    pub redirects: usize,
    pub cases: usize,
    pub tested: u32,
    /// Redirections of the command that began the frame, and variables set for it alone.
    pub undo: Undo,
    pub restore: Vec<(String, Option<Var>)>,
}

#[derive(Clone, Debug)]
pub(super) enum FrameKind {
    Top,
    Function {
        name: Rc<str>,
        params: Rc<Vec<String>>,
    },
    /// With the positional parameters to put back, if it was given its own.
    Source(Option<Rc<Vec<String>>>),
    Eval,
    /// A trap's action; with the status to put back.
    Trap(i32),
}

impl Frame {
    pub fn function_name(&self) -> Option<String> {
        match &self.kind {
            FrameKind::Function { name, .. } => Some(name.to_string()),
            _ => None,
        }
    }
}

/// A loop being run.
#[derive(Clone, Debug)]
pub(super) struct Loop {
    frame: usize,
    end: usize,
    next: usize,
    redirects: usize,
    cases: usize,
    tested: u32,
    words: Option<(Rc<str>, std::collections::VecDeque<String>)>,
    status: i32,
}

/// What the shell waits for before it goes on.
#[derive(Clone, Debug)]
pub(super) enum Waiting {
    /// The output of a command substitution.
    Capture {
        pid: Pid,
        fd: Fd,
        buf: Vec<u8>,
        ended: bool,
    },
    /// Processes in the foreground.
    Foreground {
        pids: Vec<(Pid, Option<ExitStatus>)>,
        pgid: Pid,
        text: String,
        pipeline: bool,
    },
    Builtin {
        state: Pending,
        undo: Undo,
        restore: Vec<(String, Option<Var>)>,
    },
}

/// The most output a command substitution may have.
const MAX_CAPTURE: usize = 16 << 20;
/// The number under which the ERR trap is kept.
pub(super) const ERR: u8 = 100;
/// How deeply functions may call one another.
const MAX_FRAMES: usize = 400;

impl Shell {
    /// Does one thing.
    pub(super) fn step(&mut self, sys: &mut Sys<'_>) -> Step {
        self.note_signals(sys);
        if let Some(waiting) = self.waiting.take() {
            return self.go_on_waiting(sys, waiting);
        }
        if let Some(step) = self.run_traps(sys) {
            return step;
        }
        if let Some(code) = self.exit_with {
            return self.leave(sys, code);
        }
        let Some(frame) = self.frames.last_mut() else { return self.fetch(sys) };
        let Some(op) = frame.code.ops.get(frame.pc).cloned() else {
            self.pop_frame(sys);
            return Step::Go;
        };
        if self.opts.noexec && !self.interactive {
            frame.pc += 1;
            return Step::Go;
        }
        self.execute(sys, op)
    }

    /// Gets the next command of the input.
    fn fetch(&mut self, sys: &mut Sys<'_>) -> Step {
        if self.interactive {
            self.reap_jobs(sys);
        }
        match self.next_command(sys) {
            Next::Code(code) => {
                if self.opts.verbose && !code.text.is_empty() {
                    self.eprint(format!("{}\n", code.text));
                }
                self.push_frame(Rc::new(code), FrameKind::Top);
                Step::Go
            }
            Next::End => {
                self.exit_with = Some(self.status);
                Step::Go
            }
            Next::Wait(wait) => Step::Wait(wait),
            Next::Bad(error) => {
                self.syntax_error(&error);
                self.status = 2;
                if matches!(error, crate::shell::parse::ParseError::BadSubstitution(..))
                    && self.kind == ShellKind::Bash
                {
                    self.status = 1;
                }
                if !self.interactive {
                    self.exit_with = Some(self.status);
                }
                Step::Go
            }
        }
    }

    /// Ends the shell, after its EXIT trap.
    fn leave(&mut self, sys: &mut Sys<'_>, code: i32) -> Step {
        if let Some(action) = self.traps.get(&0).cloned() {
            Rc::make_mut(&mut self.traps).remove(&0);
            self.unwind(sys, 0);
            self.exit_with = None;
            self.status = code;
            if self.run_source(&action, FrameKind::Trap(code)) {
                // The status it leaves with is the one it had, unless the trap says otherwise.
                if let Some(frame) = self.frames.first_mut() {
                    frame.kind = FrameKind::Trap(code);
                }
                self.input = Input::None;
                return Step::Go;
            }
            self.exit_with = Some(code);
        }
        if self.interactive && self.opts.monitor {
            for job in std::mem::take(&mut self.jobs) {
                if job.stopped {
                    let _gone = sys.kill_group(job.pgid, Signal::HUP);
                    let _gone = sys.kill_group(job.pgid, Signal::CONT);
                }
            }
        }
        self.leaving = true;
        Step::Go
    }

    pub(super) fn push_frame(&mut self, code: Rc<Code>, kind: FrameKind) {
        self.frames.push(Frame {
            code,
            pc: 0,
            kind,
            loops: self.loops.len(),
            redirects: self.redirects.len(),
            cases: self.cases.len(),
            tested: self.tested,
            undo: Undo::default(),
            restore: Vec::new(),
        });
    }

    /// Leaves the topmost frame and puts back what it had changed.
    pub(super) fn pop_frame(&mut self, sys: &mut Sys<'_>) {
        let Some(frame) = self.frames.pop() else { return };
        self.loops.truncate(frame.loops);
        self.cases.truncate(frame.cases);
        while self.redirects.len() > frame.redirects {
            if let Some(undo) = self.redirects.pop() {
                self.undo(sys, undo);
            }
        }
        self.tested = frame.tested;
        match frame.kind {
            FrameKind::Function { params, .. } => {
                self.params = params;
                self.vars.pop_scope();
            }
            FrameKind::Source(Some(params)) => self.params = params,
            FrameKind::Trap(status) => {
                self.status = status;
                self.exit_with = self.exit_with.or(self.exit_after_trap.take());
            }
            _ => {}
        }
        for (name, old) in frame.restore.into_iter().rev() {
            self.vars.restore(&name, old);
        }
        self.undo(sys, frame.undo);
        self.begin_command();
    }

    /// Leaves frames until `depth` are left.
    pub(super) fn unwind(&mut self, sys: &mut Sys<'_>, depth: usize) {
        while self.frames.len() > depth {
            self.pop_frame(sys);
        }
    }

    /// Compiles text and runs it as a frame; false when it has a syntax error (reported).
    pub(super) fn run_source(&mut self, text: &str, kind: FrameKind) -> bool {
        let aliases = self.aliases.clone();
        let mut parser =
            crate::shell::parse::Parser::new(text, self.kind, &aliases).starting_at(self.line.max(1));
        if matches!(kind, FrameKind::Source(_)) {
            parser.line = 1;
        }
        parser.extglob = self.opts.extglob;
        parser.lenient = true;
        match parser.whole() {
            Ok(code) => {
                self.push_frame(Rc::new(code), kind);
                true
            }
            Err(error) => {
                self.syntax_error(&error);
                self.status = 2;
                false
            }
        }
    }

    /// Notes caught signals; their traps run between commands.
    fn note_signals(&mut self, sys: &mut Sys<'_>) {
        while let Some(signal) = sys.take_signal() {
            if self.traps.contains_key(&signal.0) {
                self.pending_traps.push(signal);
            } else if signal == Signal::INT && self.interactive {
                self.interrupt(sys);
            }
        }
    }

    /// ^C at an interactive shell: the command line is given up.
    fn interrupt(&mut self, sys: &mut Sys<'_>) {
        if matches!(self.waiting, Some(Waiting::Foreground { .. })) {
            return;
        }
        if let Some(Waiting::Builtin { undo, .. }) = self.waiting.take() {
            self.undo(sys, undo);
        }
        if !self.frames.is_empty() {
            self.unwind(sys, 0);
            self.print("\n");
        }
        self.status = 130;
    }

    fn run_traps(&mut self, _sys: &mut Sys<'_>) -> Option<Step> {
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
        self.run_source(&action, FrameKind::Trap(status));
        Some(Step::Go)
    }

    fn go_on_waiting(&mut self, sys: &mut Sys<'_>, waiting: Waiting) -> Step {
        match waiting {
            Waiting::Capture { pid, fd, buf, ended } => self.capture(sys, pid, fd, buf, ended),
            Waiting::Foreground { pids, pgid, text, pipeline } => {
                self.foreground(sys, pids, pgid, text, pipeline)
            }
            Waiting::Builtin { state, undo, restore } => {
                let done = builtins::resume(self, sys, state);
                self.after_builtin(sys, done, undo, restore)
            }
        }
    }

    fn capture(&mut self, sys: &mut Sys<'_>, pid: Pid, fd: Fd, mut buf: Vec<u8>, mut ended: bool) -> Step {
        while !ended {
            match sys.read(fd, 65_536) {
                Ok(bytes) if bytes.is_empty() => {
                    ended = true;
                    let _closed = sys.close(fd);
                }
                Ok(bytes) => {
                    if buf.len() < MAX_CAPTURE {
                        buf.extend_from_slice(&bytes);
                    }
                }
                Err(Errno::EAGAIN) => {
                    self.waiting = Some(Waiting::Capture { pid, fd, buf, ended });
                    return Step::Wait(Wait::read(fd));
                }
                Err(_) => {
                    ended = true;
                    let _closed = sys.close(fd);
                }
            }
        }
        match sys.wait(WaitFor::Pid(pid), false) {
            Ok((_, ChildEvent::Exited(status))) => {
                self.substituted = Some(status.code());
                self.status = status.code();
            }
            Err(Errno::EAGAIN) => {
                self.waiting = Some(Waiting::Capture { pid, fd, buf, ended });
                return Step::Wait(Wait::child());
            }
            _ => self.substituted = Some(self.status),
        }
        buf.retain(|b| *b != 0);
        while buf.last() == Some(&b'\n') {
            buf.pop();
        }
        self.memo.push(String::from_utf8_lossy(&buf).into_owned());
        Step::Go
    }

    fn foreground(
        &mut self,
        sys: &mut Sys<'_>,
        mut pids: Vec<(Pid, Option<ExitStatus>)>,
        pgid: Pid,
        text: String,
        pipeline: bool,
    ) -> Step {
        let job_control = self.opts.monitor;
        let mut stopped = false;
        for (pid, status) in pids.iter_mut().filter(|(_, s)| s.is_none()) {
            match sys.wait(WaitFor::Pid(*pid), job_control) {
                Ok((_, ChildEvent::Exited(s))) => *status = Some(s),
                Ok((_, ChildEvent::Stopped)) => stopped = true,
                Ok((_, ChildEvent::Continued)) | Err(Errno::EAGAIN) => {}
                Err(_) => *status = Some(ExitStatus::Code(127)),
            }
        }
        if stopped {
            self.take_terminal(sys);
            let id = self.next_job_id();
            let job = Job { id, pgid, pids, text, stopped: true, notified: true };
            self.print(format!("\n[{id}]+  Stopped                 {}\n", job.text));
            self.jobs.push(job);
            return self.finish(sys, 148);
        }
        if pids.iter().any(|(_, s)| s.is_none()) {
            self.waiting = Some(Waiting::Foreground { pids, pgid, text, pipeline });
            return Step::Wait(Wait::child());
        }
        if job_control {
            self.take_terminal(sys);
        }
        let statuses: Vec<i32> = pids.iter().map(|(_, s)| s.map_or(127, ExitStatus::code)).collect();
        let last = pids.last().and_then(|(pid, s)| Some((*pid, (*s)?)));
        if let Some((pid, ExitStatus::Signal(signal))) = last {
            self.report_death(pid, signal, &text);
            if signal == Signal::INT && self.interactive {
                // ^C ends the whole command line, loops included.
                self.unwind(sys, 0);
                self.begin_command();
                self.status = 130;
                return Step::Go;
            }
        }
        let mut status = statuses.last().copied().unwrap_or(0);
        if self.opts.pipefail && pipeline {
            status = statuses.iter().rev().copied().find(|s| *s != 0).unwrap_or(0);
        }
        self.pipe_status = Rc::new(statuses);
        self.finish(sys, status)
    }

    /// Says that a signal ended a command, as the shells do.
    fn report_death(&mut self, pid: Pid, signal: Signal, text: &str) {
        if signal == Signal::PIPE {
            return;
        }
        if signal == Signal::INT {
            if self.interactive {
                self.print("\n");
            }
            return;
        }
        let what = signal.description();
        match self.kind {
            ShellKind::Bash if self.interactive => self.eprint(format!("{what}\n")),
            ShellKind::Bash if self.subshell == 0 => {
                let prefix = self.prefix();
                self.eprint(format!("{prefix}{pid:>5} {what:<24}{text}\n"));
            }
            ShellKind::Bash => {}
            _ => self.eprint(format!("{what}\n")),
        }
    }

    /// Makes the shell's own group the terminal's foreground again.
    pub(super) fn take_terminal(&mut self, sys: &mut Sys<'_>) {
        if self.opts.monitor {
            let own = sys.pgid();
            let _no_tty = sys.set_foreground(own);
        }
    }

    /// Forgets what was noted for the command before.
    pub(super) fn begin_command(&mut self) {
        self.memo.clear();
        self.memo_at = 0;
        self.assigned = 0;
        self.substituted = None;
    }

    /// The command at the program counter is done.
    pub(super) fn finish(&mut self, sys: &mut Sys<'_>, status: i32) -> Step {
        self.status = status;
        self.begin_command();
        for fd in std::mem::take(&mut self.process_fds) {
            let _closed = sys.close(fd);
        }
        if let Some(frame) = self.frames.last_mut() {
            frame.pc += 1;
        }
        self.check_errexit()
    }

    /// `set -e` and the ERR trap.
    fn check_errexit(&mut self) -> Step {
        if self.status == 0 || self.tested > 0 {
            return Step::Go;
        }
        let action = self.traps.get(&ERR).cloned();
        let in_trap = self.frames.iter().any(|f| matches!(f.kind, FrameKind::Trap(_)));
        if let (Some(action), false) = (action, in_trap) {
            let status = self.status;
            self.run_source(&action, FrameKind::Trap(status));
            self.exit_after_trap = self.opts.errexit.then_some(status);
        } else if self.opts.errexit {
            self.exit_with = Some(self.status);
        }
        Step::Go
    }

    fn jump(&mut self, offset: i32) {
        if let Some(frame) = self.frames.last_mut() {
            frame.pc = (frame.pc as i64 + i64::from(offset)).max(0) as usize;
        }
    }

    fn execute(&mut self, sys: &mut Sys<'_>, op: Op) -> Step {
        match op {
            Op::Simple(simple) => return self.simple(sys, &simple),
            Op::Jump(n) => self.jump(n),
            Op::JumpIfFail(n) => self.jump(if self.status != 0 { n } else { 1 }),
            Op::JumpIfOk(n) => self.jump(if self.status == 0 { n } else { 1 }),
            Op::Tested => {
                self.tested += 1;
                self.jump(1);
            }
            Op::Untested => {
                self.tested = self.tested.saturating_sub(1);
                self.jump(1);
            }
            Op::Not => {
                self.status = i32::from(self.status == 0);
                self.jump(1);
            }
            Op::SetStatus(n) => {
                self.status = n;
                self.jump(1);
            }
            Op::Redirect(redirs, skip) => {
                let targets = match self.redirect_targets(sys, &redirs) {
                    Ok(targets) => targets,
                    Err(stop) => return self.stop(sys, stop, skip),
                };
                self.begin_command();
                match self.redirect(sys, &redirs, targets) {
                    Ok(undo) => {
                        self.redirects.push(undo);
                        self.jump(1);
                    }
                    Err(message) => {
                        self.error(message);
                        self.status = if self.kind == ShellKind::Dash { 2 } else { 1 };
                        self.jump(skip);
                        return self.check_errexit();
                    }
                }
            }
            Op::Restore => {
                if let Some(undo) = self.redirects.pop() {
                    self.undo(sys, undo);
                }
                self.jump(1);
            }
            Op::Loop { end, next } => {
                let frame = self.frames.len() - 1;
                let pc = self.frames[frame].pc as i64;
                self.loops.push(Loop {
                    frame,
                    end: (pc + i64::from(end)) as usize,
                    next: (pc + i64::from(next)) as usize,
                    redirects: self.redirects.len(),
                    cases: self.cases.len(),
                    tested: self.tested,
                    words: self.for_words.take().map(|(name, words)| (name, words.into())),
                    status: 0,
                });
                self.jump(1);
            }
            Op::SaveStatus => {
                let status = self.status;
                if let Some(l) = self.loops.last_mut() {
                    l.status = status;
                }
                self.jump(1);
            }
            Op::EndLoop => {
                if let Some(l) = self.loops.pop() {
                    self.status = l.status;
                }
                self.jump(1);
            }
            Op::For { name, words, line } => {
                self.line = line;
                let words = match words {
                    None => self.params.to_vec(),
                    Some(words) => match self.fields(sys, &words) {
                        Ok(words) => words,
                        Err(stop) => return self.stop(sys, stop, 1),
                    },
                };
                self.begin_command();
                self.for_words = Some((name, words));
                self.jump(1);
            }
            Op::NextWord(leave) => {
                let next = self
                    .loops
                    .last_mut()
                    .and_then(|l| l.words.as_mut())
                    .and_then(|(name, words)| Some((name.clone(), words.pop_front()?)));
                match next {
                    Some((name, word)) => {
                        if !self.assign(&name, word) {
                            self.status = 1;
                            self.jump(leave);
                        } else {
                            self.jump(1);
                        }
                    }
                    None => self.jump(leave),
                }
            }
            Op::Select(leave) => return self.select(sys, leave),
            Op::Case(word) => match self.text(sys, &word) {
                Ok(text) => {
                    self.begin_command();
                    self.cases.push(text);
                    self.jump(1);
                }
                Err(stop) => return self.stop(sys, stop, 1),
            },
            Op::Match(patterns, otherwise) => return self.match_case(sys, &patterns, otherwise),
            Op::EndCase => {
                self.cases.pop();
                self.jump(1);
            }
            Op::Arith(word) => match self.text(sys, &word) {
                Ok(text) => return self.finish(sys, i32::from(text == "0")),
                Err(Stop::Fatal(message)) => {
                    self.error(format!("((: {message}"));
                    return self.finish(sys, 1);
                }
                Err(stop) => return self.stop(sys, stop, 1),
            },
            Op::Cond(cond) => match self.cond(sys, &cond) {
                Ok(true) => return self.finish(sys, 0),
                Ok(false) => return self.finish(sys, 1),
                Err(stop) => return self.stop(sys, stop, 1),
            },
            Op::Pipeline(stages) => return self.pipeline(sys, &stages),
            Op::Subshell(code) => return self.in_subshell(sys, &code),
            Op::Background(code) => return self.background(sys, &code),
            Op::Function(name, code) => {
                Rc::make_mut(&mut self.functions).insert(name.to_string(), code);
                return self.finish(sys, 0);
            }
            Op::Time => {
                let (own, children) = sys.cpu_times();
                self.times.push((sys.now(), own + children));
                self.jump(1);
            }
            Op::EndTime(posix) => {
                if let Some((began, cpu)) = self.times.pop() {
                    let (own, children) = sys.cpu_times();
                    let real = sys.now().since(began);
                    let user = (own + children - cpu) as i64;
                    self.eprint(jobs_times(real, user, posix || self.kind != ShellKind::Bash, self.kind));
                }
                self.jump(1);
            }
        }
        Step::Go
    }

    fn match_case(&mut self, sys: &mut Sys<'_>, patterns: &[Word], otherwise: i32) -> Step {
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
                Err(stop) => return self.stop(sys, stop, 1),
            }
        }
        self.begin_command();
        self.jump(otherwise);
        Step::Go
    }

    /// `break` and `continue`.
    pub(super) fn leave_loop(&mut self, sys: &mut Sys<'_>, levels: usize, again: bool) {
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

    /// The variable and words of the innermost loop.
    pub(super) fn for_choices(&self) -> Option<(Rc<str>, Vec<String>)> {
        let (name, words) = self.loops.last()?.words.as_ref()?;
        Some((name.clone(), words.iter().cloned().collect()))
    }

    /// `select` got its choice: the loop's body runs.
    pub(super) fn choose(&mut self, word: &str) {
        if let Some((name, _)) = self.for_choices() {
            self.assign(&name, word);
        }
        self.jump(1);
    }

    /// `select` got the end of its input.
    pub(super) fn leave_select(&mut self, leave: i32) -> Step {
        self.jump(leave);
        Step::Go
    }

    /// How many loops `break` could leave.
    pub(super) fn loop_depth(&self) -> usize {
        let base =
            self.frames.iter().rposition(|f| matches!(f.kind, FrameKind::Function { .. })).unwrap_or(0);
        self.loops.iter().filter(|l| l.frame >= base).count()
    }

    /// `return`: leaves the function or sourced file; false when there is none.
    pub(super) fn leave_function(&mut self, sys: &mut Sys<'_>) -> bool {
        let at = self
            .frames
            .iter()
            .rposition(|f| matches!(f.kind, FrameKind::Function { .. } | FrameKind::Source(_)));
        match at {
            Some(at) => {
                let status = self.status;
                self.unwind(sys, at);
                self.status = status;
                true
            }
            None => false,
        }
    }

    /// An expansion did not end: runs what it needs, or fails the command (skipping `skip` instructions).
    fn stop(&mut self, sys: &mut Sys<'_>, stop: Stop, skip: i32) -> Step {
        match stop {
            Stop::Need(code) => self.start_capture(sys, &code),
            Stop::Process(writes, code) => self.start_process(sys, writes, &code),
            Stop::Fatal(message) => {
                let arithmetic = message.contains("error token");
                self.error(message);
                self.status = if self.kind == ShellKind::Dash || self.kind == ShellKind::Ash { 2 } else { 1 };
                self.begin_command();
                if self.interactive {
                    self.unwind(sys, 0);
                } else {
                    let code = if self.kind == ShellKind::Bash {
                        if self.unbound() && !arithmetic { 127 } else { 1 }
                    } else {
                        2
                    };
                    self.exit_with = Some(code);
                }
                let _skipped = skip;
                Step::Go
            }
            Stop::Failed(status) => self.finish(sys, status),
        }
    }

    /// bash -c leaves with 127 after an unbound variable.
    fn unbound(&self) -> bool {
        self.opts.command_string || matches!(self.input, Input::None) && self.subshell == 0
    }

    fn start_capture(&mut self, sys: &mut Sys<'_>, code: &Rc<Code>) -> Step {
        // Every expansion starts anew when the output is there.
        self.memo_at = 0;
        if let [Op::Simple(simple)] = code.ops.as_slice()
            && let Some(step) = self.read_file_substitution(sys, simple)
        {
            return step;
        }
        let pipe = sys.pipe();
        let Ok((read, write)) = pipe else {
            self.memo.push(String::new());
            return Step::Go;
        };
        let _open = sys.set_cloexec(read, true);
        let child = self.forked(code, vec![(write, 1)], vec![read, write], false);
        let forked = sys.fork(Box::new(child));
        let _closed = sys.close(write);
        match forked {
            Ok(pid) => self.waiting = Some(Waiting::Capture { pid, fd: read, buf: Vec::new(), ended: false }),
            Err(e) => {
                let _closed = sys.close(read);
                self.error(format!("fork: {e}"));
                self.memo.push(String::new());
            }
        }
        Step::Go
    }

    /// `$(<file)`
    fn read_file_substitution(&mut self, sys: &mut Sys<'_>, simple: &Simple) -> Option<Step> {
        if !simple.words.is_empty()
            || !simple.assigns.is_empty()
            || simple.redirs.len() != 1
            || self.kind != ShellKind::Bash
        {
            return None;
        }
        let redir = &simple.redirs[0];
        if redir.kind != crate::shell::code::RedirKind::Read || redir.fd != 0 {
            return None;
        }
        let saved = (std::mem::take(&mut self.memo), self.memo_at);
        let path = self.text(sys, &redir.target);
        (self.memo, self.memo_at) = saved;
        let path = path.ok()?;
        let text = match sys.vfs().read_text(&path) {
            Ok(text) => {
                self.substituted = Some(0);
                text
            }
            Err(e) => {
                self.error(format!("{path}: {e}"));
                self.substituted = Some(1);
                String::new()
            }
        };
        self.memo.push(text.trim_end_matches('\n').to_string());
        self.memo_at = 0;
        Some(Step::Go)
    }

    fn start_process(&mut self, sys: &mut Sys<'_>, writes: bool, code: &Rc<Code>) -> Step {
        self.memo_at = 0;
        let Ok((read, write)) = sys.pipe() else {
            self.memo.push("/dev/null".to_string());
            return Step::Go;
        };
        let (mine, theirs, onto) = if writes { (read, write, 1) } else { (write, read, 0) };
        // High, so that scripts do not meet it; the paths of /dev/fd are made as they are opened.
        let fd = sys.dup(mine, 60).unwrap_or(mine);
        if fd != mine {
            let _closed = sys.close(mine);
        }
        let child = self.forked(code, vec![(theirs, onto)], vec![theirs, fd], false);
        let forked = sys.fork(Box::new(child));
        let _closed = sys.close(theirs);
        if forked.is_ok() {
            self.process_fds.push(fd);
        }
        self.memo.push(format!("/dev/fd/{fd}"));
        Step::Go
    }

    /// A copy of this shell that runs `code` and ends.
    pub(super) fn forked(
        &mut self,
        code: &Rc<Code>,
        dups: Vec<(Fd, Fd)>,
        closes: Vec<Fd>,
        keep_jobs: bool,
    ) -> Shell {
        let input = std::mem::replace(&mut self.input, Input::None);
        let frames = std::mem::take(&mut self.frames);
        let memo = std::mem::take(&mut self.memo);
        let mut child = self.clone();
        self.input = input;
        self.frames = frames;
        self.memo = memo;
        child.loops.clear();
        child.redirects.clear();
        child.cases.clear();
        child.waiting = None;
        child.pending_traps.clear();
        child.times.clear();
        child.process_fds.clear();
        child.begin_command();
        if !keep_jobs {
            child.jobs.clear();
        }
        // Traps do not reach subshells, except for ignored signals.
        if !child.traps.is_empty() {
            Rc::make_mut(&mut child.traps).retain(|_, action| action.is_empty());
        }
        child.interactive = false;
        child.opts.monitor = false;
        child.subshell += 1;
        child.out = Default::default();
        child.setup = Some((dups, closes));
        let tested = child.tested;
        child.push_frame(code.clone(), FrameKind::Top);
        child.tested = tested;
        child
    }

    /// Puts a new child into a job's group, in the foreground or not.
    fn place(&mut self, sys: &mut Sys<'_>, pid: Pid, group: Pid, foreground: bool) -> Pid {
        if !self.opts.monitor {
            return 0;
        }
        let group = if group == 0 { pid } else { group };
        let _placed = sys.set_pgid(pid, group);
        if foreground {
            let _no_tty = sys.set_foreground(group);
        }
        group
    }

    fn pipeline(&mut self, sys: &mut Sys<'_>, stages: &Rc<[Rc<Code>]>) -> Step {
        match self.start_pipeline(sys, stages, true) {
            Ok((pids, pgid)) => {
                let text = stages.iter().map(|s| s.text.as_str()).collect::<Vec<_>>().join(" | ");
                let pids = pids.into_iter().map(|p| (p, None)).collect();
                self.waiting = Some(Waiting::Foreground { pids, pgid, text, pipeline: true });
                Step::Go
            }
            Err(e) => {
                self.error(format!("fork: {e}"));
                self.finish(sys, 254)
            }
        }
    }

    fn start_pipeline(
        &mut self,
        sys: &mut Sys<'_>,
        stages: &[Rc<Code>],
        foreground: bool,
    ) -> Result<(Vec<Pid>, Pid), Errno> {
        let mut input: Option<Fd> = None;
        let mut pids = Vec::new();
        let mut group = 0;
        for (i, code) in stages.iter().enumerate() {
            let last = i + 1 == stages.len();
            let pipe = if last { None } else { Some(sys.pipe()?) };
            let mut dups = Vec::new();
            let mut closes = Vec::new();
            if let Some(fd) = input {
                dups.push((fd, 0));
                closes.push(fd);
            }
            if let Some((read, write)) = pipe {
                dups.push((write, 1));
                closes.extend([read, write]);
            }
            let child = self.forked(code, dups, closes, false);
            let forked = sys.fork(Box::new(child));
            if let Some(fd) = input.take() {
                let _closed = sys.close(fd);
            }
            if let Some((read, write)) = pipe {
                let _closed = sys.close(write);
                input = Some(read);
            }
            match forked {
                Ok(pid) => {
                    group = self.place(sys, pid, group, foreground);
                    pids.push(pid);
                }
                Err(e) => {
                    if let Some(fd) = input {
                        let _closed = sys.close(fd);
                    }
                    return Err(e);
                }
            }
        }
        Ok((pids, group))
    }

    fn in_subshell(&mut self, sys: &mut Sys<'_>, code: &Rc<Code>) -> Step {
        let child = self.forked(code, Vec::new(), Vec::new(), false);
        match sys.fork(Box::new(child)) {
            Ok(pid) => {
                let pgid = self.place(sys, pid, 0, true);
                let text = format!("( {} )", code.text);
                self.waiting =
                    Some(Waiting::Foreground { pids: vec![(pid, None)], pgid, text, pipeline: false });
                Step::Go
            }
            Err(e) => {
                self.error(format!("fork: {e}"));
                self.finish(sys, 254)
            }
        }
    }

    fn background(&mut self, sys: &mut Sys<'_>, code: &Rc<Code>) -> Step {
        let started = match code.ops.as_slice() {
            [Op::Pipeline(stages)] => self.start_pipeline(sys, stages, false),
            _ => {
                let mut dups = Vec::new();
                let mut closes = Vec::new();
                if !self.opts.monitor
                    && let Ok(null) = sys.open("/dev/null", OpenFlags::READ, 0)
                {
                    dups.push((null, 0));
                    closes.push(null);
                }
                let child = self.forked(code, dups, closes.clone(), false);
                let forked = sys.fork(Box::new(child));
                for fd in closes {
                    let _closed = sys.close(fd);
                }
                forked.map(|pid| {
                    let group = self.place(sys, pid, 0, false);
                    if !self.opts.monitor {
                        self.deaf(sys, pid);
                    }
                    (vec![pid], group)
                })
            }
        };
        match started {
            Ok((pids, pgid)) => {
                let last = pids.last().copied();
                self.last_background = last;
                let id = self.next_job_id();
                if self.interactive {
                    self.eprint(format!("[{id}] {}\n", last.unwrap_or(0)));
                }
                let pids = pids.into_iter().map(|p| (p, None)).collect();
                self.jobs.push(Job {
                    id,
                    pgid,
                    pids,
                    text: code.text.clone(),
                    stopped: false,
                    notified: false,
                });
                self.finish(sys, 0)
            }
            Err(e) => {
                self.error(format!("fork: {e}"));
                self.finish(sys, 254)
            }
        }
    }

    /// Without job control, background commands ignore ^C and ^\.
    fn deaf(&mut self, sys: &mut Sys<'_>, pid: Pid) {
        if let Ok(child) = sys.k.proc_mut(pid) {
            child.ignored.insert(Signal::INT);
            child.ignored.insert(Signal::QUIT);
        }
    }

    fn simple(&mut self, sys: &mut Sys<'_>, simple: &Rc<Simple>) -> Step {
        if simple.line > 0 {
            self.line = simple.line;
        }
        self.memo_at = 0;
        match self.expand_simple(sys, simple) {
            Ok(Some((words, targets, temporary))) => self.run_command(sys, simple, words, targets, temporary),
            Ok(None) => {
                let status = self.substituted.unwrap_or(0);
                self.finish(sys, status)
            }
            Err(stop) => self.stop(sys, stop, 1),
        }
    }

    /// Expands a simple command. None when it consisted of assignments alone, which are made.
    #[allow(clippy::type_complexity)]
    fn expand_simple(
        &mut self,
        sys: &mut Sys<'_>,
        simple: &Rc<Simple>,
    ) -> Expanded<Option<(Vec<String>, Vec<String>, Vec<(String, String)>)>> {
        let words = self.fields(sys, &simple.words)?;
        let targets = self.redirect_targets(sys, &simple.redirs)?;
        let declares =
            simple.assigns.iter().any(|a| matches!(a.value, crate::shell::code::AssignValue::Array(_)))
                && !words.is_empty();
        if !words.is_empty() && !declares {
            let mut temporary = Vec::new();
            for assign in &simple.assigns {
                let crate::shell::code::AssignValue::Word(word) = &assign.value else { continue };
                let mut value = self.text(sys, word)?;
                if assign.append {
                    value = format!("{}{value}", self.vars.text(&assign.name).unwrap_or(""));
                }
                temporary.push((assign.name.to_string(), value));
            }
            return Ok(Some((words, targets, temporary)));
        }
        if declares {
            return Ok(Some((words, targets, Vec::new())));
        }
        if simple.assigns.is_empty() {
            return Ok(Some((words, targets, Vec::new())));
        }
        let noted = (self.memo_at, targets);
        for (i, assign) in simple.assigns.iter().enumerate() {
            if i < self.assigned {
                continue;
            }
            if !self.make_assignment(sys, assign)? {
                return if self.interactive {
                    Err(Stop::Failed(1))
                } else {
                    self.exit_with = Some(if self.kind == ShellKind::Bash { 1 } else { 2 });
                    Err(Stop::Failed(1))
                };
            }
            // What was noted for this assignment is used up; the words before have none.
            self.memo.truncate(noted.0);
            self.memo_at = noted.0;
            self.assigned = i + 1;
        }
        if !simple.redirs.is_empty() {
            match self.redirect(sys, &simple.redirs, noted.1) {
                Ok(undo) => self.undo(sys, undo),
                Err(message) => {
                    self.error(message);
                    return Err(Stop::Failed(1));
                }
            }
        }
        Ok(None)
    }

    fn run_command(
        &mut self,
        sys: &mut Sys<'_>,
        simple: &Rc<Simple>,
        words: Vec<String>,
        targets: Vec<String>,
        temporary: Vec<(String, String)>,
    ) -> Step {
        if self.opts.xtrace {
            self.trace(&words, &temporary);
        }
        let name = words.first().cloned().unwrap_or_default();
        let is_function = self.functions.contains_key(&name) && !builtins::is_special(&name);
        let builtin = builtins::find(&name, self.kind);
        if name.is_empty() && words.is_empty() || is_function || builtin.is_some() {
            if self.frames.len() > MAX_FRAMES {
                self.error(format!("{name}: maximum function nesting level exceeded"));
                self.exit_with = Some(2);
                return Step::Go;
            }
            let undo = match self.redirect(sys, &simple.redirs, targets) {
                Ok(undo) => undo,
                Err(message) => {
                    self.error(message);
                    if builtins::is_special(&name) && self.kind != ShellKind::Bash && !self.interactive {
                        self.exit_with = Some(2);
                    }
                    let status = if self.kind == ShellKind::Dash { 2 } else { 1 };
                    return self.finish(sys, status);
                }
            };
            let mut restore = Vec::new();
            let keep = builtins::is_special(&name) && self.kind != ShellKind::Bash || name == "exec";
            for (var, value) in temporary {
                if !keep {
                    restore.push((var.clone(), self.vars.save(&var)));
                }
                if !self.assign(&var, value) {
                    self.undo(sys, undo);
                    return self.finish(sys, 1);
                }
                self.vars.entry(&var).exported = true;
            }
            if is_function {
                return self.call(name, words, undo, restore);
            }
            let Some(builtin) = builtin else {
                self.undo(sys, undo);
                return self.finish(sys, self.substituted.unwrap_or(0));
            };
            let done = builtin(self, sys, &words, simple);
            return self.after_builtin(sys, done, undo, restore);
        }
        self.external(sys, simple, words, targets, temporary)
    }

    pub(super) fn call(
        &mut self,
        name: String,
        words: Vec<String>,
        undo: Undo,
        restore: Vec<(String, Option<Var>)>,
    ) -> Step {
        let Some(code) = self.functions.get(&name).cloned() else { return Step::Go };
        // The caller goes on behind the call.
        if let Some(frame) = self.frames.last_mut() {
            frame.pc += 1;
        }
        self.begin_command();
        let params = std::mem::replace(&mut self.params, Rc::new(words.into_iter().skip(1).collect()));
        self.push_frame(code, FrameKind::Function { name: name.into(), params });
        self.vars.push_scope();
        if let Some(frame) = self.frames.last_mut() {
            frame.undo = undo;
            frame.restore = restore;
        }
        Step::Go
    }

    fn after_builtin(
        &mut self,
        sys: &mut Sys<'_>,
        done: Done,
        undo: Undo,
        restore: Vec<(String, Option<Var>)>,
    ) -> Step {
        match done {
            Done::Status(status) => {
                self.flush(sys, undo, restore);
                self.finish(sys, status)
            }
            Done::Wait(state, wait) => {
                self.waiting = Some(Waiting::Builtin { state, undo, restore });
                Step::Wait(wait)
            }
            Done::Source(text, kind) => {
                if let Some(frame) = self.frames.last_mut() {
                    frame.pc += 1;
                }
                self.begin_command();
                self.status = 0;
                if self.run_source(&text, kind) {
                    if let Some(frame) = self.frames.last_mut() {
                        frame.undo = undo;
                        frame.restore = restore;
                    }
                } else {
                    self.flush(sys, undo, restore);
                    if !self.interactive && self.kind != ShellKind::Bash {
                        self.exit_with = Some(2);
                    }
                }
                Step::Go
            }
            Done::Break(levels, again) => {
                self.flush(sys, undo, restore);
                self.begin_command();
                self.status = 0;
                if self.loop_depth() == 0 {
                    return self.finish(sys, 0);
                }
                self.leave_loop(sys, levels, again);
                Step::Go
            }
            Done::Return(status) => {
                self.flush(sys, undo, restore);
                self.status = status;
                if !self.leave_function(sys) {
                    if self.frames.iter().any(|f| matches!(f.kind, FrameKind::Trap(_)))
                        || self.subshell > 0
                        || self.kind != ShellKind::Bash
                    {
                        self.exit_with = Some(status);
                        return Step::Go;
                    }
                    self.builtin_error("return", "can only `return' from a function or sourced script");
                    return self.finish(sys, 2);
                }
                self.check_errexit()
            }
            Done::Exit(code) => {
                self.flush(sys, undo, restore);
                self.exit_with = Some(code & 255);
                Step::Go
            }
            Done::KeepRedirects(status) => {
                self.keep(sys, undo);
                self.finish(sys, status)
            }
            Done::Foreground(at) => {
                self.flush(sys, undo, restore);
                let job = self.jobs.remove(at);
                self.print(format!("{}\n", job.text));
                if job.pgid != 0 {
                    let _no_tty = sys.set_foreground(job.pgid);
                    let _gone = sys.kill_group(job.pgid, Signal::CONT);
                }
                let pipeline = job.pids.len() > 1;
                self.waiting =
                    Some(Waiting::Foreground { pids: job.pids, pgid: job.pgid, text: job.text, pipeline });
                Step::Go
            }
            Done::Exec(words) => self.exec(sys, words, undo),
            Done::Command(words) => {
                self.flush(sys, undo, restore);
                let simple = Rc::new(Simple { line: self.line, ..Simple::default() });
                if let Some(builtin) = builtins::find(&words[0], self.kind) {
                    let done = builtin(self, sys, &words, &simple);
                    return self.after_builtin(sys, done, Undo::default(), Vec::new());
                }
                self.external(sys, &simple, words, Vec::new(), Vec::new())
            }
        }
    }

    /// Undoes a builtin's redirections and variables. Its output goes where the redirections led, so it is written
    /// first; what a full pipe does not take is lost only if the redirection was to a pipe of the shell's own.
    fn flush(&mut self, sys: &mut Sys<'_>, undo: Undo, restore: Vec<(String, Option<Var>)>) {
        if !undo.is_empty() {
            let _full = self.out.drain(sys);
        }
        for (name, old) in restore.into_iter().rev() {
            self.vars.restore(&name, old);
        }
        self.undo(sys, undo);
    }

    fn exec(&mut self, sys: &mut Sys<'_>, words: Vec<String>, undo: Undo) -> Step {
        self.keep(sys, undo);
        let path = self.vars.text("PATH").unwrap_or("").to_string();
        let result = sys
            .find_program(&words[0], &path)
            .and_then(|file| sys.exec(&file, words.clone(), Rc::new(self.vars.environment())));
        match result {
            Ok(()) => Step::Replaced,
            Err(e) => {
                let status = self.command_failed(&words[0], e, true);
                if !self.interactive {
                    self.exit_with = Some(status);
                }
                self.finish(sys, status)
            }
        }
    }

    /// Says why a command cannot be run; gives the status.
    fn command_failed(&mut self, name: &str, error: Errno, exec: bool) -> i32 {
        let status = if error == Errno::ENOENT { 127 } else { 126 };
        let slash = name.contains('/');
        let message = match (self.kind, error) {
            (ShellKind::Bash, Errno::ENOENT) if exec && !slash => format!("exec: {name}: not found"),
            (ShellKind::Bash, Errno::ENOENT) if !slash => format!("{name}: command not found"),
            (ShellKind::Bash, Errno::ENOENT) => format!("{name}: No such file or directory"),
            (ShellKind::Bash, Errno::ENOEXEC) => {
                format!("{name}: cannot execute binary file: Exec format error")
            }
            (ShellKind::Bash, e) => format!("{name}: {e}"),
            (_, Errno::ENOENT) if exec => format!("exec: {name}: not found"),
            (_, Errno::ENOENT) => format!("{name}: not found"),
            (_, e) => format!("{name}: {e}"),
        };
        self.error(message);
        status
    }

    fn external(
        &mut self,
        sys: &mut Sys<'_>,
        simple: &Rc<Simple>,
        words: Vec<String>,
        targets: Vec<String>,
        temporary: Vec<(String, String)>,
    ) -> Step {
        let undo = match self.redirect(sys, &simple.redirs, targets) {
            Ok(undo) => undo,
            Err(message) => {
                self.error(message);
                let status = if self.kind == ShellKind::Dash { 2 } else { 1 };
                return self.finish(sys, status);
            }
        };
        let mut env = self.vars.environment();
        let mut search = self.vars.text("PATH").unwrap_or("").to_string();
        for (name, value) in temporary {
            if name == "PATH" {
                search = value.clone();
            }
            env.retain(|(n, _)| *n != name);
            env.push((name, value));
        }
        let mut file = sys.find_program(&words[0], &search);
        if words[0].contains('/') && file.is_err() && sys.stat(&words[0]).is_ok_and(|s| s.is_dir()) {
            self.error(match self.kind {
                ShellKind::Bash => format!("{}: Is a directory", words[0]),
                _ => format!("{}: Permission denied", words[0]),
            });
            self.undo(sys, undo);
            return self.finish(sys, 126);
        }
        if let Ok(path) = &mut file
            && !path.starts_with('/')
            && !words[0].contains('/')
        {
            *path = format!("./{}", path.trim_start_matches("./"));
        }
        env.retain(|(n, _)| n != "_");
        if let (Ok(path), ShellKind::Bash) = (&file, self.kind) {
            env.push(("_".to_string(), path.clone()));
        }
        let env = Rc::new(env);
        let tail = self.is_tail() && undo.is_transparent();
        if tail && let Ok(path) = &file {
            match sys.exec(path, words.clone(), env.clone()) {
                Ok(()) => return Step::Replaced,
                Err(Errno::ENOEXEC) => {}
                Err(e) => file = Err(e),
            }
        }
        let spawned = file.and_then(|path| match sys.spawn(&path, words.clone(), env.clone()) {
            Err(Errno::ENOEXEC) => self.spawn_script(sys, &path, &words, env.clone()),
            other => other,
        });
        match spawned {
            Ok(pid) => {
                self.undo(sys, undo);
                let pgid = self.place(sys, pid, 0, true);
                let text = words.join(" ");
                self.waiting =
                    Some(Waiting::Foreground { pids: vec![(pid, None)], pgid, text, pipeline: false });
                Step::Go
            }
            Err(e) => {
                let status = self.command_failed(&words[0], e, false);
                // The message goes where the command's stderr was sent.
                let _full = self.out.drain(sys);
                self.undo(sys, undo);
                self.finish(sys, status)
            }
        }
    }

    /// A text file without `#!` is a script for this shell.
    fn spawn_script(
        &mut self,
        sys: &mut Sys<'_>,
        path: &str,
        words: &[String],
        env: Rc<Vec<(String, String)>>,
    ) -> Result<Pid, Errno> {
        let content = sys.vfs().read(path)?;
        if content.contains(&0) {
            return Err(Errno::ENOEXEC);
        }
        let mut args = vec!["sh".to_string(), path.to_string()];
        args.extend(words.iter().skip(1).cloned());
        let search = self.vars.text("PATH").unwrap_or("/bin").to_string();
        let sh = sys.find_program("sh", &search)?;
        sys.spawn(&sh, args, env)
    }

    /// Whether nothing is left to do after this command, so that it may take the shell's place.
    fn is_tail(&self) -> bool {
        let [frame] = self.frames.as_slice() else { return false };
        let last = frame.pc + 1 >= frame.code.ops.len();
        let input_done = match &self.input {
            Input::None => true,
            Input::Text { src, pos, script: false, .. } => src[*pos..].iter().all(|c| c.is_whitespace()),
            _ => false,
        };
        last && input_done
            && !self.interactive
            && self.redirects.is_empty()
            && self.loops.is_empty()
            && self.traps.is_empty()
            && self.tested == 0
            && self.jobs.iter().all(|j| j.is_done())
            && self.process_fds.is_empty()
    }

    /// `set -x`
    fn trace(&mut self, words: &[String], temporary: &[(String, String)]) {
        let ps4 = self.vars.text("PS4").unwrap_or("+ ").to_string();
        let bash = self.kind == ShellKind::Bash;
        let quote = |t: &str| {
            let plain = !t.is_empty() && t.chars().all(|c| c.is_alphanumeric() || "_-./:=,@%+^".contains(c));
            if plain || !bash && self.kind == ShellKind::Dash { t.to_string() } else { super::quote(t) }
        };
        let mut parts: Vec<String> = temporary
            .iter()
            .map(|(n, v)| format!("{n}={}", if v.is_empty() { String::new() } else { quote(v) }))
            .collect();
        if bash {
            for part in parts.drain(..) {
                let line = format!("{ps4}{part}\n");
                self.out.push(2, line.as_bytes());
            }
        }
        parts.extend(words.iter().map(|w| quote(w)));
        if !parts.is_empty() {
            self.eprint(format!("{ps4}{}\n", parts.join(" ")));
        }
    }

    /// `set -x` for an assignment.
    pub(super) fn trace_assignment(&mut self, name: &str, value: &str) {
        if !self.opts.xtrace {
            return;
        }
        let ps4 = self.vars.text("PS4").unwrap_or("+ ").to_string();
        let plain = value.chars().all(|c| c.is_alphanumeric() || "_-./:=,@%+^".contains(c));
        let shown =
            if plain || self.kind == ShellKind::Dash { value.to_string() } else { super::quote(value) };
        self.eprint(format!("{ps4}{name}={shown}\n"));
    }
}

/// The report of `time`.
fn jobs_times(real: i64, user: i64, posix: bool, kind: ShellKind) -> String {
    let minutes = |us: i64| format!("{}m{}.{:03}s", us / 60_000_000, us / 1_000_000 % 60, us / 1_000 % 1_000);
    if posix && kind == ShellKind::Bash {
        let seconds = |us: i64| format!("{}.{:02}", us / 1_000_000, us / 10_000 % 100);
        return format!("real {}\nuser {}\nsys {}\n", seconds(real), seconds(user), seconds(0));
    }
    if kind == ShellKind::Ash {
        let minutes =
            |us: i64| format!("{}m {}.{:02}s", us / 60_000_000, us / 1_000_000 % 60, us / 10_000 % 100);
        return format!("real\t{}\nuser\t{}\nsys\t{}\n", minutes(real), minutes(user), minutes(0));
    }
    format!("\nreal\t{}\nuser\t{}\nsys\t{}\n", minutes(real), minutes(user), minutes(0))
}
