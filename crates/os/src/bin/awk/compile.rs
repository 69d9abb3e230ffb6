//! From awk's tree to instructions.

use std::rc::Rc;

use collections::OrdMap;

use super::{
    code::{Code, Entry, Op, Place, SPECIAL, Slot, Source},
    functions::Builtin,
    lex::Wrong,
    tree::{Expr, From, Pattern, Program, Rule, Stmt, To},
    value::Value,
};

/// Compiles a program.
pub fn compile(program: &Program) -> Result<Code, Wrong> {
    let mut compiler = Compiler {
        code: Code {
            globals: SPECIAL.map(str::to_string).to_vec(),
            ranges: program.main.len(),
            reads: !(program.main.is_empty() && program.end.is_empty()),
            ..Code::default()
        },
        functions: program.functions.keys().enumerate().map(|(i, name)| (name.clone(), i as u16)).collect(),
        lines: program.lines,
        ..Compiler::default()
    };
    for function in program.functions.values() {
        let params = function.params.len() as u16;
        let at = compiler.here();
        compiler.code.functions.push(Entry { at, params });
        compiler.params = function.params.clone();
        compiler.stmt(&function.body)?;
        compiler.constant(Value::Unset);
        compiler.emit(Op::Return);
    }
    compiler.params.clear();
    compiler.code.begin = compiler.here();
    program.begin.iter().try_for_each(|it| compiler.stmt(it))?;
    compiler.emit(Op::Done);
    compiler.code.main = compiler.here();
    for (number, rule) in program.main.iter().enumerate() {
        compiler.rule(rule, number as u16)?;
    }
    compiler.emit(Op::Done);
    compiler.code.end = compiler.here();
    program.end.iter().try_for_each(|it| compiler.stmt(it))?;
    compiler.emit(Op::Done);
    if compiler.code.ops.len() > CODE_MAX {
        return Err(Wrong::new(1, "program too large"));
    }
    Ok(compiler.code)
}

/// The longest program, in instructions.
const CODE_MAX: usize = 1 << 20;

/// A loop being compiled: where `continue` jumps, and the jumps of `break` that wait for the end.
#[derive(Default)]
struct Loop {
    continues: Vec<u32>,
    breaks: Vec<u32>,
}

#[derive(Default)]
struct Compiler {
    code: Code,
    functions: OrdMap<String, u16>,
    params: Vec<String>,
    loops: Vec<Loop>,
    /// How many lines the program has.
    lines: u32,
}

/// Pieces.
impl Compiler {
    fn here(&self) -> u32 {
        self.code.ops.len() as u32
    }

    fn emit(&mut self, op: Op) -> u32 {
        self.code.ops.push(op);
        self.here() - 1
    }

    /// Lets a jump go to this place.
    fn land(&mut self, jump: u32) {
        let here = self.here();
        if let Some(
            Op::Jump(to)
            | Op::JumpIf(to)
            | Op::JumpUnless(to)
            | Op::Advance(to)
            | Op::UnlessCount(_, to)
            | Op::JumpInRange(_, to),
        ) = self.code.ops.get_mut(jump as usize)
        {
            *to = here;
        }
    }

    fn land_all(&mut self, jumps: Vec<u32>) {
        jumps.into_iter().for_each(|it| self.land(it));
    }

    fn constant(&mut self, value: Value) {
        let at = self.code.consts.len() as u32;
        self.code.consts.push(value);
        self.emit(Op::Const(at));
    }

    fn slot(&mut self, name: &str) -> Slot {
        if let Some(at) = self.params.iter().position(|it| it == name) {
            return Slot::Local(at as u16);
        }
        let globals = &mut self.code.globals;
        let at = globals.iter().position(|it| it == name).unwrap_or_else(|| {
            globals.push(name.to_string());
            globals.len() - 1
        });
        Slot::Global(at as u16)
    }

    fn key(&mut self, index: &[Expr]) -> Result<(), Wrong> {
        self.exprs(index)?;
        self.emit(Op::Key(index.len() as u16));
        Ok(())
    }

    /// What a place needs on the stack, and the place.
    fn place(&mut self, place: &Expr) -> Result<Place, Wrong> {
        Ok(match place {
            Expr::Var(name) => Place::Variable(self.slot(name)),
            Expr::Index(name, index) => {
                self.key(index)?;
                Place::Element(self.slot(name))
            }
            Expr::Field(of) => {
                self.expr(of)?;
                Place::Field
            }
            _ => return Err(Wrong::new(1, "syntax error at or near =")),
        })
    }

    /// The source of a pattern; a single blank that is written as a pattern is no separator of words.
    fn pattern(&mut self, pattern: &Expr) -> Result<(), Wrong> {
        match pattern {
            Expr::Regex(source) => {
                let source: Rc<str> = if &**source == " " { "[ ]".into() } else { source.clone() };
                self.constant(Value::Text(source));
                Ok(())
            }
            other => self.expr(other),
        }
    }

    fn exprs(&mut self, all: &[Expr]) -> Result<(), Wrong> {
        all.iter().try_for_each(|it| self.expr(it))
    }
}

/// Rules and statements.
impl Compiler {
    fn rule(&mut self, rule: &Rule, number: u16) -> Result<(), Wrong> {
        let mut skips = Vec::new();
        match &rule.pattern {
            Pattern::Always => {}
            Pattern::Expr(e) => {
                self.expr(e)?;
                skips.push(self.emit(Op::JumpUnless(0)));
            }
            Pattern::Range(from, to) => {
                let open = self.emit(Op::JumpInRange(number, 0));
                self.expr(from)?;
                skips.push(self.emit(Op::JumpUnless(0)));
                self.emit(Op::SetRange(number, true));
                self.land(open);
                self.expr(to)?;
                let inside = self.emit(Op::JumpUnless(0));
                self.emit(Op::SetRange(number, false));
                self.land(inside);
            }
        }
        match &rule.action {
            Some(action) => self.stmt(action)?,
            None => {
                self.emit(Op::Print(0, None));
            }
        }
        self.land_all(skips);
        Ok(())
    }

    fn stmt(&mut self, stmt: &Stmt) -> Result<(), Wrong> {
        match stmt {
            Stmt::Block(all) => return all.iter().try_for_each(|it| self.stmt(it)),
            Stmt::Expr(e) => {
                self.expr(e)?;
                self.emit(Op::Pop);
            }
            Stmt::Print(args, target) => {
                let to = self.printed(args, target.as_ref())?;
                self.emit(Op::Print(args.len() as u16, to));
            }
            Stmt::Printf(args, target) => {
                let to = self.printed(args, target.as_ref())?;
                self.emit(Op::Printf(args.len() as u16, to));
            }
            Stmt::If(cond, yes, no) => self.if_stmt(cond, yes, no.as_deref())?,
            Stmt::While(..) | Stmt::Do(..) | Stmt::For(..) => self.loop_stmt(stmt)?,
            Stmt::ForIn(var, array, body) => self.for_in(var, array, body)?,
            Stmt::Next => {
                self.emit(Op::Next);
            }
            Stmt::NextFile => {
                self.emit(Op::NextFile);
            }
            Stmt::Exit(value) => {
                if let Some(value) = value {
                    self.expr(value)?;
                }
                self.emit(Op::Exit(value.is_some()));
            }
            Stmt::Break | Stmt::Continue => {
                let jump = self.emit(Op::Jump(0));
                match self.loops.last_mut() {
                    Some(it) if matches!(stmt, Stmt::Break) => it.breaks.push(jump),
                    Some(it) => it.continues.push(jump),
                    None => return Err(Wrong::new(1, "break or continue outside of loop")),
                }
            }
            Stmt::Return(value) => {
                match value {
                    Some(value) => self.expr(value)?,
                    None => self.constant(Value::Unset),
                }
                self.emit(Op::Return);
            }
            Stmt::Delete(name, None) => {
                let slot = self.slot(name);
                self.emit(Op::DeleteArray(slot));
            }
            Stmt::Delete(name, Some(index)) => {
                self.key(index)?;
                let slot = self.slot(name);
                self.emit(Op::DeleteElement(slot));
            }
        }
        Ok(())
    }

    fn printed(&mut self, args: &[Expr], target: Option<&(To, Expr)>) -> Result<Option<To>, Wrong> {
        self.exprs(args)?;
        if let Some((_, name)) = target {
            self.expr(name)?;
        }
        Ok(target.map(|(to, _)| *to))
    }

    fn if_stmt(&mut self, cond: &Expr, yes: &Stmt, no: Option<&Stmt>) -> Result<(), Wrong> {
        self.expr(cond)?;
        let mut out = self.emit(Op::JumpUnless(0));
        self.stmt(yes)?;
        if let Some(no) = no {
            let end = self.emit(Op::Jump(0));
            self.land(out);
            self.stmt(no)?;
            out = end;
        }
        self.land(out);
        Ok(())
    }

    fn loop_stmt(&mut self, stmt: &Stmt) -> Result<(), Wrong> {
        if let Stmt::For(init, ..) = stmt {
            self.stmt(init)?;
        }
        let start = self.here();
        let cond = match stmt {
            Stmt::While(cond, _) => Some(cond),
            Stmt::For(_, cond, ..) => cond.as_ref(),
            _ => None,
        };
        let mut out = None;
        if let Some(cond) = cond {
            self.expr(cond)?;
            out = Some(self.emit(Op::JumpUnless(0)));
        }
        self.loops.push(Loop::default());
        if let Stmt::While(_, body) | Stmt::Do(body, _) | Stmt::For(.., body) = stmt {
            self.stmt(body)?;
        }
        let Loop { continues, breaks } = self.loops.pop().unwrap_or_default();
        self.land_all(continues);
        match stmt {
            Stmt::Do(_, cond) => {
                self.expr(cond)?;
                self.emit(Op::JumpIf(start));
            }
            Stmt::For(_, _, step, _) => {
                self.stmt(step)?;
                self.emit(Op::Jump(start));
            }
            _ => {
                self.emit(Op::Jump(start));
            }
        }
        self.land_all(breaks);
        self.land_all(out.into_iter().collect());
        Ok(())
    }

    fn for_in(&mut self, var: &str, array: &str, body: &Stmt) -> Result<(), Wrong> {
        let array = self.slot(array);
        self.emit(Op::Iterate(array));
        let start = self.here();
        let out = self.emit(Op::Advance(0));
        let var = Place::Variable(self.slot(var));
        self.emit(Op::Store(var));
        self.emit(Op::Pop);
        self.loops.push(Loop::default());
        self.stmt(body)?;
        let Loop { continues, breaks } = self.loops.pop().unwrap_or_default();
        self.land_all(continues);
        self.emit(Op::Jump(start));
        self.land_all(breaks);
        self.emit(Op::EndIterate);
        self.land(out);
        Ok(())
    }
}

/// Expressions: each leaves one value.
impl Compiler {
    fn expr(&mut self, e: &Expr) -> Result<(), Wrong> {
        match e {
            Expr::Number(n) => self.constant(Value::Number(*n)),
            Expr::Text(text) => self.constant(Value::Text(text.clone())),
            Expr::Regex(source) => {
                self.emit(Op::Record);
                self.constant(Value::Text(source.clone()));
                self.emit(Op::Matches(false));
            }
            Expr::Var(_) | Expr::Index(..) | Expr::Field(_) => {
                let place = self.place(e)?;
                self.emit(Op::Load(place));
            }
            Expr::Assign(place, with, value) => {
                let place = self.place(place)?;
                if let Some(op) = with {
                    if place != Place::Field && !matches!(place, Place::Element(_)) {
                        self.emit(Op::Load(place));
                    } else {
                        self.emit(Op::Dup);
                        self.emit(Op::Load(place));
                    }
                    self.expr(value)?;
                    self.emit(Op::Arith(op.as_bytes()[0]));
                } else {
                    self.expr(value)?;
                }
                self.emit(Op::Store(place));
            }
            Expr::Step(place, by, post) => {
                let place = self.place(place)?;
                self.emit(Op::Step(place, *by, *post));
            }
            Expr::Unary(op, inner) => {
                self.expr(inner)?;
                self.emit(match op {
                    '!' => Op::Not,
                    '-' => Op::Negate,
                    _ => Op::ToNumber,
                });
            }
            Expr::Binary(op, a, b) => self.binary(op, a, b)?,
            Expr::Cond(cond, yes, no) => {
                self.expr(cond)?;
                let out = self.emit(Op::JumpUnless(0));
                self.expr(yes)?;
                let end = self.emit(Op::Jump(0));
                self.land(out);
                self.expr(no)?;
                self.land(end);
            }
            Expr::In(index, array) => {
                self.key(index)?;
                let slot = self.slot(array);
                self.emit(Op::InArray(slot));
            }
            Expr::Group(all) => match all.as_slice() {
                [one] => self.expr(one)?,
                many => self.key(many)?,
            },
            Expr::Getline(from, var) => self.getline(from, var.as_deref())?,
            Expr::Builtin(builtin, args) => self.builtin(*builtin, args)?,
            Expr::Call(name, args) => self.call(name, args)?,
        }
        Ok(())
    }

    fn binary(&mut self, op: &'static str, a: &Expr, b: &Expr) -> Result<(), Wrong> {
        self.expr(a)?;
        match op {
            "&&" | "||" => {
                let jump = if op == "&&" { Op::JumpUnless } else { Op::JumpIf };
                let first = self.emit(jump(0));
                self.expr(b)?;
                let second = self.emit(jump(0));
                self.constant(Value::flag(op == "&&"));
                let end = self.emit(Op::Jump(0));
                self.land_all(vec![first, second]);
                self.constant(Value::flag(op == "||"));
                self.land(end);
            }
            "~" | "!~" => {
                self.pattern(b)?;
                self.emit(Op::Matches(op == "!~"));
            }
            " " => {
                self.expr(b)?;
                self.emit(Op::Concat);
            }
            "<" | "<=" | "==" | "!=" | ">" | ">=" => {
                self.expr(b)?;
                self.emit(Op::Compare(op));
            }
            _ => {
                self.expr(b)?;
                self.emit(Op::Arith(op.as_bytes()[0]));
            }
        }
        Ok(())
    }

    fn getline(&mut self, from: &From, var: Option<&Expr>) -> Result<(), Wrong> {
        let place = var.map(|it| self.place(it)).transpose()?;
        let source = match from {
            From::Input => Source::Input,
            From::File(name) => {
                self.expr(name)?;
                Source::File
            }
            From::Command(command) => {
                self.expr(command)?;
                Source::Command
            }
        };
        self.emit(Op::Getline(source, place.is_none()));
        if let Some(place) = place {
            self.store_counted(place);
        }
        self.emit(Op::Count);
        Ok(())
    }

    /// Stores the value on the stack if the count is positive; nothing of it is left.
    fn store_counted(&mut self, place: Place) {
        let drop = if matches!(place, Place::Variable(_)) { 1 } else { 2 };
        let skip = self.emit(Op::UnlessCount(drop, 0));
        self.emit(Op::Store(place));
        self.emit(Op::Pop);
        self.land(skip);
    }

    fn builtin(&mut self, builtin: Builtin, args: &[Expr]) -> Result<(), Wrong> {
        let (least, most) = builtin.arguments();
        if args.len() < least || args.len() > most {
            let message = format!("wrong number of arguments in call to {}", builtin.name());
            return Err(Wrong { busybox: "Too few arguments", ..Wrong::new(self.lines, message) });
        }
        match (builtin, args) {
            (Builtin::Length, [Expr::Var(name)]) => {
                let slot = self.slot(name);
                self.emit(Op::Length(slot));
            }
            (Builtin::Length, []) => {
                self.emit(Op::Record);
                self.emit(Op::Builtin(builtin, 1));
            }
            (Builtin::Split, [text, Expr::Var(array), separator @ ..]) => {
                self.expr(text)?;
                if let [separator, ..] = separator {
                    self.pattern(separator)?;
                }
                let slot = self.slot(array);
                self.emit(Op::Split(slot, !separator.is_empty()));
            }
            (Builtin::Sub | Builtin::Gsub, [pattern, replacement, target @ ..]) => {
                let record = Expr::Field(Box::new(Expr::Number(0.0)));
                self.substitute(
                    builtin == Builtin::Gsub,
                    pattern,
                    replacement,
                    target.first().unwrap_or(&record),
                )?;
            }
            (Builtin::Match, [text, pattern, ..]) => {
                self.expr(text)?;
                self.pattern(pattern)?;
                self.emit(Op::Builtin(builtin, 2));
            }
            (Builtin::Split, _) => return Err(Wrong::new(1, "syntax error in arguments of split")),
            _ => {
                self.exprs(args)?;
                self.emit(Op::Builtin(builtin, args.len() as u8));
            }
        }
        Ok(())
    }

    fn substitute(&mut self, all: bool, pattern: &Expr, with: &Expr, target: &Expr) -> Result<(), Wrong> {
        if !target.is_place() {
            // What is changed cannot be kept; the count can.
            self.pattern(pattern)?;
            self.expr(with)?;
            self.expr(target)?;
            self.emit(Op::Substitute(all));
            self.emit(Op::Pop);
            self.emit(Op::Count);
            return Ok(());
        }
        let place = self.place(target)?;
        self.pattern(pattern)?;
        self.expr(with)?;
        // The key, if there is one, is below pattern and replacement: the place is named again to be read.
        let _same = self.place(target)?;
        self.emit(Op::Load(place));
        self.emit(Op::Substitute(all));
        self.store_counted(place);
        self.emit(Op::Count);
        Ok(())
    }

    fn call(&mut self, name: &str, args: &[Expr]) -> Result<(), Wrong> {
        let Some(number) = self.functions.get(name).copied() else {
            let message = format!("function {name} never defined");
            return Err(Wrong::at_end(self.lines, message, "Call to undefined function"));
        };
        for arg in args {
            match arg {
                Expr::Var(name) => {
                    let slot = self.slot(name);
                    self.emit(Op::Argument(slot));
                }
                other => self.expr(other)?,
            }
        }
        self.emit(Op::Call(number, args.len() as u16));
        Ok(())
    }
}
