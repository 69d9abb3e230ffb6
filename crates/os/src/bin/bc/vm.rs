//! The machine that runs bc's instructions as long as there is fuel.

use std::{cmp::Ordering, collections::BTreeMap, rc::Rc};

use super::{
    code::{Code, Op, Routine},
    long::{Long, Shown},
    number::{BASE, MAX_DIGITS, Number},
};
use crate::bin::tool::Cx;

/// Calls within calls.
const MAX_DEPTH: usize = 10_000;
/// Groups of digits that may be held: more would exhaust the page's memory.
const MAX_HELD: usize = 32 << 20;

type Array = Rc<BTreeMap<i64, Number>>;

/// What is on the stack.
#[derive(Clone, Debug)]
enum Value {
    Number(Number),
    Array(Array),
}

/// A call: where to go on, and what its names held before.
#[derive(Clone, Debug)]
struct Frame {
    code: Rc<Routine>,
    name: Rc<str>,
    at: usize,
    base: usize,
    saved: Vec<(Rc<str>, Option<Value>)>,
}

/// A calculation that is not done with an instruction.
#[derive(Clone, Debug)]
enum Pending {
    Value(Long),
    /// A number to be shown; whether on a line of its own.
    Shown(Shown, bool),
}

/// All that bc holds.
#[derive(Clone, Debug)]
pub struct Vm {
    vars: BTreeMap<Rc<str>, Number>,
    arrays: BTreeMap<Rc<str>, Array>,
    functions: BTreeMap<Rc<str>, Rc<Routine>>,
    scale: usize,
    input_base: u32,
    output_base: u32,
    last: Number,
    stack: Vec<Value>,
    frames: Vec<Frame>,
    pending: Option<Pending>,
    /// Groups of digits held by names.
    held: usize,
    /// `halt` was run.
    pub halted: bool,
}

impl Default for Vm {
    fn default() -> Vm {
        Vm {
            vars: BTreeMap::new(),
            arrays: BTreeMap::new(),
            functions: BTreeMap::new(),
            scale: 0,
            input_base: 10,
            output_base: 10,
            last: Number::default(),
            stack: Vec::new(),
            frames: Vec::new(),
            pending: None,
            held: 0,
            halted: false,
        }
    }
}

/// What went wrong while running: in which function, at what address.
pub struct Fault {
    /// The complaint.
    pub message: String,
    /// The function's name; `(main)` outside of any.
    pub function: Rc<str>,
    /// As GNU bc counts.
    pub address: usize,
}

type Res<T> = Result<T, String>;

/// Some groups are kept for every number.
fn weight(n: &Number) -> usize {
    n.groups.len() + 4
}

fn array_weight(array: &Array) -> usize {
    array.values().map(|n| weight(n) + 8).sum()
}

impl Vm {
    /// Begins with instructions.
    pub fn start(&mut self, code: Code) {
        let code = Rc::new(Routine { code, ..Routine::default() });
        let frame = Frame { code, name: Rc::from("(main)"), at: 0, base: 0, saved: Vec::new() };
        self.frames.push(frame);
    }

    /// Whether there is something to do.
    pub fn is_busy(&self) -> bool {
        !self.frames.is_empty()
    }

    /// Goes on until it must pause or is done.
    pub fn run(&mut self, cx: &mut Cx<'_, '_>) -> Result<(), Fault> {
        let mut free = 0;
        while self.is_busy() && !cx.must_pause() {
            match self.advance(cx) {
                Ok(()) => {}
                Err(message) => return Err(self.fault(message)),
            }
            // Instructions are short.
            free += 1;
            if free % 4 == 0 {
                cx.sys.spend(1);
            }
        }
        cx.sys.set_memory((1 << 20) + 4 * self.held as u64);
        Ok(())
    }

    /// Leaves all calls.
    fn fault(&mut self, message: String) -> Fault {
        self.pending = None;
        let frame = self.frames.last();
        let function = frame.map_or(Rc::from("(main)"), |f| f.name.clone());
        let address = frame
            .and_then(|f| f.code.code.addresses.get(f.at.saturating_sub(1)))
            .copied()
            .unwrap_or_default();
        while let Some(frame) = self.frames.pop() {
            self.restore(frame.saved);
        }
        self.stack.clear();
        Fault { message, function, address }
    }

    fn advance(&mut self, cx: &mut Cx<'_, '_>) -> Res<()> {
        if let Some(pending) = &mut self.pending {
            let given = cx.sys.fuel().max(1);
            let mut fuel = given;
            let done = match pending {
                Pending::Value(long) => long.step(&mut fuel).transpose()?.map(Value::Number),
                Pending::Shown(shown, line) => shown.step(&mut fuel).map(|text| {
                    print(cx, &text, *line);
                    Value::Number(Number::default())
                }),
            };
            cx.sys.spend((given - fuel).unsigned_abs());
            if let Some(value) = done {
                let shown = matches!(self.pending.take(), Some(Pending::Shown(..)));
                if !shown {
                    self.stack.push(value);
                }
            }
            return Ok(());
        }
        let Some(frame) = self.frames.last_mut() else { return Ok(()) };
        let Some(op) = frame.code.code.ops.get(frame.at).cloned() else {
            self.frames.pop();
            self.stack.clear();
            return Ok(());
        };
        frame.at += 1;
        self.execute(cx, op)
    }

    fn jump(&mut self, to: usize) {
        if let Some(frame) = self.frames.last_mut() {
            frame.at = to;
        }
    }

    fn pop(&mut self) -> Number {
        match self.stack.pop() {
            Some(Value::Number(n)) => n,
            _ => Number::default(),
        }
    }

    fn push(&mut self, n: Number) {
        self.stack.push(Value::Number(n));
    }

    fn begin(&mut self, long: Long) {
        self.pending = Some(Pending::Value(long));
    }

    fn execute(&mut self, cx: &mut Cx<'_, '_>, op: Op) -> Res<()> {
        match op {
            Op::Digits(text) if text.len() > MAX_DIGITS => return Err("number too long".to_string()),
            Op::Digits(text) if self.input_base == 10 && text.len() > 1 => self.push(Number::decimal(&text)),
            Op::Digits(text) => self.begin(Long::read(&text, self.input_base)),
            Op::Truth(b) => self.push(Number::from(i64::from(b))),
            Op::Load(name) => {
                let value = self.get(&name);
                self.push(value);
            }
            Op::LoadAt(name) => {
                let at = self.index(&name)?;
                let value = self.arrays.get(&name).and_then(|a| a.get(&at)).cloned();
                self.push(value.unwrap_or_default());
            }
            Op::LoadArray(name) => {
                let array = self.arrays.get(&name).cloned().unwrap_or_default();
                self.stack.push(Value::Array(array));
            }
            Op::Store(name) => {
                let value = self.pop();
                self.put(&name, value.clone())?;
                self.push(value);
            }
            Op::StoreAt(name) => {
                let value = self.pop();
                let at = self.index(&name)?;
                self.put_at(name, at, value.clone())?;
                self.push(value);
            }
            Op::Step(name, by, post) => {
                let old = self.get(&name);
                let new = old.plus(&Number::from(by));
                self.put(&name, new.clone())?;
                self.push(if post { old } else { new });
            }
            Op::StepAt(name, by, post) => {
                let at = self.index(&name)?;
                let old = self.arrays.get(&name).and_then(|a| a.get(&at)).cloned().unwrap_or_default();
                let new = old.plus(&Number::from(by));
                self.put_at(name, at, new.clone())?;
                self.push(if post { old } else { new });
            }
            Op::Double => {
                let value = self.stack.last().cloned();
                self.stack.extend(value);
            }
            Op::Negate => {
                let value = self.pop().negated();
                self.push(value);
            }
            Op::Not => {
                let zero = self.pop().is_zero();
                self.push(Number::from(i64::from(zero)));
            }
            Op::Binary(op) => self.binary(cx, op)?,
            Op::Compare(op) => self.compare(op),
            Op::Call(name, count) => self.call(name, count)?,
            Op::Jump(to) => self.jump(to),
            Op::JumpIfZero(to) => {
                if self.pop().is_zero() {
                    self.jump(to);
                }
            }
            Op::Pop => {
                self.stack.pop();
            }
            Op::Show | Op::Print => {
                let value = self.pop();
                let line = matches!(op, Op::Show);
                self.show(cx, value, line);
            }
            Op::Text(text) => cx.print(&*text),
            Op::Define(name, routine) => {
                self.functions.insert(name, routine);
            }
            Op::Return => self.leave(),
            Op::Halt => {
                self.halted = true;
                self.frames.clear();
                self.stack.clear();
            }
        }
        Ok(())
    }

    fn get(&self, name: &Rc<str>) -> Number {
        match &**name {
            "scale" => Number::from(self.scale as i64),
            "ibase" => Number::from(i64::from(self.input_base)),
            "obase" => Number::from(i64::from(self.output_base)),
            "last" => self.last.clone(),
            _ => self.vars.get(name).cloned().unwrap_or_default(),
        }
    }

    fn put(&mut self, name: &Rc<str>, value: Number) -> Res<()> {
        let whole = |most: i64, other: i64| value.to_i64().unwrap_or(other).min(most);
        match &**name {
            "scale" => self.scale = whole(MAX_DIGITS as i64, MAX_DIGITS as i64).max(0) as usize,
            "ibase" => self.input_base = whole(16, 16).max(2) as u32,
            "obase" => self.output_base = whole(BASE as i64 - 1, BASE as i64 - 1).max(2) as u32,
            "last" => self.last = value,
            _ => {
                self.hold(weight(&value))?;
                if let Some(old) = self.vars.insert(name.clone(), value) {
                    self.held = self.held.saturating_sub(weight(&old));
                }
            }
        }
        Ok(())
    }

    fn put_at(&mut self, name: Rc<str>, at: i64, value: Number) -> Res<()> {
        self.hold(weight(&value) + 8)?;
        let array = self.arrays.entry(name).or_default();
        if Rc::strong_count(array) > 1 {
            // It is copied now.
            self.held += array_weight(array);
        }
        let array = Rc::make_mut(array);
        if let Some(old) = array.insert(at, value) {
            self.held = self.held.saturating_sub(weight(&old) + 8);
        }
        Ok(())
    }

    fn hold(&mut self, more: usize) -> Res<()> {
        self.held += more;
        if self.held > MAX_HELD { Err("Out of memory".to_string()) } else { Ok(()) }
    }

    /// The index on the stack.
    fn index(&mut self, name: &str) -> Res<i64> {
        let at = self.pop().to_i64().unwrap_or(-1);
        if (0..=16_777_215).contains(&at) {
            return Ok(at);
        }
        Err(format!("Array {name} subscript out of bounds."))
    }

    fn binary(&mut self, cx: &mut Cx<'_, '_>, op: char) -> Res<()> {
        let (b, a) = (self.pop(), self.pop());
        let scale = self.scale;
        match op {
            '+' | '-' => {
                if a.length() + b.length() > 2 * MAX_DIGITS {
                    return Err("number too long".to_string());
                }
                cx.sys.spend((a.length() + b.length()) as u64 / 4096);
                self.push(if op == '+' { a.plus(&b) } else { a.minus(&b) });
            }
            '*' => self.begin(Long::times(&a, &b, scale)?),
            '/' => self.begin(Long::over(&a, &b, scale)?),
            '%' => self.begin(Long::modulo(&a, &b, scale)?),
            _ => {
                if b.scale > 0 && !cx.busybox() && b.with_scale(0).order(&b).is_ne() {
                    let (function, address) = self.place();
                    cx.eprint(format!(
                        "Runtime warning (func={function}, adr={address}): non-zero scale in exponent\n"
                    ));
                }
                self.begin(Long::power(&a, &b, scale)?);
            }
        }
        Ok(())
    }

    fn place(&self) -> (Rc<str>, usize) {
        match self.frames.last() {
            Some(f) => (f.name.clone(), f.code.code.addresses.get(f.at - 1).copied().unwrap_or(0)),
            None => (Rc::from("(main)"), 0),
        }
    }

    fn compare(&mut self, op: &str) {
        let (b, a) = (self.pop(), self.pop());
        let order = a.order(&b);
        let holds = match op {
            "==" => order == Ordering::Equal,
            "!=" => order != Ordering::Equal,
            "<" => order.is_lt(),
            "<=" => order.is_le(),
            ">" => order.is_gt(),
            _ => order.is_ge(),
        };
        self.push(Number::from(i64::from(holds)));
    }

    fn show(&mut self, cx: &mut Cx<'_, '_>, value: Number, line: bool) {
        self.last = value.clone();
        if self.output_base == 10 || value.is_zero() {
            cx.sys.spend(value.length() as u64 / 1024);
            return print(cx, &value.show(), line);
        }
        self.pending = Some(Pending::Shown(Shown::new(&value, self.output_base), line));
    }

    fn call(&mut self, name: Rc<str>, count: usize) -> Res<()> {
        match (&*name, count) {
            ("sqrt", 1) => {
                let n = self.pop();
                self.begin(Long::root(&n, self.scale)?);
                return Ok(());
            }
            ("length" | "scale", 1) => {
                let n = self.pop();
                let count = if &*name == "scale" { n.scale } else { n.length() };
                self.push(Number::from(count as i64));
                return Ok(());
            }
            ("read", _) => {
                self.push(Number::default());
                return Ok(());
            }
            _ => {}
        }
        let Some(routine) = self.functions.get(&name).cloned() else {
            return Err(format!("Function {name} not defined."));
        };
        if routine.params.len() != count {
            return Err("Parameter number mismatch".to_string());
        }
        if self.frames.len() > MAX_DEPTH {
            return Err("Function calls nested too deeply".to_string());
        }
        let base = self.stack.len().saturating_sub(count);
        let values = self.stack.split_off(base);
        let mut saved = Vec::new();
        let given = values.into_iter().map(Some).chain(std::iter::repeat(None));
        for (param, value) in routine.params.iter().chain(&routine.locals).zip(given) {
            self.shadow(param, value, &mut saved)?;
        }
        self.frames.push(Frame { code: routine, name, at: 0, base, saved });
        Ok(())
    }

    /// Gives a name a new value for the time of a call.
    fn shadow(
        &mut self,
        param: &Rc<str>,
        value: Option<Value>,
        saved: &mut Vec<(Rc<str>, Option<Value>)>,
    ) -> Res<()> {
        if let Some(name) = param.strip_suffix("[]") {
            let name: Rc<str> = Rc::from(name);
            let array = match value {
                Some(Value::Array(array)) => array,
                _ => Array::default(),
            };
            self.hold(16)?;
            let old = self.arrays.insert(name, array);
            saved.push((param.clone(), old.map(Value::Array)));
            return Ok(());
        }
        let number = match value {
            Some(Value::Number(n)) => n,
            _ => Number::default(),
        };
        // What was there stays held until the call is over.
        self.hold(weight(&number))?;
        let old = self.vars.insert(param.clone(), number);
        saved.push((param.clone(), old.map(Value::Number)));
        Ok(())
    }

    fn leave(&mut self) {
        let value = self.pop();
        if let Some(frame) = self.frames.pop() {
            self.stack.truncate(frame.base);
            self.restore(frame.saved);
        }
        self.push(value);
    }

    fn restore(&mut self, saved: Vec<(Rc<str>, Option<Value>)>) {
        for (name, old) in saved.into_iter().rev() {
            if let Some(array) = name.strip_suffix("[]") {
                let gone = match old {
                    Some(Value::Array(old)) => self.arrays.insert(Rc::from(array), old),
                    _ => self.arrays.remove(array),
                };
                let alone = gone.filter(|gone| Rc::strong_count(gone) == 1);
                self.held = self.held.saturating_sub(16 + alone.map_or(0, |gone| array_weight(&gone)));
                continue;
            }
            let gone = match old {
                Some(Value::Number(old)) => self.vars.insert(name, old),
                _ => self.vars.remove(&name),
            };
            self.held = self.held.saturating_sub(gone.map_or(0, |n| weight(&n)));
        }
    }
}

/// A number as it is printed, in lines of at most 69 characters.
fn print(cx: &mut Cx<'_, '_>, text: &str, line: bool) {
    let mut rest = text;
    while rest.len() > 69 {
        let (part, after) = rest.split_at(68);
        cx.print(part);
        cx.print("\\\n");
        rest = after;
    }
    cx.print(rest);
    if line {
        cx.print("\n");
    }
}
