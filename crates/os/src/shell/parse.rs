//! The grammar: from source to code, one complete command at a time.
//!
//! The shell runs a command before it reads the next, so aliases defined on one line hold on the next, and a syntax
//! error on line 5 shows after lines 1 to 4 ran. Written here rather than taken from brush-parser (0.4): that one parses
//! whole programs only, knows no aliases, says a position but not the token that bash, dash and ash name in their
//! messages, and keeps process-wide caches.

use std::{collections::BTreeMap, rc::Rc};

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
    /// `${…}` without meaning.
    BadSubstitution(String, u32),
    /// `for 1x in`
    BadName(String, u32),
    TooDeep,
}

pub type ParseResult<T> = Result<T, ParseError>;

/// How deeply constructs may nest.
const MAX_DEPTH: u32 = 100;

/// The shell's aliases.
pub type Aliases = BTreeMap<String, String>;

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
    /// Where the line of the here-documents just read ends, and where the source goes on after their bodies.
    heredoc: Option<(usize, usize, u32)>,
    /// Aliases not to be expanded again before this position.
    expanding: Vec<(usize, String)>,
}

const RESERVED: [&str; 20] = [
    "if", "then", "elif", "else", "fi", "for", "do", "done", "while", "until", "case", "esac", "{", "}", "!",
    "in", "function", "select", "[[", "time",
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
            heredoc: None,
            expanding: Vec::new(),
        }
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
        Err(ParseError::Unexpected { token, expecting, line: self.line })
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
            "select" if self.dialect != ShellKind::Bash => None,
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

    /// A list: and-or lists separated by `;`, `&` and newlines, up to a closer. With `one_line`, up to a newline.
    fn list(&mut self, code: &mut Code, one_line: bool) -> ParseResult<()> {
        self.enter()?;
        let mut any = false;
        loop {
            if one_line {
                self.blanks();
            } else {
                self.newlines();
            }
            let Some(c) = self.peek_char() else { break };
            if c == ')' || c == '\n' || self.looking_at(";;") || self.looking_at(";&") {
                break;
            }
            if self.reserved().is_some_and(|w| CLOSERS.contains(&w)) {
                break;
            }
            let start = self.pos;
            let item = self.and_or()?;
            any = true;
            self.blanks();
            match self.operator() {
                "&" => {
                    self.take("&");
                    let mut text = self.text_from(start);
                    text.truncate(text.trim_end_matches('&').trim_end().len());
                    code.ops.push(Op::Background(Rc::new(Code { ops: item, text })));
                }
                ";" => {
                    self.take(";");
                    code.ops.extend(item);
                }
                _ => {
                    code.ops.extend(item);
                    if self.peek_char() != Some('\n') || one_line {
                        break;
                    }
                }
            }
        }
        if !any {
            return self.unexpected(None);
        }
        self.leave();
        Ok(())
    }

    fn and_or(&mut self) -> ParseResult<Vec<Op>> {
        let mut ops = self.pipeline()?;
        loop {
            self.blanks();
            let op = self.operator();
            if op != "&&" && op != "||" {
                return Ok(ops);
            }
            self.take(op);
            self.newlines();
            let right = self.pipeline()?;
            ops.insert(0, Op::Tested);
            ops.push(Op::Untested);
            let skip = right.len() as i32 + 1;
            ops.push(if op == "&&" { Op::JumpIfFail(skip) } else { Op::JumpIfOk(skip) });
            ops.extend(right);
        }
    }

    fn pipeline(&mut self) -> ParseResult<Vec<Op>> {
        let mut negate = false;
        let mut time = None;
        loop {
            match self.reserved() {
                Some("!") => {
                    self.take("!");
                    negate = !negate;
                }
                Some("time") if time.is_none() => {
                    self.take("time");
                    self.blanks();
                    let posix = self.looking_at("-p ");
                    if posix {
                        self.take("-p");
                    }
                    time = Some(posix);
                    self.blanks();
                    if matches!(self.peek_char(), None | Some('\n' | ';')) {
                        return Ok(vec![Op::Time, Op::EndTime(posix)]);
                    }
                }
                _ => break,
            }
        }
        let mut stages: Vec<Rc<Code>> = Vec::new();
        loop {
            let start = self.pos;
            let mut ops = self.command()?;
            self.blanks();
            let text = self.text_from(start);
            let op = self.operator();
            if op == "|" || op == "|&" {
                self.take(op);
                self.newlines();
                if op == "|&" {
                    let dup = Redir { fd: 2, kind: RedirKind::Dup, target: Word::quoted("1") };
                    let skip = ops.len() as i32 + 1;
                    ops.insert(0, Op::Redirect(Rc::from([dup]), skip + 1));
                    ops.push(Op::Restore);
                }
                stages.push(Rc::new(Code { ops, text }));
                continue;
            }
            let mut result = if stages.is_empty() {
                ops
            } else {
                stages.push(Rc::new(Code { ops, text }));
                vec![Op::Pipeline(stages.into())]
            };
            if negate {
                result.insert(0, Op::Tested);
                result.push(Op::Untested);
                result.push(Op::Not);
            }
            if let Some(posix) = time {
                result.insert(0, Op::Time);
                result.push(Op::EndTime(posix));
            }
            return Ok(result);
        }
    }

    /// A command: compound, function definition or simple.
    fn command(&mut self) -> ParseResult<Vec<Op>> {
        self.enter()?;
        self.blanks();
        let mut ops = match self.reserved() {
            Some(word @ ("if" | "while" | "until" | "for" | "case" | "{" | "[[" | "select")) => {
                self.take(word);
                match word {
                    "if" => self.if_clause()?,
                    "while" => self.while_clause(false)?,
                    "until" => self.while_clause(true)?,
                    "for" => self.for_clause(false)?,
                    "select" => self.for_clause(true)?,
                    "case" => self.case_clause()?,
                    "[[" => {
                        let cond = self.cond_or()?;
                        self.newlines();
                        if !self.looking_at("]]") {
                            return self.unexpected(Some("]]"));
                        }
                        self.take("]]");
                        vec![Op::Cond(Rc::new(cond))]
                    }
                    _ => {
                        let mut code = Code::default();
                        self.list(&mut code, false)?;
                        self.expect("}")?;
                        code.ops
                    }
                }
            }
            Some("function") => {
                self.take("function");
                self.blanks();
                let name = self.raw_word();
                self.blanks();
                if self.looking_at("()") {
                    self.take("()");
                }
                self.leave();
                return self.function(&name);
            }
            Some(word) if word != "in" && word != "time" && word != "!" => return self.unexpected(None),
            _ => match self.peek_char() {
                Some('(') if self.peek_at(1) == Some('(') && self.dialect == ShellKind::Bash => {
                    let (pos, line) = (self.pos, self.line);
                    self.take("((");
                    match self.arith_text()? {
                        Some(parts) => vec![Op::Arith(Rc::new(Word { parts: vec![Part::Arith(parts)] }))],
                        None => {
                            (self.pos, self.line) = (pos, line);
                            self.subshell()?
                        }
                    }
                }
                Some('(') => self.subshell()?,
                _ => {
                    let ops = self.simple()?;
                    self.leave();
                    return Ok(ops);
                }
            },
        };
        let mut redirs = Vec::new();
        while let Some(redir) = self.redirection()? {
            redirs.push(redir);
        }
        if !redirs.is_empty() {
            let skip = ops.len() as i32 + 2;
            ops.insert(0, Op::Redirect(redirs.into(), skip));
            ops.push(Op::Restore);
        }
        self.leave();
        Ok(ops)
    }

    fn subshell(&mut self) -> ParseResult<Vec<Op>> {
        self.bump();
        let code = self.nested(')')?;
        if code.ops.is_empty() {
            return Err(ParseError::Unexpected { token: ")".to_string(), expecting: None, line: self.line });
        }
        Ok(vec![Op::Subshell(Rc::new(code))])
    }

    fn if_clause(&mut self) -> ParseResult<Vec<Op>> {
        let mut cond = Code::default();
        self.list(&mut cond, false)?;
        self.expect("then")?;
        let mut body = Code::default();
        self.list(&mut body, false)?;
        let otherwise = match self.reserved() {
            Some("elif") => {
                self.take("elif");
                self.enter()?;
                let ops = self.if_clause()?;
                self.leave();
                ops
            }
            Some("else") => {
                self.take("else");
                let mut code = Code::default();
                self.list(&mut code, false)?;
                self.expect("fi")?;
                code.ops
            }
            Some("fi") => {
                self.take("fi");
                vec![Op::SetStatus(0)]
            }
            _ => return self.unexpected(Some("fi")),
        };
        let mut ops = vec![Op::Tested];
        ops.extend(cond.ops);
        ops.push(Op::Untested);
        ops.push(Op::JumpIfFail(body.ops.len() as i32 + 2));
        ops.extend(body.ops);
        ops.push(Op::Jump(otherwise.len() as i32 + 1));
        ops.extend(otherwise);
        Ok(ops)
    }

    fn do_group(&mut self) -> ParseResult<Vec<Op>> {
        self.expect("do")?;
        let mut code = Code::default();
        self.list(&mut code, false)?;
        self.expect("done")?;
        Ok(code.ops)
    }

    fn while_clause(&mut self, until: bool) -> ParseResult<Vec<Op>> {
        let mut cond = Code::default();
        self.list(&mut cond, false)?;
        let body = self.do_group()?;
        let mut head = vec![Op::Tested];
        head.extend(cond.ops);
        head.push(Op::Untested);
        Ok(assemble_loop(head, if until { Op::JumpIfOk } else { Op::JumpIfFail }, body, Vec::new()))
    }

    fn for_clause(&mut self, select: bool) -> ParseResult<Vec<Op>> {
        self.blanks();
        if self.looking_at("((") && self.dialect == ShellKind::Bash {
            return self.c_style_for();
        }
        let line = self.line;
        let name = self.raw_word();
        if !is_name(&name) {
            if name.is_empty() {
                return self.unexpected(None);
            }
            return Err(ParseError::BadName(name, line));
        }
        self.newlines();
        let mut words = None;
        if self.reserved() == Some("in") {
            self.take("in");
            let mut list = Vec::new();
            loop {
                self.blanks();
                if self.peek_char().is_none_or(is_meta) {
                    break;
                }
                list.extend(brace::expand(self.word(Until::Meta)?, self.dialect));
            }
            words = Some(Rc::from(list));
        }
        self.blanks();
        if self.operator() == ";" {
            self.take(";");
        }
        self.newlines();
        let body = self.body()?;
        let mut ops = vec![Op::For { name: name.into(), words, line }];
        ops.extend(assemble_loop(
            Vec::new(),
            if select { Op::Select } else { Op::NextWord },
            body,
            Vec::new(),
        ));
        Ok(ops)
    }

    /// The body of a for loop: `do … done`, or `{ … }`.
    fn body(&mut self) -> ParseResult<Vec<Op>> {
        if self.reserved() == Some("{") {
            self.take("{");
            let mut code = Code::default();
            self.list(&mut code, false)?;
            self.expect("}")?;
            return Ok(code.ops);
        }
        self.do_group()
    }

    fn c_style_for(&mut self) -> ParseResult<Vec<Op>> {
        self.take("((");
        let Some(parts) = self.arith_text()? else { return self.unexpected(Some("))")) };
        let mut pieces: Vec<Vec<Part>> = vec![Vec::new()];
        for part in parts {
            match part {
                Part::Quoted(text) => {
                    for (i, piece) in text.split(';').enumerate() {
                        if i > 0 {
                            pieces.push(Vec::new());
                        }
                        if let Some(last) = pieces.last_mut() {
                            push_quoted(last, piece);
                        }
                    }
                }
                other => {
                    if let Some(last) = pieces.last_mut() {
                        last.push(other);
                    }
                }
            }
        }
        if pieces.len() != 3 {
            return self.unexpected(Some("))"));
        }
        self.blanks();
        if self.operator() == ";" {
            self.take(";");
        }
        self.newlines();
        let body = self.body()?;
        let arith = |parts: Vec<Part>, empty: Op| {
            let blank = parts.iter().all(|p| matches!(p, Part::Quoted(t) if t.trim().is_empty()));
            if blank { empty } else { Op::Arith(Rc::new(Word { parts: vec![Part::Arith(parts)] })) }
        };
        let mut pieces = pieces.into_iter();
        let mut next = || pieces.next().unwrap_or_default();
        let (init, cond, step) = (next(), next(), next());
        let mut ops = vec![Op::Tested, arith(init, Op::SetStatus(0)), Op::Untested];
        let head = vec![Op::Tested, arith(cond, Op::SetStatus(0)), Op::Untested];
        let step = vec![Op::Tested, arith(step, Op::SetStatus(0)), Op::Untested];
        ops.extend(assemble_loop(head, Op::JumpIfFail, body, step));
        Ok(ops)
    }

    fn case_clause(&mut self) -> ParseResult<Vec<Op>> {
        self.blanks();
        let subject = self.word(Until::Meta)?;
        self.newlines();
        self.expect("in")?;
        let mut arms: Vec<(Vec<Word>, Vec<Op>, &'static str)> = Vec::new();
        loop {
            self.newlines();
            if self.reserved() == Some("esac") {
                self.take("esac");
                break;
            }
            if self.peek_char() == Some('(') {
                self.bump();
            }
            let mut patterns = Vec::new();
            loop {
                self.blanks();
                if self.peek_char().is_none_or(is_meta) {
                    return self.unexpected(Some("esac"));
                }
                let saved = std::mem::replace(&mut self.extglob, true);
                patterns.push(self.word(Until::Meta)?);
                self.extglob = saved;
                self.blanks();
                if self.peek_char() != Some('|') {
                    break;
                }
                self.bump();
            }
            if self.peek_char() != Some(')') {
                return self.unexpected(Some(")"));
            }
            self.bump();
            self.newlines();
            let mut body = Code::default();
            let empty = self.looking_at(";;") || self.looking_at(";&") || self.reserved() == Some("esac");
            if !empty {
                self.list(&mut body, false)?;
            }
            self.newlines();
            let end = match self.operator() {
                op @ (";;" | ";&" | ";;&") => {
                    self.take(op);
                    op
                }
                _ if self.reserved() == Some("esac") => ";;",
                _ => return self.unexpected(Some("esac")),
            };
            arms.push((patterns, body.ops, end));
        }
        Ok(assemble_case(subject, arms))
    }

    fn function(&mut self, name: &str) -> ParseResult<Vec<Op>> {
        self.newlines();
        let start = self.pos;
        let ops = match (self.reserved(), self.peek_char()) {
            (Some("{" | "if" | "while" | "until" | "for" | "case" | "[["), _) | (_, Some('(')) => {
                self.command()?
            }
            _ => return self.unexpected(None),
        };
        let text = self.text_from(start);
        Ok(vec![Op::Function(name.into(), Rc::new(Code { ops, text }))])
    }

    /// Unquoted characters up to a blank or operator.
    fn raw_word(&mut self) -> String {
        let mut text = String::new();
        while let Some(c) = self.peek_char().filter(|c| !is_meta(*c)) {
            text.push(c);
            self.bump();
        }
        text
    }

    /// Puts an alias's text in place of the word at this place; whether there was one.
    fn expand_alias(&mut self) -> bool {
        if self.aliases.is_empty() {
            return false;
        }
        let pos = self.pos;
        self.expanding.retain(|(end, _)| pos < *end);
        let mut n = 0;
        while self.peek_at(n).is_some_and(|c| !is_meta(c)) {
            n += 1;
        }
        let word: String = self.src[pos..pos + n].iter().collect();
        if self.expanding.iter().any(|(_, w)| *w == word) {
            return false;
        }
        let Some(text) = self.aliases.get(&word) else { return false };
        let new: Vec<char> = text.chars().collect();
        let grown = new.len() as isize - n as isize;
        let shift = |at: usize| (at as isize + grown).max(0) as usize;
        for (end, _) in &mut self.expanding {
            *end = shift(*end);
        }
        if let Some((end, resume, _)) = &mut self.heredoc {
            (*end, *resume) = (shift(*end), shift(*resume));
        }
        self.expanding.push((pos + new.len() + 1, word));
        self.src.splice(pos..pos + n, new);
        true
    }

    fn simple(&mut self) -> ParseResult<Vec<Op>> {
        self.blanks();
        let mut simple = Simple { line: self.line, ..Simple::default() };
        // Where a word may be an alias: the first one, and the one after an alias that ends in a blank.
        let mut alias_from = Some(self.pos);
        let start = self.pos;
        loop {
            self.blanks();
            if let Some(redir) = self.redirection()? {
                simple.redirs.push(redir);
                continue;
            }
            match self.peek_char() {
                None => break,
                Some('(') => {
                    // `name ()` defines a function.
                    let name = match simple.words.as_slice() {
                        [word] if simple.assigns.is_empty() => word.literal().map(str::to_string),
                        _ => None,
                    };
                    let Some(name) = name else { return self.unexpected(None) };
                    self.bump();
                    self.blanks();
                    if self.peek_char() != Some(')') {
                        return self.unexpected(Some(")"));
                    }
                    self.bump();
                    return self.function(&name);
                }
                Some('<' | '>') if self.peek_at(1) == Some('(') && self.dialect == ShellKind::Bash => {
                    let input = self.bump() == Some('<');
                    self.bump();
                    let code = self.substitution()?;
                    simple.words.push(Word { parts: vec![Part::Process(input, code)] });
                    continue;
                }
                Some(c) if is_meta(c) => break,
                _ => {}
            }
            if alias_from.is_some_and(|from| self.pos >= from)
                && (simple.words.is_empty() || self.pos > start)
            {
                alias_from = None;
                let before = self.pos;
                if self.expand_alias() {
                    let end = self.expanding.last().map_or(0, |(end, _)| end - 1);
                    if self.src.get(end.wrapping_sub(1)).is_some_and(|c| *c == ' ' || *c == '\t') {
                        alias_from = Some(end);
                    } else if simple.words.is_empty() {
                        // The first word of the alias may be an alias again.
                        alias_from = Some(self.pos);
                    }
                    if before == start
                        && simple.assigns.is_empty()
                        && simple.redirs.is_empty()
                        && self.reserved().is_some()
                    {
                        return self.command();
                    }
                    continue;
                }
            }
            if simple.words.is_empty() {
                if let Some(assign) = self.assignment()? {
                    simple.assigns.push(assign);
                    alias_from = Some(self.pos);
                    continue;
                }
            } else if self.declares(&simple)
                && let Some(assign) = self.array_argument()?
            {
                // The declaring builtin sees the name; the elements are assigned after it.
                simple.words.push(Word::quoted(&assign.name));
                simple.assigns.push(assign);
                continue;
            }
            let word = self.word(Until::Meta)?;
            simple.words.extend(brace::expand(word, self.dialect));
        }
        if simple.assigns.is_empty() && simple.words.is_empty() && simple.redirs.is_empty() {
            return self.unexpected(None);
        }
        Ok(vec![Op::Simple(Rc::new(simple))])
    }

    /// Whether the command is one of those that take `name=(…)` as arguments.
    fn declares(&self, simple: &Simple) -> bool {
        let name = simple.words.first().and_then(Word::literal).unwrap_or("");
        self.dialect == ShellKind::Bash
            && matches!(name, "declare" | "local" | "typeset" | "readonly" | "export")
    }

    fn array_argument(&mut self) -> ParseResult<Option<Assign>> {
        let mut n = 0;
        while self.peek_at(n).is_some_and(|c| c == '_' || c.is_ascii_alphanumeric()) {
            n += 1;
        }
        let plus = usize::from(self.peek_at(n) == Some('+'));
        if n == 0 || self.peek_at(n + plus) != Some('=') || self.peek_at(n + plus + 1) != Some('(') {
            return Ok(None);
        }
        self.assignment()
    }

    /// `name=value` at this place.
    fn assignment(&mut self) -> ParseResult<Option<Assign>> {
        let mut n = 0;
        while self.peek_at(n).is_some_and(|c| c == '_' || c.is_ascii_alphanumeric()) {
            n += 1;
        }
        if n == 0 || self.peek_char().is_some_and(|c| c.is_ascii_digit()) {
            return Ok(None);
        }
        let name: String = self.src[self.pos..self.pos + n].iter().collect();
        let (pos, line) = (self.pos, self.line);
        let mut index = None;
        if self.peek_at(n) == Some('[') && self.dialect == ShellKind::Bash {
            self.pos += n + 1;
            let inner = self.word(Until::Bracket)?;
            if self.peek_char() != Some(']')
                || !matches!((self.peek_at(1), self.peek_at(2)), (Some('='), _) | (Some('+'), Some('=')))
            {
                (self.pos, self.line) = (pos, line);
                return Ok(None);
            }
            index = Some(inner);
            self.bump();
            n = 0;
        }
        let append = self.peek_at(n) == Some('+') && self.peek_at(n + 1) == Some('=');
        if !append && self.peek_at(n) != Some('=') {
            (self.pos, self.line) = (pos, line);
            return Ok(None);
        }
        self.pos += n + 1 + usize::from(append);
        if self.peek_char() == Some('(') && index.is_none() && self.dialect == ShellKind::Bash {
            self.bump();
            let elements = self.array_elements()?;
            return Ok(Some(Assign {
                name: name.into(),
                index,
                append,
                value: AssignValue::Array(elements),
            }));
        }
        // The value is read like a word after `name=`, so that `~` expands after the sign and after colons.
        let mut word = Word::default();
        if self.peek_char().is_some_and(|c| !is_meta(c)) {
            word = self.assignment_value()?;
        }
        Ok(Some(Assign { name: name.into(), index, append, value: AssignValue::Word(word) }))
    }

    fn assignment_value(&mut self) -> ParseResult<Word> {
        let word = self.word(Until::Meta)?;
        // `a:~/b`: a tilde after a colon.
        let mut parts = Vec::new();
        for part in word.parts {
            match part {
                Part::Lit(text) if text.contains(":~/") || text.ends_with(":~") => {
                    let mut rest = text.as_str();
                    while let Some(at) = rest.find(":~") {
                        parts.push(Part::Lit(rest[..=at].to_string()));
                        parts.push(Part::Tilde(String::new()));
                        rest = &rest[at + 2..];
                    }
                    if !rest.is_empty() {
                        parts.push(Part::Lit(rest.to_string()));
                    }
                }
                other => parts.push(other),
            }
        }
        Ok(Word { parts })
    }

    fn array_elements(&mut self) -> ParseResult<Vec<(Option<Word>, Word)>> {
        let mut elements = Vec::new();
        loop {
            self.newlines();
            match self.peek_char() {
                None => return Err(ParseError::Incomplete(")")),
                Some(')') => {
                    self.bump();
                    return Ok(elements);
                }
                Some('[') => {
                    let (pos, line) = (self.pos, self.line);
                    self.bump();
                    let index = self.word(Until::Bracket)?;
                    if self.peek_char() == Some(']') && self.peek_at(1) == Some('=') {
                        self.take("]=");
                        let word = if self.peek_char().is_some_and(|c| !is_meta(c)) {
                            self.word(Until::Meta)?
                        } else {
                            Word::default()
                        };
                        elements.push((Some(index), word));
                        continue;
                    }
                    (self.pos, self.line) = (pos, line);
                    let word = self.word(Until::Meta)?;
                    elements.extend(brace::expand(word, self.dialect).into_iter().map(|w| (None, w)));
                }
                Some(c) if is_meta(c) => return self.unexpected(Some(")")),
                _ => {
                    let word = self.word(Until::Meta)?;
                    elements.extend(brace::expand(word, self.dialect).into_iter().map(|w| (None, w)));
                }
            }
        }
    }

    fn redirection(&mut self) -> ParseResult<Option<Redir>> {
        self.blanks();
        let mut n = 0;
        while self.peek_at(n).is_some_and(|c| c.is_ascii_digit()) {
            n += 1;
        }
        if n > 0 && !matches!(self.peek_at(n), Some('<' | '>')) {
            return Ok(None);
        }
        let number: Option<u32> = self.src[self.pos..self.pos + n].iter().collect::<String>().parse().ok();
        let (pos, line) = (self.pos, self.line);
        self.pos += n;
        let op = self.operator();
        let kind = match op {
            "<" if self.peek_at(1) == Some('(') && self.dialect == ShellKind::Bash => None,
            ">" if self.peek_at(1) == Some('(') && self.dialect == ShellKind::Bash => None,
            "<" => Some((0, RedirKind::Read)),
            ">" => Some((1, RedirKind::Write)),
            ">|" => Some((1, RedirKind::Clobber)),
            ">>" => Some((1, RedirKind::Append)),
            "<>" => Some((0, RedirKind::ReadWrite)),
            "<&" => Some((0, RedirKind::Dup)),
            ">&" => Some((1, RedirKind::Dup)),
            "&>" if n == 0 && self.dialect != ShellKind::Dash => Some((1, RedirKind::Both)),
            "&>>" if n == 0 && self.dialect == ShellKind::Bash => Some((1, RedirKind::BothAppend)),
            "<<" | "<<-" => Some((0, RedirKind::HereDoc)),
            "<<<" if self.dialect == ShellKind::Bash => Some((0, RedirKind::HereString)),
            "<<<" => Some((0, RedirKind::HereDoc)),
            _ => None,
        };
        let Some((fd, mut kind)) = kind else {
            (self.pos, self.line) = (pos, line);
            return Ok(None);
        };
        self.take(op);
        self.blanks();
        let fd = number.unwrap_or(fd);
        if self
            .peek_char()
            .is_none_or(|c| is_meta(c) && !((c == '<' || c == '>') && self.peek_at(1) == Some('(')))
        {
            return self.unexpected(None);
        }
        if kind == RedirKind::HereDoc {
            let target = self.here_document(op == "<<-")?;
            return Ok(Some(Redir { fd, kind, target }));
        }
        let target = if matches!(self.peek_char(), Some('<' | '>')) {
            let input = self.bump() == Some('<');
            self.bump();
            Word { parts: vec![Part::Process(input, self.substitution()?)] }
        } else {
            self.word(Until::Meta)?
        };
        if op == ">&" && number.is_none() && self.dialect == ShellKind::Bash {
            let dup = target.literal().is_none_or(|t| t == "-" || t.chars().all(|c| c.is_ascii_digit()));
            if !dup {
                kind = RedirKind::Both;
            }
        }
        Ok(Some(Redir { fd, kind, target }))
    }

    /// Reads the delimiter at this place and the body behind the line's end; gives the body as a word.
    fn here_document(&mut self, strip_tabs: bool) -> ParseResult<Word> {
        let mut delimiter = String::new();
        let mut quoted = false;
        while let Some(c) = self.peek_char() {
            match c {
                '\'' | '"' => {
                    quoted = true;
                    self.bump();
                    while let Some(d) = self.bump().filter(|d| *d != c) {
                        delimiter.push(d);
                    }
                }
                '\\' => {
                    quoted = true;
                    self.bump();
                    delimiter.extend(self.bump());
                }
                c if is_meta(c) => break,
                c => {
                    delimiter.push(c);
                    self.bump();
                }
            }
        }
        let (line_end, mut at, mut lines) = match self.heredoc {
            Some((end, resume, lines)) => (end, resume, lines),
            None => {
                let Some(n) = self.src[self.pos..].iter().position(|c| *c == '\n') else {
                    return Err(ParseError::Incomplete("here-document"));
                };
                (self.pos + n, self.pos + n + 1, 0)
            }
        };
        let first_line = self.line + 1 + lines;
        let mut body = String::new();
        loop {
            if at >= self.src.len() {
                if !self.lenient {
                    return Err(ParseError::Incomplete("here-document"));
                }
                break;
            }
            let end = self.src[at..].iter().position(|c| *c == '\n').map_or(self.src.len(), |n| at + n);
            let mut text: String = self.src[at..end].iter().collect();
            at = (end + 1).min(self.src.len());
            lines += 1;
            if strip_tabs {
                text = text.trim_start_matches('\t').to_string();
            }
            if text == delimiter {
                break;
            }
            body.push_str(&text);
            body.push('\n');
        }
        self.heredoc = Some((line_end, at, lines));
        if quoted {
            return Ok(Word { parts: vec![Part::Quoted(body)] });
        }
        let mut sub = Parser::new(&body, self.dialect, self.aliases).starting_at(first_line);
        sub.depth = self.depth;
        let word = sub.word(Until::End)?;
        Ok(Word { parts: vec![Part::Double(word.parts)] })
    }

    // [[ … ]]

    fn cond_or(&mut self) -> ParseResult<Cond> {
        self.enter()?;
        let mut left = self.cond_and()?;
        loop {
            self.newlines();
            if !self.looking_at("||") {
                self.leave();
                return Ok(left);
            }
            self.take("||");
            left = Cond::Or(Rc::new(left), Rc::new(self.cond_and()?));
        }
    }

    fn cond_and(&mut self) -> ParseResult<Cond> {
        let mut left = self.cond_not()?;
        loop {
            self.newlines();
            if !self.looking_at("&&") {
                return Ok(left);
            }
            self.take("&&");
            left = Cond::And(Rc::new(left), Rc::new(self.cond_not()?));
        }
    }

    fn cond_not(&mut self) -> ParseResult<Cond> {
        self.newlines();
        if self.peek_char() == Some('!') && self.peek_at(1).is_some_and(|c| c.is_whitespace() || c == '(') {
            self.bump();
            return Ok(Cond::Not(Rc::new(self.cond_not()?)));
        }
        if self.peek_char() == Some('(') {
            self.bump();
            let inner = self.cond_or()?;
            self.newlines();
            if self.peek_char() != Some(')') {
                return self.unexpected(Some(")"));
            }
            self.bump();
            return Ok(inner);
        }
        if self.looking_at("]]") || self.peek_char().is_none() {
            return self.unexpected(Some("]]"));
        }
        let first = self.word(Until::Meta)?;
        self.newlines();
        if let Some(op) = first.literal().filter(|t| t.len() == 2 && t.starts_with('-')) {
            let op = op.to_string();
            if !self.looking_at("]]") && !self.looking_at("&&") && !self.looking_at("||") {
                let operand = self.word(Until::Meta)?;
                return Ok(Cond::Unary(op, operand));
            }
        }
        let op = match self.peek_char() {
            Some('<') => "<".to_string(),
            Some('>') => ">".to_string(),
            _ => {
                let mut n = 0;
                while self.peek_at(n).is_some_and(|c| !is_meta(c)) {
                    n += 1;
                }
                self.src[self.pos..self.pos + n].iter().collect()
            }
        };
        let known =
            ["=", "==", "!=", "=~", "<", ">", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef"];
        if !known.contains(&op.as_str()) {
            return Ok(Cond::Word(first));
        }
        self.take(&op);
        self.newlines();
        if self.looking_at("]]") {
            return self.unexpected(None);
        }
        let saved = std::mem::replace(&mut self.extglob, true);
        let second = self.word(if op == "=~" { Until::Regex } else { Until::Meta })?;
        self.extglob = saved;
        Ok(Cond::Binary(op, first, second))
    }
}

/// Case · (Match · body · Jump)* · SetStatus 0 · EndCase
fn assemble_case(subject: Word, arms: Vec<(Vec<Word>, Vec<Op>, &'static str)>) -> Vec<Op> {
    let end = 2 + arms.iter().map(|(_, body, _)| body.len().max(1) + 2).sum::<usize>();
    let mut ops = vec![Op::Case(Rc::new(subject))];
    let count = arms.len();
    for (i, (patterns, mut body, how)) in arms.into_iter().enumerate() {
        if body.is_empty() {
            body.push(Op::SetStatus(0));
        }
        ops.push(Op::Match(patterns.into(), body.len() as i32 + 2));
        ops.extend(body);
        let here = ops.len() as i32;
        ops.push(Op::Jump(match how {
            // Into the next body, over its patterns.
            ";&" if i + 1 < count => 2,
            ";;&" if i + 1 < count => 1,
            _ => end as i32 - here,
        }));
    }
    ops.push(Op::SetStatus(0));
    ops.push(Op::EndCase);
    ops
}

/// Loop · head (leaves the loop by its last instruction) · body · SaveStatus · step · back · EndLoop.
/// `leave` makes the leaving instruction from its offset.
fn assemble_loop(head: Vec<Op>, leave: fn(i32) -> Op, body: Vec<Op>, step: Vec<Op>) -> Vec<Op> {
    let first = 1;
    let leaving = first + head.len();
    let next = leaving + 1 + body.len() + 1;
    let back = next + step.len();
    let end = back + 1;
    // `continue` goes to the step, or straight to the head if there is none.
    let mut ops = vec![Op::Loop {
        end: end as i32 + 1,
        next: if step.is_empty() { first as i32 } else { next as i32 },
    }];
    ops.extend(head);
    ops.push(leave((end - leaving) as i32));
    ops.extend(body);
    ops.push(Op::SaveStatus);
    ops.extend(step);
    ops.push(Op::Jump(first as i32 - back as i32));
    ops.push(Op::EndLoop);
    ops
}
