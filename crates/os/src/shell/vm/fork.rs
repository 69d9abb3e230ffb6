//! Copies of the shell: pipelines, subshells and background jobs, and waiting for those in the foreground.

use super::*;
use crate::bin::tool::Output;

impl Shell {
    /// A copy of this shell that runs `code` and ends.
    pub(in crate::shell) fn forked(
        &mut self,
        code: &Rc<Code>,
        dups: Vec<(Fd, Fd)>,
        closes: Vec<Fd>,
        keep_jobs: bool,
    ) -> Shell {
        // A copy that would only make a copy of itself runs that one's code.
        let mut code = code;
        let mut deeper = 0;
        while let [Op::Subshell(inner)] = code.ops.as_slice() {
            code = inner;
            deeper += 1;
        }
        let input = std::mem::replace(&mut self.input, Input::None);
        let frames = std::mem::take(&mut self.frames);
        let memo = std::mem::take(&mut self.memo);
        let mut child = self.clone();
        if let Input::Tty(editor) = &input {
            child.script_history = editor.history.clone();
        }
        self.input = input;
        self.frames = frames;
        self.memo = memo;
        child.loops.clear();
        child.redirects.clear();
        child.cases.clear();
        child.waiting = None;
        child.pending_traps.clear();
        child.times.clear();
        child.random = None;
        child.process_fds.clear();
        child.begin_command();
        if !keep_jobs {
            child.jobs.retain_mut(|job| {
                job.inherited = true;
                lists_jobs(code)
            });
        }
        // Traps do not reach subshells, except for ignored signals.
        if !child.traps.is_empty() {
            let errtrace = child.shopts.contains("errtrace");
            let functrace = child.shopts.contains("functrace");
            Rc::make_mut(&mut child.traps).retain(|number, action| {
                action.is_empty()
                    || (*number == ERR && errtrace)
                    || (matches!(*number, DEBUG | RETURN) && functrace)
            });
        }
        child.interactive = false;
        child.opts.monitor = false;
        child.subshell += 1 + deeper;
        child.out = Output::quiet();
        child.setup = Some((dups, closes));
        let tested = child.tested;
        child.push_frame(code.clone(), FrameKind::Top);
        child.tested = tested;
        child
    }

    /// Puts a new child into a job's group, in the foreground or not.
    pub(super) fn place(&mut self, sys: &mut Sys<'_>, pid: Pid, group: Pid, foreground: bool) -> Pid {
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

    pub(super) fn pipeline(&mut self, sys: &mut Sys<'_>, stages: &Rc<[Rc<Code>]>) -> Step {
        if self.kind == ShellKind::Bash && !self.opts.monitor && self.shopt_on("lastpipe") {
            return self.last_pipe(sys, stages);
        }
        if let (Some(last), false) = (stages.last(), self.in_trap()) {
            self.command_text = last.text.as_str().into();
        }
        match self.start_pipeline(sys, stages, true) {
            Ok((pids, pgid)) => {
                let text = stages.iter().map(|s| s.text.as_str()).collect::<Vec<_>>().join(" | ");
                let pids = pids.into_iter().map(|p| (p, None)).collect();
                let undo = Undo::default();
                self.waiting =
                    Some(Waiting::Foreground(Foreground { pids, pgid, text, pipeline: true, undo }));
                Step::Go
            }
            Err(e) => {
                self.error(format!("fork: {e}"));
                self.finish(sys, 254)
            }
        }
    }

    /// A pipeline whose last command this shell itself runs.
    fn last_pipe(&mut self, sys: &mut Sys<'_>, stages: &[Rc<Code>]) -> Step {
        let (Some((last, before)), Ok((read, write))) = (stages.split_last(), sys.pipe()) else {
            return self.finish(sys, 254);
        };
        let started = self.start_pipeline_into(sys, before, false, Some((read, write)));
        let _closed = sys.close(write);
        let Ok((pids, _)) = started else {
            let _closed = sys.close(read);
            return self.finish(sys, 254);
        };
        let undo = self.input_from(sys, read);
        self.begin_command();
        self.push_frame(last.clone(), FrameKind::LastPipe(pids));
        if let Some(frame) = self.frames.last_mut() {
            frame.undo = undo;
        }
        Step::Go
    }

    pub(super) fn start_pipeline(
        &mut self,
        sys: &mut Sys<'_>,
        stages: &[Rc<Code>],
        foreground: bool,
    ) -> Result<(Vec<Pid>, Pid), Errno> {
        self.start_pipeline_into(sys, stages, foreground, None)
    }

    /// Starts the commands of a pipeline; the output of the last goes to `end`, if that is given.
    fn start_pipeline_into(
        &mut self,
        sys: &mut Sys<'_>,
        stages: &[Rc<Code>],
        foreground: bool,
        end: Option<(Fd, Fd)>,
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
            if let Some((read, write)) = pipe.or(end.filter(|_| last)) {
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

    pub(super) fn in_subshell(&mut self, sys: &mut Sys<'_>, code: &Rc<Code>) -> Step {
        if !self.in_trap() {
            self.command_text = format!("( {} )", code.text).into();
        }
        let child = self.forked(code, Vec::new(), Vec::new(), false);
        match sys.fork(Box::new(child)) {
            Ok(pid) => {
                let pgid = self.place(sys, pid, 0, true);
                let text = format!("( {} )", code.text);
                let pids = vec![(pid, None)];
                self.waiting =
                    Some(Waiting::Foreground(Foreground { pids, pgid, text, ..Foreground::default() }));
                Step::Go
            }
            Err(e) => {
                self.error(format!("fork: {e}"));
                self.finish(sys, 254)
            }
        }
    }

    pub(super) fn background(&mut self, sys: &mut Sys<'_>, code: &Rc<Code>) -> Step {
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
                    text: self.shown(&code.text),
                    stopped: false,
                    notified: false,
                    inherited: false,
                });
                self.finish(sys, 0)
            }
            Err(e) => {
                self.error(format!("fork: {e}"));
                self.finish(sys, 254)
            }
        }
    }

    /// `coproc`: a command in the background with pipes to and from it, whose descriptors are put into an array.
    pub(super) fn coproc(&mut self, sys: &mut Sys<'_>, name: &str, code: &Rc<Code>) -> Step {
        let (Ok((from, output)), Ok((input, to))) = (sys.pipe(), sys.pipe()) else {
            self.error("cannot make pipe for process substitution: Too many open files");
            return self.finish(sys, 1);
        };
        if let Some((name, pid, ..)) = &self.coproc {
            self.error(format!("warning: execute_coproc: coproc [{pid}:{name}] still exists"));
        }
        // High, out of the way of what scripts open.
        let mut high = |fd: Fd| {
            let moved =
                (60..64).rev().find(|n| !sys.is_open(*n)).and_then(|n| sys.dup2(fd, n).map(|_| n).ok());
            if moved.is_some() {
                let _closed = sys.close(fd);
            }
            let fd = moved.unwrap_or(fd);
            let _open = sys.set_cloexec(fd, true);
            fd
        };
        let (from, to) = (high(from), high(to));
        let child = self.forked(code, vec![(input, 0), (output, 1)], vec![input, output, from, to], false);
        let forked = sys.fork(Box::new(child));
        let _closed = (sys.close(input), sys.close(output));
        let pid = match forked {
            Ok(pid) => pid,
            Err(e) => {
                self.error(format!("fork: {e}"));
                return self.finish(sys, 254);
            }
        };
        let pgid = self.place(sys, pid, 0, false);
        let ends = [(0, from.to_string()), (1, to.to_string())];
        let set = self.vars.set_value(name, Value::Indexed(ends.into_iter().collect()));
        self.report_readonly(set);
        self.assign(&format!("{name}_PID"), pid.to_string());
        self.coproc = Some((name.into(), pid, from, to));
        self.last_background = Some(pid);
        let id = self.next_job_id();
        if self.interactive {
            self.eprint(format!("[{id}] {pid}\n"));
        }
        let text = format!("coproc {name} {}", self.shown(&code.text));
        let pids = vec![(pid, None)];
        self.jobs.push(Job { id, pgid, pids, text, stopped: false, notified: false, inherited: false });
        self.finish(sys, 0)
    }

    /// A command's text as messages show it.
    fn shown(&self, text: &str) -> String {
        if self.kind == ShellKind::Bash { print::command(text) } else { text.to_string() }
    }

    /// Without job control, background commands ignore ^C and ^\.
    pub(super) fn deaf(&mut self, sys: &mut Sys<'_>, pid: Pid) {
        if let Ok(child) = sys.k.proc_mut(pid) {
            child.ignored.insert(Signal::INT);
            child.ignored.insert(Signal::QUIT);
        }
    }

    pub(super) fn foreground(&mut self, sys: &mut Sys<'_>, mut job: Foreground) -> Step {
        let job_control = self.opts.monitor;
        let mut stopped = false;
        for (pid, status) in job.pids.iter_mut().filter(|(_, s)| s.is_none()) {
            match sys.wait(WaitFor::Pid(*pid), job_control) {
                Ok((_, ChildEvent::Exited(s))) => *status = Some(s),
                Ok((_, ChildEvent::Stopped)) => stopped = true,
                Ok((_, ChildEvent::Continued)) | Err(Errno::EAGAIN) => {}
                Err(_) => *status = Some(ExitStatus::Code(127)),
            }
        }
        if !self.jobs.is_empty() {
            // A shell that waits for any child takes what became of the others too.
            self.update_jobs(sys);
        }
        self.reap_strangers(sys, &job.pids);
        if stopped {
            self.take_terminal(sys);
            self.undo(sys, std::mem::take(&mut job.undo));
            let id = self.next_job_id();
            let Foreground { pids, pgid, text, .. } = job;
            let text = self.shown(&text);
            let job = Job { id, pgid, pids, text, stopped: true, notified: true, inherited: false };
            self.jobs.push(job);
            if let Some(job) = self.jobs.last() {
                let line = self.job_line(job, false);
                self.print(format!("\n{line}"));
            }
            return self.finish(sys, 148);
        }
        if job.pids.iter().any(|(_, s)| s.is_none()) {
            self.waiting = Some(Waiting::Foreground(job));
            return Step::Wait(Wait::child());
        }
        if job_control {
            self.take_terminal(sys);
        }
        if self.kind == ShellKind::Bash && !self.interactive {
            // A script is not told of jobs that ended while it waited for a command.
            self.jobs.iter_mut().filter(|j| j.is_done()).for_each(|j| j.notified = true);
        }
        let statuses: Vec<i32> = job.pids.iter().map(|(_, s)| s.map_or(127, ExitStatus::code)).collect();
        let last = job.pids.last().and_then(|(pid, s)| Some((*pid, (*s)?)));
        let interrupted = matches!(last, Some((_, ExitStatus::Signal(Signal::INT)))) && self.interactive;
        if let Some((pid, ExitStatus::Signal(signal))) = last {
            let text = self.shown(&job.text);
            self.report_death(pid, signal, &text);
            let _full = self.out.drain(sys);
        }
        self.undo(sys, std::mem::take(&mut job.undo));
        if interrupted {
            // ^C ends the whole command line, loops included.
            self.unwind(sys, 0);
            self.begin_command();
            self.status = 130;
            return Step::Go;
        }
        let mut status = statuses.last().copied().unwrap_or(0);
        if self.opts.pipefail && job.pipeline {
            status = statuses.iter().rev().copied().find(|s| *s != 0).unwrap_or(0);
        }
        let several = statuses.len() > 1;
        let step = self.finish(sys, status);
        if several {
            self.pipe_status = Some(Rc::new(statuses));
        }
        step
    }

    /// Says that a signal ended a command, as the shells do.
    pub(super) fn report_death(&mut self, pid: Pid, signal: Signal, text: &str) {
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
            ShellKind::Bash
                if self.interactive || signal == Signal::TERM || self.traps.contains_key(&signal.0) =>
            {
                self.eprint(format!("{what}\n"));
            }
            ShellKind::Bash if self.subshell == 0 => {
                let prefix = self.prefix();
                self.eprint(format!("{prefix}{pid:>5} {what:<24}{text}\n"));
            }
            ShellKind::Bash => {}
            _ => self.eprint(format!("{what}\n")),
        }
    }

    /// Makes the shell's own group the terminal's foreground again.
    pub(in crate::shell) fn take_terminal(&mut self, sys: &mut Sys<'_>) {
        if self.opts.monitor {
            let own = sys.pgid();
            let _no_tty = sys.set_foreground(own);
        }
    }
}

/// Whether the code is a `jobs` command: what lists the jobs of the shell it was forked from.
fn lists_jobs(code: &Code) -> bool {
    matches!(code.ops.as_slice(), [Op::Simple(s)] if s.words.first().and_then(Word::literal) == Some("jobs"))
}
