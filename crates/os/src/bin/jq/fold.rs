//! Terms of jq that carry a state from value to value (`reduce`, `foreach`, `|=`), and values taken apart by patterns.

use std::rc::Rc;

use super::ast::{Binding, Pattern, Term};
use super::eval::push;
use super::value::{self, Value};
use super::vm::{Bind, Env, Fork, Frame, Item, Kont, Path, Taking, Task, Then, Vm, What, bind};

impl Vm {
    /// reduce, foreach and `|=`: frames whose state lies in a fork.
    pub(super) fn resume_fold(&mut self, item: Item, frame: &Frame, kont: Kont) {
        match &frame.what {
            What::FoldInit { term, env, input } => {
                let at = self.forks.len();
                let code = self.code.clone();
                let source = match &code.terms[*term as usize] {
                    Term::Reduce(source, ..) => {
                        self.forks.push(Fork::Reduce { state: item, kont });
                        *source
                    }
                    Term::Foreach(source, ..) => {
                        self.forks.push(Fork::Foreach { state: item, kont });
                        *source
                    }
                    _ => return,
                };
                let step = push(&None, What::FoldStep { at, term: *term, env: env.clone() });
                self.task = Task::Eval(source, env.clone(), input.aside(), step);
            }
            What::FoldStep { at, term, env } => {
                let code = self.code.clone();
                let (Term::Reduce(_, binding, ..) | Term::Foreach(_, binding, ..)) =
                    &code.terms[*term as usize]
                else {
                    return;
                };
                let then = Then::Fold { at: *at, term: *term };
                self.begin_taking(binding.clone(), item.value, env.clone(), then, None);
            }
            What::FoldStore { at, term, env } => {
                let code = self.code.clone();
                match (self.forks.get_mut(*at), &code.terms[*term as usize]) {
                    (Some(Fork::Reduce { state, .. }), _) => *state = item,
                    (Some(Fork::Foreach { state, kont }), Term::Foreach(.., extract)) => {
                        *state = item.clone();
                        let kont = kont.clone();
                        self.task = match extract {
                            Some(extract) => Task::Eval(*extract, env.clone(), item, kont),
                            None => Task::Return(item, kont),
                        };
                    }
                    _ => {}
                }
            }
            What::ModifyStep { at, update, env } => {
                let knows = matches!(item.path, Path::Both(_));
                let (Path::At(path) | Path::Both(path)) = item.path else {
                    return self.fail(Value::str(format!(
                        "Invalid path expression with result {}",
                        value::excerpt(&item.value)
                    )));
                };
                let Some(Fork::Modify { root, .. }) = self.forks.get(*at) else { return };
                match value::get_path(root, &path) {
                    Ok(old) => {
                        let height = self.forks.len();
                        self.forks.push(Fork::ModifyNone { at: *at, path: path.clone() });
                        let store = push(&None, What::ModifyStore { at: *at, path: path.clone(), height });
                        let there = if knows { Path::Soft(path) } else { Path::Off };
                        self.task = Task::Eval(*update, env.clone(), Item { value: old, path: there }, store);
                    }
                    Err(error) => self.fail(error),
                }
            }
            What::ModifyStore { at, path, height } => {
                self.forks.truncate(*height);
                let Some(Fork::Modify { root, .. }) = self.forks.get_mut(*at) else { return };
                let old = std::mem::replace(root, Value::Null);
                match value::set_path(old, path, item.value) {
                    Ok(new) => *root = new,
                    Err(error) => self.fail(error),
                }
            }
            _ => {}
        }
    }

    pub(super) fn begin_taking(
        &mut self,
        binding: Rc<Binding>,
        value: Value,
        env: Env,
        then: Then,
        kont: Kont,
    ) {
        if let ([Pattern::Var(_)], 1) = (binding.patterns.as_slice(), binding.vars) {
            let env = bind(&env, Bind::Var(value));
            return self.taken(env, then, kont);
        }
        let slots = vec![Value::Null; binding.vars];
        let taking = Taking { binding, alternative: 0, slots, work: Vec::new(), env, then, at: None };
        self.take_apart(taking, value, kont);
    }

    /// Begins with one alternative of a binding.
    pub(super) fn take_apart(&mut self, mut taking: Taking, value: Value, kont: Kont) {
        if taking.alternative + 1 < taking.binding.patterns.len() {
            self.forks.push(Fork::Pattern {
                taking: Box::new(taking.clone()),
                value: value.clone(),
                kont: kont.clone(),
            });
        }
        taking.slots.fill(Value::Null);
        taking.work = vec![(Vec::new(), value)];
        taking.at = None;
        self.take(taking, kont);
    }

    /// Goes on taking a value apart.
    fn take(&mut self, mut taking: Taking, kont: Kont) {
        while let Some((way, value)) = taking.work.pop() {
            let binding = taking.binding.clone();
            let Some(pattern) = find(&binding.patterns[taking.alternative], &way) else { continue };
            match pattern {
                Pattern::Var(slot) => taking.slots[*slot] = value,
                Pattern::Array(items) => {
                    for at in 0..items.len() {
                        match value::index(&value, &Value::num(at as f64)) {
                            Ok(item) => taking.work.push((longer(&way, at), item)),
                            Err(error) => return self.fail(error),
                        }
                    }
                }
                Pattern::Object(_) => return self.entry(taking, way, value, 0, kont),
            }
        }
        let env =
            taking.slots.iter().fold(taking.env.clone(), |env, value| bind(&env, Bind::Var(value.clone())));
        self.taken(env, taking.then, kont);
    }

    /// Computes the key of an object pattern's entry.
    fn entry(&mut self, mut taking: Taking, way: Vec<usize>, value: Value, at: usize, kont: Kont) {
        let binding = taking.binding.clone();
        let Some(Pattern::Object(entries)) = find(&binding.patterns[taking.alternative], &way) else {
            return;
        };
        let Some((key, ..)) = entries.get(at) else { return self.take(taking, kont) };
        taking.at = Some((way, value.clone(), at));
        let env = taking.env.clone();
        self.task = Task::Eval(*key, env, Item::plain(value), push(&kont, What::Key(Rc::new(taking))));
    }

    pub(super) fn key(&mut self, taking: &Rc<Taking>, key: Value, kont: Kont) {
        let mut taking = Taking::clone(taking);
        let Some((way, value, at)) = taking.at.take() else { return };
        let binding = taking.binding.clone();
        let Some(Pattern::Object(entries)) = find(&binding.patterns[taking.alternative], &way) else {
            return;
        };
        let (_, slot, inner) = &entries[at];
        match value::index(&value, &key) {
            Ok(found) => {
                if let Some(slot) = slot {
                    taking.slots[*slot] = found.clone();
                }
                if inner.is_some() {
                    taking.work.push((longer(&way, at), found));
                }
                self.entry(taking, way, value, at + 1, kont);
            }
            Err(error) => self.fail(error),
        }
    }

    fn taken(&mut self, env: Env, then: Then, kont: Kont) {
        match then {
            Then::Body { body, input } => self.task = Task::Eval(body, env, input, kont),
            Then::Fold { at, term } => {
                let code = self.code.clone();
                let (Term::Reduce(.., update) | Term::Foreach(_, _, _, update, _)) =
                    &code.terms[term as usize]
                else {
                    return;
                };
                let state = match self.forks.get_mut(at) {
                    // The state is taken out, so that it can be changed in place; no value: null.
                    Some(Fork::Reduce { state, .. }) => {
                        let empty = state.made(Value::Null);
                        std::mem::replace(state, empty)
                    }
                    Some(Fork::Foreach { state, .. }) => state.clone(),
                    _ => return,
                };
                let store = push(&None, What::FoldStore { at, term, env: env.clone() });
                self.task = Task::Eval(*update, env, state, store);
            }
        }
    }
}

fn longer(way: &[usize], step: usize) -> Vec<usize> {
    let mut way = way.to_vec();
    way.push(step);
    way
}

/// The pattern at the end of a way through its parents.
fn find<'a>(pattern: &'a Pattern, way: &[usize]) -> Option<&'a Pattern> {
    way.iter().try_fold(pattern, |pattern, step| match pattern {
        Pattern::Var(_) => None,
        Pattern::Array(items) => items.get(*step),
        Pattern::Object(entries) => entries.get(*step)?.2.as_ref(),
    })
}
