//! The parser of jq programs: one pass from tokens to terms, names resolved on the way.

use std::rc::Rc;

use super::arith::Op;
use super::ast::{Binding, Code, Def, Id, Param, Pattern, Term};
use super::lex::{Tok, Wrong, lex};
use super::value::Value;

/// How deep expressions may be nested.
const MAX_NESTING: usize = 200;

/// What a name stands for at some point of the program, innermost last.
#[derive(Clone, Debug)]
pub(in crate::bin) enum Name {
    Var(Rc<str>),
    Closure(Rc<str>),
    Fun(Rc<str>, usize),
    Label(Rc<str>),
}

pub struct Parser {
    pub(super) code: Code,
    pub(super) tokens: Vec<(Tok, usize)>,
    pub(super) at: usize,
    /// What the environment holds, as the machine will build it.
    pub(in crate::bin) scope: Vec<Name>,
    /// Definitions of the outermost level by name and number of parameters; later ones hide earlier ones.
    pub(super) top: Vec<(Rc<str>, usize, u32)>,
    depth: usize,
    pub(in crate::bin) identity: Id,
    /// Where the lines of the program end.
    pub(super) lines: Vec<usize>,
}

pub(in crate::bin) type Parsed<T> = Result<T, Wrong>;

/// Compiles a program. `vars` are the names of the variables that it is given, outermost first.
pub fn compile(prelude: &str, source: &str, vars: &[String]) -> Result<Code, Wrong> {
    let mut parser = Parser::new(&[prelude], vars)?;
    parser.lines = source.match_indices('\n').map(|(at, _)| at).collect();
    parser.tokens = lex(source)?;
    parser.at = 0;
    let main = if *parser.peek() == Tok::End { parser.identity } else { parser.program()? };
    Ok(parser.finish(main))
}

impl Parser {
    /// A parser that knows some definitions, with the variables that the program is given, outermost first.
    pub fn new(preludes: &[&str], vars: &[String]) -> Parsed<Parser> {
        let mut parser = Parser {
            code: Code { terms: vec![Term::Identity], ..Code::default() },
            tokens: Vec::new(),
            at: 0,
            scope: Vec::new(),
            top: Vec::new(),
            depth: 0,
            identity: 0,
            lines: Vec::new(),
        };
        for prelude in preludes {
            parser.tokens = lex(prelude)?;
            parser.at = 0;
            while *parser.peek() != Tok::End {
                parser.definition(true)?;
            }
        }
        parser.scope = vars.iter().map(|name| Name::Var(Rc::from(name.as_str()))).collect();
        Ok(parser)
    }

    /// The program that begins with a term.
    pub fn finish(mut self, main: Id) -> Code {
        self.code.main = main;
        self.code
    }

    pub(super) fn peek(&self) -> &Tok {
        self.tokens.get(self.at).map_or(&Tok::End, |(token, _)| token)
    }

    pub(super) fn place(&self) -> usize {
        self.tokens.get(self.at).or(self.tokens.last()).map_or(0, |(_, at)| *at)
    }

    pub(super) fn next(&mut self) -> Tok {
        let token = self.peek().clone();
        if self.at + 1 < self.tokens.len() || token != Tok::End {
            self.at += 1;
        }
        token
    }

    pub(super) fn is_op(&self, op: &str) -> bool {
        matches!(self.peek(), Tok::Op(found) if *found == op)
    }

    pub(super) fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Tok::Word(found) if found == word)
    }

    pub(super) fn eat_op(&mut self, op: &str) -> bool {
        let found = self.is_op(op);
        self.at += usize::from(found);
        found
    }

    pub(super) fn eat_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        self.at += usize::from(found);
        found
    }

    pub(super) fn unexpected<T>(&self, expecting: &str) -> Parsed<T> {
        let expecting = if expecting.is_empty() && self.at == 0 { "end of file" } else { expecting };
        let expecting = if expecting.is_empty() { String::new() } else { format!(", expecting {expecting}") };
        Err(Wrong::new(
            format!(
                "syntax error, unexpected {}{expecting} (Unix shell quoting issues?)",
                self.peek().shown()
            ),
            self.place(),
        ))
    }

    pub(super) fn expect_op(&mut self, op: &'static str) -> Parsed<()> {
        if self.eat_op(op) { Ok(()) } else { self.unexpected(&Tok::Op(op).shown()) }
    }

    pub(super) fn expect_word(&mut self, word: &str) -> Parsed<()> {
        if self.eat_word(word) { Ok(()) } else { self.unexpected("") }
    }

    pub(in crate::bin) fn add(&mut self, term: Term) -> Id {
        self.code.terms.push(term);
        (self.code.terms.len() - 1) as Id
    }

    pub(in crate::bin) fn literal(&mut self, value: Value) -> Id {
        self.add(Term::Literal(value))
    }

    fn program(&mut self) -> Parsed<Id> {
        let mut locals = Vec::new();
        while self.is_word("def") {
            locals.push(self.definition(false)?);
            if *self.peek() == Tok::End {
                let mut body = self.identity;
                for def in locals.into_iter().rev() {
                    body = self.add(Term::Local(def, body));
                }
                return Ok(body);
            }
        }
        if self.is_word("import") || self.is_word("include") {
            let at = self.place();
            return Err(Wrong::new("modules are not supported here", at));
        }
        let mut body = self.pipe()?;
        if *self.peek() != Tok::End {
            return self.unexpected("end of file");
        }
        for def in locals.into_iter().rev() {
            body = self.add(Term::Local(def, body));
        }
        Ok(body)
    }

    /// `def name(params): body;` — the name is in scope afterwards (and inside).
    fn definition(&mut self, top: bool) -> Parsed<u32> {
        self.expect_word("def")?;
        let Tok::Word(name) = self.next() else {
            self.at -= 1;
            return self.unexpected("IDENT");
        };
        let name: Rc<str> = Rc::from(name);
        let mut params = Vec::new();
        if self.eat_op("(") {
            loop {
                match self.next() {
                    Tok::Word(p) => params.push(Param { name: Rc::from(p), is_var: false }),
                    Tok::Var(p) => params.push(Param { name: Rc::from(p), is_var: true }),
                    _ => {
                        self.at -= 1;
                        return self.unexpected("");
                    }
                }
                if !self.eat_op(";") {
                    break;
                }
            }
            self.expect_op(")")?;
        }
        self.expect_op(":")?;
        let id = self.code.defs.len() as u32;
        let arity = params.len();
        self.code.defs.push(Def { params: params.clone(), body: 0 });
        let outer = if top { Some(std::mem::take(&mut self.scope)) } else { None };
        if top {
            self.top.push((name, arity, id));
        } else {
            self.scope.push(Name::Fun(name, arity));
        }
        let height = self.scope.len();
        for param in &params {
            self.scope.push(if param.is_var {
                Name::Var(param.name.clone())
            } else {
                Name::Closure(param.name.clone())
            });
        }
        let body = self.pipe()?;
        self.scope.truncate(height);
        if let Some(outer) = outer {
            self.scope = outer;
        }
        self.expect_op(";")?;
        self.code.defs[id as usize].body = body;
        Ok(id)
    }

    /// The loosest: `|`, `as`, `def`, `label`.
    pub(super) fn pipe(&mut self) -> Parsed<Id> {
        self.depth += 1;
        if self.depth > MAX_NESTING {
            return Err(Wrong::new("the program is nested too deeply", self.place()));
        }
        let result = self.pipe_inner();
        self.depth -= 1;
        result
    }

    fn pipe_inner(&mut self) -> Parsed<Id> {
        if self.is_word("def") {
            let def = self.definition(false)?;
            let body = self.pipe()?;
            self.scope.pop();
            return Ok(self.add(Term::Local(def, body)));
        }
        if self.eat_word("label") {
            let name = match self.next() {
                Tok::Var(name) => name,
                _ => {
                    self.at -= 1;
                    return self.unexpected("'$'");
                }
            };
            self.expect_op("|")?;
            self.scope.push(Name::Label(Rc::from(name)));
            let body = self.pipe()?;
            self.scope.pop();
            return Ok(self.add(Term::Label(body)));
        }
        let left = self.comma()?;
        if self.eat_op("|") {
            let right = self.pipe()?;
            return Ok(self.add(Term::Pipe(left, right)));
        }
        Ok(left)
    }

    fn comma(&mut self) -> Parsed<Id> {
        let mut left = self.binary(0)?;
        while self.eat_op(",") {
            let right = self.binary(0)?;
            left = self.add(Term::Comma(left, right));
        }
        Ok(left)
    }

    /// Operators by how tightly they bind: `//` (right), assignments (none), `or`, `and`, comparisons (none), sums, products.
    pub(super) fn binary(&mut self, level: usize) -> Parsed<Id> {
        if level == 7 {
            return self.postfix();
        }
        let mut left = self.binary(level + 1)?;
        loop {
            let op = match self.peek() {
                Tok::Op(op) => *op,
                Tok::Word(w) if w == "or" => "or",
                Tok::Word(w) if w == "and" => "and",
                _ => return Ok(left),
            };
            if LEVELS[level].iter().all(|known| *known != op) {
                return Ok(left);
            }
            self.at += 1;
            // `//` takes all that follows; the others what binds more tightly.
            let right = self.binary(if level == 0 { 0 } else { level + 1 })?;
            left = self.operation(op, left, right)?;
            if matches!(level, 1 | 4)
                && let Tok::Op(again) = self.peek()
                && LEVELS[level].contains(again)
            {
                return self.unexpected("");
            }
        }
    }

    fn operation(&mut self, op: &str, a: Id, b: Id) -> Parsed<Id> {
        let term = match op {
            "//" => Term::Alternative(a, b),
            "or" => Term::Or(a, b),
            "and" => Term::And(a, b),
            "|=" => Term::Update(a, b),
            "=" => return self.assign(a, b),
            "//=" => return self.update_with(a, b, None),
            "==" => Term::Op(Op::Eq, a, b),
            "!=" => Term::Op(Op::Ne, a, b),
            "<" => Term::Op(Op::Lt, a, b),
            "<=" => Term::Op(Op::Le, a, b),
            ">" => Term::Op(Op::Gt, a, b),
            ">=" => Term::Op(Op::Ge, a, b),
            _ => {
                let Some(arith) = arithmetic(op) else { return self.unexpected("") };
                if op.ends_with('=') {
                    return self.update_with(a, b, Some(arith));
                }
                Term::Op(arith, a, b)
            }
        };
        Ok(self.add(term))
    }

    /// `a = b` is `b as $v | reduce path(a) as $p (.; setpath($p; $v))`, by the prelude's `_assign`.
    fn assign(&mut self, a: Id, b: Id) -> Parsed<Id> {
        let args: Rc<[Id]> = Rc::from([a, b]);
        match self.top.iter().rev().find(|(name, arity, _)| &**name == "_assign" && *arity == 2) {
            Some((_, _, id)) => {
                let id = *id;
                Ok(self.add(Term::CallTop(id, args)))
            }
            None => self.unexpected(""),
        }
    }

    /// `a op= b` is `b as $v | a |= . op $v`, where `a` does not see `$v`: by the prelude's `_update_…`.
    fn update_with(&mut self, a: Id, b: Id, op: Option<Op>) -> Parsed<Id> {
        let name = match op {
            None => "_update_alt",
            Some(Op::Add) => "_update_add",
            Some(Op::Sub) => "_update_sub",
            Some(Op::Mul) => "_update_mul",
            Some(Op::Div) => "_update_div",
            _ => "_update_mod",
        };
        match self.top.iter().rev().find(|(known, ..)| &**known == name) {
            Some((_, _, id)) => {
                let id = *id;
                Ok(self.add(Term::CallTop(id, Rc::from([a, b]))))
            }
            None => self.unexpected(""),
        }
    }

    fn postfix(&mut self) -> Parsed<Id> {
        self.depth += 1;
        if self.depth > MAX_NESTING {
            return Err(Wrong::new("the program is nested too deeply", self.place()));
        }
        let result = self.postfix_inner();
        self.depth -= 1;
        result
    }

    fn postfix_inner(&mut self) -> Parsed<Id> {
        if self.eat_op("-") {
            let inner = self.postfix()?;
            return Ok(self.add(Term::Neg(inner)));
        }
        if self.is_word("reduce") || self.is_word("foreach") {
            let term = self.fold()?;
            return self.suffixes(term);
        }
        let mut term = self.primary()?;
        term = self.suffixes(term)?;
        if self.eat_word("as") {
            let height = self.scope.len();
            let binding = self.binding()?;
            self.expect_op("|")?;
            let body = self.pipe()?;
            self.scope.truncate(height);
            return Ok(self.add(Term::Bind(term, Rc::new(binding), body)));
        }
        Ok(term)
    }

    pub(super) fn suffixes(&mut self, mut term: Id) -> Parsed<Id> {
        loop {
            match self.peek().clone() {
                Tok::Field(name) => {
                    self.at += 1;
                    let key = self.literal(Value::str(name));
                    term = self.add(Term::Index(term, key));
                }
                Tok::Op(".") => {
                    self.at += 1;
                    match self.peek().clone() {
                        Tok::Str(parts) => {
                            self.at += 1;
                            let key = self.string(&parts, None)?;
                            term = self.add(Term::Index(term, key));
                        }
                        Tok::Op("[") => {}
                        _ => return self.unexpected("FORMAT or QQSTRING_START or '['"),
                    }
                }
                Tok::Op("[") => {
                    self.at += 1;
                    term = self.bracket(term)?;
                }
                Tok::Op("?") => {
                    self.at += 1;
                    term = self.add(Term::Try(term, None));
                }
                // `.a?//b`: behind a term this is no alternative pattern.
                Tok::Op(op @ ("?//" | "?//=")) => {
                    self.tokens[self.at].0 = Tok::Op(if op == "?//" { "//" } else { "//=" });
                    term = self.add(Term::Try(term, None));
                }
                _ => return Ok(term),
            }
        }
    }

    fn bracket(&mut self, term: Id) -> Parsed<Id> {
        if self.eat_op("]") {
            return Ok(self.add(Term::Each(term)));
        }
        if self.eat_op(":") {
            let to = self.pipe()?;
            self.expect_op("]")?;
            let from = self.literal(Value::Null);
            return Ok(self.add(Term::Slice(term, from, to)));
        }
        let key = self.pipe()?;
        if self.eat_op(":") {
            let to = if self.is_op("]") { self.literal(Value::Null) } else { self.pipe()? };
            self.expect_op("]")?;
            return Ok(self.add(Term::Slice(term, key, to)));
        }
        if !self.eat_op("]") {
            return self.unexpected("");
        }
        Ok(self.add(Term::Index(term, key)))
    }

    pub(super) fn fold(&mut self) -> Parsed<Id> {
        let reduces = self.next() == Tok::Word("reduce".to_owned());
        let source = self.primary()?;
        let source = self.suffixes(source)?;
        if !self.eat_word("as") {
            return self.unexpected("as");
        }
        let height = self.scope.len();
        let binding = Rc::new(self.binding()?);
        let bound = self.scope.split_off(height);
        self.expect_op("(")?;
        // The initial value is made before there are any of the variables.
        let init = self.pipe()?;
        self.expect_op(";")?;
        self.scope.extend(bound);
        let update = self.pipe()?;
        let extract = if !reduces && self.eat_op(";") { Some(self.pipe()?) } else { None };
        self.scope.truncate(height);
        self.expect_op(")")?;
        Ok(self.add(if reduces {
            Term::Reduce(source, binding, init, update)
        } else {
            Term::Foreach(source, binding, init, update, extract)
        }))
    }

    /// Patterns behind `as`; their variables are in scope afterwards.
    fn binding(&mut self) -> Parsed<Binding> {
        let mut vars: Vec<Rc<str>> = Vec::new();
        let mut patterns = vec![self.pattern(&mut vars)?];
        while self.eat_op("?//") {
            patterns.push(self.pattern(&mut vars)?);
        }
        let count = vars.len();
        self.scope.extend(vars.into_iter().map(Name::Var));
        Ok(Binding { patterns, vars: count })
    }

    fn pattern(&mut self, vars: &mut Vec<Rc<str>>) -> Parsed<Pattern> {
        match self.next() {
            Tok::Var(name) => Ok(Pattern::Var(slot(vars, &name))),
            Tok::Op("[") => {
                let mut items = vec![self.pattern(vars)?];
                while self.eat_op(",") {
                    items.push(self.pattern(vars)?);
                }
                self.expect_op("]")?;
                Ok(Pattern::Array(items))
            }
            Tok::Op("{") => {
                let mut entries = Vec::new();
                loop {
                    let (key, var) = match self.next() {
                        Tok::Var(name) => {
                            let at = slot(vars, &name);
                            (self.literal(Value::str(name)), Some(at))
                        }
                        Tok::Word(name) => (self.literal(Value::str(name)), None),
                        Tok::Str(parts) => (self.string(&parts, None)?, None),
                        Tok::Op("(") => {
                            let key = self.pipe()?;
                            self.expect_op(")")?;
                            (key, None)
                        }
                        _ => {
                            self.at -= 1;
                            return self.unexpected("");
                        }
                    };
                    let inner = if var.is_none() || self.is_op(":") {
                        self.expect_op(":")?;
                        Some(self.pattern(vars)?)
                    } else {
                        None
                    };
                    entries.push((key, var, inner));
                    if !self.eat_op(",") {
                        break;
                    }
                }
                self.expect_op("}")?;
                Ok(Pattern::Object(entries))
            }
            _ => {
                self.at -= 1;
                self.unexpected("BINDING or '[' or '{'")
            }
        }
    }
}

/// The operators of each level, loosest first.
const LEVELS: [&[&str]; 7] = [
    &["//"],
    &["=", "|=", "+=", "-=", "*=", "/=", "%=", "//="],
    &["or"],
    &["and"],
    &["==", "!=", "<", "<=", ">", ">="],
    &["+", "-"],
    &["*", "/", "%"],
];

fn arithmetic(op: &str) -> Option<Op> {
    Some(match op.trim_end_matches('=') {
        "+" => Op::Add,
        "-" => Op::Sub,
        "*" => Op::Mul,
        "/" => Op::Div,
        "%" => Op::Mod,
        _ => return None,
    })
}

fn slot(vars: &mut Vec<Rc<str>>, name: &str) -> usize {
    match vars.iter().position(|known| **known == *name) {
        Some(at) => at,
        None => {
            vars.push(Rc::from(name));
            vars.len() - 1
        }
    }
}
