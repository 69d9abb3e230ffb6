//! bc's grammar.

/// An expression.
#[derive(Clone, Debug)]
pub enum Expr {
    /// Digits, read in the input base of the moment.
    Digits(String),
    Place(Place),
    Assign(Place, Option<char>, Box<Expr>),
    /// By how much, and whether the old value is given.
    Step(Place, i64, bool),
    Negate(Box<Expr>),
    Not(Box<Expr>),
    /// Operators of one level from left to right: flat, however many there are.
    Chain(Box<Expr>, Vec<(&'static str, Expr)>),
    Power(Box<Expr>, Box<Expr>),
    Call(String, Vec<Expr>),
    /// In parentheses: no longer a bare assignment, it is shown.
    Group(Box<Expr>),
    /// An array as an argument: `a[]`.
    Array(String),
}

/// What can be assigned to.
#[derive(Clone, Debug)]
pub enum Place {
    Var(String),
    Element(String, Box<Expr>),
}

/// A statement.
#[derive(Clone, Debug)]
pub enum Stmt {
    /// Shown unless it assigns.
    Expr(Expr),
    Text(String),
    Print(Vec<Stmt>),
    Block(Vec<Stmt>),
    If(Expr, Box<Stmt>, Option<Box<Stmt>>),
    While(Expr, Box<Stmt>),
    For(Option<Expr>, Option<Expr>, Option<Expr>, Box<Stmt>),
    Define(String, Function),
    Return(Option<Expr>),
    Break,
    Continue,
    Halt,
}

/// A function.
#[derive(Clone, Debug)]
pub struct Function {
    /// Names; an array's ends with `[]`.
    pub params: Vec<String>,
    /// What `auto` names.
    pub locals: Vec<String>,
    /// The statements.
    pub body: Vec<Stmt>,
}

#[derive(Clone, PartialEq, Debug)]
enum Tok {
    Digits(String),
    Name(String),
    Text(String),
    Op(&'static str),
    End,
}

const OPS: [&str; 33] = [
    "++", "--", "+=", "-=", "*=", "/=", "%=", "^=", "==", "!=", "<=", ">=", "&&", "||", "+", "-", "*", "/",
    "%", "^", "=", "<", ">", "!", "(", ")", "[", "]", "{", "}", ",", ";", "\n",
];

fn lex(source: &str) -> Result<Vec<Tok>, String> {
    let mut toks = Vec::new();
    let mut rest = source;
    while let Some(c) = rest.chars().next() {
        if c == ' ' || c == '\t' || c == '\r' {
            rest = &rest[1..];
        } else if let Some(after) = rest.strip_prefix("\\\n") {
            rest = after;
        } else if c == '#' {
            rest = &rest[rest.find('\n').unwrap_or(rest.len())..];
        } else if let Some(after) = rest.strip_prefix("/*") {
            rest = after.find("*/").map_or("", |at| &after[at + 2..]);
        } else if let Some(after) = rest.strip_prefix('"') {
            let end = after.find('"').ok_or("syntax error")?;
            toks.push(Tok::Text(after[..end].to_string()));
            rest = &after[end + 1..];
        } else if c.is_ascii_digit() || c == '.' || ('A'..='F').contains(&c) {
            let end = rest
                .find(|c: char| !(c.is_ascii_digit() || c == '.' || ('A'..='F').contains(&c)))
                .unwrap_or(rest.len());
            toks.push(match &rest[..end] {
                // The value that was shown last.
                "." => Tok::Name("last".to_string()),
                digits => Tok::Digits(digits.to_string()),
            });
            rest = &rest[end..];
        } else if c.is_ascii_lowercase() {
            let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
            toks.push(Tok::Name(rest[..end].to_string()));
            rest = &rest[end..];
        } else if let Some(op) = OPS.into_iter().find(|op| rest.starts_with(op)) {
            toks.push(Tok::Op(op));
            rest = &rest[op.len()..];
        } else {
            return Err(format!("illegal character: {c}"));
        }
    }
    toks.push(Tok::End);
    Ok(toks)
}

struct Parser {
    toks: Vec<Tok>,
    at: usize,
    depth: u32,
    quits: bool,
}

type Res<T> = Result<T, String>;

/// What is wrong with a source that more lines may mend.
pub const MORE: &str = "syntax error for now";

/// Reads statements; whether there is a `quit` among them.
pub fn parse(source: &str) -> Res<(Vec<Stmt>, bool)> {
    let mut p = Parser { toks: lex(source)?, at: 0, depth: 0, quits: false };
    let mut all = Vec::new();
    loop {
        p.ends();
        if *p.peek() == Tok::End {
            return Ok((all, p.quits));
        }
        all.push(p.stmt()?);
        if !matches!(p.peek(), Tok::End | Tok::Op("\n" | ";")) {
            return p.wrong();
        }
    }
}

/// Whether what was read so far has all that it opens closed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Balance {
    open: i32,
    text: bool,
    /// In a comment to the end of the line, and in one between `/*` and `*/`.
    hash: bool,
    comment: bool,
    last: char,
}

impl Balance {
    /// Reads on.
    pub fn add(&mut self, source: &str) {
        for c in source.chars() {
            let last = std::mem::replace(&mut self.last, c);
            match c {
                '/' if self.comment && last == '*' => {
                    self.comment = false;
                    self.last = ' ';
                }
                '\n' => self.hash = false,
                _ if self.comment || self.hash => {}
                '"' => self.text = !self.text,
                _ if self.text => {}
                '*' if last == '/' => {
                    self.comment = true;
                    self.last = ' ';
                }
                '#' => self.hash = true,
                '{' => self.open += 1,
                '}' => self.open -= 1,
                _ => {}
            }
            if c == '\n' && last == '\\' {
                self.last = '\\';
            }
        }
    }

    /// Whether all is closed.
    pub fn is_whole(&self) -> bool {
        self.open <= 0 && !self.text && !self.comment && self.last != '\\'
    }
}

impl Parser {
    fn peek(&self) -> &Tok {
        self.toks.get(self.at).unwrap_or(&Tok::End)
    }

    fn wrong<T>(&self) -> Res<T> {
        // An error at the end of a line is told of the next one.
        let before = self.at.checked_sub(1).and_then(|i| self.toks.get(i));
        let ends = |t: Option<&Tok>| matches!(t, Some(Tok::End | Tok::Op("\n")));
        let late = ends(Some(self.peek())) || ends(before);
        Err(if late { "syntax error at the end" } else { "syntax error" }.to_string())
    }

    fn accept(&mut self, op: &str) -> bool {
        let hit = matches!(self.peek(), Tok::Op(o) if *o == op);
        self.at += usize::from(hit);
        hit
    }

    fn expect(&mut self, op: &str) -> Res<()> {
        if self.accept(op) { Ok(()) } else { self.wrong() }
    }

    fn ends(&mut self) {
        while self.accept("\n") || self.accept(";") {}
    }

    fn newlines(&mut self) {
        while self.accept("\n") {}
    }

    fn word(&mut self, word: &str) -> bool {
        let hit = matches!(self.peek(), Tok::Name(n) if n == word);
        self.at += usize::from(hit);
        hit
    }

    fn body(&mut self) -> Res<Box<Stmt>> {
        self.newlines();
        if *self.peek() == Tok::End {
            return Err(MORE.to_string());
        }
        Ok(Box::new(self.stmt()?))
    }

    fn block(&mut self) -> Res<Vec<Stmt>> {
        let mut all = Vec::new();
        loop {
            self.ends();
            if self.accept("}") {
                return Ok(all);
            }
            if *self.peek() == Tok::End {
                return self.wrong();
            }
            all.push(self.stmt()?);
        }
    }

    fn stmt(&mut self) -> Res<Stmt> {
        self.depth += 1;
        if self.depth > 200 {
            return Err("nested too deeply".to_string());
        }
        let stmt = self.stmt_inner();
        self.depth -= 1;
        stmt
    }

    fn stmt_inner(&mut self) -> Res<Stmt> {
        if self.accept("{") {
            return Ok(Stmt::Block(self.block()?));
        }
        if let Tok::Text(text) = self.peek().clone() {
            self.at += 1;
            return Ok(Stmt::Text(text));
        }
        let Tok::Name(name) = self.peek().clone() else { return Ok(Stmt::Expr(self.expr()?)) };
        self.at += 1;
        match name.as_str() {
            "quit" => {
                self.quits = true;
                Ok(Stmt::Halt)
            }
            "halt" => Ok(Stmt::Halt),
            "break" => Ok(Stmt::Break),
            "continue" => Ok(Stmt::Continue),
            "if" => {
                self.expect("(")?;
                let cond = self.expr()?;
                self.expect(")")?;
                let yes = self.body()?;
                let saved = self.at;
                self.ends();
                if self.word("else") {
                    return Ok(Stmt::If(cond, yes, Some(self.body()?)));
                }
                self.at = saved;
                Ok(Stmt::If(cond, yes, None))
            }
            "while" => {
                self.expect("(")?;
                let cond = self.expr()?;
                self.expect(")")?;
                Ok(Stmt::While(cond, self.body()?))
            }
            "for" => {
                self.expect("(")?;
                let mut parts = Vec::new();
                for end in [";", ";", ")"] {
                    parts.push(if matches!(self.peek(), Tok::Op(o) if *o == end) {
                        None
                    } else {
                        Some(self.expr()?)
                    });
                    self.expect(end)?;
                }
                let (step, cond, init) =
                    (parts.pop().flatten(), parts.pop().flatten(), parts.pop().flatten());
                Ok(Stmt::For(init, cond, step, self.body()?))
            }
            "return" => {
                let value = if matches!(self.peek(), Tok::End | Tok::Op("\n" | ";" | "}")) {
                    None
                } else {
                    Some(self.expr()?)
                };
                Ok(Stmt::Return(value))
            }
            "print" => {
                let mut all = Vec::new();
                loop {
                    match self.peek().clone() {
                        Tok::Text(text) => {
                            self.at += 1;
                            all.push(Stmt::Text(text));
                        }
                        _ => all.push(Stmt::Expr(self.expr()?)),
                    }
                    if !self.accept(",") {
                        return Ok(Stmt::Print(all));
                    }
                }
            }
            "define" => self.define(),
            _ => {
                self.at -= 1;
                Ok(Stmt::Expr(self.expr()?))
            }
        }
    }

    fn names(&mut self, end: &[&'static str]) -> Res<Vec<String>> {
        let mut all = Vec::new();
        while let Tok::Name(name) = self.peek().clone() {
            self.at += 1;
            let array = self.accept("[");
            if array {
                self.expect("]")?;
            }
            all.push(if array { name + "[]" } else { name });
            self.accept(",");
        }
        if end.iter().any(|e| self.accept(e)) { Ok(all) } else { self.wrong() }
    }

    fn define(&mut self) -> Res<Stmt> {
        let Tok::Name(name) = self.peek().clone() else { return self.wrong() };
        self.at += 1;
        self.expect("(")?;
        let params = self.names(&[")"])?;
        self.newlines();
        if *self.peek() == Tok::End {
            return Err(MORE.to_string());
        }
        self.expect("{")?;
        self.ends();
        let locals = if self.word("auto") { self.names(&[";", "\n"])? } else { Vec::new() };
        Ok(Stmt::Define(name, Function { params, locals, body: self.block()? }))
    }

    fn expr(&mut self) -> Res<Expr> {
        self.level(0)
    }

    /// `||`, `&&`, `!`, comparisons, assignments, sums, products, powers.
    fn level(&mut self, level: usize) -> Res<Expr> {
        const LEVELS: [&[&str]; 5] =
            [&["||"], &["&&"], &["==", "!=", "<=", ">=", "<", ">"], &["+", "-"], &["*", "/", "%"]];
        self.depth += 1;
        if self.depth > 400 {
            return Err("nested too deeply".to_string());
        }
        let left = match level {
            2 if self.accept("!") => Expr::Not(Box::new(self.level(2)?)),
            5 => {
                let power = self.power();
                self.depth -= 1;
                return power;
            }
            _ => self.level(level + 1)?,
        };
        let mut more = Vec::new();
        while let Tok::Op(op) = self.peek() {
            let Some(op) = LEVELS[level].iter().find(|o| *o == op) else { break };
            self.at += 1;
            more.push((*op, self.level(level + 1)?));
        }
        self.depth -= 1;
        Ok(if more.is_empty() { left } else { Expr::Chain(Box::new(left), more) })
    }

    fn power(&mut self) -> Res<Expr> {
        let left = self.signed()?;
        if self.accept("^") {
            self.depth += 1;
            if self.depth > 400 {
                return Err("nested too deeply".to_string());
            }
            let right = self.power()?;
            self.depth -= 1;
            return Ok(Expr::Power(Box::new(left), Box::new(right)));
        }
        Ok(left)
    }

    /// A sign binds tighter than a power: `-2^2` is 4. Signs are counted, so that many of them nest nothing.
    fn signed(&mut self) -> Res<Expr> {
        let mut negative = false;
        let mut any = false;
        while self.accept("-") {
            negative = !negative;
            any = true;
        }
        let inner = if self.accept("!") { Expr::Not(Box::new(self.level(2)?)) } else { self.primary()? };
        Ok(match (any, negative) {
            (false, _) => inner,
            (true, true) => Expr::Negate(Box::new(inner)),
            (true, false) => Expr::Group(Box::new(inner)),
        })
    }

    fn primary(&mut self) -> Res<Expr> {
        let tok = self.peek().clone();
        self.at += 1;
        match tok {
            Tok::Digits(digits) => Ok(Expr::Digits(digits)),
            Tok::Op("(") => {
                let inner = self.expr()?;
                self.expect(")")?;
                Ok(Expr::Group(Box::new(inner)))
            }
            Tok::Op(op @ ("++" | "--")) => {
                let by = if op == "++" { 1 } else { -1 };
                if matches!(self.peek(), Tok::Op(_)) {
                    return self.wrong();
                }
                match self.primary()? {
                    Expr::Place(place) => Ok(Expr::Step(place, by, false)),
                    _ => self.wrong(),
                }
            }
            Tok::Name(name) => {
                if self.accept("(") {
                    let mut args = Vec::new();
                    while !self.accept(")") {
                        args.push(self.expr()?);
                        if !self.accept(",") && *self.peek() != Tok::Op(")") {
                            return self.wrong();
                        }
                    }
                    return Ok(Expr::Call(name, args));
                }
                let place = if self.accept("[") {
                    if self.accept("]") {
                        return Ok(Expr::Array(name));
                    }
                    let index = self.expr()?;
                    self.expect("]")?;
                    Place::Element(name, Box::new(index))
                } else {
                    Place::Var(name)
                };
                for op in ["=", "+=", "-=", "*=", "/=", "%=", "^="] {
                    if self.accept(op) {
                        let with = op.chars().next().filter(|c| *c != '=');
                        // It binds tighter than comparisons.
                        return Ok(Expr::Assign(place, with, Box::new(self.level(3)?)));
                    }
                }
                for (op, by) in [("++", 1), ("--", -1)] {
                    if self.accept(op) {
                        return Ok(Expr::Step(place, by, true));
                    }
                }
                Ok(Expr::Place(place))
            }
            _ => self.wrong(),
        }
    }
}
