//! What the shell says when something is wrong, in the words of bash, dash and BusyBox ash.

use crate::{
    errno::Errno,
    kernel::ShellKind,
    shell::{
        Shell,
        input::Input,
        parse::ParseError,
        vars::ReadOnly,
        vm::{FrameKind, Lines},
    },
};

impl Shell {
    /// The `eval` or the sourced file being run: its name, and whether it is a file.
    fn context(&self) -> Option<(&str, bool)> {
        self.frames.iter().rev().find_map(|frame| {
            let name = &frame.lines.as_ref()?.name;
            match frame.kind {
                FrameKind::Source(_) => Some((&**name, true)),
                FrameKind::Eval => Some((&**name, false)),
                _ => None,
            }
        })
    }

    /// The file that bash names: of the function or sourced file being run, else the script or shell.
    pub(super) fn origin(&self) -> String {
        let found = self.frames.iter().rev().find_map(|frame| match &frame.kind {
            FrameKind::Function { origin, .. } => Some(origin.to_string()),
            FrameKind::Source(_) => Some(frame.lines.as_ref()?.name.to_string()),
            _ => None,
        });
        found.unwrap_or_else(|| self.arg0.clone())
    }

    /// The file a function defined now belongs to: the command line of `-c` is called `environment`.
    pub(super) fn definition_origin(&self) -> String {
        let nested =
            self.frames.iter().any(|f| matches!(f.kind, FrameKind::Function { .. } | FrameKind::Source(_)));
        if self.opts.command_string && !nested { "environment".to_string() } else { self.origin() }
    }

    /// ash counts the lines of `-c` from 0.
    fn ash_line(&self) -> u32 {
        let file = self.input.is_script() || self.context().is_some_and(|(_, file)| file);
        self.line.saturating_sub(u32::from(!file))
    }

    /// What an error message begins with.
    pub(super) fn prefix(&self) -> String {
        let name = &self.arg0;
        let context = self.context().map_or(String::new(), |(name, _)| format!("{name}: "));
        match self.kind {
            ShellKind::Bash if self.interactive => "bash: ".to_string(),
            ShellKind::Bash => format!("{}: line {}: ", self.origin(), self.line),
            ShellKind::Dash => format!("{name}: {}: {context}", self.line),
            ShellKind::Ash if self.interactive && context.is_empty() => format!("{name}: "),
            ShellKind::Ash if self.input.is_script() || !context.is_empty() => {
                format!("{name}: {context}line {}: ", self.ash_line())
            }
            ShellKind::Ash => format!("{name}: "),
        }
    }

    /// Reports an error in the shell's wording.
    pub(super) fn error(&mut self, message: impl AsRef<str>) {
        let text = format!("{}{}\n", self.prefix(), message.as_ref());
        self.eprint(text);
    }

    /// Reports an error of a builtin: the shells put its name at different places.
    pub(super) fn builtin_error(&mut self, builtin: &str, message: impl AsRef<str>) {
        let message = message.as_ref();
        let text = match self.kind {
            ShellKind::Ash if !self.interactive => {
                format!("{}: {builtin}: line {}: {message}\n", self.arg0, self.ash_line())
            }
            ShellKind::Ash => format!("{}: {builtin}: {message}\n", self.arg0),
            ShellKind::Dash => format!("{}: {}: {builtin}: {message}\n", self.arg0, self.line),
            ShellKind::Bash => format!("{}{builtin}: {message}\n", self.prefix()),
        };
        self.eprint(text);
    }

    /// Reports an error of a builtin that BusyBox words as its programs do.
    pub(super) fn tool_error(&mut self, builtin: &str, message: impl AsRef<str>) {
        if self.kind == ShellKind::Ash {
            let text = format!("{}: {}\n", self.arg0, message.as_ref());
            self.eprint(text);
        } else {
            self.builtin_error(builtin, message);
        }
    }

    /// Says that a builtin's output could not be written.
    pub(super) fn write_error(&mut self, builtin: &str, error: Errno) {
        match self.kind {
            ShellKind::Bash => self.builtin_error(builtin, format!("write error: {error}")),
            ShellKind::Dash => self.builtin_error(builtin, format!("{builtin}: I/O error")),
            ShellKind::Ash => self.tool_error(builtin, format!("write error: {error}")),
        }
    }

    /// Says that a variable cannot be changed.
    pub(super) fn readonly_error(&mut self, name: &str) {
        self.error(match self.kind {
            ShellKind::Bash => format!("{name}: readonly variable"),
            _ => format!("{name}: is read only"),
        });
    }

    /// Whether the assignment was made; reports one that was refused.
    pub(super) fn report_readonly(&mut self, result: Result<(), ReadOnly>) -> bool {
        match result {
            Ok(()) => true,
            Err(ReadOnly(name)) => {
                self.readonly_error(&name);
                false
            }
        }
    }

    /// Reports a syntax error in the input, or in the text that a frame runs.
    pub(super) fn syntax_error(&mut self, error: &ParseError, lines: Option<&Lines>) {
        let line = match error {
            ParseError::Unexpected { line, .. }
            | ParseError::Unterminated(_, line)
            | ParseError::BadName(_, line)
            | ParseError::BadFunction(line) => *line,
            ParseError::Incomplete(_) | ParseError::TooDeep => self.end_line(lines),
        };
        // dash names the line where it noticed, the end of its input.
        let at_end =
            self.kind == ShellKind::Dash && matches!(error, ParseError::Unterminated(c, _) if *c != '}');
        self.line = if at_end { self.end_line(lines) } else { line };
        let text = match self.kind {
            ShellKind::Bash => self.bash_syntax_error(error, lines),
            ShellKind::Dash => {
                let context = lines.map_or(String::new(), |l| format!("{}: ", l.name));
                format!("{}: {}: {context}Syntax error: {}\n", self.arg0, self.line, syntax(error, true))
            }
            ShellKind::Ash => {
                let place = match lines {
                    Some(l) if l.file => format!("{}: line {}: ", l.name, self.line),
                    Some(l) => {
                        let below = u32::from(!self.input.is_script());
                        format!("{}: line {}: ", l.name, self.line.saturating_sub(below))
                    }
                    None if self.input.is_script() => format!("line {}: ", self.line),
                    None => String::new(),
                };
                format!("{}: {place}syntax error: {}\n", self.arg0, syntax(error, false))
            }
        };
        self.eprint(text);
    }

    fn bash_syntax_error(&self, error: &ParseError, lines: Option<&Lines>) -> String {
        let line = self.line;
        let name = if self.interactive { "bash".to_string() } else { self.origin() };
        let prefix = match lines {
            _ if self.interactive && lines.is_none() => "bash: ".to_string(),
            Some(l) if l.file && !self.interactive => format!("{}: line {line}: ", l.name),
            Some(l) => format!("{name}: {}: line {line}: ", l.name),
            None if self.opts.command_string => format!("{name}: -c: line {line}: "),
            None => format!("{name}: line {line}: "),
        };
        match error {
            ParseError::Unexpected { token, .. } => {
                let mut text = format!("{prefix}syntax error near unexpected token `{token}'\n");
                if !self.interactive || lines.is_some() {
                    let source = self.source_line(line, lines);
                    text.push_str(&format!("{prefix}`{source}'\n"));
                }
                text
            }
            ParseError::Incomplete("$(") => {
                format!("{prefix}unexpected EOF while looking for matching `)'\n")
            }
            ParseError::Incomplete(_) => format!("{prefix}syntax error: unexpected end of file\n"),
            ParseError::Unterminated(c, _) => {
                format!("{prefix}unexpected EOF while looking for matching `{c}'\n")
            }
            ParseError::BadName(name, _) => format!("{prefix}`{name}': not a valid identifier\n"),
            ParseError::BadFunction(_) => format!("{prefix}syntax error: bad function name\n"),
            ParseError::TooDeep => format!("{prefix}syntax error: nested too deeply\n"),
        }
    }

    /// bash warns of a here-document that ends with its source.
    pub(super) fn warn_here_documents(&mut self, unended: Vec<(u32, String)>, last_line: u32) {
        if self.kind != ShellKind::Bash {
            return;
        }
        for (line, word) in unended {
            let name = if self.interactive { "bash".to_string() } else { self.origin() };
            self.eprint(format!(
                "{name}: line {last_line}: warning: here-document at line {line} delimited by end-of-file (wanted `{word}')\n"
            ));
        }
    }

    /// The line where the source ends.
    fn end_line(&self, lines: Option<&Lines>) -> u32 {
        let (src, first) = match (lines, &self.input) {
            (Some(l), _) => (&l.src, l.first),
            (None, Input::Text { src, .. }) => (src, 1),
            (None, Input::Stdin { line, .. }) => return *line,
            _ => return self.line,
        };
        let open = self.kind == ShellKind::Bash && src.last() != Some(&'\n');
        let newlines = src.iter().filter(|c| **c == '\n').count() as u32;
        first + newlines + u32::from(open)
    }

    fn source_line(&self, line: u32, lines: Option<&Lines>) -> String {
        let (src, first) = match (lines, &self.input) {
            (Some(l), _) => (&l.src, l.first),
            (None, Input::Text { src, .. }) => (src, 1),
            _ => return String::new(),
        };
        let text: String = src.iter().collect();
        text.lines().nth(line.saturating_sub(first) as usize).unwrap_or("").to_string()
    }
}

/// A syntax error in the words of dash, or of BusyBox ash.
fn syntax(error: &ParseError, dash: bool) -> String {
    let expecting = |e: Option<&str>| {
        e.filter(|e| !e.is_empty()).map_or(String::new(), |e| format!(" (expecting \"{e}\")"))
    };
    match error {
        ParseError::Unexpected { token, expecting: e, .. } => {
            let token =
                if token == "newline" || token == "word" { token.clone() } else { format!("\"{token}\"") };
            if dash {
                format!("{token} unexpected{}", expecting(*e))
            } else {
                format!("unexpected {token}{}", expecting(*e))
            }
        }
        ParseError::Incomplete("))") if dash => "Missing '))'".to_string(),
        ParseError::Incomplete("))") => "missing '))'".to_string(),
        ParseError::Incomplete(e) if dash => format!("end of file unexpected{}", expecting(Some(e))),
        ParseError::Incomplete(e) => format!("unexpected end of file{}", expecting(Some(e))),
        ParseError::Unterminated('}', _) if dash => "Missing '}'".to_string(),
        ParseError::Unterminated('}', _) => "missing '}'".to_string(),
        ParseError::Unterminated('`', _) => "EOF in backquote substitution".to_string(),
        ParseError::Unterminated(..) if dash => "Unterminated quoted string".to_string(),
        ParseError::Unterminated(..) => "unterminated quoted string".to_string(),
        ParseError::BadName(..) if dash => "Bad for loop variable".to_string(),
        ParseError::BadName(..) => "bad for loop variable".to_string(),
        ParseError::BadFunction(_) if dash => "Bad function name".to_string(),
        ParseError::BadFunction(_) => "bad function name".to_string(),
        ParseError::TooDeep => "nested too deeply".to_string(),
    }
}

/// Linux's text without details that dash leaves out.
pub(super) fn short_error(e: Errno) -> &'static str {
    match e {
        Errno::ENOENT => "No such file",
        other => other.text(),
    }
}
