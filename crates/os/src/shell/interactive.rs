//! The interactive side of the shell: prompts, history, completion, and reading lines from the editor.

mod bang;
mod history;
mod prompt;
mod select;
mod tab;

pub(crate) use tab::columns;

use std::rc::Rc;

use crate::{
    errno::Errno,
    kernel::{Mode, Reply, ShellKind, Sys},
    program::Wait,
    shell::{
        Shell, Step, builtins,
        input::{Input, Next},
        line::{Editor, Key},
        parse::{ParseError, Parser},
        vm::FrameKind,
    },
    signal::Signal,
};

impl Shell {
    /// Sets up a shell for a person at a terminal.
    pub(super) fn begin_interactive(&mut self, sys: &mut Sys<'_>, norc: bool) {
        self.opts.monitor = sys.controlling_tty().is_some();
        self.opts.stdin = true;
        for signal in
            [Signal::INT, Signal::TERM, Signal::QUIT, Signal::TSTP, Signal::TTIN, Signal::TTOU, Signal::WINCH]
        {
            sys.catch(signal);
        }
        let mut editor = Editor::default();
        let file = self.history_file();
        let lines: Vec<String> =
            sys.vfs().read_text(&file).unwrap_or_default().lines().map(str::to_string).collect();
        editor.loaded = lines.len();
        editor.history = Rc::new(lines);
        self.input = Input::Tty(Box::new(editor));
        if self.vars.text("PS1").is_none() {
            let prompt = match self.kind {
                ShellKind::Bash => "\\s-\\v\\$ ",
                ShellKind::Dash => "$ ",
                ShellKind::Ash => "\\w \\$ ",
            };
            let _set = self.vars.set("PS1", prompt);
        }
        if self.kind == ShellKind::Dash && sys.uid() == 0 && self.vars.text("PS1") == Some("$ ") {
            let _set = self.vars.set("PS1", "# ");
        }
        if self.vars.text("PS2").is_none() {
            let _set = self.vars.set("PS2", "> ");
        }
        if norc {
            return;
        }
        // The last pushed runs first.
        if self.kind == ShellKind::Bash {
            let home = self.vars.text("HOME").unwrap_or("/root").to_string();
            self.run_file(
                sys,
                &if self.login { format!("{home}/.bash_profile") } else { format!("{home}/.bashrc") },
            );
            if !self.login {
                self.run_file(sys, "/etc/bash.bashrc");
            }
        }
        if self.login {
            self.run_file(sys, "/etc/profile");
        }
        if let Some(file) = self.vars.text("ENV").map(str::to_string).filter(|_| self.kind != ShellKind::Bash)
        {
            self.run_file(sys, &file);
        }
    }

    fn run_file(&mut self, sys: &mut Sys<'_>, path: &str) {
        if let Ok(text) = sys.vfs().read_text(path) {
            self.run_source(&text, FrameKind::Source(None), path);
        }
    }

    /// The next command typed at the terminal.
    pub(super) fn next_from_tty(&mut self, sys: &mut Sys<'_>) -> Next {
        let mut input = std::mem::replace(&mut self.input, Input::None);
        let next = match &mut input {
            Input::Tty(editor) => self.edit(sys, editor),
            _ => Next::End,
        };
        // The line may have asked to clear the history meanwhile; only commands can, and none ran.
        self.input = input;
        next
    }

    fn edit(&mut self, sys: &mut Sys<'_>, editor: &mut Editor) -> Next {
        while let Some(signal) = sys.take_signal() {
            if signal == Signal::WINCH {
                editor.set_cols(sys.window(0).map_or(80, |w| w.0));
            }
        }
        if !editor.is_drawn() {
            let raw = Mode { nl_to_crnl: true, ..Mode::RAW };
            let _no_tty = sys.set_tty_mode(0, raw);
            // The prompt needs the shell's history for `\!`, which is in the editor just now.
            self.prompt_commands_run = false;
            let prompt = match self.prompt_ready.take() {
                Some(ready) => prompt::visible(&ready),
                None => self.prompt(sys, if editor.pending.is_empty() { "PS1" } else { "PS2" }),
            };
            let cols = sys.window(0).map_or(80, |w| w.0);
            let out = editor.begin(prompt, cols);
            self.out.push(2, &out);
        }
        if let Some(call) = editor.completion {
            match sys.reply(call) {
                Some(Reply::Candidates { candidates, no_space }) => {
                    editor.completion = None;
                    let (start, word) = tab::word_before(editor);
                    self.show_candidates(editor, start, &word, candidates, no_space, false);
                }
                Some(_) => editor.completion = None,
                None => return Next::Wait(Wait { reply: true, ..Wait::read(0) }),
            }
        }
        loop {
            let Some(byte) = editor.keys.pop_front() else {
                match sys.read(0, 4096) {
                    Ok(bytes) if bytes.is_empty() => {
                        self.cooked(sys);
                        return Next::End;
                    }
                    Ok(bytes) => {
                        editor.keys.extend(bytes);
                        continue;
                    }
                    Err(Errno::EAGAIN) => {
                        // bash takes what became of its children at once; it tells at the next prompt.
                        let child = self.kind == ShellKind::Bash
                            && self.jobs.iter().any(|j| !j.is_done() && !j.inherited);
                        return Next::Wait(Wait { child, ..Wait::read(0) });
                    }
                    Err(_) => return Next::End,
                }
            };
            let mut out = Vec::new();
            let key = editor.key(byte, &mut out);
            self.out.push(2, &out);
            match key {
                Key::More => {}
                Key::Bell => self.out.push(2, b"\x07"),
                Key::Interrupt => {
                    editor.pending.clear();
                    self.status = 130;
                    return Next::Again;
                }
                Key::End => {
                    self.cooked(sys);
                    if !editor.pending.is_empty() {
                        let line = std::mem::take(&mut editor.pending);
                        let mut parser = Parser::new(&line, self.kind, &self.aliases);
                        parser.lenient = true;
                        return match parser.whole() {
                            Ok(code) => Next::Code(code),
                            Err(e) => Next::Bad(e),
                        };
                    }
                    if self.kind == ShellKind::Bash {
                        self.out.push(2, if self.login { b"logout\n" } else { b"exit\n" });
                    } else {
                        self.out.push(2, b"\n");
                    }
                    return Next::End;
                }
                Key::Complete(again) => {
                    if self.complete(sys, editor, again) {
                        return Next::Wait(Wait { reply: true, ..Wait::read(0) });
                    }
                }
                Key::Line(line) => {
                    self.cooked(sys);
                    if let Some(next) = self.line_done(editor, line) {
                        if matches!(next, Next::Code(_))
                            && self.vars.text("PS0").is_some_and(|p| !p.is_empty())
                        {
                            let text = self.prompt(sys, "PS0");
                            self.out.push(2, text.as_bytes());
                        }
                        return next;
                    }
                    return Next::Again;
                }
            }
        }
    }

    /// Commands get a terminal in its usual mode.
    fn cooked(&mut self, sys: &mut Sys<'_>) {
        let _no_tty = sys.set_tty_mode(0, Mode::COOKED);
    }

    /// A line was entered; None asks for more of the command.
    fn line_done(&mut self, editor: &mut Editor, line: String) -> Option<Next> {
        let mut line = line;
        if editor.pending.is_empty() {
            match self.expand_history(&editor.history, &line) {
                Ok(Some(bang::Expanded { line: expanded, only_shown })) => {
                    self.out.push(2, format!("{expanded}\n").as_bytes());
                    if only_shown {
                        self.remember(editor, &expanded);
                        return None;
                    }
                    line = expanded;
                }
                Ok(None) => {}
                Err(message) => {
                    self.out.push(2, format!("bash: {message}\n").as_bytes());
                    return None;
                }
            }
        }
        let mut text = std::mem::take(&mut editor.pending);
        text.push_str(&line);
        text.push('\n');
        let mut parser = Parser::new(&text, self.kind, &self.aliases);
        parser.extglob = self.opts.extglob;
        let result = parser.whole();
        match result {
            Err(ParseError::Incomplete(_) | ParseError::Unterminated(..)) => {
                editor.pending = text;
                None
            }
            other => {
                self.remember(editor, text.trim_end_matches('\n'));
                match other {
                    Ok(code) if code.ops.is_empty() => None,
                    Ok(code) => Some(Next::Code(code)),
                    Err(e) => Some(Next::Bad(e)),
                }
            }
        }
    }
}
