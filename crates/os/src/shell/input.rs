//! Where commands come from: a string, a script, standard input, or a person at a terminal.

use crate::{
    errno::Errno,
    kernel::{ShellKind, Sys},
    program::Wait,
    shell::{
        Shell,
        code::Code,
        line::Editor,
        parse::{ParseError, Parser},
    },
};

/// A source of commands.
#[derive(Clone, Debug)]
pub(super) enum Input {
    /// None: a forked shell that has its code.
    None,
    Text {
        src: Vec<char>,
        pos: usize,
        line: u32,
        script: bool,
    },
    Stdin {
        /// Lines read that do not make a whole command yet.
        text: String,
        line: u32,
        eof: bool,
    },
    Tty(Box<Editor>),
}

/// What asking for the next command came to.
pub(super) enum Next {
    Code(Code),
    End,
    Wait(Wait),
    /// A syntax error; true when the shell goes on (interactive).
    Bad(ParseError),
}

impl Input {
    pub fn text(text: &str, script: bool) -> Input {
        Input::Text { src: text.chars().collect(), pos: 0, line: 1, script }
    }

    pub fn stdin() -> Input {
        Input::Stdin { text: String::new(), line: 1, eof: false }
    }

    /// Whether commands come from a script file.
    pub fn is_script(&self) -> bool {
        matches!(self, Input::Text { script: true, .. })
    }
}

impl Shell {
    /// The next command of the input.
    pub(super) fn next_command(&mut self, sys: &mut Sys<'_>) -> Next {
        let mut input = std::mem::replace(&mut self.input, Input::None);
        let next = match &mut input {
            Input::None => Next::End,
            Input::Text { src, pos, line, .. } => {
                let mut parser = Parser::resume(std::mem::take(src), *pos, *line, self.kind, &self.aliases);
                parser.extglob = self.opts.extglob;
                let mut result = parser.next_command();
                if let Err(ParseError::Incomplete("here-document")) = result {
                    // At the end of a script the document ends too.
                    (parser.pos, parser.line) = (*pos, *line);
                    parser.lenient = true;
                    parser.depth = 0;
                    result = parser.next_command();
                }
                sys.spend((parser.position().0 - *pos) as u64 / 16);
                (*pos, *line) = parser.position();
                *src = parser.src;
                match result {
                    Ok(Some(code)) => Next::Code(code),
                    Ok(None) => Next::End,
                    Err(e) => Next::Bad(e),
                }
            }
            Input::Stdin { text, line, eof } => self.next_from_stdin(sys, text, line, eof),
            Input::Tty(_) => {
                self.input = input;
                return self.next_from_tty(sys);
            }
        };
        self.input = input;
        next
    }

    fn next_from_stdin(
        &mut self,
        sys: &mut Sys<'_>,
        text: &mut String,
        line: &mut u32,
        eof: &mut bool,
    ) -> Next {
        loop {
            if !text.is_empty() && (text.ends_with('\n') || *eof) {
                let mut parser = Parser::new(text, self.kind, &self.aliases).starting_at(*line);
                parser.extglob = self.opts.extglob;
                parser.lenient = *eof;
                match parser.next_command() {
                    Ok(found) => {
                        let (pos, next_line) = parser.position();
                        let rest: String = parser.src[pos..].iter().collect();
                        *text = rest;
                        *line = next_line;
                        if let Some(code) = found {
                            return Next::Code(code);
                        }
                        continue;
                    }
                    Err(ParseError::Incomplete(_) | ParseError::Unterminated(..)) if !*eof => {}
                    Err(e) => {
                        text.clear();
                        *eof = true;
                        return Next::Bad(e);
                    }
                }
            }
            if *eof {
                return Next::End;
            }
            // One byte at a time: what follows the line belongs to the commands in it.
            let mut bytes = Vec::new();
            loop {
                match sys.read(0, 1) {
                    Ok(b) if b.is_empty() => {
                        *eof = true;
                        break;
                    }
                    Ok(b) => {
                        bytes.extend_from_slice(&b);
                        if b[0] == b'\n' {
                            break;
                        }
                    }
                    Err(Errno::EAGAIN) => {
                        text.push_str(&String::from_utf8_lossy(&bytes));
                        return Next::Wait(Wait::read(0));
                    }
                    Err(_) => {
                        *eof = true;
                        break;
                    }
                }
            }
            text.push_str(&String::from_utf8_lossy(&bytes));
        }
    }

    /// Reports a syntax error as this shell words it; `source` is the line it is in, for bash.
    pub(super) fn syntax_error(&mut self, error: &ParseError) {
        let line = match error {
            ParseError::Unexpected { line, .. }
            | ParseError::Unterminated(_, line)
            | ParseError::BadName(_, line)
            | ParseError::BadSubstitution(_, line) => *line,
            _ => self.input_line(),
        };
        // dash names the line where it noticed, the end of its input.
        let at_end = self.kind == ShellKind::Dash && matches!(error, ParseError::Unterminated(..));
        let line = if at_end { self.input_line() } else { line };
        self.line = line;
        let dash_c = self.opts.command_string && !self.interactive;
        let text = match self.kind {
            ShellKind::Bash => {
                let prefix = match (self.interactive, dash_c) {
                    (true, _) => "bash: ".to_string(),
                    (false, true) => format!("{}: -c: line {line}: ", self.arg0),
                    (false, false) => format!("{}: line {line}: ", self.arg0),
                };
                match error {
                    ParseError::Unexpected { token, .. } => {
                        let mut text = format!("{prefix}syntax error near unexpected token `{token}'\n");
                        if !self.interactive {
                            let source = self.source_line(line);
                            text.push_str(&format!("{prefix}`{source}'\n"));
                        }
                        text
                    }
                    ParseError::Incomplete(_) => format!("{prefix}syntax error: unexpected end of file\n"),
                    ParseError::Unterminated('}', _) => {
                        format!("{prefix}unexpected EOF while looking for matching `}}'\n")
                    }
                    ParseError::Unterminated(c, _) => {
                        format!("{prefix}unexpected EOF while looking for matching `{c}'\n")
                    }
                    ParseError::BadSubstitution(text, _) => format!("{prefix}{text}: bad substitution\n"),
                    ParseError::BadName(name, _) => format!("{prefix}`{name}': not a valid identifier\n"),
                    ParseError::TooDeep => format!("{prefix}syntax error: nested too deeply\n"),
                }
            }
            ShellKind::Dash | ShellKind::Ash => {
                let dash = self.kind == ShellKind::Dash;
                let prefix = if dash {
                    format!("{}: {line}: Syntax error: ", self.arg0)
                } else if self.input.is_script() {
                    format!("{}: line {line}: syntax error: ", self.arg0)
                } else {
                    format!("{}: syntax error: ", self.arg0)
                };
                let expecting =
                    |e: &Option<&str>| e.map_or(String::new(), |e| format!(" (expecting \"{e}\")"));
                match error {
                    ParseError::Unexpected { token, expecting: e, .. } => {
                        let token = if token == "newline" { token.clone() } else { format!("\"{token}\"") };
                        if dash {
                            format!("{prefix}{token} unexpected{}\n", expecting(e))
                        } else {
                            format!("{prefix}unexpected {token}{}\n", expecting(e))
                        }
                    }
                    ParseError::Incomplete(e) => {
                        let e = Some(*e).filter(|e| !e.is_empty());
                        if dash {
                            format!("{prefix}end of file unexpected{}\n", expecting(&e))
                        } else {
                            format!("{prefix}unexpected end of file{}\n", expecting(&e))
                        }
                    }
                    ParseError::Unterminated('}', _) => format!("{prefix}Missing '}}'\n"),
                    ParseError::Unterminated('`', _) => format!("{prefix}EOF in backquote substitution\n"),
                    ParseError::Unterminated(..) if dash => format!("{prefix}Unterminated quoted string\n"),
                    ParseError::Unterminated(..) => format!("{prefix}unterminated quoted string\n"),
                    ParseError::BadSubstitution(..) if dash => {
                        format!("{}: {line}: Bad substitution\n", self.arg0)
                    }
                    ParseError::BadSubstitution(..) => format!("{prefix}bad substitution\n"),
                    ParseError::BadName(..) if dash => format!("{prefix}Bad for loop variable\n"),
                    ParseError::BadName(..) => format!("{prefix}bad for loop variable\n"),
                    ParseError::TooDeep => format!("{prefix}nested too deeply\n"),
                }
            }
        };
        self.eprint(text);
    }

    /// The line the input is at.
    fn input_line(&self) -> u32 {
        match &self.input {
            Input::Text { src, .. } => {
                let open = self.kind == ShellKind::Bash && src.last() != Some(&'\n');
                src.iter().filter(|c| **c == '\n').count() as u32 + 1 + u32::from(open)
            }
            Input::Stdin { line, .. } => *line,
            _ => self.line,
        }
    }

    fn source_line(&self, line: u32) -> String {
        match &self.input {
            Input::Text { src, .. } => {
                let text: String = src.iter().collect();
                text.lines().nth(line.saturating_sub(1) as usize).unwrap_or("").to_string()
            }
            _ => String::new(),
        }
    }
}

impl<'a> Parser<'a> {
    /// A parser in the middle of its source.
    pub(super) fn resume(
        src: Vec<char>,
        pos: usize,
        line: u32,
        dialect: ShellKind,
        aliases: &'a super::parse::Aliases,
    ) -> Parser<'a> {
        let mut parser = Parser::new("", dialect, aliases);
        parser.src = src;
        parser.pos = pos;
        parser.line = line;
        parser
    }
}
