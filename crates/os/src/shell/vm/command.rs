//! Simple commands: expansion, assignments, functions and builtins.

use super::*;

impl Shell {
    pub(super) fn simple(&mut self, sys: &mut Sys<'_>, simple: &Rc<Simple>) -> Step {
        if simple.line > 0 {
            self.line = simple.line;
        }
        self.memo_at = 0;
        if !self.in_trap() {
            self.command_text = simple.text.clone();
        }
        match self.expand_simple(sys, simple) {
            Ok(Some((words, targets, temporary))) => self.run_command(sys, simple, words, targets, temporary),
            Ok(None) => {
                let status = self.substituted.unwrap_or(0);
                self.finish(sys, status)
            }
            Err(stop) => self.stop(sys, stop),
        }
    }

    /// Expands a simple command. None when it consisted of assignments alone, which are made.
    #[allow(clippy::type_complexity)]
    pub(super) fn expand_simple(
        &mut self,
        sys: &mut Sys<'_>,
        simple: &Rc<Simple>,
    ) -> Expanded<Option<(Vec<String>, Vec<Target>, Vec<(String, String)>)>> {
        let words = self.fields(sys, &simple.words)?;
        let name = words.first().map_or("", String::as_str);
        let inside = words.is_empty() || self.functions.contains_key(name) || self.builtin(name).is_some();
        let targets = self.redirect_targets(sys, &simple.redirs, self.kind == ShellKind::Bash && !inside)?;
        let declares =
            simple.assigns.iter().any(|a| matches!(a.value, crate::shell::code::AssignValue::Array(..)))
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
                if self.kind == ShellKind::Bash {
                    return Err(Stop::Discard);
                }
                if !self.interactive {
                    self.exit_with = Some(2);
                }
                return Err(Stop::Failed(1));
            }
            // What was noted for this assignment is used up; the words before have none.
            self.memo.truncate(noted.0);
            self.memo_at = noted.0;
            self.assigned = i + 1;
        }
        self.trace_assignments_done(sys);
        self.last_argument.clear();
        if !simple.redirs.is_empty() {
            match self.redirect(sys, &simple.redirs, noted.1) {
                Ok(undo) => self.undo(sys, undo),
                Err(Refused) => {
                    return Err(Stop::Failed(1));
                }
            }
        }
        Ok(None)
    }

    pub(super) fn run_command(
        &mut self,
        sys: &mut Sys<'_>,
        simple: &Rc<Simple>,
        words: Vec<String>,
        targets: Vec<Target>,
        temporary: Vec<(String, String)>,
    ) -> Step {
        if let Some(last) = words.last() {
            self.last_argument.clone_from(last);
        }
        if self.opts.xtrace {
            self.trace(sys, &words, &temporary);
        }
        let name = words.first().cloned().unwrap_or_default();
        let is_function = self.functions.contains_key(&name) && !builtins::is_special(&name);
        let builtin = self.builtin(&name);
        if name.is_empty() && words.is_empty() || is_function || builtin.is_some() {
            if self.frames.len() > MAX_FRAMES {
                self.error(format!("{name}: maximum function nesting level exceeded ({MAX_FRAMES})"));
                self.exit_with = Some(2);
                return Step::Go;
            }
            if is_function && self.kind == ShellKind::Bash && self.too_deep(&name) {
                self.unwind(sys, 0);
                self.status = 1;
                if !self.interactive {
                    self.exit_with = Some(1);
                }
                return Step::Go;
            }
            let undo = match self.redirect(sys, &simple.redirs, targets) {
                Ok(undo) => undo,
                Err(Refused) => {
                    if builtins::is_special(&name) && self.kind != ShellKind::Bash && !self.interactive {
                        self.exit_with = Some(if self.kind == ShellKind::Dash { 2 } else { 1 });
                    }
                    let status = if self.kind == ShellKind::Dash { 2 } else { 1 };
                    return self.finish(sys, status);
                }
            };
            let mut restore = Vec::new();
            let keep = builtins::is_special(&name) && self.kind != ShellKind::Bash || name == "exec";
            let exports = matches!(name.as_str(), "export" | "readonly" | "declare" | "typeset");
            for (var, value) in temporary {
                if !(keep || exports && words.contains(&var)) {
                    restore.push((var.clone(), self.vars.save(&var)));
                }
                if self.assign(&var, value) {
                    self.vars.entry(&var).exported = true;
                } else {
                    self.refused();
                }
            }
            if is_function {
                return self.call(name, words, undo, restore);
            }
            let Some(builtin) = builtin else {
                self.undo(sys, undo);
                return self.finish(sys, self.substituted.unwrap_or(0));
            };
            let done = builtin(self, sys, &words, simple);
            return self.after_builtin(sys, &name, done, undo, restore);
        }
        self.external(sys, simple, words, targets, temporary, None)
    }

    /// Whether one more function is more than FUNCNEST allows, which is reported.
    fn too_deep(&mut self, name: &str) -> bool {
        let most = self.vars.text("FUNCNEST").and_then(|n| n.parse::<usize>().ok()).filter(|n| *n > 0);
        let Some(most) = most else { return false };
        let depth = self.frames.iter().filter(|f| matches!(f.kind, FrameKind::Function { .. })).count();
        if depth >= most {
            self.error(format!("{name}: maximum function nesting level exceeded ({most})"));
        }
        depth >= most
    }

    pub(in crate::shell) fn call(
        &mut self,
        name: String,
        words: Vec<String>,
        undo: Undo,
        restore: Vec<(String, Option<Var>)>,
    ) -> Step {
        let Some(Function { code, origin }) = self.functions.get(&name).cloned() else { return Step::Go };
        // The caller goes on behind the call.
        if let Some(frame) = self.frames.last_mut() {
            frame.pc += 1;
        }
        self.begin_command();
        let params = std::mem::replace(&mut self.params, Rc::new(words.into_iter().skip(1).collect()));
        self.push_frame(code, FrameKind::Function { name: name.into(), params, origin });
        self.vars.push_scope();
        let at_return = self.traps.get(&RETURN).cloned().filter(|_| self.shopts.contains("functrace"));
        if let Some(frame) = self.frames.last_mut() {
            frame.undo = undo;
            frame.restore = restore;
            frame.at_return = at_return;
        }
        Step::Go
    }

    pub(super) fn after_builtin(
        &mut self,
        sys: &mut Sys<'_>,
        name: &str,
        done: Done,
        undo: Undo,
        restore: Vec<(String, Option<Var>)>,
    ) -> Step {
        match done {
            Done::Status(status) => {
                if !undo.is_empty()
                    && let Some(wait) = self.out.drain(sys)
                {
                    self.waiting = Some(Waiting::Flush { name: name.to_string(), status, undo, restore });
                    return Step::Wait(wait);
                }
                self.flush(sys, undo, restore);
                if let Some(error) = self.out.failed.take() {
                    self.write_error(name, error);
                    return self.finish(sys, 1);
                }
                self.finish(sys, status)
            }
            Done::Wait(state, wait) => {
                self.waiting = Some(Waiting::Builtin { state, undo, restore });
                Step::Wait(wait)
            }
            Done::Source(text, kind, name) => {
                if let Some(frame) = self.frames.last_mut() {
                    frame.pc += 1;
                }
                self.begin_command();
                self.status = 0;
                let sourced = matches!(kind, FrameKind::Source(_));
                self.run_source(&text, kind, &name);
                let action = self.traps.get(&RETURN).cloned().filter(|_| sourced);
                if let Some(frame) = self.frames.last_mut() {
                    frame.at_return = action;
                    frame.undo = undo;
                    frame.restore = restore;
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
            Done::BreakAll(status) => {
                self.flush(sys, undo, restore);
                self.begin_command();
                self.leave_loop(sys, usize::MAX, false);
                self.status = status;
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
                let Job { pids, pgid, text, .. } = job;
                let undo = Undo::default();
                self.waiting = Some(Waiting::Foreground(Foreground { pids, pgid, text, pipeline, undo }));
                Step::Go
            }
            Done::Exec(words, call) => self.exec(sys, words, call, undo),
            Done::Command(words, file) => {
                self.flush(sys, undo, restore);
                let simple = Rc::new(Simple { line: self.line, ..Simple::default() });
                if let Some(builtin) = self.builtin(&words[0]).filter(|_| file.is_none()) {
                    let done = builtin(self, sys, &words, &simple);
                    return self.after_builtin(sys, &words[0], done, Undo::default(), Vec::new());
                }
                self.external(sys, &simple, words, Vec::new(), Vec::new(), file)
            }
        }
    }

    /// Undoes a builtin's redirections and variables. Its output goes where the redirections led, so it is written
    /// first; what a full pipe does not take is lost only if the redirection was to a pipe of the shell's own.
    pub(super) fn flush(&mut self, sys: &mut Sys<'_>, undo: Undo, restore: Vec<(String, Option<Var>)>) {
        if !undo.is_empty() {
            let _full = self.out.drain(sys);
        }
        for (name, old) in restore.into_iter().rev() {
            self.vars.restore(&name, old);
        }
        self.undo(sys, undo);
    }

    pub(super) fn exec(
        &mut self,
        sys: &mut Sys<'_>,
        words: Vec<String>,
        call: builtins::Exec,
        undo: Undo,
    ) -> Step {
        self.keep(sys, undo);
        // What it still had to say comes first.
        let _full = self.out.drain(sys);
        let path = self.vars.text("PATH").unwrap_or("").to_string();
        let result = sys.find_program(&words[0], &path).and_then(|file| {
            let mut argv = words.clone();
            argv[0] = call.name.unwrap_or_else(|| words[0].clone());
            if call.login {
                argv[0].insert(0, '-');
            }
            let env = if call.clean { Vec::new() } else { self.environment() };
            sys.exec(&file, argv, Rc::new(env))
        });
        match result {
            Ok(()) => Step::Replaced,
            Err(e) => {
                let status = self.command_failed(sys, &words[0], e, true);
                if !self.interactive && !self.shopt_on("execfail") {
                    self.exit_with = Some(status);
                }
                self.finish(sys, status)
            }
        }
    }
}
