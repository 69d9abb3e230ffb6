//! awk's grammar.

use super::{
    functions::Builtin,
    lex::{Tok, Wrong, tokens},
    tree::{Expr, From, Function, Pattern, Program, Rule, Stmt, To},
};

type Res<T> = Result<T, Wrong>;

/// The deepest nesting, and the longest chain of operators of one level: a program is read and compiled by recursion.
const DEPTH_MAX: u32 = 100;
const CHAIN_MAX: u32 = 1_000;

struct Parser {
    toks: Vec<(Tok, u32)>,
    at: usize,
    depth: u32,
    /// `>` ends an expression here: it names the file that `print` writes to.
    no_gt: bool,
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
    fn peek(&self) -> &Tok {
        self.peek_at(0)
    }

    fn peek_at(&self, ahead: usize) -> &Tok {
        self.toks.get(self.at + ahead).map_or(&Tok::End, |(tok, _)| tok)
    }

    fn take(&mut self) -> Tok {
        let tok = self.peek().clone();
        self.at += 1;
        tok
    }

    fn is(&self, op: &str) -> bool {
        matches!(self.peek(), Tok::Op(it) if *it == op)
    }

    fn accept(&mut self, op: &str) -> bool {
        let hit = self.is(op);
        self.at += usize::from(hit);
        hit
    }

    fn expect(&mut self, op: &str) -> Res<()> {
        if self.accept(op) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn name(&mut self) -> Res<String> {
        match self.take() {
            Tok::Name(name) | Tok::Func(name) => Ok(name),
            _ => {
                self.at -= 1;
                Err(self.unexpected())
            }
        }
    }

    fn wrong(&self, message: impl Into<String>) -> Wrong {
        let line = self.toks.get(self.at).or(self.toks.last()).map_or(1, |(_, line)| *line);
        Wrong::new(line, message)
    }

    fn unexpected(&self) -> Wrong {
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

    fn deeper<T>(&mut self, read: impl FnOnce(&mut Parser) -> Res<T>) -> Res<T> {
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
    fn function(&mut self) -> Res<(String, Function)> {
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

    fn block(&mut self) -> Res<Stmt> {
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
            Tok::Op("}" | "else") | Tok::End => Ok(()),
            _ => Err(self.unexpected()),
        }
    }

    fn stmt(&mut self) -> Res<Stmt> {
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

    fn condition(&mut self) -> Res<Expr> {
        self.expect("(")?;
        let cond = self.expr()?;
        self.expect(")")?;
        Ok(cond)
    }

    fn if_stmt(&mut self) -> Res<Stmt> {
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

    fn for_stmt(&mut self) -> Res<Stmt> {
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

    fn value_follows(&self) -> bool {
        !matches!(self.peek(), Tok::Newline | Tok::Op(";" | "}" | ">" | ">>" | "|" | ")") | Tok::End)
    }

    fn simple_stmt(&mut self) -> Res<Stmt> {
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

    fn print_stmt(&mut self, formatted: bool) -> Res<Stmt> {
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

/// Expressions, from the loosest to the tightest.
impl Parser {
    fn list(&mut self) -> Res<Vec<Expr>> {
        let mut all = vec![self.expr()?];
        while self.accept(",") {
            self.newlines();
            all.push(self.expr()?);
        }
        Ok(all)
    }

    /// A list in brackets of any kind, where `>` compares; the closing one is `end`.
    fn inside(&mut self, end: &str) -> Res<Vec<Expr>> {
        self.newlines();
        let outer = std::mem::take(&mut self.no_gt);
        let all = if self.is(end) { Vec::new() } else { self.list()? };
        self.no_gt = outer;
        self.newlines();
        self.expect(end)?;
        Ok(all)
    }

    fn index(&mut self) -> Res<Vec<Expr>> {
        let all = self.inside("]")?;
        if all.is_empty() { Err(self.unexpected()) } else { Ok(all) }
    }

    fn expr(&mut self) -> Res<Expr> {
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
        self.deeper(|p| {
            let left = p.ternary()?;
            if !left.is_place() {
                return p.assigned_at_the_end(left, &ASSIGN);
            }
            let Some((_, with)) = ASSIGN.iter().find(|(op, _)| p.accept(op)) else { return Ok(left) };
            p.newlines();
            let right = p.expr()?;
            Ok(Expr::Assign(Box::new(left), *with, Box::new(right)))
        })
    }

    /// `a && b = 1` assigns to `b`: the grammar is ambiguous there, and every awk takes it.
    fn assigned_at_the_end(&mut self, left: Expr, assign: &[(&str, Option<&'static str>)]) -> Res<Expr> {
        match left {
            Expr::Binary(op @ ("&&" | "||" | "==" | "!=" | "<" | "<=" | ">" | ">=" | "~" | "!~"), a, b)
                if b.is_place() =>
            {
                let Some((_, with)) = assign.iter().find(|(op, _)| self.accept(op)) else {
                    return Ok(Expr::Binary(op, a, b));
                };
                self.newlines();
                let right = self.expr()?;
                Ok(Expr::Binary(op, a, Box::new(Expr::Assign(b, *with, Box::new(right)))))
            }
            Expr::Unary('!', place) if place.is_place() => {
                let Some((_, with)) = assign.iter().find(|(op, _)| self.accept(op)) else {
                    return Ok(Expr::Unary('!', place));
                };
                self.newlines();
                let right = self.expr()?;
                Ok(Expr::Unary('!', Box::new(Expr::Assign(place, *with, Box::new(right)))))
            }
            other => Ok(other),
        }
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

    /// `||`, `&&`, `in`, `~`, comparisons, then `command | getline`.
    fn binary(&mut self, level: u8) -> Res<Expr> {
        const LEVELS: [&[&str]; 5] =
            [&["||"], &["&&"], &["in"], &["~", "!~"], &["<", "<=", "==", "!=", ">", ">="]];
        let Some(ops) = LEVELS.get(usize::from(level)) else { return self.piped() };
        let mut left = self.binary(level + 1)?;
        for _ in 0..CHAIN_MAX {
            let Tok::Op(op) = *self.peek() else { return Ok(left) };
            if !ops.contains(&op) || (op == ">" && self.no_gt) {
                return Ok(left);
            }
            self.at += 1;
            if op == "in" {
                let array = self.name()?;
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
                // Comparisons do not associate.
                return Ok(left);
            }
        }
        Err(self.wrong("expression too long"))
    }

    fn piped(&mut self) -> Res<Expr> {
        let mut left = self.concat()?;
        for _ in 0..CHAIN_MAX {
            if !self.is("|") || *self.peek_at(1) != Tok::Op("getline") {
                return Ok(left);
            }
            self.at += 2;
            let var = self.getline_var()?;
            left = Expr::Getline(From::Command(Box::new(left)), var);
        }
        Err(self.wrong("expression too long"))
    }

    fn getline_var(&mut self) -> Res<Option<Box<Expr>>> {
        if !matches!(self.peek(), Tok::Name(_) | Tok::Op("$")) {
            return Ok(None);
        }
        Ok(Some(Box::new(self.primary()?)))
    }

    fn concat(&mut self) -> Res<Expr> {
        let mut left = self.sum()?;
        for _ in 0..CHAIN_MAX {
            let more = match self.peek() {
                Tok::Number(_) | Tok::Text(_) | Tok::Name(_) | Tok::Func(_) | Tok::Regex(_) => true,
                Tok::Op(op) => matches!(*op, "$" | "!" | "(" | "-" | "+" | "++" | "--"),
                _ => false,
            };
            if !more {
                return Ok(left);
            }
            let right = self.sum()?;
            left = Expr::Binary(" ", Box::new(left), Box::new(right));
        }
        Err(self.wrong("expression too long"))
    }

    fn sum(&mut self) -> Res<Expr> {
        self.chain(&["+", "-"], Parser::product)
    }

    fn product(&mut self) -> Res<Expr> {
        self.chain(&["*", "/", "%"], Parser::unary)
    }

    fn chain(&mut self, ops: &[&str], operand: fn(&mut Parser) -> Res<Expr>) -> Res<Expr> {
        let mut left = operand(self)?;
        for _ in 0..CHAIN_MAX {
            let op = match *self.peek() {
                Tok::Op(op) if ops.contains(&op) => op,
                _ => return Ok(left),
            };
            self.at += 1;
            let right = operand(self)?;
            left = Expr::Binary(op, Box::new(left), Box::new(right));
        }
        Err(self.wrong("expression too long"))
    }

    fn unary(&mut self) -> Res<Expr> {
        self.deeper(|p| {
            let op = match p.peek() {
                Tok::Op("!") => '!',
                Tok::Op("-") => '-',
                Tok::Op("+") => '+',
                _ => return p.power(),
            };
            p.at += 1;
            Ok(Expr::Unary(op, Box::new(p.unary()?)))
        })
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
        if e.is_place() {
            if self.accept("++") {
                return Ok(Expr::Step(Box::new(e), 1, true));
            }
            if self.accept("--") {
                return Ok(Expr::Step(Box::new(e), -1, true));
            }
        }
        Ok(e)
    }

    /// `++x`, `--x`: the place that is stepped first.
    fn stepped(&mut self, by: i8) -> Res<Expr> {
        let place = self.deeper(Parser::primary)?;
        if place.is_place() { Ok(Expr::Step(Box::new(place), by, false)) } else { Err(self.unexpected()) }
    }

    fn primary(&mut self) -> Res<Expr> {
        Ok(match self.take() {
            Tok::Number(n) => Expr::Number(n),
            Tok::Text(text) => Expr::Text(text.into()),
            Tok::Regex(source) => Expr::Regex(source.into()),
            Tok::Name(name) => return self.named(name),
            Tok::Func(name) => {
                self.at += 1;
                let args = self.inside(")")?;
                match Builtin::named(&name) {
                    Some(builtin) => Expr::Builtin(builtin, args),
                    None => Expr::Call(name, args),
                }
            }
            Tok::Op("$") => {
                let of = self.deeper(|p| match p.peek() {
                    Tok::Op("-") => p.unary(),
                    _ => p.primary(),
                })?;
                Expr::Field(Box::new(of))
            }
            Tok::Op("(") => {
                let all = self.inside(")")?;
                if all.is_empty() {
                    return Err(self.unexpected());
                }
                Expr::Group(all)
            }
            Tok::Op("++") => self.stepped(1)?,
            Tok::Op("--") => self.stepped(-1)?,
            Tok::Op(op @ ("-" | "+" | "!")) => {
                let sign = op.chars().next().unwrap_or('+');
                Expr::Unary(sign, Box::new(self.unary()?))
            }
            Tok::Op("getline") => {
                let var = self.getline_var()?;
                let from = if self.accept("<") {
                    From::File(Box::new(self.deeper(Parser::primary)?))
                } else {
                    From::Input
                };
                Expr::Getline(from, var)
            }
            _ => {
                self.at -= 1;
                return Err(self.unexpected());
            }
        })
    }

    fn named(&mut self, name: String) -> Res<Expr> {
        if self.accept("[") {
            return Ok(Expr::Index(name, self.index()?));
        }
        Ok(match Builtin::named(&name) {
            // A built-in function may stand apart from its parenthesis; `length` needs none.
            Some(builtin) if self.accept("(") => Expr::Builtin(builtin, self.inside(")")?),
            Some(Builtin::Length) => Expr::Builtin(Builtin::Length, Vec::new()),
            Some(_) => return Err(self.unexpected()),
            None => Expr::Var(name),
        })
    }
}
