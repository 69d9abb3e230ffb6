//! The grammar: from source to code, one complete command at a time.
//!
//! The shell runs a command before it reads the next, so aliases defined on one line hold on the next, and a syntax
//! error on line 5 shows after lines 1 to 4 ran. Written here rather than taken from brush-parser (0.4): that one parses
//! whole programs only, knows no aliases, says a position but not the token that bash, dash and ash name in their
//! messages, and keeps process-wide caches.

mod compound;
mod cond;
mod list;
mod redirection;
mod simple;
pub mod tree;

use std::rc::Rc;

use collections::OrdMap;

use crate::{
    kernel::ShellKind,
    shell::{
        brace,
        code::{Assign, AssignValue, Code, Cond, Op, Part, Redir, RedirKind, Simple, Word},
        lex::{Until, is_meta, is_name, push_quoted},
    },
};

/// Why source cannot be compiled.
#[derive(Clone, PartialEq, Debug)]
pub enum ParseError {
    /// The source ends within a construct that wants this word; more lines may complete it.
    Incomplete(&'static str),
    /// A quote, backquote or brace is open at the end; with its line.
    Unterminated(char, u32),
    /// This token has no place here; with what was expected, if one thing was.
    Unexpected {
        token: String,
        expecting: Option<&'static str>,
        line: u32,
    },
    /// `for 1x in`
    BadName(String, u32),
    /// `f-g()`
    BadFunction(u32),
    TooDeep,
}

pub type ParseResult<T> = Result<T, ParseError>;

/// How deeply constructs may nest.
const MAX_DEPTH: u32 = 100;

/// The shell's aliases.
pub type Aliases = OrdMap<String, String>;

/// Reads shell source.
pub struct Parser<'a> {
    pub(super) src: Vec<char>,
    pub(super) pos: usize,
    pub(super) line: u32,
    pub(super) dialect: ShellKind,
    pub(super) aliases: &'a Aliases,
    pub(super) depth: u32,
    /// `shopt -s extglob`; on where a pattern is expected anyway.
    pub(super) extglob: bool,
    /// A here-document may end with the source.
    pub(super) lenient: bool,
    /// Here-documents that did: the line they begin at, and the word they wanted.
    pub(super) unended: Vec<(u32, String)>,
    /// `~` after `=` is expanded in the word being read.
    pub(super) tilde_in_argument: bool,
    /// Where the line of the here-documents just read ends, and where the source goes on after their bodies.
    heredoc: Option<(usize, usize, u32)>,
    /// How many words braces may still make.
    braces_left: usize,
    /// Aliases not to be expanded again before this position.
    expanding: Vec<(usize, String)>,
}

const RESERVED: [&str; 21] = [
    "if", "then", "elif", "else", "fi", "for", "do", "done", "while", "until", "case", "esac", "{", "}", "!",
    "in", "function", "select", "[[", "time", "coproc",
];

/// Words that end a list.
const CLOSERS: [&str; 8] = ["then", "elif", "else", "fi", "do", "done", "esac", "}"];

impl<'a> Parser<'a> {
    pub fn new(src: &str, dialect: ShellKind, aliases: &'a Aliases) -> Parser<'a> {
        Parser {
            src: src.chars().collect(),
            pos: 0,
            line: 1,
            dialect,
            aliases,
            depth: 0,
            extglob: false,
            lenient: false,
            unended: Vec::new(),
            tilde_in_argument: dialect == ShellKind::Bash,
            heredoc: None,
            braces_left: brace::MAX_WORDS,
            expanding: Vec::new(),
        }
    }

    /// `set +B`: braces stand for themselves.
    pub fn without_braces(&mut self) {
        self.braces_left = 0;
    }

    /// The line number to begin with.
    pub fn starting_at(mut self, line: u32) -> Self {
        self.line = line;
        self
    }

    /// Where the next command begins: characters and line.
    pub fn position(&self) -> (usize, u32) {
        (self.pos, self.line)
    }

    /// The next complete command (up to its newline), or None at the end.
    pub fn next_command(&mut self) -> ParseResult<Option<Code>> {
        self.newlines();
        if self.peek_char().is_none() {
            return Ok(None);
        }
        let start = self.pos;
        let mut code = Code::default();
        self.list(&mut code, true)?;
        match self.peek_char() {
            None => {}
            Some('\n') => self.newline(),
            _ => return self.unexpected(None),
        }
        code.text = self.text_from(start);
        Ok(Some(code))
    }

    fn text_from(&self, start: usize) -> String {
        self.src[start.min(self.pos)..self.pos].iter().collect::<String>().trim().to_string()
    }

    /// All of the source as one piece of code.
    pub(super) fn whole(&mut self) -> ParseResult<Code> {
        let mut code = Code::default();
        while let Some(next) = self.next_command()? {
            code.ops.extend(next.ops);
        }
        code.text = self.src.iter().collect();
        Ok(code)
    }

    /// Commands up to a closing parenthesis, which is taken.
    pub(super) fn nested(&mut self, close: char) -> ParseResult<Code> {
        let start = self.pos;
        let mut code = Code::default();
        loop {
            self.newlines();
            match self.peek_char() {
                None => return Err(ParseError::Incomplete(")")),
                Some(c) if c == close => break,
                _ => {}
            }
            self.list(&mut code, false)?;
        }
        code.text = self.text_from(start);
        self.bump();
        Ok(code)
    }

    pub(super) fn enter(&mut self) -> ParseResult<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH { Err(ParseError::TooDeep) } else { Ok(()) }
    }

    pub(super) fn leave(&mut self) {
        self.depth -= 1;
    }

    /// Skips blanks, line continuations and comments.
    fn blanks(&mut self) {
        loop {
            match self.peek_char() {
                Some(' ' | '\t' | '\r') => {
                    self.bump();
                }
                Some('\\') if self.peek_at(1) == Some('\n') => {
                    self.bump();
                    self.bump();
                }
                Some('#')
                    if self.pos == 0 || is_meta(self.src[self.pos - 1]) || self.src[self.pos - 1] == '`' =>
                {
                    while self.peek_char().is_some_and(|c| c != '\n') {
                        self.bump();
                    }
                }
                _ => return,
            }
        }
    }

    /// Takes one newline, and the bodies of here-documents behind it.
    fn newline(&mut self) {
        let at = self.pos;
        self.bump();
        if let Some((end, resume, lines)) = self.heredoc
            && at == end
        {
            self.pos = resume;
            self.line += lines;
            self.heredoc = None;
        }
    }

    fn newlines(&mut self) {
        loop {
            self.blanks();
            if self.peek_char() != Some('\n') {
                return;
            }
            self.newline();
        }
    }

    fn unexpected<T>(&mut self, expecting: Option<&'static str>) -> ParseResult<T> {
        self.blanks();
        let token = match self.peek_char() {
            None => return Err(ParseError::Incomplete(expecting.unwrap_or(""))),
            Some('\n') => "newline".to_string(),
            Some(c) if is_meta(c) => self.operator().to_string(),
            Some(_) => {
                let mut n = 0;
                while self.peek_at(n).is_some_and(|c| !is_meta(c)) {
                    n += 1;
                }
                self.src[self.pos..self.pos + n].iter().collect()
            }
        };
        // dash and ash name words by their kind, and count a newline before they complain of it.
        let bash = self.dialect == ShellKind::Bash;
        let is_word =
            !bash && !token.starts_with(is_meta) && token != "newline" && !RESERVED.contains(&token.as_str());
        let line = self.line + u32::from(!bash && token == "newline");
        Err(ParseError::Unexpected {
            token: if is_word { "word".to_string() } else { token },
            expecting,
            line,
        })
    }

    /// The operator at this place, without taking it.
    fn operator(&self) -> &'static str {
        const OPERATORS: [&str; 23] = [
            "&>>", "<<<", "<<-", ";;&", "&&", "||", ";;", ";&", "<<", ">>", "<&", ">&", "<>", ">|", "&>",
            "|&", "<", ">", "&", "|", ";", "(", ")",
        ];
        OPERATORS.into_iter().find(|o| self.looking_at(o)).unwrap_or("")
    }

    fn take(&mut self, text: &str) {
        for _ in text.chars() {
            self.bump();
        }
    }

    /// The reserved word at this place, without taking it.
    fn reserved(&mut self) -> Option<&'static str> {
        self.blanks();
        let found = RESERVED.into_iter().find(|w| {
            let n = w.chars().count();
            self.looking_at(w) && self.peek_at(n).is_none_or(is_meta)
        })?;
        match found {
            "function" | "select" | "[[" | "time" if self.dialect == ShellKind::Dash => None,
            "select" | "coproc" if self.dialect != ShellKind::Bash => None,
            _ => Some(found),
        }
    }

    fn expect(&mut self, word: &'static str) -> ParseResult<()> {
        if self.reserved() != Some(word) {
            return self.unexpected(Some(word));
        }
        self.take(word);
        Ok(())
    }
}
