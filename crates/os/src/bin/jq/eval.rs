//! What each term of a jq program does, and what each frame does with the value it gets.

use std::rc::Rc;

use super::arith;
use super::ast::{DefId, Id, Term};
use super::formats;
use super::json;
use super::natives;
use super::value::{self, Outcome, Value};
use super::vm::{Bind, Env, Fork, Frame, Item, Kont, Out, Path, Raise, Task, Then, Vm, What, bind};

pub(super) fn push(kont: &Kont, what: What) -> Kont {
    let depth = kont.as_ref().map_or(0, |frame| frame.depth) + 1;
    Some(Rc::new(Frame { what, next: kont.clone(), depth }))
}

/// The binding so many steps up.
fn lookup(env: &Env, steps: u32) -> &Env {
    let mut at = env;
    for _ in 0..steps {
        at = match at {
            Some(node) => &node.next,
            None => return at,
        };
    }
    at
}

impl Vm {
    pub(super) fn fail(&mut self, error: Value) {
        self.task = Task::Raise(Raise::Error(error));
    }

    /// Hands a result on.
    fn give(&mut self, input: &Item, result: Outcome, kont: Kont) {
        match result {
            Ok(value) => {
                self.made += value.weight();
                self.task = Task::Return(input.made(value), kont);
            }
            Err(error) => self.fail(error),
        }
    }

    /// Terms that give one value at once, without a frame.
    fn simple(&self, id: Id, env: &Env, input: &Item) -> Option<Value> {
        match &self.code.terms[id as usize] {
            Term::Identity => Some(input.value.clone()),
            Term::Literal(value) => Some(value.clone()),
            Term::Var(steps) => match lookup(env, *steps).as_deref()?.bind {
                Bind::Var(ref value) => Some(value.clone()),
                _ => None,
            },
            Term::Index(inner, key) => {
                let Term::Literal(key) = &self.code.terms[*key as usize] else { return None };
                if !matches!(self.code.terms[*inner as usize], Term::Identity | Term::Var(_)) {
                    return None;
                }
                value::index(&self.simple(*inner, env, input)?, key).ok()
            }
            _ => None,
        }
    }

    /// The operand of a term that is evaluated `n`th: the first is the outermost loop.
    fn operand(&self, term: Id, n: usize) -> Option<Id> {
        let from_end = |ids: &[Id]| ids.len().checked_sub(n + 1).map(|at| ids[at]);
        match &self.code.terms[term as usize] {
            Term::Op(_, a, b) | Term::Range(b, a) if n < 2 => Some(if n == 0 { *b } else { *a }),
            Term::Index(_, key) if n == 0 => Some(*key),
            Term::Slice(_, from, to) if n < 2 => Some(if n == 0 { *from } else { *to }),
            Term::Text(_, parts) => {
                let interpolations = parts.len() / 2;
                interpolations.checked_sub(n + 1).map(|at| parts[at * 2 + 1])
            }
            Term::Object(fields) => fields.get(n).copied(),
            Term::Native(_, args) => from_end(args),
            _ => None,
        }
    }

    /// Evaluates the operands that are left; all there: does what the term does.
    fn operands(&mut self, term: Id, env: Env, input: Item, mut got: Vec<Value>, kont: Kont) {
        while let Some(id) = self.operand(term, got.len()) {
            match self.simple(id, &env, &input) {
                Some(value) => got.push(value),
                None => {
                    let aside = input.aside();
                    let frame = push(&kont, What::Args { term, env: env.clone(), input, got });
                    self.task = Task::Eval(id, env, aside, frame);
                    return;
                }
            }
        }
        self.finish(term, env, input, got, kont);
    }

    fn finish(&mut self, term: Id, env: Env, input: Item, mut got: Vec<Value>, kont: Kont) {
        let code = self.code.clone();
        match &code.terms[term as usize] {
            Term::Op(op, ..) => {
                let result = match got.as_slice() {
                    [b, a] => arith::apply(*op, a, b),
                    _ => Ok(Value::Null),
                };
                self.give(&input, result, kont);
            }
            Term::Range(..) => {
                match (got.first().and_then(Value::as_num), got.get(1).and_then(Value::as_num)) {
                    (Some(from), Some(to)) => self.range(from, to, input, kont),
                    _ => self.fail(Value::str("Range bounds must be numeric")),
                }
            }
            Term::Index(inner, _) => {
                let Some(key) = got.pop() else { return };
                if matches!(code.terms[*inner as usize], Term::Identity) {
                    return self.index(input, key, kont);
                }
                let frame = push(&kont, What::IndexBy(key));
                self.task = Task::Eval(*inner, env, input, frame);
            }
            Term::Slice(inner, ..) => {
                let (Some(to), Some(from)) = (got.pop(), got.pop()) else { return };
                let frame = push(&kont, What::SliceBy(from, to));
                self.task = Task::Eval(*inner, env, input, frame);
            }
            Term::Text(format, parts) => {
                let mut text = String::new();
                for (at, part) in parts.iter().enumerate() {
                    if at % 2 == 0 {
                        if let Term::Literal(literal) = &code.terms[*part as usize] {
                            text.push_str(&literal.text());
                        }
                        continue;
                    }
                    let value = &got[got.len() - 1 - at / 2];
                    match formats::apply(format.as_deref().unwrap_or("text"), value) {
                        Ok(shown) => text.push_str(&shown.text()),
                        Err(error) => return self.fail(error),
                    }
                }
                self.give(&input, Ok(Value::str(text)), kont);
            }
            Term::Object(_) => {
                let mut map = indexmap::IndexMap::new();
                for pair in got.chunks(2) {
                    let [key, value] = pair else { continue };
                    let Value::Str(key) = key else {
                        return self.fail(Value::str(format!(
                            "Cannot use {} ({}) as object key",
                            key.kind(),
                            value::excerpt(key)
                        )));
                    };
                    map.insert(key.clone(), value.clone());
                }
                let object = Value::object(map);
                let result = if object.depth() > value::MAX_DEPTH {
                    Err(Value::str("Exceeds depth limit for values"))
                } else {
                    Ok(object)
                };
                self.give(&input, result, kont);
            }
            Term::Native(native, _) => {
                got.reverse();
                let result = natives::call(*native, &input.value, &got);
                if let Ok(value) = &result
                    && natives::changes_in_place(*native)
                {
                    self.made += value.weight();
                    self.task = Task::Return(input.changed(value.clone()), kont);
                    return;
                }
                self.give(&input, result, kont);
            }
            _ => {}
        }
    }

    fn index(&mut self, item: Item, key: Value, kont: Kont) {
        if matches!(item.path, Path::Lost) {
            return self.fail(Value::str(format!(
                "Invalid path expression with result {}",
                value::excerpt(&item.value)
            )));
        }
        match value::index(&item.value, &key) {
            Ok(value) => self.task = Task::Return(item.child(key, value), kont),
            Err(error) => self.fail(error),
        }
    }

    /// Gives the items from `at` on, one after the other.
    pub(super) fn each(&mut self, item: Item, at: usize, kont: Kont) {
        if matches!(item.path, Path::Lost) {
            return self.fail(Value::str(format!(
                "Invalid path expression with result {}",
                value::excerpt(&item.value)
            )));
        }
        let (key, value, len) = match &item.value {
            Value::Arr(a) => (Value::num(at as f64), a.items.get(at).cloned(), a.items.len()),
            Value::Obj(o) => match o.map.get_index(at) {
                Some((key, value)) => (Value::Str(key.clone()), Some(value.clone()), o.map.len()),
                None => (Value::Null, None, 0),
            },
            other => {
                let shown = match other {
                    Value::Null => "Cannot iterate over null".to_owned(),
                    other => format!("Cannot iterate over {} ({})", other.kind(), value::excerpt(other)),
                };
                return self.fail(Value::str(shown));
            }
        };
        let Some(value) = value else { return };
        let child = item.child(key, value);
        if at + 1 < len {
            self.forks.push(Fork::Each { item, at: at + 1, kont: kont.clone() });
        }
        self.task = Task::Return(child, kont);
    }

    pub(super) fn range(&mut self, next: f64, to: f64, input: Item, kont: Kont) {
        // Written so that nan ends it.
        if next < to {
            let value = input.made(Value::num(next));
            self.forks.push(Fork::Range { next: next + 1.0, to, input, kont: kont.clone() });
            self.task = Task::Return(value, kont);
        }
    }

    pub(super) fn eval(&mut self, id: Id, env: Env, input: Item, kont: Kont) -> Option<Out> {
        let code = self.code.clone();
        match &code.terms[id as usize] {
            Term::Identity => self.task = Task::Return(input, kont),
            Term::Empty => {}
            Term::Literal(value) => self.task = Task::Return(input.made(value.clone()), kont),
            Term::Var(steps) => {
                let value = match lookup(&env, *steps).as_deref() {
                    Some(node) => match &node.bind {
                        Bind::Var(value) => value.clone(),
                        _ => Value::Null,
                    },
                    None => Value::Null,
                };
                self.task = Task::Return(input.made(value), kont);
            }
            Term::Index(..)
            | Term::Slice(..)
            | Term::Op(..)
            | Term::Object(_)
            | Term::Text(..)
            | Term::Native(..)
            | Term::Range(..) => self.operands(id, env, input, Vec::new(), kont),
            Term::Each(inner) => self.task = Task::Eval(*inner, env, input, push(&kont, What::Each)),
            Term::Pipe(a, b) => {
                let frame = push(&kont, What::Pipe(*b, env.clone()));
                self.task = Task::Eval(*a, env, input, frame);
            }
            Term::Comma(a, b) => {
                self.forks.push(Fork::Eval(*b, env.clone(), input.clone(), kont.clone()));
                self.task = Task::Eval(*a, env, input, kont);
            }
            Term::Neg(inner) => {
                let aside = input.aside();
                self.task = Task::Eval(*inner, env, aside, push(&kont, What::Neg(input)));
            }
            Term::And(a, b) | Term::Or(a, b) => {
                let and = matches!(code.terms[id as usize], Term::And(..));
                let aside = input.aside();
                let frame = push(&kont, What::Logic { and, right: *b, env: env.clone(), input });
                self.task = Task::Eval(*a, env, aside, frame);
            }
            Term::If(test, yes, no) => {
                let aside = input.aside();
                let frame = push(&kont, What::If { yes: *yes, no: *no, env: env.clone(), input });
                self.task = Task::Eval(*test, env, aside, frame);
            }
            Term::Alternative(a, b) => {
                let at = self.forks.len();
                let (env2, input2, kont2) = (env.clone(), input.clone(), kont.clone());
                self.forks.push(Fork::Alternative {
                    found: false,
                    other: *b,
                    env: env2,
                    input: input2,
                    kont: kont2,
                });
                self.task = Task::Eval(*a, env, input, push(&kont, What::Alternative(at)));
            }
            Term::Try(body, handler) => {
                let at = self.forks.len();
                self.forks.push(Fork::Try {
                    handler: *handler,
                    env: env.clone(),
                    input: input.clone(),
                    kont: kont.clone(),
                });
                self.task = Task::Eval(*body, env, input, push(&kont, What::Leave(at)));
            }
            Term::Array(None) => self.task = Task::Return(input.made(Value::array(Vec::new())), kont),
            Term::Array(Some(inner)) => {
                let at = self.forks.len();
                let aside = input.aside();
                self.forks.push(Fork::Collect { items: Vec::new(), input, kont });
                self.task = Task::Eval(*inner, env, aside, push(&None, What::Collect(at)));
            }
            Term::Format(name) => {
                let result = formats::apply(name, &input.value);
                self.give(&input, result, kont);
            }
            Term::Reduce(_, _, init, _) | Term::Foreach(_, _, init, _, _) => {
                let frame = push(&kont, What::FoldInit { term: id, env: env.clone(), input: input.clone() });
                self.task = Task::Eval(*init, env, input, frame);
            }
            Term::Bind(source, binding, body) => {
                let aside = input.aside();
                let frame = push(
                    &kont,
                    What::Bind { binding: binding.clone(), body: *body, env: env.clone(), input },
                );
                self.task = Task::Eval(*source, env, aside, frame);
            }
            Term::Label(body) => {
                self.labels += 1;
                self.forks.push(Fork::Label(self.labels));
                let env = bind(&env, Bind::Label(self.labels));
                self.task = Task::Eval(*body, env, input, kont);
            }
            Term::Break(steps) => {
                if let Some(Bind::Label(label)) = lookup(&env, *steps).as_deref().map(|node| &node.bind) {
                    self.task = Task::Raise(Raise::Break(*label));
                }
            }
            Term::Local(def, body) => {
                let env = bind(&env, Bind::Fun(*def));
                self.task = Task::Eval(*body, env, input, kont);
            }
            Term::Call(steps, args) => {
                let target = lookup(&env, *steps).clone();
                if let Some(Bind::Fun(def)) = target.as_deref().map(|node| &node.bind) {
                    let def = *def;
                    self.call(def, args.clone(), 0, env, target, input, kont);
                }
            }
            Term::CallTop(def, args) => self.call(*def, args.clone(), 0, env, None, input, kont),
            Term::Closure(steps) => {
                if let Some(Bind::Closure(body, env)) = lookup(&env, *steps).as_deref().map(|node| &node.bind)
                {
                    self.task = Task::Eval(*body, env.clone(), input, kont);
                }
            }
            Term::Path(inner) => {
                let start = Item { value: input.value.clone(), path: input.path.begin() };
                self.task = Task::Eval(*inner, env, start, push(&kont, What::PathEnd(input)));
            }
            Term::GetPath(path) => {
                let aside = input.aside();
                self.task = Task::Eval(*path, env, aside, push(&kont, What::GetPath(input)));
            }
            Term::Limit(count, body) => {
                let aside = input.aside();
                let frame = push(&kont, What::LimitCount { body: *body, env: env.clone(), input });
                self.task = Task::Eval(*count, env, aside, frame);
            }
            Term::Update(paths, update) => {
                let at = self.forks.len();
                let root = input.value.clone();
                let start = Item { value: root.clone(), path: input.path.begin() };
                self.forks.push(Fork::Modify { root, deleted: Vec::new(), input, kont });
                let frame = push(&None, What::ModifyStep { at, update: *update, env: env.clone() });
                self.task = Task::Eval(*paths, env, start, frame);
            }
            Term::Here => {
                let here = input.path.known().map_or(Value::Null, |path| Value::array(path.to_vec()));
                self.task = Task::Return(input.made(here), kont);
            }
            Term::Error => self.task = Task::Raise(Raise::Error(input.value)),
            _ => return self.outside(id, env, input, kont),
        }
        None
    }

    /// Terms that concern the world around the program.
    fn outside(&mut self, id: Id, env: Env, input: Item, kont: Kont) -> Option<Out> {
        let code = self.code.clone();
        match &code.terms[id as usize] {
            Term::Input => self.task = Task::Await(input, kont),
            Term::Debug => {
                let text = format!("[\"DEBUG:\",{}]\n", json::compact(&input.value));
                self.task = Task::Return(input, kont);
                return Some(Out::Stderr(text));
            }
            Term::Stderr => {
                let text = input.value.text().to_string();
                self.task = Task::Return(input, kont);
                return Some(Out::Stderr(text));
            }
            Term::LineNumber => {
                let line = Value::num(self.facts.line as f64);
                self.task = Task::Return(input.made(line), kont);
            }
            Term::FileName => {
                let name = self.facts.file.clone().map_or(Value::Null, Value::Str);
                self.task = Task::Return(input.made(name), kont);
            }
            Term::Now => {
                let now = Value::num(self.facts.now);
                self.task = Task::Return(input.made(now), kont);
            }
            Term::Halt => return Some(Out::Halt { code: 0, message: None }),
            Term::HaltError(code) => {
                let aside = input.aside();
                self.task = Task::Eval(*code, env, aside, push(&kont, What::HaltError(input.value)));
            }
            _ => {}
        }
        None
    }

    /// Binds arguments from the `at`th on, then runs the body. `env` is the definition's, growing.
    fn call(
        &mut self,
        def: DefId,
        args: Rc<[Id]>,
        at: usize,
        caller: Env,
        mut env: Env,
        input: Item,
        kont: Kont,
    ) {
        let code = self.code.clone();
        let Some(definition) = code.defs.get(def as usize) else { return };
        for n in at..args.len() {
            if !definition.params[n].is_var {
                env = match &code.terms[args[n] as usize] {
                    // A closure that is nothing but another closure is that one: chains do not grow.
                    Term::Closure(steps) => match lookup(&caller, *steps).as_deref().map(|node| &node.bind) {
                        Some(Bind::Closure(body, inner)) => bind(&env, Bind::Closure(*body, inner.clone())),
                        _ => bind(&env, Bind::Closure(args[n], caller.clone())),
                    },
                    _ => bind(&env, Bind::Closure(args[n], caller.clone())),
                };
                continue;
            }
            if let Some(value) = self.simple(args[n], &caller, &input) {
                env = bind(&env, Bind::Var(value));
                continue;
            }
            let aside = input.aside();
            let frame = push(
                &kont,
                What::Params { def, args: args.clone(), at: n, caller: caller.clone(), env, input },
            );
            self.task = Task::Eval(args[n], caller, aside, frame);
            return;
        }
        self.task = Task::Eval(definition.body, env, input, kont);
    }

    /// A value has come to a frame.
    pub(super) fn resume(&mut self, item: Item, frame: &Rc<Frame>) -> Option<Out> {
        let kont = frame.next.clone();
        match &frame.what {
            What::Pipe(id, env) => self.task = Task::Eval(*id, env.clone(), item, kont),
            What::Args { term, env, input, got } => {
                let mut got = got.clone();
                got.push(item.value);
                self.operands(*term, env.clone(), input.clone(), got, kont);
            }
            What::IndexBy(key) => self.index(item, key.clone(), kont),
            What::SliceBy(from, to) => self.slice(item, from, to, kont),
            What::Each => self.each(item, 0, kont),
            What::Neg(input) => {
                let result = match &item.value {
                    Value::Num(n, _) => Ok(Value::num(-n)),
                    other => Err(value::type_error(other, "cannot be negated")),
                };
                self.give(input, result, kont);
            }
            What::If { yes, no, env, input } => {
                let chosen = if item.value.truthy() { Some(*yes) } else { *no };
                self.task = match chosen {
                    Some(id) => Task::Eval(id, env.clone(), input.clone(), kont),
                    None => Task::Return(input.clone(), kont),
                };
            }
            What::Logic { and, right, env, input } => {
                if item.value.truthy() == *and {
                    let frame = push(&kont, What::Truth(input.clone()));
                    self.task = Task::Eval(*right, env.clone(), input.aside(), frame);
                } else {
                    self.task = Task::Return(input.made(Value::Bool(!and)), kont);
                }
            }
            What::Truth(input) => {
                self.task = Task::Return(input.made(Value::Bool(item.value.truthy())), kont);
            }
            What::Collect(at) => {
                self.made += 32;
                if let Some(Fork::Collect { items, .. }) = self.forks.get_mut(*at) {
                    items.push(item.value);
                }
            }
            What::Leave(at) => {
                self.forks.push(Fork::Passed(*at));
                self.task = Task::Return(item, kont);
            }
            What::Alternative(at) => {
                if item.value.truthy() {
                    if let Some(Fork::Alternative { found, .. }) = self.forks.get_mut(*at) {
                        *found = true;
                    }
                    self.task = Task::Return(item, kont);
                }
            }
            What::Bind { binding, body, env, input } => {
                let then = Then::Body { body: *body, input: input.clone() };
                self.begin_taking(binding.clone(), item.value, env.clone(), then, kont);
            }
            What::Key(taking) => self.key(taking, item.value, kont),
            What::Params { def, args, at, caller, env, input } => {
                let env = bind(env, Bind::Var(item.value));
                self.call(*def, args.clone(), at + 1, caller.clone(), env, input.clone(), kont);
            }
            What::PathEnd(input) => match item.path {
                Path::At(path) | Path::Both(path) => {
                    self.task = Task::Return(input.made(Value::array(path.to_vec())), kont);
                }
                _ => self.fail(Value::str(format!(
                    "Invalid path expression with result {}",
                    value::excerpt(&item.value)
                ))),
            },
            What::GetPath(input) => self.get_path(input, &item.value, kont),
            What::LimitCount { body, env, input } => match item.value.as_num() {
                Some(left) if left > 0.0 => {
                    let at = self.forks.len();
                    self.forks.push(Fork::Limit { left });
                    let frame = push(&kont, What::Limit(at));
                    self.task = Task::Eval(*body, env.clone(), input.clone(), frame);
                }
                Some(left) if left < 0.0 => {
                    self.task = Task::Eval(*body, env.clone(), input.clone(), kont);
                }
                _ => {}
            },
            What::Limit(at) => {
                if let Some(Fork::Limit { left, .. }) = self.forks.get_mut(*at) {
                    *left -= 1.0;
                    if *left <= 0.0 {
                        self.forks.truncate(*at);
                    }
                }
                self.task = Task::Return(item, kont);
            }
            What::HaltError(message) => {
                let code = item.value.as_num().unwrap_or(5.0) as i64;
                return Some(Out::Halt { code: (code & 0xff) as u8, message: Some(message.clone()) });
            }
            _ => self.resume_fold(item, frame, kont),
        }
        None
    }

    fn slice(&mut self, item: Item, from: &Value, to: &Value, kont: Kont) {
        let key = Value::record([("start", from.clone()), ("end", to.clone())]);
        if !matches!(item.path, Path::Off) {
            return self.index(item, key, kont);
        }
        match value::slice(&item.value, from, to) {
            Ok(value) => {
                self.made += value.weight();
                self.task = Task::Return(Item::plain(value), kont);
            }
            Err(error) => self.fail(error),
        }
    }

    fn get_path(&mut self, input: &Item, path: &Value, kont: Kont) {
        let Some(keys) = path.items() else {
            return self.fail(Value::str("Path must be specified as an array"));
        };
        match value::get_path(&input.value, keys) {
            Ok(value) => {
                let path = match &input.path {
                    known if known.known().is_some() => {
                        let before = known.known().map_or(&[][..], |before| before.as_slice());
                        known.with([before, keys].concat())
                    }
                    other => other.clone(),
                };
                self.task = Task::Return(Item { value, path }, kont);
            }
            Err(error) => self.fail(error),
        }
    }
}
