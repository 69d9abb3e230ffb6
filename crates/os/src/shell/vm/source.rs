//! Source that frames run command by command: sourced files, `eval`, traps.

use super::*;
use crate::shell::parse::Parser;

/// Source that a frame runs command by command: a sourced file, the text of an `eval` or a trap.
#[derive(Clone, Debug)]
pub(in crate::shell) struct Lines {
    pub src: Vec<char>,
    pub pos: usize,
    pub line: u32,
    /// The number of the first line.
    pub first: u32,
    /// What messages call it: `eval`, or the file.
    pub name: Rc<str>,
    pub file: bool,
}

impl Shell {
    /// Runs text as a frame, command by command; `name` is what messages call it.
    pub(in crate::shell) fn run_source(&mut self, text: &str, kind: FrameKind, name: &str) {
        let file = matches!(kind, FrameKind::Source(_));
        let first = if file { 1 } else { self.line.max(1) };
        self.push_frame(Rc::default(), kind);
        let lines =
            Lines { src: text.chars().collect(), pos: 0, line: first, first, name: name.into(), file };
        if let Some(frame) = self.frames.last_mut() {
            frame.lines = Some(Box::new(lines));
        }
    }

    /// The frame's code is done: compiles the next command of its source, or leaves it.
    pub(super) fn next_lines(&mut self, sys: &mut Sys<'_>) -> Step {
        let ended =
            |f: &Frame| f.lines.as_ref().is_none_or(|l| l.src[l.pos..].iter().all(|c| c.is_whitespace()));
        if let Some(action) = self.frames.last_mut().filter(|f| ended(f)).and_then(|f| f.at_return.take()) {
            // A function's RETURN trap sees its variables.
            let status = self.status;
            self.run_source(&action, FrameKind::Trap(status), "trap");
            return Step::Go;
        }
        let Some(mut lines) = self.frames.last_mut().and_then(|f| f.lines.take()) else {
            let function = matches!(self.frames.last().map(|f| &f.kind), Some(FrameKind::Function { .. }));
            self.pop_frame(sys);
            // The call is a command that may have failed.
            return if function { self.check_errexit() } else { Step::Go };
        };
        let aliases = self.live_aliases();
        let src = std::mem::take(&mut lines.src);
        let mut parser = Parser::resume(src, lines.pos, lines.line, self.kind, &aliases);
        parser.extglob = self.opts.extglob;
        if self.shopts.contains("no braceexpand") {
            parser.without_braces();
        }
        parser.lenient = true;
        let result = parser.next_command();
        sys.spend((parser.pos - lines.pos) as u64 / 16);
        (lines.pos, lines.line) = parser.position();
        let unended = std::mem::take(&mut parser.unended);
        lines.src = parser.src;
        if !unended.is_empty() {
            let last = lines.line - u32::from(lines.src.last() == Some(&'\n'));
            self.warn_here_documents(unended, last);
        }
        match result {
            Ok(Some(code)) => {
                if self.opts.verbose && !code.text.is_empty() {
                    self.eprint(format!("{}\n", code.text));
                }
                if let Some(frame) = self.frames.last_mut() {
                    frame.code = Rc::new(code);
                    frame.pc = 0;
                    frame.lines = Some(lines);
                }
            }
            Ok(None) => self.pop_frame(sys),
            Err(error) => {
                self.syntax_error(&error, Some(&lines));
                self.status = 2;
                let trap = matches!(self.frames.last().map(|f| &f.kind), Some(FrameKind::Trap(_)));
                self.pop_frame(sys);
                if !self.interactive && self.kind != ShellKind::Bash && !trap {
                    self.exit_with = Some(2);
                }
            }
        }
        Step::Go
    }
}
