//! The machine that runs jq programs: backtracking over plain data, so that it can be stopped and copied anywhere.
//!
//! What is to be done is one [`Task`]; what follows is a chain of [`Frame`]s (a continuation); what else could be done
//! is a stack of [`Fork`]s. Producing several values is pushing forks; asking for the next value is popping one. What
//! has to survive backtracking (the accumulator of `reduce`, the items of `[…]`) lies in a fork and is named by its
//! place in the stack. Evaluation of terms is in `eval.rs`.

use std::rc::Rc;

use super::ast::{Binding, Code, DefId, Id};
use super::value::Value;

/// A value on its way, and where in the input of `path(…)` it came from.
#[derive(Clone, Debug)]
pub struct Item {
    pub value: Value,
    pub path: Path,
}

/// Whether the way a value was reached is being recorded.
#[derive(Clone, Debug)]
pub enum Path {
    Off,
    At(Rc<Vec<Value>>),
    /// It should be, but the value was made, not found.
    Lost,
    /// It is, where it is known, for whoever asks; nobody demands it (yq).
    Soft(Rc<Vec<Value>>),
    /// Demanded, and known to those who ask.
    Both(Rc<Vec<Value>>),
}

impl Path {
    /// A new recording begins here, inside of one or not.
    pub fn begin(&self) -> Path {
        match self {
            Path::Soft(_) | Path::Both(_) => Path::Both(Rc::default()),
            _ => Path::At(Rc::default()),
        }
    }

    /// The way, where it is recorded.
    pub fn known(&self) -> Option<&Rc<Vec<Value>>> {
        match self {
            Path::At(path) | Path::Both(path) | Path::Soft(path) => Some(path),
            Path::Off | Path::Lost => None,
        }
    }

    /// With this way instead.
    pub fn with(&self, path: Vec<Value>) -> Path {
        match self {
            Path::At(_) => Path::At(Rc::new(path)),
            Path::Both(_) => Path::Both(Rc::new(path)),
            Path::Soft(_) => Path::Soft(Rc::new(path)),
            other => other.clone(),
        }
    }
}

impl Item {
    pub fn plain(value: Value) -> Item {
        Item { value, path: Path::Off }
    }

    /// A made value in the place of this one.
    pub fn made(&self, value: Value) -> Item {
        let demanded = matches!(self.path, Path::At(_) | Path::Both(_) | Path::Lost);
        Item { value, path: if demanded { Path::Lost } else { Path::Off } }
    }

    /// A new state of this one, in its place, where nobody demands that it was found.
    pub fn changed(&self, value: Value) -> Item {
        match &self.path {
            Path::Soft(path) => Item { value, path: Path::Soft(path.clone()) },
            _ => self.made(value),
        }
    }

    /// The same value, for a computation on the side.
    pub fn aside(&self) -> Item {
        match &self.path {
            Path::Soft(path) | Path::Both(path) => {
                Item { value: self.value.clone(), path: Path::Soft(path.clone()) }
            }
            _ => Item::plain(self.value.clone()),
        }
    }

    /// What lies under `key` of this.
    pub fn child(&self, key: Value, value: Value) -> Item {
        let path = match self.path.known() {
            Some(path) => {
                let mut longer = path.to_vec();
                longer.push(key);
                self.path.with(longer)
            }
            None => self.path.clone(),
        };
        Item { value, path }
    }
}

pub type Env = Option<Rc<Node>>;

/// One binding of the environment.
#[derive(Debug)]
pub struct Node {
    pub bind: Bind,
    pub next: Env,
}

#[derive(Debug)]
pub enum Bind {
    Var(Value),
    Closure(Id, Env),
    Fun(DefId),
    Label(u64),
}

impl Drop for Node {
    /// Chains can be long: they are taken apart without recursion.
    fn drop(&mut self) {
        let mut pending: Vec<Rc<Node>> = Vec::new();
        detach(self, &mut pending);
        while let Some(node) = pending.pop() {
            if let Ok(mut node) = Rc::try_unwrap(node) {
                detach(&mut node, &mut pending);
            }
        }
    }
}

fn detach(node: &mut Node, pending: &mut Vec<Rc<Node>>) {
    let inner = match &mut node.bind {
        Bind::Closure(_, env) => env.take(),
        _ => None,
    };
    for link in [node.next.take(), inner].into_iter().flatten() {
        if Rc::strong_count(&link) == 1 {
            pending.push(link);
        }
    }
}

pub fn bind(env: &Env, bind: Bind) -> Env {
    Some(Rc::new(Node { bind, next: env.clone() }))
}

pub type Kont = Option<Rc<Frame>>;

/// What is done with a value when it comes.
#[derive(Debug)]
pub struct Frame {
    pub what: What,
    pub next: Kont,
    pub depth: u32,
}

impl Drop for Frame {
    fn drop(&mut self) {
        let mut next = self.next.take();
        while let Some(frame) = next {
            next = match Rc::try_unwrap(frame) {
                Ok(mut frame) => frame.next.take(),
                Err(_) => None,
            };
        }
    }
}

#[derive(Debug)]
pub enum What {
    Pipe(Id, Env),
    /// Operands of a term, one after the other.
    Args {
        term: Id,
        env: Env,
        input: Item,
        got: Vec<Value>,
    },
    IndexBy(Value),
    SliceBy(Value, Value),
    Each,
    Neg(Item),
    If {
        yes: Id,
        no: Option<Id>,
        env: Env,
        input: Item,
    },
    /// The left side of `and` (true) or `or` (false).
    Logic {
        and: bool,
        right: Id,
        env: Env,
        input: Item,
    },
    Truth(Item),
    Collect(usize),
    /// The body of a `try` gave a value; errors from here on are not its.
    Leave(usize),
    Alternative(usize),
    FoldInit {
        term: Id,
        env: Env,
        input: Item,
    },
    FoldStep {
        at: usize,
        term: Id,
        env: Env,
    },
    FoldStore {
        at: usize,
        term: Id,
        env: Env,
    },
    Bind {
        binding: Rc<Binding>,
        body: Id,
        env: Env,
        input: Item,
    },
    /// A key of a pattern was computed.
    Key(Rc<Taking>),
    Params {
        def: DefId,
        args: Rc<[Id]>,
        at: usize,
        caller: Env,
        env: Env,
        input: Item,
    },
    PathEnd(Item),
    GetPath(Item),
    LimitCount {
        body: Id,
        env: Env,
        input: Item,
    },
    Limit(usize),
    ModifyStep {
        at: usize,
        update: Id,
        env: Env,
    },
    ModifyStore {
        at: usize,
        path: Rc<Vec<Value>>,
        height: usize,
    },
    HaltError(Value),
}

/// A value being taken apart by a pattern.
#[derive(Clone, Debug)]
pub struct Taking {
    pub binding: Rc<Binding>,
    /// Which of the alternatives.
    pub alternative: usize,
    /// Values of the variables so far.
    pub slots: Vec<Value>,
    /// What is left: the way to the pattern from the alternative's root, and the value.
    pub work: Vec<(Vec<usize>, Value)>,
    pub env: Env,
    pub then: Then,
    /// The object whose key is being computed, and the entry.
    pub at: Option<(Vec<usize>, Value, usize)>,
}

/// What follows when all variables have values.
#[derive(Clone, Debug)]
pub enum Then {
    Body { body: Id, input: Item },
    Fold { at: usize, term: Id },
}

/// What else could be done.
#[derive(Clone, Debug)]
pub enum Fork {
    Eval(Id, Env, Item, Kont),
    Each {
        item: Item,
        at: usize,
        kont: Kont,
    },
    Range {
        next: f64,
        to: f64,
        input: Item,
        kont: Kont,
    },
    Try {
        handler: Option<Id>,
        env: Env,
        input: Item,
        kont: Kont,
    },
    /// Control is past the `try` at that place.
    Passed(usize),
    Alternative {
        found: bool,
        other: Id,
        env: Env,
        input: Item,
        kont: Kont,
    },
    Reduce {
        state: Item,
        kont: Kont,
    },
    Foreach {
        state: Item,
        kont: Kont,
    },
    Collect {
        items: Vec<Value>,
        input: Item,
        kont: Kont,
    },
    Limit {
        left: f64,
    },
    Label(u64),
    Modify {
        root: Value,
        deleted: Vec<Value>,
        input: Item,
        kont: Kont,
    },
    /// The update of `|=` gave nothing: the path is deleted.
    ModifyNone {
        at: usize,
        path: Rc<Vec<Value>>,
    },
    Pattern {
        taking: Box<Taking>,
        value: Value,
        kont: Kont,
    },
}

/// An error on its way up.
#[derive(Clone, Debug)]
pub enum Raise {
    Error(Value),
    Break(u64),
}

#[derive(Clone, Debug)]
pub enum Task {
    Eval(Id, Env, Item, Kont),
    Return(Item, Kont),
    Backtrack,
    Raise(Raise),
    /// `input` waits for [`Vm::provide`].
    Await(Item, Kont),
}

/// Why the machine stopped.
#[derive(Clone, Debug)]
pub enum Out {
    Value(Value),
    /// No more values for this input.
    Done,
    Error(Value),
    /// `break` without its label, or a bound of the machine.
    Fatal(&'static str),
    NeedInput,
    Stderr(String),
    Halt {
        code: u8,
        message: Option<Value>,
    },
    /// Fuel is used up.
    Yield,
}

/// Facts from outside that programs can ask for.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Seconds since the epoch.
    pub now: f64,
    pub line: usize,
    pub file: Option<Rc<str>>,
}

/// Bounds of one input's run.
const MAX_FORKS: usize = 2_000_000;
pub(super) const MAX_FRAMES: u32 = 200_000;
const MAX_MEMORY: usize = 512 << 20;

/// A program at work.
#[derive(Clone, Debug)]
pub struct Vm {
    pub(super) code: Rc<Code>,
    globals: Env,
    pub(super) task: Task,
    pub(super) forks: Vec<Fork>,
    pub(super) labels: u64,
    /// Bytes made since the input was given.
    pub(super) made: usize,
    pub facts: Facts,
    /// Paths are known to whoever asks (yq); and the one of the last value that was given.
    soft: bool,
    pub came: Path,
}

impl Vm {
    /// `vars`: values of the variables that the program was compiled with.
    pub fn new(code: Rc<Code>, vars: Vec<Value>) -> Vm {
        let globals = vars.into_iter().fold(None, |env, value| bind(&env, Bind::Var(value)));
        Vm {
            code,
            globals,
            task: Task::Backtrack,
            forks: Vec::new(),
            labels: 0,
            made: 0,
            facts: Facts::default(),
            soft: false,
            came: Path::Off,
        }
    }

    /// Keeps the path of every value that was found, for `key`, `path` and [`Vm::came`].
    pub fn know_paths(&mut self) {
        self.soft = true;
    }

    /// Begins with a new input.
    pub fn start(&mut self, input: Value) {
        self.forks.clear();
        self.made = 0;
        let path = if self.soft { Path::Soft(Rc::default()) } else { Path::Off };
        let item = Item { value: input, path };
        self.task = Task::Eval(self.code.main, self.globals.clone(), item, None);
    }

    /// The answer to [`Out::NeedInput`].
    pub fn provide(&mut self, value: Option<Value>) {
        if let Task::Await(input, kont) = std::mem::replace(&mut self.task, Task::Backtrack) {
            self.task = match value {
                Some(value) => Task::Return(input.made(value), kont),
                None => Task::Raise(Raise::Error(Value::str("No more inputs"))),
            };
        }
    }

    /// Goes on until there is something to tell. Afterwards it can be called again, but for `Done`, `Error`, `Halt`.
    pub fn run(&mut self, fuel: &mut i64) -> Out {
        loop {
            *fuel -= 1;
            if *fuel <= 0 {
                return Out::Yield;
            }
            if self.forks.len() > MAX_FORKS {
                return Out::Fatal("stack overflow");
            }
            if self.made > MAX_MEMORY {
                return Out::Fatal("cannot allocate memory");
            }
            let before = self.made;
            match std::mem::replace(&mut self.task, Task::Backtrack) {
                Task::Eval(id, env, input, kont) => {
                    if kont.as_ref().is_some_and(|frame| frame.depth > MAX_FRAMES) {
                        return Out::Fatal("stack overflow");
                    }
                    if let Some(out) = self.eval(id, env, input, kont) {
                        return out;
                    }
                }
                Task::Return(item, None) => {
                    self.came = item.path;
                    return Out::Value(item.value);
                }
                Task::Return(item, Some(frame)) => {
                    if let Some(out) = self.resume(item, &frame) {
                        return out;
                    }
                }
                Task::Backtrack => match self.forks.pop() {
                    None => return Out::Done,
                    Some(fork) => self.retry(fork),
                },
                Task::Raise(raise) => {
                    if let Some(out) = self.unwind(raise) {
                        return out;
                    }
                }
                waiting @ Task::Await(..) => {
                    self.task = waiting;
                    return Out::NeedInput;
                }
            }
            *fuel -= ((self.made - before) / 64) as i64;
        }
    }

    /// Goes on with the newest alternative.
    fn retry(&mut self, fork: Fork) {
        match fork {
            Fork::Eval(id, env, input, kont) => self.task = Task::Eval(id, env, input, kont),
            Fork::Each { item, at, kont } => self.each(item, at, kont),
            Fork::Range { next, to, input, kont } => self.range(next, to, input, kont),
            Fork::Alternative { found, other, env, input, kont } => {
                if !found {
                    self.task = Task::Eval(other, env, input, kont);
                }
            }
            Fork::Reduce { state, kont } => self.task = Task::Return(state, kont),
            Fork::Collect { items, input, kont } => {
                self.made += items.len() * 32;
                let value = Value::array(items);
                self.task = if value.depth() > super::value::MAX_DEPTH {
                    Task::Raise(Raise::Error(Value::str("Exceeds depth limit for values")))
                } else {
                    Task::Return(input.made(value), kont)
                };
            }
            Fork::Modify { root, deleted, input, kont } => {
                self.task = match super::value::delete_paths(root, &Value::array(deleted)) {
                    Ok(value) => Task::Return(input.changed(value), kont),
                    Err(error) => Task::Raise(Raise::Error(error)),
                };
            }
            Fork::ModifyNone { at, path } => {
                if let Some(Fork::Modify { deleted, .. }) = self.forks.get_mut(at) {
                    deleted.push(Value::array(path.to_vec()));
                }
            }
            Fork::Try { .. }
            | Fork::Passed(_)
            | Fork::Foreach { .. }
            | Fork::Limit { .. }
            | Fork::Label(_)
            | Fork::Pattern { .. } => {}
        }
    }

    /// Takes an error up to whoever handles it.
    fn unwind(&mut self, raise: Raise) -> Option<Out> {
        while let Some(fork) = self.forks.pop() {
            match (fork, &raise) {
                (Fork::Passed(at), _) => self.forks.truncate(at),
                (Fork::Label(label), Raise::Break(wanted)) if label == *wanted => return None,
                (Fork::Try { handler, env, input, kont }, Raise::Error(error)) => {
                    if let Some(handler) = handler {
                        self.task = Task::Eval(handler, env, input.made(error.clone()), kont);
                    }
                    return None;
                }
                (Fork::Pattern { mut taking, value, kont }, Raise::Error(_)) => {
                    taking.alternative += 1;
                    self.take_apart(*taking, value, kont);
                    return None;
                }
                _ => {}
            }
        }
        Some(match raise {
            Raise::Error(error) => Out::Error(error),
            Raise::Break(_) => Out::Error(Value::str("break")),
        })
    }
}
