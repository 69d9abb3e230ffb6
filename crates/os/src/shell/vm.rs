//! Running code: the machine behind the shell.

mod command;
mod control;
mod external;
mod fork;
mod source;
mod substitute;
mod trace;
mod traps;

pub(super) use source::Lines;

use std::rc::Rc;

use crate::{
    errno::Errno,
    host::ExitStatus,
    kernel::{ChildEvent, OpenFlags, ShellKind, Sys, WaitFor},
    program::{Fd, Pid, Wait},
    shell::{
        Shell, Step,
        builtins::{self, Done, Pending},
        code::{Code, Function, Op, Simple, Word},
        expand::{Expanded, Stop},
        input::{Input, Next},
        is_name,
        jobs::Job,
        print,
        redirect::{Refused, Target, Undo},
        vars::{Value, Var},
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
    /// Source that follows the code.
    pub lines: Option<Box<Lines>>,
    /// The line it was called from.
    pub called: u32,
    /// A function's RETURN trap.
    pub at_return: Option<String>,
}

#[derive(Clone, Debug)]
pub(super) enum FrameKind {
    Top,
    Function {
        name: Rc<str>,
        params: Rc<Vec<String>>,
        /// The file it was defined in.
        origin: Rc<str>,
    },
    /// With the positional parameters to put back, if it was given its own.
    Source(Option<Rc<Vec<String>>>),
    Eval,
    /// A trap's action; with the status to put back.
    Trap(i32),
    /// The last command of a pipeline (`shopt -s lastpipe`): the processes before it.
    LastPipe(Vec<Pid>),
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
    /// Its first instruction, the one behind its last, and where `continue` leads.
    first: usize,
    end: usize,
    next: usize,
    redirects: usize,
    cases: usize,
    tested: u32,
    words: Option<(Rc<str>, std::collections::VecDeque<String>)>,
    /// The loop's head, which `set -x` shows each time.
    head: Rc<str>,
    /// `select`: the menu is on the screen; and the answer so far once the question is.
    pub menu: bool,
    pub answer: Option<Vec<u8>>,
    status: i32,
}

/// Processes in the foreground.
#[derive(Clone, Debug, Default)]
pub(super) struct Foreground {
    pids: Vec<(Pid, Option<ExitStatus>)>,
    pgid: Pid,
    /// As it is written.
    text: String,
    pipeline: bool,
    /// dash and ash redirect themselves until the command has ended.
    undo: Undo,
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
    Foreground(Foreground),
    /// The redirected output of a builtin.
    Flush {
        name: String,
        status: i32,
        undo: Undo,
        restore: Vec<(String, Option<Var>)>,
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
/// The numbers under which the DEBUG and RETURN traps are kept.
pub(super) const DEBUG: u8 = 101;
pub(super) const RETURN: u8 = 102;
/// How deeply functions may call one another.
const MAX_FRAMES: usize = 1000;

impl Shell {
    /// Notes the line of the command being run.
    fn at_line(&mut self, line: u32) -> &mut Shell {
        self.line = line;
        self
    }

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
            return self.next_lines(sys);
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
            let typing = matches!(&self.input, Input::Tty(editor) if editor.is_drawn());
            match (typing, self.kind) {
                (false, _) => self.reap_jobs(sys),
                (true, ShellKind::Bash) => self.update_jobs(sys),
                (true, _) => {}
            }
            if self.prepare_prompt(sys) {
                return Step::Go;
            }
        }
        match self.next_command(sys) {
            Next::Code(code) => {
                // dash and ash have shown the text of -c when they read it: before it could ask for that.
                let shows = self.kind == ShellKind::Bash || !self.opts.command_string;
                if self.opts.verbose && shows && !code.text.is_empty() {
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
            Next::Again => Step::Go,
            Next::Bad(error) => {
                self.syntax_error(&error, None);
                self.status = 2;
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
            self.input = Input::None;
            // The status it leaves with is the one it had, unless the trap says otherwise.
            self.run_source(&action, FrameKind::Trap(code), "trap");
            return Step::Go;
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
            lines: None,
            called: self.line,
            at_return: None,
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
            FrameKind::LastPipe(pids) => {
                let own = ExitStatus::Code(self.status.clamp(0, 255) as u8);
                let mut pids: Vec<(Pid, Option<ExitStatus>)> = pids.into_iter().map(|p| (p, None)).collect();
                pids.push((0, Some(own)));
                let job = Foreground { pids, pipeline: true, ..Foreground::default() };
                self.waiting = Some(Waiting::Foreground(job));
            }
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
            let pipe = matches!(self.frames.last().map(|f| &f.kind), Some(FrameKind::LastPipe(_)));
            self.pop_frame(sys);
            if pipe {
                // Nobody waits for the rest of the pipeline any more.
                self.waiting = None;
            }
        }
    }

    fn go_on_waiting(&mut self, sys: &mut Sys<'_>, waiting: Waiting) -> Step {
        match waiting {
            Waiting::Capture { pid, fd, buf, ended } => self.capture(sys, pid, fd, buf, ended),
            Waiting::Foreground(job) => self.foreground(sys, job),
            Waiting::Flush { name, status, undo, restore } => {
                self.after_builtin(sys, &name, Done::Status(status), undo, restore)
            }
            Waiting::Builtin { state, undo, restore } => {
                let done = builtins::resume(self, sys, state);
                self.after_builtin(sys, "read", done, undo, restore)
            }
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
        self.last_status = status;
        self.pipe_status = None;
        self.begin_command();
        for fd in std::mem::take(&mut self.process_fds) {
            let _closed = sys.close(fd);
        }
        if let Some(frame) = self.frames.last_mut() {
            frame.pc += 1;
            if !matches!(frame.kind, FrameKind::Trap(_)) {
                self.debugged = false;
            }
        }
        self.check_errexit()
    }

    /// An assignment was refused: dash and ash end.
    pub(super) fn refused(&mut self) {
        if self.kind != ShellKind::Bash && !self.interactive {
            self.exit_with = Some(2);
        }
    }

    fn jump(&mut self, offset: i32) {
        if let Some(frame) = self.frames.last_mut() {
            frame.pc = (frame.pc as i64 + i64::from(offset)).max(0) as usize;
        }
    }

    fn execute(&mut self, sys: &mut Sys<'_>, op: Op) -> Step {
        if !self.traps.is_empty() && self.debug_trap(&op) {
            return Step::Go;
        }
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
                let targets = match self.redirect_targets(sys, &redirs, false) {
                    Ok(targets) => targets,
                    Err(stop) => return self.stop(sys, stop),
                };
                self.begin_command();
                match self.redirect(sys, &redirs, targets) {
                    Ok(undo) => {
                        self.redirects.push(undo);
                        self.jump(1);
                    }
                    Err(Refused) => {
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
                    first: pc as usize,
                    end: (pc + i64::from(end)) as usize,
                    next: (pc + i64::from(next)) as usize,
                    redirects: self.redirects.len(),
                    cases: self.cases.len(),
                    tested: self.tested,
                    head: self.for_words.as_ref().map_or(Rc::from(""), |(_, _, head)| head.clone()),
                    words: self.for_words.take().map(|(name, words, _)| (name, words.into())),
                    menu: false,
                    answer: None,
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
            Op::For { name, words, line, head } => {
                self.line = line;
                let words = match words {
                    None => self.params.to_vec(),
                    Some(words) => match self.fields(sys, &words) {
                        Ok(words) => words,
                        Err(stop) => return self.stop(sys, stop),
                    },
                };
                self.begin_command();
                if !is_name(&name) {
                    self.error(format!("`{name}': not a valid identifier"));
                    self.status = 1;
                    // Over the loop, which is the next instruction.
                    let frame = self.frames.last();
                    let skip = match frame.and_then(|f| f.code.ops.get(f.pc + 1)) {
                        Some(Op::Loop { end, .. }) => end + 1,
                        _ => 1,
                    };
                    self.jump(skip);
                    return self.check_errexit();
                }
                self.for_words = Some((name, words, head));
                self.jump(1);
            }
            Op::NextWord(leave) => {
                self.debugged = false;
                let next = self
                    .loops
                    .last_mut()
                    .and_then(|l| l.words.as_mut())
                    .and_then(|(name, words)| Some((name.clone(), words.pop_front()?)));
                match next {
                    Some((name, word)) => {
                        if let Some(head) = self.loops.last().map(|l| l.head.clone()) {
                            self.trace_head(sys, &head);
                        }
                        if !self.assign(&name, word) {
                            if let Some(l) = self.loops.last_mut() {
                                l.status = 1;
                            }
                            self.refused();
                            self.jump(leave);
                        } else {
                            self.jump(1);
                        }
                    }
                    None => self.jump(leave),
                }
            }
            Op::Select(leave) => return self.select(sys, leave),
            Op::Case(word, head) => match self.text(sys, &word) {
                Ok(text) => {
                    self.debugged = false;
                    self.trace_head(sys, &head);
                    self.begin_command();
                    self.cases.push(text);
                    self.jump(1);
                }
                Err(stop) => return self.stop(sys, stop),
            },
            Op::Match(patterns, otherwise) => return self.match_case(sys, &patterns, otherwise),
            Op::EndCase => {
                self.cases.pop();
                self.jump(1);
            }
            Op::Arith(word, head, line) => match self.at_line(line).text(sys, &word) {
                Ok(text) => {
                    self.trace_line(sys, &format!("(( {head} ))"));
                    return self.finish(sys, i32::from(text == "0"));
                }
                Err(Stop::Fatal(message)) => {
                    self.error(format!("((: {message}"));
                    return self.finish(sys, 1);
                }
                Err(stop) => return self.stop(sys, stop),
            },
            Op::ArithPart(word, head, leave) => match self.text(sys, &word) {
                Ok(text) => {
                    self.trace_line(sys, &format!("(( {head} ))"));
                    return self.finish(sys, i32::from(text == "0"));
                }
                Err(Stop::Fatal(message)) => {
                    self.error(format!("((: {message}"));
                    self.tested = self.tested.saturating_sub(1);
                    self.begin_command();
                    self.status = 1;
                    self.last_status = 1;
                    return self.leave_arith_for(leave);
                }
                Err(stop) => return self.stop(sys, stop),
            },
            Op::Cond(cond, line) => match self.at_line(line).cond(sys, &cond) {
                Ok(true) => return self.finish(sys, 0),
                Ok(false) => return self.finish(sys, 1),
                Err(stop) => return self.stop(sys, stop),
            },
            Op::Pipeline(stages) => return self.pipeline(sys, &stages),
            Op::Subshell(code) => return self.in_subshell(sys, &code),
            Op::Background(code) => return self.background(sys, &code),
            Op::Coproc(name, code) => return self.coproc(sys, &name, &code),
            Op::Prompt(word) => {
                match self.text(sys, &word) {
                    Ok(text) => self.prompt_ready = Some(text),
                    Err(stop @ (Stop::Need(_) | Stop::Process(..))) => return self.stop(sys, stop),
                    Err(_) => self.prompt_ready = Some(String::new()),
                }
                self.begin_command();
                self.jump(1);
            }
            Op::Function(name, code) => {
                let origin = self.definition_origin().into();
                Rc::make_mut(&mut self.functions).insert(name.to_string(), Function { code, origin });
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
                    let report = self.time_report(real, user, posix);
                    self.eprint(report);
                }
                self.jump(1);
            }
        }
        Step::Go
    }
}
