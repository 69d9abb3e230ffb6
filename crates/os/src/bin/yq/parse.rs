//! yq's expressions, compiled to the terms of jq's machine.
//!
//! The grammar is yq's own: `|` binds more tightly than `,` and `or`, operators of one level group to the right, and the
//! words differ (the prelude `defs.jq` says what they mean in jq's).

use std::rc::Rc;

use super::{
    lex::{Tok, lex},
    node, scalar,
};
use crate::bin::jq::{
    PRELUDE,
    ast::{Binding, Code, Id, Pattern, Term},
    lex::Wrong,
    parse::{Name, Parser},
    value::Value,
};

/// What a program says besides its terms.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// `... comments=""`
    pub bare: bool,
    /// `.. style=""`
    pub plain: bool,
    /// `split_doc`
    pub splits: bool,
    /// `explode`
    pub exploded: bool,
    /// What `env(…)` gave.
    pub nodes: Vec<Rc<node::Node>>,
}

/// How expressions nest at most.
const MAX_NESTING: usize = 100;

/// An expression on its way to terms.
pub(super) struct Compiler<'a> {
    pub(super) source: &'a str,
    pub(super) toks: Vec<(Tok, usize)>,
    pub(super) at: usize,
    pub(super) out: Parser,
    pub(super) env: &'a [(String, String)],
    pub(super) asked: Asked,
    depth: usize,
    /// All documents together: `.` of the outermost level stands for each of them.
    together: bool,
    /// The same, whatever the level.
    pub(super) all: bool,
}

pub(super) type Res<T> = Result<T, String>;

/// The variables that every program is given.
pub const VARS: [&str; 3] = ["_files", "_root", "index"];

/// Compiles an expression. Err is the complaint.
pub fn compile(source: &str, env: &[(String, String)], together: bool) -> Res<(Code, Asked)> {
    let vars = VARS.map(String::from);
    let out = Parser::new(&[PRELUDE, include_str!("defs.jq")], &vars).map_err(message)?;
    let toks = lex(source)?;
    let mut compiler = Compiler {
        source,
        toks,
        at: 0,
        out,
        env,
        asked: Asked::default(),
        depth: 0,
        together,
        all: together,
    };
    let main = if *compiler.peek() == Tok::End { compiler.documents() } else { compiler.level(0)? };
    if *compiler.peek() != Tok::End {
        return Err(compiler.unexpected());
    }
    Ok((compiler.out.finish(main), compiler.asked))
}

pub(super) fn message(wrong: Wrong) -> String {
    wrong.message
}

/// How tightly an operator binds.
fn binding(tok: &Tok) -> Option<u8> {
    Some(match tok {
        Tok::Op(op) => match op.as_str() {
            "," => 10,
            "|" => 30,
            "=" | "|=" | "+=" | "-=" | "==" | "!=" | "<" | "<=" | ">" | ">=" => 40,
            "+" | "-" | "/" | "%" | "//" => 42,
            op if op.starts_with('*') => 42,
            _ => return None,
        },
        Tok::Word(word) => match word.as_str() {
            "or" | "and" => 20,
            "as" => 40,
            _ => return None,
        },
        _ => return None,
    })
}

impl Compiler<'_> {
    pub(super) fn peek(&self) -> &Tok {
        self.toks.get(self.at).map_or(&Tok::End, |(tok, _)| tok)
    }

    pub(super) fn next(&mut self) -> Tok {
        let tok = self.peek().clone();
        self.at += 1;
        tok
    }

    pub(super) fn is(&self, op: &str) -> bool {
        matches!(self.peek(), Tok::Op(o) if o == op)
    }

    pub(super) fn eat(&mut self, op: &str) -> bool {
        let hit = self.is(op);
        self.at += usize::from(hit);
        hit
    }

    pub(super) fn close(&mut self, op: &str) -> Res<()> {
        if self.eat(op) { Ok(()) } else { Err(format!("bad expression, could not find matching `{op}`")) }
    }

    pub(super) fn unexpected(&self) -> String {
        match self.peek() {
            Tok::Op(op) if op == ")" => {
                "bad expression, got close brackets without matching opening bracket".to_string()
            }
            Tok::Op(op) if op == "]" || op == "}" => {
                "bad path expression, got close collect brackets without matching opening bracket".to_string()
            }
            _ => "bad expression, please check expression syntax".to_string(),
        }
    }

    pub(super) fn place(&self) -> usize {
        self.toks.get(self.at).map_or(self.source.len(), |(_, at)| *at)
    }

    pub(super) fn add(&mut self, term: Term) -> Id {
        self.out.add(term)
    }

    pub(super) fn call(&mut self, name: &str, args: Vec<Id>) -> Res<Id> {
        self.out.call(name, args).map_err(message)
    }

    pub(super) fn string(&mut self, text: &str) -> Id {
        self.out.literal(Value::str(text))
    }

    /// `.` of the outermost level.
    pub(super) fn documents(&mut self) -> Id {
        let here = self.out.identity;
        self.each_document(here)
    }

    /// A term whose input is each of the documents, one after the other; `$_at` tells which.
    pub(super) fn each_document(&mut self, term: Id) -> Id {
        if !self.together {
            return term;
        }
        let all = self.add(Term::Each(self.out.identity));
        self.add(Term::Pipe(all, term))
    }

    /// Compiles something whose input is a value, not the documents.
    pub(super) fn inner<T>(&mut self, compile: impl FnOnce(&mut Self) -> Res<T>) -> Res<T> {
        let outer = std::mem::replace(&mut self.together, false);
        let result = compile(self);
        self.together = outer;
        result
    }

    pub(super) fn level(&mut self, least: u8) -> Res<Id> {
        self.depth += 1;
        if self.depth > MAX_NESTING {
            return Err("the expression is nested too deeply".to_string());
        }
        let mut left = self.operand()?;
        if let Tok::Word(word) = self.peek().clone() {
            self.attribute(&word)?;
            if word == "tag" {
                return Err("the operator 'tag =' is not simulated".to_string());
            }
        }
        while let Some(tight) = binding(self.peek()).filter(|tight| *tight >= least) {
            let op = self.next();
            left = self.operation(op, left, tight)?;
        }
        self.depth -= 1;
        Ok(left)
    }

    fn operation(&mut self, op: Tok, left: Id, tight: u8) -> Res<Id> {
        let op = match op {
            Tok::Op(op) | Tok::Word(op) => op,
            _ => return Err(self.unexpected()),
        };
        let assigns =
            op.ends_with('=') && !matches!(op.as_str(), "==" | "!=" | "<=" | ">=") || op.starts_with("*=");
        let term = self.operate(&op, left, tight)?;
        // What was changed are the documents; each of them goes on.
        let here = self.out.identity;
        if assigns && self.together {
            let each = self.each_document(here);
            return Ok(self.add(Term::Pipe(term, each)));
        }
        Ok(term)
    }

    fn operate(&mut self, op: &str, left: Id, tight: u8) -> Res<Id> {
        if op == "as" {
            return self.bind(left);
        }
        if op == "|" {
            let right = self.inner(|c| c.level(tight))?;
            return Ok(self.add(Term::Pipe(left, right)));
        }
        if op == "|=" {
            let right = self.inner(|c| c.level(tight))?;
            return self.call("_yupdate", vec![left, right]);
        }
        if self.toks.get(self.at).is_none_or(|(tok, _)| *tok == Tok::End) {
            return Err(format!("'{op}' expects 2 args but there is 1"));
        }
        let right = self.level(tight)?;
        let flags = op.trim_start_matches(['*', '=']).to_string();
        match op {
            "," => Ok(self.add(Term::Comma(left, right))),
            "=" => self.call("_yassign", vec![left, right]),
            "==" => self.call("_yeq", vec![left, right]),
            "!=" => {
                let equal = self.call("_yeq", vec![left, right])?;
                let not = self.call("not", Vec::new())?;
                Ok(self.add(Term::Pipe(equal, not)))
            }
            "<" => self.call("_yless", vec![left, right]),
            ">" => self.call("_yless", vec![right, left]),
            "<=" => self.call("_yleast", vec![left, right]),
            ">=" => self.call("_yleast", vec![right, left]),
            "and" => self.call("_yand", vec![left, right]),
            "or" => self.call("_yor", vec![left, right]),
            "//" => Ok(self.add(Term::Alternative(left, right))),
            "+" => self.call("_yadd", vec![left, right]),
            "-" => self.call("_ysub", vec![left, right]),
            "/" => self.call("_ydiv", vec![left, right]),
            "%" => self.call("_ymod", vec![left, right]),
            "+=" | "-=" => self.compound(left, right, if op == "+=" { "_yadd" } else { "_ysub" }, None),
            op if op.starts_with("*=") => self.compound(left, right, "_ymul", Some(flags)),
            _ => {
                let flags = self.string(&flags);
                self.call("_ymul", vec![left, right, flags])
            }
        }
    }

    /// `paths op= value`: `value as $v | paths |= op(.; $v)`.
    fn compound(&mut self, paths: Id, value: Id, op: &str, flags: Option<String>) -> Res<Id> {
        let mut args = vec![paths, value];
        args.extend(flags.map(|flags| self.string(&flags)));
        self.call(&format!("{op}_to"), args)
    }

    /// `source as $name | body`, or `source as $name ireduce (init; body)`.
    fn bind(&mut self, source: Id) -> Res<Id> {
        let Tok::Var(name) = self.next() else { return Err(self.unexpected()) };
        if *self.peek() == Tok::Word("ireduce".to_string()) {
            self.at += 1;
            self.close("(").map_err(|_| self.unexpected())?;
            let init = self.inner(|c| c.level(0))?;
            if !self.eat(";") {
                return Err("reduce requires a block".to_string());
            }
            self.out.scope.push(Name::Var(Rc::from(name)));
            let update = self.inner(|c| c.level(0))?;
            self.out.scope.pop();
            self.close(")")?;
            return Ok(self.add(Term::Reduce(source, one_variable(), init, update)));
        }
        if !self.eat("|") {
            return Err("must use variable with a pipe, e.g. `exp as $x | ...`".to_string());
        }
        self.out.scope.push(Name::Var(Rc::from(name)));
        let body = self.level(30)?;
        self.out.scope.pop();
        Ok(self.add(Term::Bind(source, one_variable(), body)))
    }

    fn operand(&mut self) -> Res<Id> {
        let start = self.at;
        let tok = self.next();
        let term = match tok {
            Tok::Field(name, optional) => {
                let get = self.field(&name, optional)?;
                self.each_document(get)
            }
            Tok::Num(text) => {
                let value = scalar::resolve(&text);
                self.out.literal(value)
            }
            Tok::Str(raw) => return self.text(&raw),
            Tok::Var(name) => {
                self.out.variable(&name).map_err(|_| format!("variable ${name} is not defined"))?
            }
            Tok::Format(name) => {
                let term = self.format(&name)?;
                return Ok(self.each_document(term));
            }
            Tok::Word(word) => {
                if let Some(done) = self.attribute(&word)? {
                    return Ok(done);
                }
                self.word(&word, start)?
            }
            Tok::Op(op) => match op.as_str() {
                "." => self.documents(),
                ".." | "..." => {
                    if let Some(done) = self.strip()? {
                        return Ok(done);
                    }
                    let all = self.call("recurse", Vec::new())?;
                    self.each_document(all)
                }
                ".[" => {
                    let here = self.documents();
                    self.bracket(here)?
                }
                "(" => {
                    let inner = self.level(0)?;
                    self.close(")")?;
                    inner
                }
                "[" => {
                    if self.eat("]") {
                        self.add(Term::Array(None))
                    } else {
                        let inner = self.level(0)?;
                        self.close("]")?;
                        self.add(Term::Array(Some(inner)))
                    }
                }
                "{" => self.object()?,
                _ => {
                    self.at = start;
                    return Err(self.unexpected());
                }
            },
            Tok::End => return Err("bad expression, please check expression syntax".to_string()),
        };
        self.suffixes(term)
    }

    fn suffixes(&mut self, mut term: Id) -> Res<Id> {
        loop {
            match self.peek().clone() {
                Tok::Field(name, optional) => {
                    self.at += 1;
                    let get = self.field(&name, optional)?;
                    term = self.add(Term::Pipe(term, get));
                }
                Tok::Op(op) if op == "[" || op == ".[" => {
                    self.at += 1;
                    term = self.bracket(term)?;
                }
                _ => return Ok(term),
            }
        }
    }

    fn field(&mut self, name: &str, optional: bool) -> Res<Id> {
        let key = self.string(name);
        let get = self.call("_yget", vec![key])?;
        Ok(if optional { self.add(Term::Try(get, None)) } else { get })
    }

    /// What stands in `[…]` behind a term.
    fn bracket(&mut self, term: Id) -> Res<Id> {
        self.inner(|c| {
            let null = c.out.literal(Value::Null);
            let step = if c.eat("]") {
                c.call("_yeach", Vec::new())?
            } else if c.eat(":") {
                let to = c.level(16)?;
                c.close("]")?;
                c.call("_yslice", vec![null, to])?
            } else {
                let key = c.level(16)?;
                if c.eat(":") {
                    let to = if c.is("]") { null } else { c.level(16)? };
                    c.close("]")?;
                    c.call("_yslice", vec![key, to])?
                } else {
                    let mut keys = key;
                    while c.eat(",") {
                        let more = c.level(16)?;
                        keys = c.add(Term::Comma(keys, more));
                    }
                    c.close("]")?;
                    // The key is looked for from where the whole term is.
                    return c.call("_yat", vec![term, keys]);
                }
            };
            Ok(c.add(Term::Pipe(term, step)))
        })
    }

    fn object(&mut self) -> Res<Id> {
        let mut fields = Vec::new();
        while !self.is("}") {
            let key = self.level(16)?;
            let text = self.call("_ytext", Vec::new())?;
            let key = self.add(Term::Pipe(key, text));
            if !self.eat(":") {
                return Err(self.unexpected());
            }
            let value = self.level(16)?;
            fields.extend([key, value]);
            if !self.eat(",") {
                break;
            }
        }
        self.close("}")?;
        Ok(self.add(Term::Object(Rc::from(fields))))
    }

    /// A text with its escapes, and `\(…)` in it.
    fn text(&mut self, raw: &str) -> Res<Id> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = raw;
        while let Some(c) = rest.chars().next() {
            let Some(after) = rest.strip_prefix('\\') else {
                plain.push(c);
                rest = &rest[c.len_utf8()..];
                continue;
            };
            if let Some(inner) = after.strip_prefix('(') {
                let Some(end) = closing(inner) else {
                    return Err("unclosed interpolation string, expected a matching )".to_string());
                };
                parts.push(self.string(&std::mem::take(&mut plain)));
                let toks = lex(&inner[..end])?;
                let outer = (std::mem::replace(&mut self.toks, toks), std::mem::replace(&mut self.at, 0));
                let term = self.level(0)?;
                (self.toks, self.at) = outer;
                let text = self.call("yto_string", Vec::new())?;
                parts.push(self.add(Term::Pipe(term, text)));
                rest = &inner[end + 1..];
                continue;
            }
            let escape = after.chars().next().unwrap_or('\\');
            match escape {
                'n' => plain.push('\n'),
                't' => plain.push('\t'),
                'r' => plain.push('\r'),
                '"' | '\\' => plain.push(escape),
                other => plain.extend(['\\', other]),
            }
            rest = after.get(escape.len_utf8()..).unwrap_or("");
        }
        if parts.is_empty() {
            return Ok(self.string(&plain));
        }
        if !plain.is_empty() {
            parts.push(self.string(&plain));
        }
        Ok(self.add(Term::Text(None, Rc::from(parts))))
    }
}

fn one_variable() -> Rc<Binding> {
    Rc::new(Binding { patterns: vec![Pattern::Var(0)], vars: 1 })
}

/// Where the bracket ends that was opened before this text.
fn closing(text: &str) -> Option<usize> {
    let (mut open, mut quoted) = (0, false);
    for (i, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '(' if !quoted => open += 1,
            ')' if !quoted && open == 0 => return Some(i),
            ')' if !quoted => open -= 1,
            _ => {}
        }
    }
    None
}
