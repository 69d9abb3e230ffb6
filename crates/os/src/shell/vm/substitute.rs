//! What expansions need before they can end: the output of commands, and processes behind `<(…)`.

use super::*;

impl Shell {
    /// An expansion did not end: runs what it needs, or fails the command.
    pub(super) fn stop(&mut self, sys: &mut Sys<'_>, stop: Stop) -> Step {
        match stop {
            Stop::Need(code) => self.start_capture(sys, &code),
            Stop::Process(writes, code) => self.start_process(sys, writes, &code),
            Stop::Fatal(message) if self.kind == ShellKind::Bash => {
                self.error(message);
                self.discard(sys)
            }
            Stop::Fatal(message) => self.fatal(sys, &message, 1),
            // bash -c leaves with 127 after an unset parameter.
            Stop::Unset(message) if self.opts.command_string && self.subshell == 0 => {
                self.fatal(sys, &message, 127)
            }
            Stop::Unset(message) => self.fatal(sys, &message, 1),
            Stop::Discard => self.discard(sys),
            Stop::Failed(status) => self.finish(sys, status),
        }
    }

    /// An error that ends a shell without a person: with `code` in bash, with 2 in dash and ash.
    fn fatal(&mut self, sys: &mut Sys<'_>, message: &str, code: i32) -> Step {
        self.error(message);
        self.status = if self.kind == ShellKind::Bash { 1 } else { 2 };
        self.begin_command();
        if self.interactive {
            self.unwind(sys, 0);
        } else {
            self.exit_with = Some(if self.kind == ShellKind::Bash { code } else { 2 });
        }
        Step::Go
    }

    /// In bash an error of an expansion or assignment gives up the command that is being run as a whole: the next line
    /// of a script goes on, the text of an `eval` or `-c` does not.
    pub(super) fn discard(&mut self, sys: &mut Sys<'_>) -> Step {
        self.status = 1;
        self.last_status = 1;
        self.pipe_status = None;
        self.begin_command();
        let at = self.frames.iter().rposition(|f| f.lines.is_some());
        match at {
            Some(at) => {
                self.unwind(sys, at + 1);
                let frame = &mut self.frames[at];
                frame.pc = frame.code.ops.len();
                if !matches!(frame.kind, FrameKind::Source(_)) {
                    frame.lines = None;
                }
                self.leave_command(at);
                self.status = 1;
            }
            None if self.interactive => self.unwind(sys, 0),
            None if self.subshell > 0 || self.opts.command_string => self.exit_with = Some(1),
            None => {
                self.unwind(sys, 0);
                self.status = 1;
                if self.opts.errexit {
                    self.exit_with = Some(1);
                }
            }
        }
        Step::Go
    }

    /// Forgets the loops and cases of a frame whose command is given up.
    fn leave_command(&mut self, at: usize) {
        let frame = &self.frames[at];
        let (loops, cases, tested) = (frame.loops, frame.cases, frame.tested);
        self.loops.truncate(loops);
        self.cases.truncate(cases);
        self.tested = tested;
    }

    pub(super) fn start_capture(&mut self, sys: &mut Sys<'_>, code: &Rc<Code>) -> Step {
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
        let mut child = self.forked(code, vec![(write, 1)], vec![read, write], false);
        child.substitutions += 1;
        if self.kind == ShellKind::Bash && !self.shopt_on("inherit_errexit") && !self.shopts.contains("posix")
        {
            child.opts.errexit = false;
        }
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
    pub(super) fn read_file_substitution(&mut self, sys: &mut Sys<'_>, simple: &Simple) -> Option<Step> {
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

    pub(super) fn start_process(&mut self, sys: &mut Sys<'_>, writes: bool, code: &Rc<Code>) -> Step {
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

    pub(super) fn capture(
        &mut self,
        sys: &mut Sys<'_>,
        pid: Pid,
        fd: Fd,
        mut buf: Vec<u8>,
        mut ended: bool,
    ) -> Step {
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
                if self.kind == ShellKind::Bash {
                    self.status = status.code();
                }
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
}
