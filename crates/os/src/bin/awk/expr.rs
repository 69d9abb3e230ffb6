//! awk's grammar: expressions.

use super::{
    functions::Builtin,
    lex::Tok,
    parse::{CHAIN_MAX, Parser, Res},
    tree::{Expr, From},
};

/// Expressions, from the loosest to the tightest.
impl Parser {
    pub(super) fn list(&mut self) -> Res<Vec<Expr>> {
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

    pub(super) fn index(&mut self) -> Res<Vec<Expr>> {
        let all = self.inside("]")?;
        if all.is_empty() { Err(self.unexpected()) } else { Ok(all) }
    }

    pub(super) fn expr(&mut self) -> Res<Expr> {
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

    pub(super) fn ternary(&mut self) -> Res<Expr> {
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
