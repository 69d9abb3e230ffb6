//! awk's machine: a stack of values and a place in the code.
//!
//! It stops between any two instructions: when its fuel is used up, and when an instruction must wait (for input, for a
//! command, for room in a pipe). An instruction that must wait leaves everything as it was, and is done again.

use std::{collections::BTreeMap, rc::Rc};

use collections::StableSort;

use super::{
    code::{Code, Op, Place, Slot, special},
    fields::Fields,
    functions,
    streams::{Reader, Stream},
    value::Value,
};
use crate::{
    bin::tool::Output,
    kernel::Sys,
    program::{Pid, Wait},
    text::regex::Regex,
};

/// Why the machine stopped.
pub enum Stop {
    /// The code of BEGIN, of the rules or of END has come to its end.
    Done,
    Next,
    NextFile,
    /// With the code that was given.
    Exit(Option<u8>),
    /// Fuel is used up, or output should be written first: go on later.
    Yield,
    Wait(Wait),
    Failed(String),
}

/// An array's elements.
pub type Array = BTreeMap<Rc<str>, Value>;

/// A function that is being run.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    back: u32,
    /// Where its locals begin.
    pub(super) base: usize,
    iterators: usize,
    /// Arrays that were made in it, and go with it.
    pub(super) own: Vec<u32>,
}

/// Everything a running program has at a moment.
#[derive(Clone, Debug, Default)]
pub struct Vm {
    pub code: Rc<Code>,
    pub busybox: bool,
    pub at: u32,
    pub(super) stack: Vec<Value>,
    pub(super) globals: Vec<Value>,
    pub(super) locals: Vec<Value>,
    pub(super) frames: Vec<Frame>,
    /// The keys still to come of each `for (… in …)`, the next one last.
    pub(super) iterators: Vec<Vec<Rc<str>>>,
    pub(super) arrays: BTreeMap<u32, Array>,
    pub(super) next_array: u32,
    /// Bytes that elements take, about.
    pub(super) size: usize,
    pub fields: Fields,
    pub(super) ranges: Vec<bool>,
    /// What `getline` or `sub` came to.
    pub(super) count: f64,
    pub(super) regexes: Vec<(Rc<str>, Option<Rc<Regex>>)>,
    /// The main input, as far as it is open.
    pub input: Option<Reader>,
    /// The next of ARGV to be opened, and whether one was.
    pub argument: usize,
    pub opened: bool,
    pub(super) streams: Vec<Stream>,
    /// What `system` runs.
    pub(super) child: Option<Pid>,
    pub(super) seed: (u64, u64),
    /// Some input could not be opened; what is to be said of it.
    pub failed: bool,
    pub complaints: Vec<String>,
}

/// Limits: what goes beyond them ends the program with a message.
const STACK_MAX: usize = 200_000;
const TEXT_MAX: usize = 16 << 20;

type Run<T = ()> = Result<T, Stop>;

/// The instructions.
impl Vm {
    /// Runs until something stops it.
    pub fn run(&mut self, sys: &mut Sys<'_>, out: &mut Output) -> Stop {
        let code = self.code.clone();
        let mut done = 0u64;
        loop {
            let Some(op) = code.ops.get(self.at as usize) else { return Stop::Done };
            done += 1;
            if done & 0x3f == 0 {
                sys.spend(16);
                if sys.fuel() <= 0 || out.len() > 64 << 10 {
                    return Stop::Yield;
                }
            }
            match self.step(&code, *op, sys, out) {
                Ok(()) => self.at = self.at.wrapping_add(1),
                Err(stop) => return stop,
            }
        }
    }

    /// Forgets what a rule was in the middle of, and goes on at a place.
    pub fn restart(&mut self, at: u32) {
        self.at = at;
        self.stack.clear();
        self.locals.clear();
        self.iterators.clear();
        for frame in std::mem::take(&mut self.frames) {
            frame.own.iter().for_each(|id| self.drop_array(*id));
        }
    }

    pub(super) fn pop(&mut self) -> Value {
        self.stack.pop().unwrap_or_default()
    }

    pub(super) fn pop_text(&mut self) -> Rc<str> {
        let value = self.pop();
        self.show(&value)
    }

    pub(super) fn push(&mut self, value: Value) {
        self.stack.push(value);
    }

    /// The last `n` values, in order.
    pub(super) fn take(&mut self, n: usize) -> Vec<Value> {
        self.stack.split_off(self.stack.len().saturating_sub(n))
    }

    /// Goes on at a place: the place before it, since each instruction is followed by a step.
    fn jump(&mut self, to: u32) {
        self.at = to.wrapping_sub(1);
    }

    fn step(&mut self, code: &Code, op: Op, sys: &mut Sys<'_>, out: &mut Output) -> Run {
        match op {
            Op::Const(at) => self.push(code.consts[at as usize].clone()),
            Op::Pop => {
                self.pop();
            }
            Op::Dup => {
                let top = self.stack.last().cloned().unwrap_or_default();
                self.push(top);
            }
            Op::Record => {
                let record = self.record();
                self.push(Value::Input(record));
            }
            Op::Load(place) => {
                let value = self.load(place)?;
                self.push(value);
            }
            Op::Argument(slot) => self.argument(slot),
            Op::Store(place) => {
                let value = self.pop();
                self.store(place, value.clone())?;
                self.push(value);
            }
            Op::Step(place, by, post) => self.increase(place, by, post)?,
            Op::Key(n) => {
                let key = self.key(usize::from(n));
                self.push(Value::Text(key));
            }
            Op::InArray(slot) => {
                let key = self.pop_text();
                let found = self.array(slot)?.contains_key(&key);
                self.push(Value::flag(found));
            }
            Op::DeleteElement(slot) => {
                let key = self.pop_text();
                if self.array(slot)?.remove(&key).is_some() {
                    self.size = self.size.saturating_sub(key.len() + 64);
                }
            }
            Op::DeleteArray(slot) => {
                let id = self.array_id(slot)?;
                self.drop_array(id);
            }
            Op::Length(slot) => self.length(slot),
            Op::Arith(op) => self.arith(op)?,
            Op::Compare(op) => {
                let (b, a) = (self.pop(), self.pop());
                let holds = functions::compare(op, &a, &b, self.shape(special::CONVFMT));
                self.push(Value::flag(holds));
            }
            Op::Concat => {
                let (b, a) = (self.pop_text(), self.pop_text());
                if a.len() + b.len() > TEXT_MAX {
                    return Err(Stop::Failed("string too long".to_string()));
                }
                sys.spend((a.len() + b.len()) as u64 / 256);
                self.push(Value::text([&*a, &*b].concat()));
            }
            Op::Not => {
                let value = self.pop();
                self.push(Value::flag(!value.truth()));
            }
            Op::Negate => {
                let value = self.pop();
                self.push(Value::Number(-value.number()));
            }
            Op::ToNumber => {
                let value = self.pop();
                self.push(Value::Number(value.number()));
            }
            Op::Matches(negated) => {
                let (source, text) = (self.pop_text(), self.pop_text());
                let regex = self.wanted_regex(&source)?;
                sys.spend(text.len() as u64 / 64);
                self.push(Value::flag(regex.is_match(&text) != negated));
            }
            Op::Jump(to) => self.jump(to),
            Op::JumpIf(to) => {
                if self.pop().truth() {
                    self.jump(to);
                }
            }
            Op::JumpUnless(to) => {
                if !self.pop().truth() {
                    self.jump(to);
                }
            }
            Op::Iterate(slot) => self.iterate(slot)?,
            Op::Advance(to) => match self.iterators.last_mut().and_then(Vec::pop) {
                Some(key) => self.push(Value::Input(key)),
                None => {
                    self.iterators.pop();
                    self.jump(to);
                }
            },
            Op::EndIterate => {
                self.iterators.pop();
            }
            Op::Print(n, to) => self.print(usize::from(n), to, sys, out)?,
            Op::Printf(n, to) => self.printf(usize::from(n), to, sys, out)?,
            Op::Getline(source, record) => self.getline(source, record, sys)?,
            Op::Substitute(all) => self.substitute(all, sys)?,
            Op::Split(slot, separator) => self.split_text(slot, separator)?,
            Op::UnlessCount(drop, to) => {
                if self.count <= 0.0 {
                    self.take(usize::from(drop));
                    self.jump(to);
                }
            }
            Op::Count => self.push(Value::Number(self.count)),
            Op::Builtin(builtin, n) => self.builtin(builtin, usize::from(n), sys, out)?,
            Op::Call(function, n) => self.call(code, function, usize::from(n))?,
            Op::Return => self.back(),
            Op::Next => return Err(Stop::Next),
            Op::NextFile => return Err(Stop::NextFile),
            Op::Exit(false) => return Err(Stop::Exit(None)),
            Op::Exit(true) => {
                let value = self.pop();
                return Err(Stop::Exit(Some(functions::exit_code(&value))));
            }
            Op::JumpInRange(rule, to) => {
                if self.ranges[usize::from(rule)] {
                    self.jump(to);
                }
            }
            Op::SetRange(rule, open) => self.ranges[usize::from(rule)] = open,
            Op::Done => return Err(Stop::Done),
        }
        Ok(())
    }

    pub(super) fn wanted_regex(&mut self, source: &Rc<str>) -> Run<Rc<Regex>> {
        self.regex(source)
            .ok_or_else(|| Stop::Failed(format!("regular expression compile failed ({source})")))
    }

    fn load(&mut self, place: Place) -> Run<Value> {
        match place {
            Place::Variable(slot) => Ok(self.load_variable(slot)),
            Place::Element(slot) => {
                let key = self.pop_text();
                let array = self.array(slot)?;
                if let Some(value) = array.get(&key) {
                    return Ok(value.clone());
                }
                // An element that is looked at exists from then on.
                let bytes = key.len() + 64;
                array.insert(key, Value::Unset);
                self.grow(bytes)?;
                Ok(Value::Unset)
            }
            Place::Field => {
                let n = self.pop().number();
                self.load_field(n)
            }
        }
    }

    fn store(&mut self, place: Place, value: Value) -> Run {
        match place {
            Place::Variable(slot) => self.store_variable(slot, value),
            Place::Element(slot) => {
                let key = self.pop_text();
                let bytes = key.len() + 64;
                if self.array(slot)?.insert(key, value).is_none() {
                    self.grow(bytes)?;
                }
            }
            Place::Field => {
                let n = self.pop().number();
                self.store_field(n, &value);
            }
        }
        Ok(())
    }

    fn increase(&mut self, place: Place, by: i8, post: bool) -> Run {
        if !matches!(place, Place::Variable(_)) {
            let key = self.stack.last().cloned().unwrap_or_default();
            self.push(key);
        }
        let old = self.load(place)?.number();
        let new = old + f64::from(by);
        self.store(place, Value::Number(new))?;
        self.push(Value::Number(if post { old } else { new }));
        Ok(())
    }

    fn key(&mut self, n: usize) -> Rc<str> {
        if n == 1 {
            return self.pop_text();
        }
        let parts: Vec<Rc<str>> = self.take(n).iter().map(|it| self.show(it)).collect();
        parts.join(&*self.text_of(special::SUBSEP)).into()
    }

    fn length(&mut self, slot: Slot) {
        let length = match *self.cell(slot) {
            Value::Array(id) | Value::Unmade(id) => self.arrays.get(&id).map_or(0.0, |it| it.len() as f64),
            _ => {
                let value = self.load_variable(slot);
                functions::chars(&self.show(&value))
            }
        };
        self.push(Value::Number(length));
    }

    fn arith(&mut self, op: u8) -> Run {
        let (b, a) = (self.pop().number(), self.pop().number());
        if b == 0.0 && self.busybox && matches!(op, b'/' | b'%') {
            return Err(Stop::Failed("cmd. line:1: Division by zero".to_string()));
        }
        self.push(Value::Number(functions::arith(op, a, b)));
        Ok(())
    }

    fn iterate(&mut self, slot: Slot) -> Run {
        let mut keys: Vec<(f64, Rc<str>)> =
            self.array(slot)?.keys().map(|it| (it.parse().unwrap_or(f64::INFINITY), it.clone())).collect();
        // No order is promised; small arrays are seen as they were made.
        keys.stable_sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| b.1.cmp(&a.1)));
        self.iterators.push(keys.into_iter().map(|(_, key)| key).collect());
        Ok(())
    }

    fn drop_array(&mut self, id: u32) {
        if let Some(array) = self.arrays.remove(&id) {
            let bytes: usize = array.keys().map(|key| key.len() + 64).sum();
            self.size = self.size.saturating_sub(bytes);
        }
    }
}

/// Functions of the program.
impl Vm {
    /// A variable as it is; one that is unset may become an array in the function.
    fn argument(&mut self, slot: Slot) {
        if slot == Slot::Global(special::NF as u16) {
            let value = self.load_variable(slot);
            return self.push(value);
        }
        if *self.cell(slot) == Value::Unset {
            let id = self.new_array();
            *self.cell(slot) = Value::Unmade(id);
            self.own(slot, id);
        }
        let value = match self.cell(slot) {
            // It was handed to a function before, which may have made an array of it.
            Value::Unmade(id) => {
                let id = *id;
                if self.arrays.contains_key(&id) { Value::Array(id) } else { Value::Unmade(id) }
            }
            value => value.clone(),
        };
        self.push(value);
    }

    fn call(&mut self, code: &Code, function: u16, n: usize) -> Run {
        let entry = &code.functions[usize::from(function)];
        if self.locals.len() + self.stack.len() > STACK_MAX {
            return Err(Stop::Failed("function calls nested too deeply".to_string()));
        }
        let mut args = self.take(n);
        args.resize(usize::from(entry.params), Value::Unset);
        let frame = Frame {
            back: self.at,
            base: self.locals.len(),
            iterators: self.iterators.len(),
            own: Vec::new(),
        };
        self.frames.push(frame);
        self.locals.extend(args);
        self.jump(entry.at);
        Ok(())
    }

    fn back(&mut self) {
        let Some(frame) = self.frames.pop() else { return };
        self.locals.truncate(frame.base);
        self.iterators.truncate(frame.iterators);
        frame.own.iter().for_each(|id| self.drop_array(*id));
        self.at = frame.back;
    }
}
