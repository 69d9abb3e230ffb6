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
    /// Nothing yet; a new prompt is due.
    Again,
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
        let no_braces = self.shopts.contains("no braceexpand");
        let next = match &mut input {
            Input::None => Next::End,
            Input::Text { src, pos, line, .. } => {
                let aliases = self.live_aliases();
                let mut parser = Parser::resume(std::mem::take(src), *pos, *line, self.kind, &aliases);
                parser.extglob = self.opts.extglob;
                if no_braces {
                    parser.without_braces();
                }
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
                let unended = std::mem::take(&mut parser.unended);
                *src = parser.src;
                if !unended.is_empty() {
                    let last = *line - u32::from(src.last() == Some(&'\n'));
                    self.warn_here_documents(unended, last);
                }
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
        let no_braces = self.shopts.contains("no braceexpand");
        loop {
            if !text.is_empty() && (text.ends_with('\n') || *eof) {
                let aliases = self.live_aliases();
                let mut parser = Parser::new(text, self.kind, &aliases).starting_at(*line);
                parser.extglob = self.opts.extglob;
                if no_braces {
                    parser.without_braces();
                }
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
