//! The terms of jq programs: literals, strings, objects, conditions, and the names that are called.

use std::rc::Rc;

use super::ast::{Id, Native, Term};
use super::json;
use super::lex::{KEYWORDS, Part, Tok, Wrong};
use super::natives;
use super::parse::{Name, Parsed, Parser};
use super::value::Value;

impl Parser {
    pub(super) fn primary(&mut self) -> Parsed<Id> {
        let token = self.next();
        match token {
            Tok::Num(text) => {
                let value = json::number(&text).unwrap_or(Value::Null);
                Ok(self.literal(value))
            }
            Tok::Str(parts) => self.string(&parts, None),
            Tok::Format(name) => {
                if let Tok::Str(parts) = self.peek().clone() {
                    self.at += 1;
                    return self.string(&parts, Some(Rc::from(name)));
                }
                Ok(self.add(Term::Format(Rc::from(name))))
            }
            Tok::Field(name) => {
                let key = self.literal(Value::str(name));
                Ok(self.add(Term::Index(self.identity, key)))
            }
            Tok::Op(".") => {
                if let Tok::Str(parts) = self.peek().clone() {
                    self.at += 1;
                    let key = self.string(&parts, None)?;
                    return Ok(self.add(Term::Index(self.identity, key)));
                }
                Ok(self.identity)
            }
            Tok::Op("..") => self.call("recurse", Vec::new()),
            Tok::Var(name) if name == "__loc__" => {
                let place = self.tokens.get(self.at - 1).map_or(0, |(_, at)| *at);
                let line = 1 + self.lines.iter().filter(|end| **end < place).count();
                let value =
                    Value::record([("file", Value::str("<top-level>")), ("line", Value::num(line as f64))]);
                Ok(self.literal(value))
            }
            Tok::Var(name) => self.variable(&name),
            Tok::Op("(") => {
                let inner = self.pipe()?;
                if !self.eat_op(")") {
                    return self.unexpected("");
                }
                Ok(inner)
            }
            Tok::Op("[") => {
                if self.eat_op("]") {
                    return Ok(self.add(Term::Array(None)));
                }
                let inner = self.pipe()?;
                if !self.eat_op("]") {
                    return self.unexpected("");
                }
                Ok(self.add(Term::Array(Some(inner))))
            }
            Tok::Op("{") => self.object(),
            Tok::Word(word) => self.word(&word),
            _ => {
                self.at -= usize::from(token != Tok::End || self.at >= self.tokens.len());
                self.unexpected("")
            }
        }
    }

    fn word(&mut self, word: &str) -> Parsed<Id> {
        match word {
            "if" => {
                let start = self.tokens.get(self.at - 1).map_or(0, |(_, at)| *at);
                self.condition().map_err(|wrong| Wrong {
                    also: Some(("Possibly unterminated 'if' statement", start)),
                    ..wrong
                })
            }
            "try" => {
                let body = self.primary()?;
                let body = self.suffixes(body)?;
                let handler = if self.eat_word("catch") {
                    let handler = self.primary()?;
                    Some(self.suffixes(handler)?)
                } else {
                    None
                };
                Ok(self.add(Term::Try(body, handler)))
            }
            "reduce" | "foreach" => {
                self.at -= 1;
                self.fold()
            }
            "def" => {
                self.at -= 1;
                self.pipe()
            }
            "break" if matches!(self.peek(), Tok::Var(_)) => {
                let at = self.place();
                let Tok::Var(name) = self.next() else { return self.unexpected("'$'") };
                let found = self.scope.iter().rev().position(|n| matches!(n, Name::Label(l) if **l == *name));
                match found {
                    Some(steps) => Ok(self.add(Term::Break(steps as u32))),
                    None => Err(Wrong::new(format!("$*label-{name} is not defined"), at)),
                }
            }
            _ if KEYWORDS.contains(&word) => {
                self.at -= 1;
                self.unexpected("")
            }
            _ => {
                let mut args = Vec::new();
                if self.eat_op("(") {
                    loop {
                        args.push(self.pipe()?);
                        if !self.eat_op(";") {
                            break;
                        }
                    }
                    if !self.eat_op(")") {
                        return self.unexpected("");
                    }
                }
                self.call(word, args)
            }
        }
    }

    fn condition(&mut self) -> Parsed<Id> {
        let test = self.pipe()?;
        self.expect_word("then")?;
        let yes = self.pipe()?;
        if self.eat_word("elif") {
            let no = self.condition()?;
            return Ok(self.add(Term::If(test, yes, Some(no))));
        }
        let no = if self.eat_word("else") { Some(self.pipe()?) } else { None };
        self.expect_word("end")?;
        Ok(self.add(Term::If(test, yes, no)))
    }

    fn object(&mut self) -> Parsed<Id> {
        let mut fields: Vec<Id> = Vec::new();
        while !self.is_op("}") {
            let at = self.at;
            let key = self.next();
            let (key, shorthand) = match key {
                Tok::Var(name) if name == "__loc__" => {
                    self.at = at;
                    let value = self.primary()?;
                    (self.literal(Value::str("__loc__")), Some(value))
                }
                Tok::Var(name) => {
                    let value = self.variable(&name)?;
                    (self.literal(Value::str(name)), Some(value))
                }
                Tok::Word(name) => {
                    let key = self.literal(Value::str(name));
                    (key, Some(self.add(Term::Index(self.identity, key))))
                }
                Tok::Num(_) => {
                    self.at = at;
                    let also = Some(("May need parentheses around object key expression", self.place()));
                    return self.unexpected("").map_err(|wrong| Wrong { also, ..wrong });
                }
                Tok::Str(parts) => {
                    let key = self.string(&parts, None)?;
                    (key, Some(self.add(Term::Index(self.identity, key))))
                }
                Tok::Format(name) => {
                    let Tok::Str(parts) = self.next() else { return self.unexpected("QQSTRING_START") };
                    let key = self.string(&parts, Some(Rc::from(name)))?;
                    (key, Some(self.add(Term::Index(self.identity, key))))
                }
                Tok::Op("(") => {
                    let key = self.pipe()?;
                    self.expect_op(")")?;
                    (key, None)
                }
                _ => {
                    self.at = at;
                    return self.unexpected(if self.is_op(",") { "" } else { "'}'" });
                }
            };
            let value = match shorthand {
                Some(value) if !self.is_op(":") => value,
                _ => {
                    self.expect_op(":")?;
                    self.object_value()?
                }
            };
            fields.extend([key, value]);
            if !self.eat_op(",") {
                break;
            }
        }
        self.expect_op("}")?;
        Ok(self.add(Term::Object(Rc::from(fields))))
    }

    /// Values in objects: terms joined by `|`; anything with other operators needs parentheses upstream, and is taken here.
    fn object_value(&mut self) -> Parsed<Id> {
        let mut left = self.binary(0)?;
        if self.eat_op("|") {
            let right = self.object_value()?;
            left = self.add(Term::Pipe(left, right));
        }
        Ok(left)
    }

    pub(in crate::bin) fn string(&mut self, parts: &[Part], format: Option<Rc<str>>) -> Parsed<Id> {
        if let [] | [Part::Text(_)] = parts {
            let text = match parts {
                [Part::Text(text)] => text.as_str(),
                _ => "",
            };
            return Ok(self.literal(Value::str(text)));
        }
        let mut ids = Vec::new();
        for part in parts {
            match part {
                Part::Text(text) => {
                    if ids.len() % 2 == 0 {
                        ids.push(self.literal(Value::str(text)));
                    }
                }
                Part::Tokens(tokens) => {
                    if ids.len() % 2 == 0 {
                        ids.push(self.literal(Value::str("")));
                    }
                    let outer = std::mem::replace(&mut self.tokens, tokens.clone());
                    let at = std::mem::replace(&mut self.at, 0);
                    let inner = self.pipe()?;
                    if *self.peek() != Tok::End {
                        return self.unexpected("");
                    }
                    self.tokens = outer;
                    self.at = at;
                    ids.push(inner);
                }
            }
        }
        Ok(self.add(Term::Text(format, Rc::from(ids))))
    }

    pub(in crate::bin) fn variable(&mut self, name: &str) -> Parsed<Id> {
        let found = self.scope.iter().rev().position(|n| matches!(n, Name::Var(v) if **v == *name));
        match found {
            Some(steps) => Ok(self.add(Term::Var(steps as u32))),
            None => {
                let at = self.tokens.get(self.at.saturating_sub(1)).map_or(0, |(_, at)| *at);
                Err(Wrong::new(format!("${name} is not defined"), at))
            }
        }
    }

    pub(in crate::bin) fn call(&mut self, name: &str, args: Vec<Id>) -> Parsed<Id> {
        let arity = args.len();
        for (steps, known) in self.scope.iter().rev().enumerate() {
            let steps = steps as u32;
            match known {
                Name::Fun(n, a) if **n == *name && *a == arity => {
                    return Ok(self.add(Term::Call(steps, Rc::from(args))));
                }
                Name::Closure(n) if **n == *name && arity == 0 => return Ok(self.add(Term::Closure(steps))),
                // A `$name` parameter can be called as a filter too; variables of the program's own cannot be
                // told from it here, and no program has a reason to mind.
                Name::Var(n)
                    if **n == *name && arity == 0 && !natives::known(name, 0) && !self.is_top(name, 0) =>
                {
                    return Ok(self.add(Term::Var(steps)));
                }
                _ => {}
            }
        }
        if let Some((_, _, id)) = self.top.iter().rev().find(|(n, a, _)| **n == *name && *a == arity) {
            let id = *id;
            return Ok(self.add(Term::CallTop(id, Rc::from(args))));
        }
        if name == "env" && arity == 0 {
            return self.variable("ENV");
        }
        if let Some(term) = self.special(name, &args) {
            return Ok(self.add(term));
        }
        match natives::find(name, arity) {
            Some(at) => Ok(self.add(Term::Native(Native(at), Rc::from(args)))),
            None => {
                let at = self.call_place(name);
                Err(Wrong::new(format!("{name}/{arity} is not defined"), at))
            }
        }
    }

    fn is_top(&self, name: &str, arity: usize) -> bool {
        self.top.iter().any(|(n, a, _)| **n == *name && *a == arity)
    }

    /// Where the name that was called stands.
    fn call_place(&self, name: &str) -> usize {
        let before = self.tokens.get(..self.at.min(self.tokens.len())).unwrap_or_default();
        let found = before.iter().rev().find(|(token, _)| matches!(token, Tok::Word(w) if w == name));
        found.map_or(0, |(_, at)| *at)
    }

    /// What the machine itself has to do.
    fn special(&self, name: &str, args: &[Id]) -> Option<Term> {
        Some(match (name, args) {
            ("empty", []) => Term::Empty,
            ("_here", []) => Term::Here,
            ("error", []) => Term::Error,
            ("path", [f]) => Term::Path(*f),
            ("getpath", [p]) => Term::GetPath(*p),
            ("limit", [n, f]) => Term::Limit(*n, *f),
            ("range", [from, to]) => Term::Range(*from, *to),
            ("input", []) => Term::Input,
            ("debug", []) => Term::Debug,
            ("stderr", []) => Term::Stderr,
            ("input_line_number", []) => Term::LineNumber,
            ("input_filename", []) => Term::FileName,
            ("now", []) => Term::Now,
            ("halt", []) => Term::Halt,
            ("halt_error", [code]) => Term::HaltError(*code),
            ("_modify", [paths, update]) => Term::Update(*paths, *update),
            _ => return None,
        })
    }
}
