//! Statements as a list of instructions, so that they can be stopped anywhere.

use std::rc::Rc;

use super::parse::{Expr, Function, Place, Stmt};

/// An instruction of a machine with a stack.
#[derive(Clone, Debug)]
pub enum Op {
    /// Digits, read in the input base of the moment.
    Digits(Rc<str>),
    Truth(bool),
    Load(Rc<str>),
    /// The index is on the stack.
    LoadAt(Rc<str>),
    LoadArray(Rc<str>),
    /// The value stays on the stack.
    Store(Rc<str>),
    /// Takes the index below the value, too.
    StoreAt(Rc<str>),
    /// Steps a variable by so much; the old value is given, or the new one.
    Step(Rc<str>, i64, bool),
    /// The same with an index on the stack.
    StepAt(Rc<str>, i64, bool),
    Double,
    Negate,
    Not,
    Binary(char),
    /// A comparison.
    Compare(&'static str),
    /// With so many arguments on the stack.
    Call(Rc<str>, usize),
    Jump(usize),
    JumpIfZero(usize),
    Pop,
    /// A value on a line of its own.
    Show,
    /// A value within a line.
    Print,
    Text(Rc<str>),
    Define(Rc<str>, Rc<Routine>),
    Return,
    Halt,
}

/// A function that can be run.
#[derive(Clone, Debug, Default)]
pub struct Routine {
    /// Names; an array's ends with `[]`.
    pub params: Vec<Rc<str>>,
    /// What `auto` names.
    pub locals: Vec<Rc<str>>,
    /// The instructions.
    pub code: Code,
}

/// Instructions, and the address behind each as GNU bc's own machine counts.
#[derive(Clone, Debug, Default)]
pub struct Code {
    pub ops: Vec<Op>,
    pub addresses: Vec<usize>,
}

/// Where `break` and `continue` go, to be filled in.
#[derive(Default)]
struct Loop {
    breaks: Vec<usize>,
    continues: Vec<usize>,
}

/// What is being compiled.
#[derive(Default)]
struct Compiler {
    code: Code,
    address: usize,
    loops: Vec<Loop>,
    function: bool,
}

/// Compiles statements. Err is the complaint.
pub fn compile(all: &[Stmt]) -> Result<Code, String> {
    let mut compiler = Compiler::default();
    compiler.all(all)?;
    Ok(compiler.code)
}

fn routine(function: &Function) -> Result<Routine, String> {
    let mut compiler = Compiler { function: true, ..Compiler::default() };
    compiler.all(&function.body)?;
    compiler.emit(Op::Truth(false), 1);
    compiler.emit(Op::Return, 1);
    let names = |names: &[String]| names.iter().map(|n| Rc::from(n.as_str())).collect();
    Ok(Routine { params: names(&function.params), locals: names(&function.locals), code: compiler.code })
}

impl Compiler {
    /// Adds an instruction that is so long in GNU bc's machine; gives its place.
    fn emit(&mut self, op: Op, size: usize) -> usize {
        self.address += size;
        self.code.ops.push(op);
        self.code.addresses.push(self.address);
        self.code.ops.len() - 1
    }

    fn here(&self) -> usize {
        self.code.ops.len()
    }

    fn land(&mut self, jumps: &[usize], target: usize) {
        for jump in jumps {
            if let Op::Jump(to) | Op::JumpIfZero(to) = &mut self.code.ops[*jump] {
                *to = target;
            }
        }
    }

    fn all(&mut self, all: &[Stmt]) -> Result<(), String> {
        all.iter().try_for_each(|stmt| self.stmt(stmt))
    }

    fn stmt(&mut self, stmt: &Stmt) -> Result<(), String> {
        match stmt {
            Stmt::Expr(e) => {
                self.expr(e);
                let shown = !matches!(e, Expr::Assign(..));
                self.emit(if shown { Op::Show } else { Op::Pop }, 1);
            }
            Stmt::Text(text) => {
                self.emit(Op::Text(Rc::from(text.as_str())), text.len() + 2);
            }
            Stmt::Print(all) => {
                for part in all {
                    match part {
                        Stmt::Text(text) => {
                            let plain = crate::text::unescape(text, false).0;
                            let plain = String::from_utf8_lossy(&plain).into_owned();
                            self.emit(Op::Text(Rc::from(plain)), text.len() + 2);
                        }
                        Stmt::Expr(e) => {
                            self.expr(e);
                            self.emit(Op::Print, 1);
                        }
                        _ => {}
                    }
                }
            }
            Stmt::Block(all) => self.all(all)?,
            Stmt::If(cond, yes, no) => {
                self.expr(cond);
                let skip = self.emit(Op::JumpIfZero(0), 3);
                self.stmt(yes)?;
                let Some(no) = no else {
                    self.land(&[skip], self.here());
                    return Ok(());
                };
                let over = self.emit(Op::Jump(0), 3);
                self.land(&[skip], self.here());
                self.stmt(no)?;
                self.land(&[over], self.here());
            }
            Stmt::While(cond, body) => self.repeat(Some(cond), None, body)?,
            Stmt::For(init, cond, step, body) => {
                if let Some(init) = init {
                    self.expr(init);
                    self.emit(Op::Pop, 1);
                }
                self.repeat(cond.as_ref(), step.as_ref(), body)?;
            }
            Stmt::Define(name, function) => {
                let routine = Rc::new(routine(function)?);
                self.emit(Op::Define(Rc::from(name.as_str()), routine), 0);
            }
            Stmt::Return(_) if !self.function => return Err("Return outside of a function.".to_string()),
            Stmt::Return(value) => {
                match value {
                    Some(value) => self.expr(value),
                    None => {
                        self.emit(Op::Truth(false), 1);
                    }
                }
                self.emit(Op::Return, 1);
            }
            Stmt::Break | Stmt::Continue => {
                let jump = self.emit(Op::Jump(0), 3);
                let ends = matches!(stmt, Stmt::Break);
                match self.loops.last_mut() {
                    Some(inner) if ends => inner.breaks.push(jump),
                    Some(inner) => inner.continues.push(jump),
                    None if ends => return Err("Break outside a for/while".to_string()),
                    None => return Err("Continue outside a for".to_string()),
                }
            }
            Stmt::Halt => {
                self.emit(Op::Halt, 1);
            }
        }
        Ok(())
    }

    fn repeat(&mut self, cond: Option<&Expr>, step: Option<&Expr>, body: &Stmt) -> Result<(), String> {
        let top = self.here();
        self.loops.push(Loop::default());
        let end = cond.map(|cond| {
            self.expr(cond);
            self.emit(Op::JumpIfZero(0), 3)
        });
        self.stmt(body)?;
        let inner = self.loops.pop().unwrap_or_default();
        self.land(&inner.continues, self.here());
        if let Some(step) = step {
            self.expr(step);
            self.emit(Op::Pop, 1);
        }
        self.emit(Op::Jump(top), 3);
        let here = self.here();
        self.land(&inner.breaks, here);
        if let Some(end) = end {
            self.land(&[end], here);
        }
        Ok(())
    }

    fn expr(&mut self, e: &Expr) {
        match e {
            Expr::Digits(text) => {
                let size = if text == "0" || text == "1" { 1 } else { text.len() + 2 };
                self.emit(Op::Digits(Rc::from(text.as_str())), size);
            }
            Expr::Group(inner) => self.expr(inner),
            Expr::Array(name) => {
                self.emit(Op::LoadArray(Rc::from(name.as_str())), 2);
            }
            Expr::Place(Place::Var(name)) => {
                self.emit(Op::Load(Rc::from(name.as_str())), 2);
            }
            Expr::Place(Place::Element(name, index)) => {
                self.expr(index);
                self.emit(Op::LoadAt(Rc::from(name.as_str())), 2);
            }
            Expr::Assign(place, with, value) => self.assign(place, *with, value),
            Expr::Step(Place::Var(name), by, post) => {
                self.emit(Op::Step(Rc::from(name.as_str()), *by, *post), 4);
            }
            Expr::Step(Place::Element(name, index), by, post) => {
                self.expr(index);
                self.emit(Op::StepAt(Rc::from(name.as_str()), *by, *post), 4);
            }
            Expr::Negate(inner) => {
                self.expr(inner);
                self.emit(Op::Negate, 1);
            }
            Expr::Not(inner) => {
                self.expr(inner);
                self.emit(Op::Not, 1);
            }
            Expr::Chain(first, more) => {
                self.expr(first);
                for (op, right) in more {
                    self.operate(op, right);
                }
            }
            Expr::Power(a, b) => {
                self.expr(a);
                self.expr(b);
                self.emit(Op::Binary('^'), 1);
            }
            Expr::Call(name, args) => {
                args.iter().for_each(|arg| self.expr(arg));
                self.emit(Op::Call(Rc::from(name.as_str()), args.len()), 2);
            }
        }
    }

    fn assign(&mut self, place: &Place, with: Option<char>, value: &Expr) {
        let (name, store) = match place {
            Place::Var(name) => (name, Op::Store(Rc::from(name.as_str()))),
            Place::Element(name, index) => {
                self.expr(index);
                (name, Op::StoreAt(Rc::from(name.as_str())))
            }
        };
        if with.is_some() {
            if matches!(place, Place::Var(_)) {
                self.emit(Op::Load(Rc::from(name.as_str())), 2);
            } else {
                self.emit(Op::Double, 0);
                self.emit(Op::LoadAt(Rc::from(name.as_str())), 2);
            }
        }
        self.expr(value);
        if let Some(op) = with {
            self.emit(Op::Binary(op), 1);
        }
        self.emit(store, 2);
    }

    /// An operator whose left side is on the stack. What is right of `&&` and `||` is only looked at where it matters.
    fn operate(&mut self, op: &'static str, right: &Expr) {
        let and = op == "&&";
        if !and && op != "||" {
            self.expr(right);
            let op = match op.as_bytes() {
                [one @ (b'+' | b'-' | b'*' | b'/' | b'%')] => Op::Binary(char::from(*one)),
                _ => Op::Compare(op),
            };
            self.emit(op, 1);
            return;
        }
        if !and {
            self.emit(Op::Not, 0);
        }
        let first = self.emit(Op::JumpIfZero(0), 3);
        self.expr(right);
        if !and {
            self.emit(Op::Not, 0);
        }
        let second = self.emit(Op::JumpIfZero(0), 3);
        self.emit(Op::Truth(and), 1);
        let over = self.emit(Op::Jump(0), 3);
        let here = self.here();
        self.land(&[first, second], here);
        self.emit(Op::Truth(!and), 1);
        self.land(&[over], self.here());
    }
}
