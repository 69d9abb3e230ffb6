//! Prompts: their escapes and expansions.

use super::*;
use crate::shell::{
    code::{Code, Op},
    expand::Expanded,
};

/// The marks of invisible parts are readline's own, not the terminal's.
pub(super) fn visible(text: &str) -> String {
    text.replace(['\x01', '\x02'], "")
}

impl Shell {
    /// The prompt with its escapes read.
    pub(super) fn prompt(&mut self, sys: &mut Sys<'_>, name: &str) -> String {
        let text = self.prompt_escapes(sys, name);
        let text = self.prompt_variables(sys, &text);
        visible(&text)
    }

    /// Gets a prompt ready that needs commands: PROMPT_COMMAND, and substitutions in PS1. True when a command was
    /// begun; the prompt is drawn once none is left.
    pub(in crate::shell) fn prepare_prompt(&mut self, sys: &mut Sys<'_>) -> bool {
        let due =
            matches!(&self.input, Input::Tty(editor) if !editor.is_drawn() && editor.pending.is_empty());
        if !due || self.prompt_ready.is_some() {
            return false;
        }
        let status = self.status;
        if !self.prompt_commands_run {
            self.prompt_commands_run = true;
            self.note_window(sys);
            let command = self.vars.text("PROMPT_COMMAND").unwrap_or("").to_string();
            if self.kind == ShellKind::Bash && !command.trim().is_empty() {
                self.run_source(&command, FrameKind::Trap(status), "PROMPT_COMMAND");
                return true;
            }
        }
        let text = self.prompt_escapes(sys, "PS1");
        if !text.contains("$(") && !text.contains('`') {
            return false;
        }
        let aliases = Default::default();
        let mut parser = Parser::new(&text, self.kind, &aliases);
        let Ok(word) = parser.word(crate::shell::lex::Until::End) else { return false };
        let code = Code { ops: vec![Op::Prompt(Rc::new(word))], text: String::new() };
        self.push_frame(Rc::new(code), FrameKind::Trap(status));
        true
    }

    /// Writes the window's size into LINES and COLUMNS, as bash does before each prompt.
    fn note_window(&mut self, sys: &Sys<'_>) {
        if self.kind != ShellKind::Bash {
            return;
        }
        let Some((columns, lines)) = sys.window(2) else { return };
        for (name, size) in [("LINES", lines), ("COLUMNS", columns)] {
            // A person who made them read-only keeps what is there.
            let _kept = self.vars.set(name, size.to_string());
        }
    }

    /// The prompt with its backslash escapes read.
    fn prompt_escapes(&mut self, sys: &mut Sys<'_>, name: &str) -> String {
        let raw = self.vars.text(name).unwrap_or("").to_string();
        if self.kind == ShellKind::Dash { raw } else { self.escapes_of(sys, &raw) }
    }

    /// `${x@P}`: text with its escapes read is expanded like a prompt.
    ///
    /// # Errors
    /// As other expansions: a command substitution in it must run first.
    pub(in crate::shell) fn prompt_text(&mut self, sys: &mut Sys<'_>, text: &str) -> Expanded<String> {
        if !text.contains(['$', '`']) {
            return Ok(visible(text));
        }
        let aliases = Default::default();
        let mut parser = Parser::new(text, self.kind, &aliases);
        let Ok(word) = parser.word(crate::shell::lex::Until::End) else { return Ok(visible(text)) };
        Ok(visible(&self.text(sys, &word)?))
    }

    /// Text with the escapes of prompts read.
    pub(in crate::shell) fn escapes_of(&mut self, sys: &mut Sys<'_>, raw: &str) -> String {
        let mut out = String::new();
        let mut chars = raw.chars();
        while let Some(c) = chars.next() {
            if c != '\\' {
                out.push(c);
                continue;
            }
            let Some(e) = chars.next() else { break };
            match e {
                'u' => out.push_str(&crate::bin::users::user_name(sys, sys.uid())),
                'h' => out.push_str(sys.hostname().split('.').next().unwrap_or("")),
                'H' => out.push_str(&sys.hostname()),
                'w' | 'W' => {
                    let pwd = self.vars.text("PWD").unwrap_or("/").to_string();
                    let home = self.vars.text("HOME").unwrap_or("").to_string();
                    let shown = match pwd.strip_prefix(&home) {
                        Some(rest) if home.len() > 1 && (rest.is_empty() || rest.starts_with('/')) => {
                            format!("~{rest}")
                        }
                        _ => pwd,
                    };
                    let last = shown.rsplit('/').next().filter(|l| !l.is_empty()).unwrap_or("/").to_string();
                    out.push_str(if e == 'w' { &shown } else { &last });
                }
                '$' => out.push(if sys.uid() == 0 { '#' } else { '$' }),
                'n' => out.push('\n'),
                'r' => out.push('\r'),
                't' => out.push_str(&crate::time::strftime("%H:%M:%S", sys.now())),
                'T' => out.push_str(&crate::time::strftime("%I:%M:%S", sys.now())),
                'A' => out.push_str(&crate::time::strftime("%H:%M", sys.now())),
                'd' => out.push_str(&crate::time::strftime("%a %b %d", sys.now())),
                's' => out.push_str(self.arg0.trim_start_matches('-').rsplit('/').next().unwrap_or("sh")),
                'v' => out.push_str("5.2"),
                'V' => out.push_str("5.2.15"),
                '@' => out.push_str(&crate::time::strftime("%I:%M %p", sys.now())),
                'l' => out.push_str("tty"),
                'D' => {
                    let rest = chars.as_str();
                    match rest.strip_prefix('{').and_then(|r| r.split_once('}')) {
                        Some((format, after)) => {
                            let format = if format.is_empty() { "%X" } else { format };
                            out.push_str(&crate::time::strftime(format, sys.now()));
                            chars = after.chars();
                        }
                        None => out.push_str("\\D"),
                    }
                }
                'j' => out.push_str(&self.jobs.len().to_string()),
                '!' | '#' if !self.interactive => out.push(if e == '!' { '1' } else { '0' }),
                '!' | '#' => out.push_str(&(self.history_lines().len() + 1).to_string()),
                'e' => out.push('\x1b'),
                'a' => out.push('\x07'),
                '[' => out.push('\x01'),
                ']' => out.push('\x02'),
                '\\' => out.push('\\'),
                '0'..='7' => {
                    let rest: String = chars.clone().take(2).collect();
                    let code = u8::from_str_radix(&format!("{e}{rest}"), 8).unwrap_or(b'?');
                    chars.nth(1);
                    out.push(code as char);
                }
                other => {
                    out.push('\\');
                    out.push(other);
                }
            }
        }
        out
    }

    /// `$name` in a prompt; what needs a command is left as it is.
    pub(in crate::shell) fn prompt_variables(&mut self, sys: &mut Sys<'_>, text: &str) -> String {
        if !text.contains('$') {
            return text.to_string();
        }
        let aliases = Default::default();
        let mut parser = Parser::new(text, self.kind, &aliases);
        let Ok(word) = parser.word(crate::shell::lex::Until::End) else { return text.to_string() };
        let saved = (std::mem::take(&mut self.memo), self.memo_at);
        self.memo_at = 0;
        let result = self.text(sys, &word);
        (self.memo, self.memo_at) = saved;
        result.unwrap_or_else(|_| text.to_string())
    }
}
