//! awk's grammar.

use std::{collections::BTreeMap, rc::Rc};

/// A program: its rules by kind, and functions.
#[derive(Debug, Default)]
pub struct Program {
    pub begin: Vec<Rc<Stmt>>,
    pub main: Vec<Rule>,
    pub end: Vec<Rc<Stmt>>,
    pub functions: BTreeMap<String, Function>,
}

#[derive(Debug)]
pub struct Rule {
    pub pattern: Pattern,
    pub action: Option<Rc<Stmt>>,
}

#[derive(Debug)]
pub enum Pattern {
    Always,
    Expr(Expr),
    Range(Expr, Expr),
}

#[derive(Debug)]
pub struct Function {
    pub params: Vec<String>,
    pub body: Rc<Stmt>,
}

#[derive(Debug)]
pub enum Stmt {
    Block(Vec<Stmt>),
    Expr(Expr),
    /// Arguments, and where to: `>` or `>>` with a file.
    Print(Vec<Expr>, Option<(bool, Expr)>),
    Printf(Vec<Expr>, Option<(bool, Expr)>),
    If(Expr, Box<Stmt>, Option<Box<Stmt>>),
    While(Expr, Box<Stmt>),
    Do(Box<Stmt>, Expr),
    For(Box<Stmt>, Option<Expr>, Box<Stmt>, Box<Stmt>),
    ForIn(String, String, Box<Stmt>),
    Next,
    Exit(Option<Expr>),
    Break,
    Continue,
    Return(Option<Expr>),
    Delete(String, Option<Vec<Expr>>),
    Getline,
}

#[derive(Debug, Clone)]
pub enum Expr {
    Number(f64),
    Text(Rc<str>),
    /// A regular expression: matched against `$0` where a value is wanted.
    Regex(Rc<str>),
    Var(String),
    Index(String, Vec<Expr>),
    Field(Box<Expr>),
    Assign(Box<Expr>, Option<&'static str>, Box<Expr>),
    /// `++x`, `x++`: by, and whether the old value is given.
    Step(Box<Expr>, f64, bool),
    Unary(char, Box<Expr>),
    Binary(&'static str, Box<Expr>, Box<Expr>),
    Cond(Box<Expr>, Box<Expr>, Box<Expr>),
    In(Vec<Expr>, String),
    Call(String, Vec<Expr>),
    /// `(a, b)` before `in`.
    Group(Vec<Expr>),
    /// `getline < file`, `getline var < file`
    GetlineFile(Option<Box<Expr>>, Box<Expr>),
}

#[derive(Clone, Debug, PartialEq)]
enum Tok {
    Number(f64),
    Text(String),
    Regex(String),
    Name(String),
    /// A name directly before `(`.
    Func(String),
    Op(&'static str),
    Newline,
    End,
}

type Res<T> = Result<T, String>;

const OPS: [&str; 46] = [
    "**=", "&&", "||", "==", "!=", "<=", ">=", ">>", "++", "--", "+=", "-=", "*=", "/=", "%=", "^=", "**",
    "!~", "{", "}", "(", ")", "[", "]", ";", ",", "+", "-", "*", "/", "%", "^", "!", "<", ">", "|", "?", ":",
    "~", "$", "=", "@", "&", "\\", "#", "'",
];

const WORDS: [&str; 19] = [
    "BEGIN", "END", "function", "func", "if", "else", "while", "for", "do", "break", "continue", "next",
    "exit", "return", "delete", "in", "getline", "print", "printf",
];

struct Lexer {
    chars: Vec<char>,
    at: usize,
}

impl Lexer {
    /// The next token; `value`: a value ended before it, so that `/` divides.
    fn next(&mut self, value: bool) -> Res<Tok> {
        loop {
            match self.chars.get(self.at) {
                Some(' ' | '\t' | '\r') => self.at += 1,
                Some('\\') if self.chars.get(self.at + 1) == Some(&'\n') => self.at += 2,
                Some('#') => {
                    while self.chars.get(self.at).is_some_and(|c| *c != '\n') {
                        self.at += 1;
                    }
                }
                _ => break,
            }
        }
        let Some(c) = self.chars.get(self.at).copied() else { return Ok(Tok::End) };
        if c == '\n' {
            self.at += 1;
            return Ok(Tok::Newline);
        }
        if c.is_ascii_digit() || (c == '.' && self.chars.get(self.at + 1).is_some_and(|d| d.is_ascii_digit()))
        {
            return Ok(Tok::Number(self.number()));
        }
        if c == '"' {
            self.at += 1;
            return Ok(Tok::Text(self.quoted('"')?));
        }
        if c == '/' && !value {
            self.at += 1;
            return Ok(Tok::Regex(self.quoted('/')?));
        }
        if c == '_' || c.is_ascii_alphabetic() {
            let from = self.at;
            while self.chars.get(self.at).is_some_and(|c| *c == '_' || c.is_ascii_alphanumeric()) {
                self.at += 1;
            }
            let name: String = self.chars[from..self.at].iter().collect();
            if let Some(word) = WORDS.into_iter().find(|w| *w == name) {
                return Ok(Tok::Op(word));
            }
            return Ok(if self.chars.get(self.at) == Some(&'(') { Tok::Func(name) } else { Tok::Name(name) });
        }
        let op = OPS
            .into_iter()
            .find(|o| o.chars().enumerate().all(|(i, c)| self.chars.get(self.at + i) == Some(&c)));
        match op {
            Some(op) => {
                self.at += op.len();
                Ok(Tok::Op(op))
            }
            None => Err(format!("syntax error at character `{c}'")),
        }
    }

    fn number(&mut self) -> f64 {
        let from = self.at;
        let digit = |l: &Lexer| l.chars.get(l.at).is_some_and(|c| c.is_ascii_digit());
        while digit(self) || self.chars.get(self.at) == Some(&'.') {
            self.at += 1;
        }
        if matches!(self.chars.get(self.at), Some('e' | 'E')) {
            let saved = self.at;
            self.at += 1;
            if matches!(self.chars.get(self.at), Some('+' | '-')) {
                self.at += 1;
            }
            if !digit(self) {
                self.at = saved;
            }
            while digit(self) {
                self.at += 1;
            }
        }
        self.chars[from..self.at].iter().collect::<String>().parse().unwrap_or(0.0)
    }

    fn quoted(&mut self, end: char) -> Res<String> {
        let mut text = String::new();
        let mut class = false;
        loop {
            let Some(c) = self.chars.get(self.at).copied() else {
                return Err(format!("unterminated {}", if end == '/' { "regexp" } else { "string" }));
            };
            self.at += 1;
            match c {
                '\\' if end == '/' => {
                    let next = self.chars.get(self.at).copied().unwrap_or('\\');
                    self.at += 1;
                    if next != '/' {
                        text.push('\\');
                    }
                    text.push(next);
                }
                '\\' => {
                    let next = self.chars.get(self.at).copied().unwrap_or('\\');
                    self.at += 1;
                    match next {
                        '"' | '/' => text.push(next),
                        '\n' => {}
                        _ => {
                            text.push('\\');
                            text.push(next);
                        }
                    }
                }
                '[' if end == '/' => {
                    class = true;
                    text.push(c);
                }
                ']' => {
                    class = false;
                    text.push(c);
                }
                c if c == end && !class => break,
                c => text.push(c),
            }
        }
        Ok(if end == '"' { super::run::escapes(&text) } else { text })
    }
}

struct Parser {
    toks: Vec<Tok>,
    at: usize,
    depth: u32,
    /// `in` and `>` end expressions here.
    no_in: bool,
    no_gt: bool,
}

/// Reads a program.
pub fn parse(source: &str) -> Res<Program> {
    let mut lexer = Lexer { chars: source.chars().collect(), at: 0 };
    let mut toks: Vec<Tok> = Vec::new();
    loop {
        let value = matches!(
            toks.last(),
            Some(
                Tok::Number(_)
                    | Tok::Text(_)
                    | Tok::Name(_)
                    | Tok::Regex(_)
                    | Tok::Op(")" | "]" | "$" | "++" | "--")
            )
        );
        let tok = lexer.next(value)?;
        let end = tok == Tok::End;
        toks.push(tok);
        if end {
            break;
        }
    }
    let mut p = Parser { toks, at: 0, depth: 0, no_in: false, no_gt: false };
    let mut program = Program::default();
    loop {
        p.skip_ends();
        match p.peek().clone() {
            Tok::End => return Ok(program),
            Tok::Op("BEGIN") => {
                p.at += 1;
                program.begin.push(Rc::new(p.block()?));
            }
            Tok::Op("END") => {
                p.at += 1;
                program.end.push(Rc::new(p.block()?));
            }
            Tok::Op("function" | "func") => {
                p.at += 1;
                let (Tok::Func(name) | Tok::Name(name)) = p.take() else { return Err(p.unexpected()) };
                p.expect("(")?;
                let mut params = Vec::new();
                while let Tok::Name(param) = p.peek().clone() {
                    p.at += 1;
                    params.push(param);
                    p.accept(",");
                    p.newlines();
                }
                p.expect(")")?;
                p.newlines();
                let body = Rc::new(p.block()?);
                program.functions.insert(name, Function { params, body });
            }
            Tok::Op("{") => {
                let action = Some(Rc::new(p.block()?));
                program.main.push(Rule { pattern: Pattern::Always, action });
            }
            _ => {
                let first = p.expr()?;
                let pattern = if p.accept(",") {
                    p.newlines();
                    Pattern::Range(first, p.expr()?)
                } else {
                    Pattern::Expr(first)
                };
                let action = if *p.peek() == Tok::Op("{") { Some(Rc::new(p.block()?)) } else { None };
                program.main.push(Rule { pattern, action });
            }
        }
    }
}

impl Parser {
    fn peek(&self) -> &Tok {
        self.toks.get(self.at).unwrap_or(&Tok::End)
    }

    fn take(&mut self) -> Tok {
        let tok = self.peek().clone();
        self.at += 1;
        tok
    }

    fn accept(&mut self, op: &str) -> bool {
        let hit = matches!(self.peek(), Tok::Op(o) if *o == op);
        if hit {
            self.at += 1;
        }
        hit
    }

    fn expect(&mut self, op: &str) -> Res<()> {
        if self.accept(op) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn unexpected(&self) -> String {
        let shown = match self.peek() {
            Tok::End => "end of file".to_string(),
            Tok::Newline => "newline".to_string(),
            Tok::Op(o) => o.to_string(),
            Tok::Name(n) | Tok::Func(n) | Tok::Text(n) | Tok::Regex(n) => n.clone(),
            Tok::Number(n) => n.to_string(),
        };
        format!("line 1: syntax error at or near {shown}")
    }

    fn newlines(&mut self) {
        while *self.peek() == Tok::Newline {
            self.at += 1;
        }
    }

    fn skip_ends(&mut self) {
        while matches!(self.peek(), Tok::Newline | Tok::Op(";")) {
            self.at += 1;
        }
    }

    fn block(&mut self) -> Res<Stmt> {
        self.newlines();
        self.expect("{")?;
        let mut all = Vec::new();
        loop {
            self.skip_ends();
            if self.accept("}") {
                return Ok(Stmt::Block(all));
            }
            all.push(self.stmt()?);
        }
    }

    fn body(&mut self) -> Res<Stmt> {
        self.newlines();
        if self.accept(";") { Ok(Stmt::Block(Vec::new())) } else { self.stmt() }
    }

    fn end_of_simple(&mut self) -> Res<()> {
        match self.peek() {
            Tok::Newline | Tok::Op(";") => {
                self.at += 1;
                Ok(())
            }
            Tok::Op("}") | Tok::End | Tok::Op("else") => Ok(()),
            _ => Err(self.unexpected()),
        }
    }

    fn stmt(&mut self) -> Res<Stmt> {
        self.depth += 1;
        if self.depth > 100 {
            return Err("program nested too deeply".to_string());
        }
        let stmt = self.stmt_inner();
        self.depth -= 1;
        stmt
    }

    fn stmt_inner(&mut self) -> Res<Stmt> {
        let Tok::Op(word) = self.peek().clone() else { return self.simple_stmt() };
        match word {
            "{" => self.block(),
            "if" => {
                self.at += 1;
                self.expect("(")?;
                let cond = self.expr()?;
                self.expect(")")?;
                let yes = self.body()?;
                let saved = self.at;
                self.skip_ends();
                if self.accept("else") {
                    return Ok(Stmt::If(cond, Box::new(yes), Some(Box::new(self.body()?))));
                }
                self.at = saved;
                Ok(Stmt::If(cond, Box::new(yes), None))
            }
            "while" => {
                self.at += 1;
                self.expect("(")?;
                let cond = self.expr()?;
                self.expect(")")?;
                Ok(Stmt::While(cond, Box::new(self.body()?)))
            }
            "do" => {
                self.at += 1;
                let body = self.body()?;
                self.skip_ends();
                self.expect("while")?;
                self.expect("(")?;
                let cond = self.expr()?;
                self.expect(")")?;
                self.end_of_simple()?;
                Ok(Stmt::Do(Box::new(body), cond))
            }
            "for" => self.for_stmt(),
            _ => self.simple_stmt(),
        }
    }

    fn for_stmt(&mut self) -> Res<Stmt> {
        self.at += 1;
        self.expect("(")?;
        if let (Tok::Name(var), Some(Tok::Op("in")), Some(Tok::Name(array)), Some(Tok::Op(")"))) = (
            self.peek().clone(),
            self.toks.get(self.at + 1),
            self.toks.get(self.at + 2).cloned(),
            self.toks.get(self.at + 3),
        ) {
            self.at += 4;
            return Ok(Stmt::ForIn(var, array, Box::new(self.body()?)));
        }
        let init =
            if *self.peek() == Tok::Op(";") { Stmt::Block(Vec::new()) } else { Stmt::Expr(self.expr()?) };
        self.expect(";")?;
        self.newlines();
        let cond = if *self.peek() == Tok::Op(";") { None } else { Some(self.expr()?) };
        self.expect(";")?;
        self.newlines();
        let step =
            if *self.peek() == Tok::Op(")") { Stmt::Block(Vec::new()) } else { Stmt::Expr(self.expr()?) };
        self.expect(")")?;
        Ok(Stmt::For(Box::new(init), cond, Box::new(step), Box::new(self.body()?)))
    }

    fn simple_stmt(&mut self) -> Res<Stmt> {
        let value_follows = |p: &Parser| !matches!(p.peek(), Tok::Newline | Tok::Op(";" | "}") | Tok::End);
        let stmt = match self.peek().clone() {
            Tok::Op(word @ ("print" | "printf")) => {
                self.at += 1;
                let saved = std::mem::replace(&mut self.no_gt, true);
                let mut args = Vec::new();
                if value_follows(self) && !matches!(self.peek(), Tok::Op(">" | ">>" | "|")) {
                    args = self.list()?;
                    // print (a, b)
                    if let [Expr::Group(inner)] = args.as_slice() {
                        args = inner.clone();
                    }
                }
                self.no_gt = saved;
                let target = match self.peek() {
                    Tok::Op(op @ (">" | ">>")) => {
                        let append = *op == ">>";
                        self.at += 1;
                        Some((append, self.concat()?))
                    }
                    Tok::Op("|") => {
                        return Err(
                            "pipes to commands are not simulated in awk; pipe awk's own output instead"
                                .to_string(),
                        );
                    }
                    _ => None,
                };
                if word == "print" { Stmt::Print(args, target) } else { Stmt::Printf(args, target) }
            }
            Tok::Op("next") => {
                self.at += 1;
                Stmt::Next
            }
            Tok::Op("break") => {
                self.at += 1;
                Stmt::Break
            }
            Tok::Op("continue") => {
                self.at += 1;
                Stmt::Continue
            }
            Tok::Op(word @ ("exit" | "return")) => {
                self.at += 1;
                let value = if value_follows(self) { Some(self.expr()?) } else { None };
                if word == "exit" { Stmt::Exit(value) } else { Stmt::Return(value) }
            }
            Tok::Op("delete") => {
                self.at += 1;
                let Tok::Name(name) = self.take() else { return Err(self.unexpected()) };
                let index = if self.accept("[") {
                    let list = self.list()?;
                    self.expect("]")?;
                    Some(list)
                } else {
                    None
                };
                Stmt::Delete(name, index)
            }
            Tok::Op("getline")
                if !matches!(self.toks.get(self.at + 1), Some(Tok::Op("<") | Tok::Name(_))) =>
            {
                self.at += 1;
                Stmt::Getline
            }
            _ => Stmt::Expr(self.expr()?),
        };
        self.end_of_simple()?;
        Ok(stmt)
    }

    fn list(&mut self) -> Res<Vec<Expr>> {
        let mut all = vec![self.expr()?];
        while self.accept(",") {
            self.newlines();
            all.push(self.expr()?);
        }
        Ok(all)
    }

    fn expr(&mut self) -> Res<Expr> {
        self.depth += 1;
        if self.depth > 100 {
            return Err("expression nested too deeply".to_string());
        }
        let e = self.ternary();
        self.depth -= 1;
        let e = e?;
        let is_place = matches!(e, Expr::Var(_) | Expr::Index(..) | Expr::Field(_));
        if is_place {
            const ASSIGN: [(&str, Option<&str>); 8] = [
                ("=", None),
                ("+=", Some("+")),
                ("-=", Some("-")),
                ("*=", Some("*")),
                ("/=", Some("/")),
                ("%=", Some("%")),
                ("^=", Some("^")),
                ("**=", Some("^")),
            ];
            for (op, with) in ASSIGN {
                if self.accept(op) {
                    self.newlines();
                    let right = self.expr()?;
                    return Ok(Expr::Assign(Box::new(e), with, Box::new(right)));
                }
            }
        }
        Ok(e)
    }

    fn ternary(&mut self) -> Res<Expr> {
        let cond = self.binary(0)?;
        if !self.accept("?") {
            return Ok(cond);
        }
        self.newlines();
        let yes = self.expr()?;
        self.newlines();
        self.expect(":")?;
        self.newlines();
        let no = self.expr()?;
        Ok(Expr::Cond(Box::new(cond), Box::new(yes), Box::new(no)))
    }

    /// `||`, `&&`, `in`, `~`, comparisons, then concatenation.
    fn binary(&mut self, level: u8) -> Res<Expr> {
        const LEVELS: [&[&str]; 5] =
            [&["||"], &["&&"], &["in"], &["~", "!~"], &["<", "<=", "==", "!=", ">", ">="]];
        if level as usize == LEVELS.len() {
            return self.concat();
        }
        let mut left = self.binary(level + 1)?;
        loop {
            let Tok::Op(op) = self.peek().clone() else { return Ok(left) };
            let Some(op) = LEVELS[level as usize].iter().find(|o| **o == op).copied() else {
                return Ok(left);
            };
            if (op == ">" && self.no_gt) || (op == "in" && self.no_in) {
                return Ok(left);
            }
            self.at += 1;
            if op == "in" {
                let Tok::Name(array) = self.take() else { return Err(self.unexpected()) };
                let keys = match left {
                    Expr::Group(keys) => keys,
                    other => vec![other],
                };
                left = Expr::In(keys, array);
                continue;
            }
            if level < 2 {
                self.newlines();
            }
            let right = self.binary(level + 1)?;
            left = Expr::Binary(op, Box::new(left), Box::new(right));
            if level == 4 {
                return Ok(left);
            }
        }
    }

    fn concat(&mut self) -> Res<Expr> {
        let mut left = self.sum()?;
        loop {
            let more = match self.peek() {
                Tok::Number(_) | Tok::Text(_) | Tok::Name(_) | Tok::Func(_) | Tok::Regex(_) => true,
                Tok::Op(o) => matches!(*o, "$" | "!" | "(" | "-" | "+" | "++" | "--"),
                _ => false,
            };
            if !more || matches!(self.peek(), Tok::Op("in")) {
                return Ok(left);
            }
            let right = self.sum()?;
            left = Expr::Binary(" ", Box::new(left), Box::new(right));
        }
    }

    fn sum(&mut self) -> Res<Expr> {
        let mut left = self.product()?;
        loop {
            let op = match self.peek() {
                Tok::Op("+") => "+",
                Tok::Op("-") => "-",
                _ => return Ok(left),
            };
            self.at += 1;
            left = Expr::Binary(op, Box::new(left), Box::new(self.product()?));
        }
    }

    fn product(&mut self) -> Res<Expr> {
        let mut left = self.unary()?;
        loop {
            let op = match self.peek() {
                Tok::Op("*") => "*",
                Tok::Op("/") => "/",
                Tok::Op("%") => "%",
                _ => return Ok(left),
            };
            self.at += 1;
            left = Expr::Binary(op, Box::new(left), Box::new(self.unary()?));
        }
    }

    fn unary(&mut self) -> Res<Expr> {
        self.depth += 1;
        if self.depth > 100 {
            return Err("expression nested too deeply".to_string());
        }
        let op = match self.peek() {
            Tok::Op("!") => Some('!'),
            Tok::Op("-") => Some('-'),
            Tok::Op("+") => Some('+'),
            _ => None,
        };
        let e = match op {
            Some(op) => {
                self.at += 1;
                Expr::Unary(op, Box::new(self.unary()?))
            }
            None => self.power()?,
        };
        self.depth -= 1;
        Ok(e)
    }

    fn power(&mut self) -> Res<Expr> {
        let left = self.postfix()?;
        if self.accept("^") || self.accept("**") {
            let right = self.unary()?;
            return Ok(Expr::Binary("^", Box::new(left), Box::new(right)));
        }
        Ok(left)
    }

    fn postfix(&mut self) -> Res<Expr> {
        let e = self.primary()?;
        if matches!(e, Expr::Var(_) | Expr::Index(..) | Expr::Field(_)) {
            if self.accept("++") {
                return Ok(Expr::Step(Box::new(e), 1.0, true));
            }
            if self.accept("--") {
                return Ok(Expr::Step(Box::new(e), -1.0, true));
            }
        }
        Ok(e)
    }

    fn primary(&mut self) -> Res<Expr> {
        Ok(match self.take() {
            Tok::Number(n) => Expr::Number(n),
            Tok::Text(t) => Expr::Text(t.into()),
            Tok::Regex(r) => Expr::Regex(r.into()),
            Tok::Name(name) => {
                if self.accept("[") {
                    let saved = (std::mem::take(&mut self.no_gt), std::mem::take(&mut self.no_in));
                    let index = self.list()?;
                    (self.no_gt, self.no_in) = saved;
                    self.expect("]")?;
                    return Ok(Expr::Index(name, index));
                }
                if name == "length" {
                    return Ok(Expr::Call(name, Vec::new()));
                }
                Expr::Var(name)
            }
            Tok::Func(name) => {
                self.expect("(")?;
                self.newlines();
                let saved = (std::mem::take(&mut self.no_gt), std::mem::take(&mut self.no_in));
                let args = if *self.peek() == Tok::Op(")") { Vec::new() } else { self.list()? };
                (self.no_gt, self.no_in) = saved;
                self.expect(")")?;
                if name == "system" {
                    return Err("system() is not simulated in awk".to_string());
                }
                Expr::Call(name, args)
            }
            Tok::Op("$") => {
                let of = if self.accept("++") {
                    Expr::Step(Box::new(self.primary()?), 1.0, false)
                } else {
                    self.primary()?
                };
                Expr::Field(Box::new(of))
            }
            Tok::Op("(") => {
                let saved = (std::mem::take(&mut self.no_gt), std::mem::take(&mut self.no_in));
                let mut all = self.list()?;
                (self.no_gt, self.no_in) = saved;
                self.expect(")")?;
                if all.len() == 1 {
                    Expr::Cond(
                        Box::new(Expr::Number(1.0)),
                        Box::new(all.remove(0)),
                        Box::new(Expr::Number(0.0)),
                    )
                } else {
                    Expr::Group(all)
                }
            }
            Tok::Op("++") => Expr::Step(Box::new(self.primary()?), 1.0, false),
            Tok::Op("--") => Expr::Step(Box::new(self.primary()?), -1.0, false),
            Tok::Op("-") => Expr::Unary('-', Box::new(self.unary()?)),
            Tok::Op("!") => Expr::Unary('!', Box::new(self.unary()?)),
            Tok::Op("getline") => {
                let var = if matches!(self.peek(), Tok::Name(_) | Tok::Op("$")) {
                    Some(Box::new(self.primary()?))
                } else {
                    None
                };
                if !self.accept("<") {
                    return Err("getline from the main input is not simulated inside expressions".to_string());
                }
                let file = self.primary()?;
                Expr::GetlineFile(var, Box::new(file))
            }
            _ => {
                self.at -= 1;
                return Err(self.unexpected());
            }
        })
    }
}
