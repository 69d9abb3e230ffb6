//! Commands of the shell: `:!`, `:r !`, `:w !`, and lines filtered through a command.

use super::Vi;
use crate::bin::screen::Errand;
use crate::kernel::Sys;

/// What becomes of a command's output.
#[derive(Clone, Debug)]
pub(super) enum Purpose {
    /// It was shown on the terminal.
    Shown,
    /// It comes below this line (true: above the first).
    ReadBelow(usize, bool),
    /// It takes the place of these lines.
    Filter(usize, usize),
}

impl Vi {
    /// `:!command`, or with lines: they go through it.
    pub(super) fn bang(&mut self, range: Option<(usize, usize)>, command: &str, sys: &mut Sys<'_>) {
        let Some(command) = self.shell_line(command) else { return };
        match range {
            None => self.run_shell(&command, sys),
            Some((from, to)) => {
                let input = self.bytes(from, to + 1);
                self.purpose = Some(Purpose::Filter(from, to));
                self.errand =
                    Some(Errand { script: command, input: Some(input), captures: true, ..Errand::default() });
            }
        }
    }

    /// Leaves the screen to a command, or to a shell.
    pub(super) fn run_shell(&mut self, command: &str, sys: &mut Sys<'_>) {
        let shell = sys.var("SHELL").unwrap_or("/bin/sh").to_owned();
        let script = if command.is_empty() { format!("exec {shell}") } else { command.to_owned() };
        let unwritten =
            if self.text.modified && !self.busybox { "[No write since last change]\n" } else { "" };
        let title = if self.busybox { String::new() } else { format!(":!{command}\n{unwritten}") };
        self.purpose = Some(Purpose::Shown);
        self.errand = Some(Errand { script, title, ..Errand::default() });
    }

    /// `:r !command`
    pub(super) fn read_from_command(&mut self, below: usize, above: bool, command: &str, _sys: &mut Sys<'_>) {
        let Some(command) = self.shell_line(command) else { return };
        self.purpose = Some(Purpose::ReadBelow(below, above));
        self.errand = Some(Errand { script: command, captures: true, ..Errand::default() });
    }

    /// `:w !command`
    pub(super) fn write_to_command(
        &mut self,
        range: Option<(usize, usize)>,
        command: &str,
        _sys: &mut Sys<'_>,
    ) {
        let Some(command) = self.shell_line(command) else { return };
        let (from, to) = range.unwrap_or((0, self.last_row()));
        let input = self.bytes(from, to + 1);
        self.purpose = Some(Purpose::Shown);
        let title = format!(":w !{command}\n");
        self.errand = Some(Errand { script: command, title, input: Some(input), captures: false });
    }

    /// A command line with `%` as the file's name and `!` as the last command.
    fn shell_line(&mut self, command: &str) -> Option<String> {
        if command.is_empty() {
            self.fail("E471: Argument required");
            return None;
        }
        if self.depth > 0 {
            self.fail("E12: Command not allowed here");
            return None;
        }
        let mut out = String::new();
        let mut chars = command.chars();
        while let Some(c) = chars.next() {
            match c {
                '\\' => match chars.next() {
                    Some(c @ ('%' | '!' | '#')) => out.push(c),
                    Some(c) => out.extend(['\\', c]),
                    None => out.push('\\'),
                },
                '%' => match &self.text.path {
                    Some(path) => out.push_str(path),
                    None => {
                        self.fail("E499: Empty file name for '%' or '#', only works with \":p:h\"");
                        return None;
                    }
                },
                '!' if self.last_shell.is_empty() => {
                    self.fail("E34: No previous command");
                    return None;
                }
                '!' => out.push_str(&self.last_shell),
                c => out.push(c),
            }
        }
        self.last_shell.clone_from(&out);
        Some(out)
    }

    /// A command has ended.
    pub(super) fn shell_ended(&mut self, output: Vec<u8>, code: i32) {
        match self.purpose.take() {
            Some(Purpose::ReadBelow(below, above)) => {
                let lines = self.insert_lines(&output, below.min(self.last_row()), above);
                if lines > 2 {
                    self.message = format!("{lines} more lines");
                }
            }
            Some(Purpose::Filter(from, to)) => {
                let (lines, _) = crate::bin::screen::lines_of(&output);
                let old = to - from + 1;
                self.save_undo();
                self.text.lines.splice(from..=to, lines);
                self.changed();
                if self.text.lines.is_empty() {
                    self.text.lines.push(Vec::new());
                    self.void = true;
                }
                self.go_to_line(from);
                if old > 2 {
                    self.message = format!("{old} lines filtered");
                }
            }
            Some(Purpose::Shown) | None => {}
        }
        if code != 0 && self.message.is_empty() && !self.busybox {
            self.message = format!("shell returned {code}");
        }
    }
}
