//! awk's grammar.

use super::{
    lex::{Tok, Wrong, tokens},
    tree::{Expr, Function, Pattern, Program, Rule, Stmt, To},
};

pub type Res<T> = Result<T, Wrong>;

/// The deepest nesting, and the longest chain of operators of one level: a program is read and compiled by recursion.
const DEPTH_MAX: u32 = 100;
pub const CHAIN_MAX: u32 = 1_000;

pub struct Parser {
    pub(super) toks: Vec<(Tok, u32)>,
    pub(super) at: usize,
    depth: u32,
    /// `>` ends an expression here: it names the file that `print` writes to.
    pub(super) no_gt: bool,
}

/// Reads a program.
pub fn parse(source: &str) -> Res<Program> {
    let mut p = Parser { toks: tokens(source)?, at: 0, depth: 0, no_gt: false };
    let mut program = Program::default();
    loop {
        p.skip_ends();
        match p.peek().clone() {
            Tok::End => {
                program.lines = p.toks.last().map_or(1, |(_, line)| *line);
                return Ok(program);
            }
            Tok::Op("BEGIN") => {
                p.at += 1;
                program.begin.push(p.block()?);
            }
            Tok::Op("END") => {
                p.at += 1;
                program.end.push(p.block()?);
            }
            Tok::Op("function" | "func") => {
                let (name, function) = p.function()?;
                program.functions.insert(name, function);
            }
            Tok::Op("{") => {
                let action = Some(p.block()?);
                program.main.push(Rule { pattern: Pattern::Always, action });
            }
            Tok::Op("}") => return Err(p.wrong("extra '}'")),
            _ => {
                let first = p.expr()?;
                let pattern = if p.accept(",") {
                    p.newlines();
                    Pattern::Range(first, p.expr()?)
                } else {
                    Pattern::Expr(first)
                };
                let action = if *p.peek() == Tok::Op("{") { Some(p.block()?) } else { None };
                program.main.push(Rule { pattern, action });
            }
        }
    }
}

/// Tokens.
impl Parser {
    pub(super) fn peek(&self) -> &Tok {
        self.peek_at(0)
    }

    pub(super) fn peek_at(&self, ahead: usize) -> &Tok {
        self.toks.get(self.at + ahead).map_or(&Tok::End, |(tok, _)| tok)
    }

    pub(super) fn take(&mut self) -> Tok {
        let tok = self.peek().clone();
        self.at += 1;
        tok
    }

    pub(super) fn is(&self, op: &str) -> bool {
        matches!(self.peek(), Tok::Op(it) if *it == op)
    }

    pub(super) fn accept(&mut self, op: &str) -> bool {
        let hit = self.is(op);
        self.at += usize::from(hit);
        hit
    }

    pub(super) fn expect(&mut self, op: &str) -> Res<()> {
        if self.accept(op) { Ok(()) } else { Err(self.unexpected()) }
    }

    pub(super) fn name(&mut self) -> Res<String> {
        match self.take() {
            Tok::Name(name) | Tok::Func(name) => Ok(name),
            _ => {
                self.at -= 1;
                Err(self.unexpected())
            }
        }
    }

    pub(super) fn wrong(&self, message: impl Into<String>) -> Wrong {
        let line = self.toks.get(self.at).or(self.toks.last()).map_or(1, |(_, line)| *line);
        Wrong::new(line, message)
    }

    pub(super) fn unexpected(&self) -> Wrong {
        let shown = match self.peek() {
            // mawk reads a newline behind the program's text.
            Tok::End => "end of file".to_string(),
            Tok::Newline => "end of line".to_string(),
            Tok::Op(op) => op.to_string(),
            Tok::Name(it) | Tok::Func(it) | Tok::Text(it) | Tok::Regex(it) => it.clone(),
            Tok::Number(n) => n.to_string(),
        };
        self.wrong(format!("syntax error at or near {shown}"))
    }

    pub(super) fn newlines(&mut self) {
        while *self.peek() == Tok::Newline {
            self.at += 1;
        }
    }

    pub(super) fn skip_ends(&mut self) {
        while matches!(self.peek(), Tok::Newline | Tok::Op(";")) {
            self.at += 1;
        }
    }

    pub(super) fn deeper<T>(&mut self, read: impl FnOnce(&mut Parser) -> Res<T>) -> Res<T> {
        if self.depth >= DEPTH_MAX {
            return Err(self.wrong("program nested too deeply"));
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }
}

/// Statements.
impl Parser {
    pub(super) fn function(&mut self) -> Res<(String, Function)> {
        self.at += 1;
        let name = self.name()?;
        self.expect("(")?;
        let mut params = Vec::new();
        while let Tok::Name(param) = self.peek().clone() {
            self.at += 1;
            params.push(param);
            if !self.accept(",") {
                break;
            }
            self.newlines();
        }
        self.expect(")")?;
        self.newlines();
        Ok((name, Function { params, body: self.block()? }))
    }

    pub(super) fn block(&mut self) -> Res<Stmt> {
        self.newlines();
        self.expect("{")?;
        let mut all = Vec::new();
        loop {
            self.skip_ends();
            if self.accept("}") {
                return Ok(Stmt::Block(all));
            }
            if *self.peek() == Tok::End {
                return Err(Wrong { at_end: true, ..self.wrong("missing } near end of file") });
            }
            all.push(self.stmt()?);
        }
    }

    pub(super) fn body(&mut self) -> Res<Stmt> {
        self.newlines();
        if self.accept(";") { Ok(Stmt::Block(Vec::new())) } else { self.stmt() }
    }

    pub(super) fn end_of_simple(&mut self) -> Res<()> {
        match self.peek() {
            Tok::Newline | Tok::Op(";") => {
                self.at += 1;
                Ok(())
            }
            Tok::Op("}" | "else") | Tok::End => Ok(()),
            _ => Err(self.unexpected()),
        }
    }

    pub(super) fn stmt(&mut self) -> Res<Stmt> {
        self.deeper(|p| match p.peek() {
            Tok::Op("{") => p.block(),
            Tok::Op("if") => p.if_stmt(),
            Tok::Op("while") => {
                p.at += 1;
                let cond = p.condition()?;
                Ok(Stmt::While(cond, Box::new(p.body()?)))
            }
            Tok::Op("do") => {
                p.at += 1;
                let body = p.body()?;
                p.skip_ends();
                p.expect("while")?;
                let cond = p.condition()?;
                p.end_of_simple()?;
                Ok(Stmt::Do(Box::new(body), cond))
            }
            Tok::Op("for") => p.for_stmt(),
            _ => {
                let stmt = p.simple_stmt()?;
                p.end_of_simple()?;
                Ok(stmt)
            }
        })
    }

    pub(super) fn condition(&mut self) -> Res<Expr> {
        self.expect("(")?;
        let cond = self.expr()?;
        self.expect(")")?;
        Ok(cond)
    }

    pub(super) fn if_stmt(&mut self) -> Res<Stmt> {
        self.at += 1;
        let cond = self.condition()?;
        let yes = self.body()?;
        let saved = self.at;
        self.skip_ends();
        if self.accept("else") {
            return Ok(Stmt::If(cond, Box::new(yes), Some(Box::new(self.body()?))));
        }
        self.at = saved;
        Ok(Stmt::If(cond, Box::new(yes), None))
    }

    pub(super) fn for_stmt(&mut self) -> Res<Stmt> {
        self.at += 1;
        self.expect("(")?;
        if let (Tok::Name(var), Tok::Op("in"), Tok::Name(array), Tok::Op(")")) =
            (self.peek().clone(), self.peek_at(1), self.peek_at(2).clone(), self.peek_at(3))
        {
            self.at += 4;
            return Ok(Stmt::ForIn(var, array, Box::new(self.body()?)));
        }
        let nothing = || Stmt::Block(Vec::new());
        let init = if self.is(";") { nothing() } else { self.simple_stmt()? };
        self.expect(";")?;
        self.newlines();
        let cond = if self.is(";") { None } else { Some(self.expr()?) };
        self.expect(";")?;
        self.newlines();
        let step = if self.is(")") { nothing() } else { self.simple_stmt()? };
        self.expect(")")?;
        Ok(Stmt::For(Box::new(init), cond, Box::new(step), Box::new(self.body()?)))
    }

    pub(super) fn value_follows(&self) -> bool {
        !matches!(self.peek(), Tok::Newline | Tok::Op(";" | "}" | ">" | ">>" | "|" | ")") | Tok::End)
    }

    pub(super) fn simple_stmt(&mut self) -> Res<Stmt> {
        let Tok::Op(word) = *self.peek() else { return Ok(Stmt::Expr(self.expr()?)) };
        if matches!(word, "print" | "printf") {
            return self.print_stmt(word == "printf");
        }
        if !matches!(word, "next" | "nextfile" | "break" | "continue" | "exit" | "return" | "delete") {
            return Ok(Stmt::Expr(self.expr()?));
        }
        self.at += 1;
        Ok(match word {
            "next" => Stmt::Next,
            "nextfile" => Stmt::NextFile,
            "break" => Stmt::Break,
            "continue" => Stmt::Continue,
            "delete" => {
                let name = self.name()?;
                let index = if self.accept("[") { Some(self.index()?) } else { None };
                Stmt::Delete(name, index)
            }
            _ => {
                let value = if self.value_follows() { Some(self.expr()?) } else { None };
                if word == "exit" { Stmt::Exit(value) } else { Stmt::Return(value) }
            }
        })
    }

    pub(super) fn print_stmt(&mut self, formatted: bool) -> Res<Stmt> {
        self.at += 1;
        let outer = std::mem::replace(&mut self.no_gt, true);
        let mut args = if self.value_follows() { self.list()? } else { Vec::new() };
        // print (a, b) > "file"
        if let [Expr::Group(inner)] = args.as_mut_slice() {
            args = std::mem::take(inner);
        }
        let to = match self.peek() {
            Tok::Op(">") => Some(To::File),
            Tok::Op(">>") => Some(To::Append),
            Tok::Op("|") => Some(To::Command),
            _ => None,
        };
        let target = match to {
            Some(to) => {
                self.at += 1;
                Some((to, self.ternary()?))
            }
            None => None,
        };
        self.no_gt = outer;
        Ok(if formatted { Stmt::Printf(args, target) } else { Stmt::Print(args, target) })
    }
}
