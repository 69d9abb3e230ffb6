//! History: the file, and what is remembered.

use super::*;

impl Shell {
    /// The file that keeps the history.
    pub(in crate::shell) fn history_file(&self) -> String {
        let home = self.vars.text("HOME").unwrap_or("/root");
        match (self.vars.text("HISTFILE"), self.kind) {
            (Some(file), _) => file.to_string(),
            (None, ShellKind::Bash) => format!("{home}/.bash_history"),
            (None, _) => format!("{home}/.ash_history"),
        }
    }

    /// Writes the history when an interactive shell ends.
    pub(in crate::shell) fn save_history(&mut self, sys: &mut Sys<'_>) {
        let Input::Tty(editor) = &self.input else { return };
        if editor.history.len() == editor.loaded || self.kind == ShellKind::Dash {
            return;
        }
        let most = self.vars.text("HISTFILESIZE").and_then(|n| n.parse::<usize>().ok()).unwrap_or(HISTORY);
        let first = editor.history.len().saturating_sub(most);
        let text: String = editor.history[first..].iter().map(|l| format!("{l}\n")).collect();
        let file = self.history_file();
        // A home that cannot be written keeps no history.
        let _written = sys.vfs().write(&file, text.into_bytes(), 0o600);
    }

    /// The lines of the history.
    pub(in crate::shell) fn history_lines(&self) -> Vec<String> {
        match &self.input {
            Input::Tty(editor) => editor.history.to_vec(),
            _ => self.script_history.to_vec(),
        }
    }

    /// Changes the history.
    pub(in crate::shell) fn change_history(&mut self, change: impl FnOnce(&mut Vec<String>)) {
        match &mut self.input {
            Input::Tty(editor) => change(Rc::make_mut(&mut editor.history)),
            _ => change(Rc::make_mut(&mut self.script_history)),
        }
    }

    /// How many lines of the history are in its file.
    pub(in crate::shell) fn history_saved(&self) -> usize {
        if let Input::Tty(editor) = &self.input { editor.loaded } else { 0 }
    }

    /// Notes how many lines of the history are in its file.
    pub(in crate::shell) fn set_history_saved(&mut self, count: usize) {
        if let Input::Tty(editor) = &mut self.input {
            editor.loaded = count;
        }
    }

    pub(super) fn remember(&mut self, editor: &mut Editor, line: &str) {
        let control = self.vars.text("HISTCONTROL").unwrap_or("ignoredups");
        let both = control.contains("ignoreboth");
        if line.trim().is_empty()
            || (line.starts_with(' ') && (both || control.contains("ignorespace")))
            || ((both || control.contains("ignoredups")) && editor.history.last().is_some_and(|l| l == line))
        {
            return;
        }
        let ignored = self.vars.text("HISTIGNORE").unwrap_or("");
        let again = |pattern: &str| match (pattern, editor.history.last()) {
            ("&", Some(last)) => last == line,
            _ => crate::text::glob::matches(pattern, line),
        };
        if ignored.split(':').any(|pattern| !pattern.is_empty() && again(pattern)) {
            return;
        }
        // Lines of one command are kept as one entry.
        let entry = if line.contains("<<") { line.to_string() } else { line.replace('\n', "; ") };
        let most = self.vars.text("HISTSIZE").and_then(|n| n.parse::<usize>().ok()).unwrap_or(usize::MAX);
        let history = Rc::make_mut(&mut editor.history);
        if control.contains("erasedups") {
            history.retain(|l| *l != entry);
        }
        history.push(entry);
        let extra = history.len().saturating_sub(most);
        history.drain(..extra);
        editor.loaded = editor.loaded.saturating_sub(extra);
    }
}

/// The most lines the history file keeps.
pub(super) const HISTORY: usize = 1000;
