//! Commands that are other programs: finding, starting and complaining about them.

use super::*;

impl Shell {
    /// Says why a command cannot be run; gives the status.
    pub(super) fn command_failed(&mut self, sys: &mut Sys<'_>, name: &str, error: Errno, exec: bool) -> i32 {
        let status = if error == Errno::ENOENT { 127 } else { 126 };
        let slash = name.contains('/');
        let message = match (self.kind, error) {
            (ShellKind::Bash, Errno::ENOENT) if exec && !slash => format!("exec: {name}: not found"),
            (ShellKind::Bash, Errno::ENOENT) if !slash => format!("{name}: command not found"),
            (ShellKind::Bash, Errno::ENOENT) if sys.stat(name).is_ok() => {
                format!("{name}: cannot execute: required file not found")
            }
            (ShellKind::Bash, Errno::ENOENT) => format!("{name}: No such file or directory"),
            (ShellKind::Bash, Errno::ENOEXEC) => {
                format!("{name}: cannot execute binary file: Exec format error")
            }
            (ShellKind::Bash, e) => format!("{name}: {e}"),
            (ShellKind::Ash, Errno::ENOENT) if exec => {
                self.builtin_error("exec", format!("{name}: not found"));
                return status;
            }
            (_, Errno::ENOENT) if exec => format!("exec: {name}: not found"),
            (_, Errno::ENOENT) => format!("{name}: not found"),
            (_, e) => format!("{name}: {e}"),
        };
        self.error(message);
        status
    }

    pub(super) fn external(
        &mut self,
        sys: &mut Sys<'_>,
        simple: &Rc<Simple>,
        words: Vec<String>,
        targets: Vec<Target>,
        temporary: Vec<(String, String)>,
        found: Option<String>,
    ) -> Step {
        let undo = match self.redirect(sys, &simple.redirs, targets) {
            Ok(undo) => undo,
            Err(Refused) => {
                let status = if self.kind == ShellKind::Dash { 2 } else { 1 };
                return self.finish(sys, status);
            }
        };
        let mut env = self.environment();
        let mut search = self.vars.text("PATH").unwrap_or("").to_string();
        let mut other_path = false;
        for (name, value) in temporary {
            if self.vars.get(&name).is_some_and(|v| v.readonly) {
                self.readonly_error(&name);
                self.refused();
                continue;
            }
            if name == "PATH" {
                search = value.clone();
                other_path = true;
            }
            env.retain(|(n, _)| *n != name);
            env.push((name, value));
        }
        let mut file = match found {
            Some(file) => Ok(file),
            None if other_path || words[0].contains('/') => sys.find_program(&words[0], &search),
            None => self.lookup(sys, &words[0]),
        };
        if words[0].contains('/') && file.is_err() && sys.stat(&words[0]).is_ok_and(|s| s.is_dir()) {
            self.error(match self.kind {
                ShellKind::Bash => format!("{}: Is a directory", words[0]),
                _ => format!("{}: Permission denied", words[0]),
            });
            self.undo(sys, undo);
            return self.finish(sys, 126);
        }
        if file == Err(Errno::ENOENT) && self.kind == ShellKind::Bash && !words[0].contains('/') {
            const HANDLER: &str = "command_not_found_handle";
            if self.functions.contains_key(HANDLER) && self.frames.len() < MAX_FRAMES {
                let words = std::iter::once(HANDLER.to_string()).chain(words).collect();
                return self.call(HANDLER.to_string(), words, undo, Vec::new());
            }
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
        // What the shell still has to say comes first.
        let said = self.out.drain(sys).is_none();
        if tail
            && said
            && let Ok(path) = &file
        {
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
                let undo = if self.kind == ShellKind::Bash {
                    self.undo(sys, undo);
                    Undo::default()
                } else {
                    undo
                };
                let pgid = self.place(sys, pid, 0, true);
                let text = simple.text.to_string();
                let pids = vec![(pid, None)];
                self.waiting =
                    Some(Waiting::Foreground(Foreground { pids, pgid, text, pipeline: false, undo }));
                Step::Go
            }
            Err(e) => {
                let status = self.command_failed(sys, &words[0], e, false);
                // The message goes where the command's stderr was sent.
                let _full = self.out.drain(sys);
                self.undo(sys, undo);
                self.finish(sys, status)
            }
        }
    }

    /// A text file without `#!` is a script for this shell.
    pub(super) fn spawn_script(
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
    pub(super) fn is_tail(&self) -> bool {
        let [frame] = self.frames.as_slice() else { return false };
        // dash stays, as it does not look whether its text has ended.
        let stays = self.kind == ShellKind::Dash && self.subshell == 0;
        if stays || !matches!(frame.kind, FrameKind::Top) || frame.lines.is_some() {
            return false;
        }
        let last = frame.pc + 1 >= frame.code.ops.len();
        let input_done = match &self.input {
            Input::None => true,
            Input::Text { src, pos, script: false, .. } => src[*pos..].iter().all(|c| c.is_whitespace()),
            _ => false,
        };
        last && input_done
            && !self.interactive
            && self.loops.is_empty()
            && self.traps.is_empty()
            && self.tested == 0
            && self.jobs.iter().all(|j| j.is_done())
            && self.process_fds.is_empty()
    }
}
