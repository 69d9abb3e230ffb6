//! History: the file, what is remembered, and `!` references.

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
        let first = editor.history.len().saturating_sub(HISTORY);
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
        // Lines of one command are kept as one entry.
        let entry = if line.contains("<<") { line.to_string() } else { line.replace('\n', "; ") };
        Rc::make_mut(&mut editor.history).push(entry);
    }

    /// `!!`, `!$`, `!n`, `!-n`, `!text`, `^a^b`: the line they make, or None when there is none of them.
    ///
    /// # Errors
    /// What bash says when there is no such line.
    pub(in crate::shell) fn expand_history(
        &self,
        history: &[String],
        line: &str,
    ) -> Result<Option<String>, String> {
        if self.kind != ShellKind::Bash || !(line.contains('!') || line.starts_with('^')) {
            return Ok(None);
        }
        if let Some(rest) = line.strip_prefix('^') {
            let mut parts = rest.split('^');
            let (old, new) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
            let last = history.last().filter(|l| l.contains(old));
            return match last {
                Some(last) => Ok(Some(last.replacen(old, new, 1))),
                None => Err(format!(":s{line}: substitution failed")),
            };
        }
        let chars: Vec<char> = line.chars().collect();
        let mut out = String::new();
        let (mut i, mut quoted, mut changed) = (0, false, false);
        while i < chars.len() {
            match chars[i] {
                '\'' => quoted = !quoted,
                '\\' => {
                    out.push('\\');
                    i += 1;
                }
                '!' if !quoted => {
                    let rest: String = chars[i + 1..].iter().collect();
                    let (found, used) = match chars.get(i + 1) {
                        Some('!') => (history.last().cloned(), 1),
                        Some('$') => {
                            (history.last().and_then(|l| l.split_whitespace().last()).map(str::to_string), 1)
                        }
                        Some('*') => (
                            history
                                .last()
                                .map(|l| l.split_whitespace().skip(1).collect::<Vec<_>>().join(" ")),
                            1,
                        ),
                        Some('^') => {
                            (history.last().and_then(|l| l.split_whitespace().nth(1)).map(str::to_string), 1)
                        }
                        None | Some(' ' | '\t' | '=' | '(' | '"') => {
                            out.push('!');
                            i += 1;
                            continue;
                        }
                        _ => {
                            let word: String = rest
                                .chars()
                                .take_while(|c| !c.is_whitespace() && !";&|)\"".contains(*c))
                                .collect();
                            let by_number = word.parse::<i64>().ok().map(|n| {
                                let at = if n < 0 { history.len() as i64 + n } else { n - 1 };
                                usize::try_from(at).ok().and_then(|at| history.get(at).cloned())
                            });
                            let found = by_number.unwrap_or_else(|| {
                                history.iter().rev().find(|l| l.starts_with(&word)).cloned()
                            });
                            if found.is_none() {
                                return Err(format!("!{word}: event not found"));
                            }
                            (found, word.chars().count())
                        }
                    };
                    let event: String = chars[i..=(i + used).min(chars.len() - 1)].iter().collect();
                    out.push_str(&found.ok_or(format!("{event}: event not found"))?);
                    changed = true;
                    i += used + 1;
                    continue;
                }
                _ => {}
            }
            out.extend(chars.get(i));
            i += 1;
        }
        Ok(changed.then_some(out))
    }
}

/// The most lines the history file keeps.
pub(super) const HISTORY: usize = 1000;
