//! `bc`: arithmetic of any precision.

mod number;
mod parse;

use std::{collections::BTreeMap, rc::Rc};

use super::{
    opts,
    tool::{Cx, Filter, Flow, filter},
};
use crate::program::ProgramSpec;
use number::{MAX_DIGITS, Number};
use parse::{Expr, Function, Place, Stmt};

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "bc",
    "usage: bc [options] [file ...]\n  -h  --help         print this usage and exit\n  -i  --interactive  force interactive mode\n  -l  --mathlib      use the predefined math routines\n  -q  --quiet        don't print initial banner\n  -s  --standard     non-standard bc constructs are errors\n  -w  --warn         warn about non-standard bc constructs\n  -v  --version      print version information and exit\n",
    || filter(Bc::default()),
);

/// The functions of `-l`, in bc itself: series on reduced arguments, with some digits to spare.
const LIBRARY: &str = "scale = 20
define e(x) { auto s,n,t,r,i,m; m=0; if (x<0) { m=1; x=-x; }; s=scale; scale=s+x*44/100+8; n=0
  while (x>1) { x/=2; n+=1; }; r=1; t=1
  for (i=1; 1; i++) { t=t*x/i; if (t==0) break; r+=t; }
  while (n>0) { r*=r; n-=1; }
  if (m) r=1/r; scale=s; return (r/1); }
define l(x) { auto s,n,t,r,i,y; if (x<=0) return ((1-10^scale)/1); s=scale; scale=s+8; n=2
  while (x>=2) { x=sqrt(x); n*=2; }; while (x<=0.5) { x=sqrt(x); n*=2; }
  y=(x-1)/(x+1); r=y; t=y; y=y*y
  for (i=3; 1; i+=2) { t=t*y; if (t/i==0) break; r+=t/i; }
  r=r*n; scale=s; return (r/1); }
define a(x) { auto s,m,n,t,r,i,y; s=scale; m=1; if (x<0) { m=-1; x=-x; }; scale=s+8; n=1
  while (x>0.2) { x=x/(1+sqrt(1+x*x)); n*=2; }
  r=x; t=x; y=-x*x
  for (i=3; 1; i+=2) { t=t*y; if (t/i==0) break; r+=t/i; }
  r=r*n*m; scale=s; return (r/1); }
define s(x) { auto z,p,t,r,i,y,n; z=scale; scale=z+10+length(x)-scale(x); p=a(1)*4; n=x/(2*p); scale=0; n=n/1; scale=z+10
  x=x-n*2*p; r=x; t=x; y=-x*x
  for (i=2; 1; i+=2) { t=t*y/(i*(i+1)); if (t==0) break; r+=t; }
  scale=z; return (r/1); }
define c(x) { auto z,r; z=scale; scale=z+4; r=s(x+2*a(1)); scale=z; return (r/1); }
";

/// Steps one line may take.
const MAX_STEPS: u64 = 3_000_000;

#[derive(Clone, Debug, Default)]
struct Bc {
    source: String,
    /// Lines that were read before.
    lines: usize,
    vars: BTreeMap<String, Number>,
    arrays: BTreeMap<(String, i64), Number>,
    functions: BTreeMap<String, Rc<Function>>,
    scale: usize,
    input_base: u32,
    output_base: u32,
    steps: u64,
    depth: u32,
    quit: bool,
}

enum Next {
    Go,
    Break,
    Continue,
    Return(Number),
    Quit,
}

type Res<T> = Result<T, String>;

impl Bc {
    fn run(&mut self, cx: &mut Cx<'_, '_>) {
        let source = std::mem::take(&mut self.source);
        self.steps = 0;
        let first = self.lines + 1;
        self.lines += source.matches('\n').count();
        let result = parse::parse(&source).and_then(|all| {
            // bc leaves as soon as it reads `quit`, before the line is run.
            if !cx.busybox() && all.iter().any(|s| matches!(s, Stmt::Quit)) {
                self.quit = true;
                return Ok(());
            }
            for stmt in &all {
                if let Next::Quit = self.stmt(cx, stmt)? {
                    self.quit = true;
                    break;
                }
            }
            Ok(())
        });
        cx.sys.spend(self.steps);
        if let Err(message) = result {
            let text = match (message.as_str(), cx.busybox()) {
                (m, true) if m.starts_with("syntax error") => "bc: bad expression\n".to_string(),
                ("syntax error", false) => format!("(standard_in) {first}: syntax error\n"),
                ("syntax error at the end", false) => {
                    format!("(standard_in) {}: syntax error\n", self.lines + 1)
                }
                (m, true) => format!("bc: {}\n", m.to_lowercase()),
                (m, false) if m.starts_with("illegal") => format!("(standard_in) {first}: {m}\n"),
                (m, false) if m.starts_with("Square") => format!("Runtime error (func=(main), adr=4): {m}\n"),
                (m, false) => format!("Runtime error (func=(main), adr=3): {m}\n"),
            };
            cx.eprint(text);
        }
    }

    /// A number as it is printed, in lines of at most 69 characters.
    fn show(&self, n: &Number) -> String {
        let text = n.show(self.output_base);
        let text: Vec<char> = text.chars().collect();
        text.chunks(68).map(|part| part.iter().collect::<String>()).collect::<Vec<_>>().join("\\\n")
    }

    fn tick(&mut self) -> Res<()> {
        self.steps += 1;
        if self.steps > MAX_STEPS { Err("too many steps".to_string()) } else { Ok(()) }
    }

    fn stmt(&mut self, cx: &mut Cx<'_, '_>, stmt: &Stmt) -> Res<Next> {
        self.tick()?;
        match stmt {
            Stmt::Expr(e) => {
                let value = self.eval(e)?;
                if !matches!(e, Expr::Assign(..)) {
                    let text = self.show(&value);
                    cx.line(text);
                }
            }
            Stmt::Text(text) => cx.print(text),
            Stmt::Print(all) => {
                for part in all {
                    match part {
                        Stmt::Text(text) => cx.print(crate::text::unescape(text, false).0),
                        Stmt::Expr(e) => {
                            let value = self.eval(e)?;
                            let text = self.show(&value);
                            cx.print(text);
                        }
                        _ => {}
                    }
                }
            }
            Stmt::Block(all) => {
                for s in all {
                    match self.stmt(cx, s)? {
                        Next::Go => {}
                        other => return Ok(other),
                    }
                }
            }
            Stmt::If(cond, yes, no) => {
                if !self.eval(cond)?.is_zero() {
                    return self.stmt(cx, yes);
                } else if let Some(no) = no {
                    return self.stmt(cx, no);
                }
            }
            Stmt::While(cond, body) => return self.repeat(cx, Some(cond), None, body),
            Stmt::For(init, cond, step, body) => {
                if let Some(init) = init {
                    self.eval(init)?;
                }
                return self.repeat(cx, cond.as_ref(), step.as_ref(), body);
            }
            Stmt::Define(name, function) => {
                self.functions.insert(name.clone(), Rc::new(function.clone()));
            }
            Stmt::Return(value) => {
                return Ok(Next::Return(match value {
                    Some(e) => self.eval(e)?,
                    None => Number::default(),
                }));
            }
            Stmt::Break => return Ok(Next::Break),
            Stmt::Continue => return Ok(Next::Continue),
            Stmt::Quit => return Ok(Next::Quit),
        }
        Ok(Next::Go)
    }

    fn repeat(
        &mut self,
        cx: &mut Cx<'_, '_>,
        cond: Option<&Expr>,
        step: Option<&Expr>,
        body: &Stmt,
    ) -> Res<Next> {
        loop {
            self.tick()?;
            if let Some(cond) = cond
                && self.eval(cond)?.is_zero()
            {
                return Ok(Next::Go);
            }
            match self.stmt(cx, body)? {
                Next::Go | Next::Continue => {}
                Next::Break => return Ok(Next::Go),
                other => return Ok(other),
            }
            if let Some(step) = step {
                self.eval(step)?;
            }
        }
    }

    fn get(&mut self, place: &Place) -> Res<Number> {
        Ok(match place {
            Place::Var(name) => match name.as_str() {
                "scale" => Number::from(self.scale as i64),
                "ibase" => Number::from(i64::from(self.input_base)),
                "obase" => Number::from(i64::from(self.output_base)),
                _ => self.vars.get(name).cloned().unwrap_or_default(),
            },
            Place::Element(name, index) => {
                let at = self.index(index)?;
                self.arrays.get(&(name.clone(), at)).cloned().unwrap_or_default()
            }
        })
    }

    fn index(&mut self, index: &Expr) -> Res<i64> {
        let at = self.eval(index)?.to_i64().unwrap_or(-1);
        if (0..=16_777_215).contains(&at) { Ok(at) } else { Err("Array index out of bounds".to_string()) }
    }

    fn put(&mut self, place: &Place, value: Number) -> Res<()> {
        match place {
            Place::Var(name) => match name.as_str() {
                "scale" => self.scale = value.to_i64().unwrap_or(0).clamp(0, 2000) as usize,
                "ibase" => self.input_base = value.to_i64().unwrap_or(10).clamp(2, 16) as u32,
                "obase" => self.output_base = value.to_i64().unwrap_or(10).clamp(2, 999) as u32,
                _ => {
                    self.vars.insert(name.clone(), value);
                }
            },
            Place::Element(name, index) => {
                let at = self.index(index)?;
                self.arrays.insert((name.clone(), at), value);
            }
        }
        Ok(())
    }

    fn eval(&mut self, e: &Expr) -> Res<Number> {
        self.tick()?;
        Ok(match e {
            Expr::Digits(text) => parse::digits(text, self.input_base),
            Expr::Place(place) => self.get(place)?,
            Expr::Assign(place, with, value) => {
                let mut value = self.eval(value)?;
                if let Some(op) = with {
                    let old = self.get(place)?;
                    let op = ["+", "-", "*", "/", "%", "^"]
                        .into_iter()
                        .find(|o| o.starts_with(*op))
                        .unwrap_or("+");
                    value = self.binary(op, &old, &value)?;
                }
                self.put(place, value.clone())?;
                value
            }
            Expr::Step(place, by, post) => {
                let old = self.get(place)?;
                let new = old.plus(&Number::from(*by));
                self.put(place, new.clone())?;
                if *post { old } else { new }
            }
            Expr::Negate(inner) => self.eval(inner)?.negated(),
            Expr::Not(inner) => Number::from(i64::from(self.eval(inner)?.is_zero())),
            Expr::Binary(op, a, b) => {
                let a = self.eval(a)?;
                let b = self.eval(b)?;
                self.binary(op, &a, &b)?
            }
            Expr::Call(name, args) => {
                let mut values = Vec::new();
                for a in args {
                    values.push(self.eval(a)?);
                }
                self.call(name, values)?
            }
        })
    }

    fn binary(&mut self, op: &str, a: &Number, b: &Number) -> Res<Number> {
        let truth = |b: bool| Number::from(i64::from(b));
        let zero = || "Divide by zero".to_string();
        self.steps += (a.length() + b.length()) as u64 / 20;
        Ok(match op {
            "+" => a.plus(b),
            "-" => a.minus(b),
            "*" => a.times(b, self.scale),
            "/" => a.over(b, self.scale).ok_or_else(zero)?,
            "%" => a.modulo(b, self.scale).ok_or_else(|| "Modulo by zero".to_string())?,
            "^" => {
                let n = b.to_i64().ok_or("exponent too large in raise")?;
                if a.length().saturating_mul(n.unsigned_abs() as usize) > MAX_DIGITS {
                    return Err("exponent too large in raise".to_string());
                }
                a.power(n, self.scale).ok_or_else(zero)?
            }
            "&&" => truth(!a.is_zero() && !b.is_zero()),
            "||" => truth(!a.is_zero() || !b.is_zero()),
            "==" => truth(a.order(b).is_eq()),
            "!=" => truth(a.order(b).is_ne()),
            "<" => truth(a.order(b).is_lt()),
            "<=" => truth(a.order(b).is_le()),
            ">" => truth(a.order(b).is_gt()),
            _ => truth(a.order(b).is_ge()),
        })
    }

    fn call(&mut self, name: &str, values: Vec<Number>) -> Res<Number> {
        match (name, values.as_slice()) {
            ("sqrt", [n]) => {
                self.steps += (n.length() + self.scale) as u64;
                return n.root(self.scale).ok_or_else(|| "Square root of a negative number".to_string());
            }
            ("length", [n]) => return Ok(Number::from(n.length() as i64)),
            ("scale", [n]) => return Ok(Number::from(n.scale as i64)),
            ("read", _) => return Ok(Number::default()),
            _ => {}
        }
        let Some(function) = self.functions.get(name).cloned() else {
            return Err(format!("Function {name} not defined."));
        };
        if function.params.len() != values.len() {
            return Err("Parameter number mismatch".to_string());
        }
        self.depth += 1;
        if self.depth > 100 {
            self.depth = 0;
            return Err("Function calls nested too deeply".to_string());
        }
        let names: Vec<&String> = function.params.iter().chain(&function.locals).collect();
        let saved: Vec<Option<Number>> = names.iter().map(|n| self.vars.remove(*n)).collect();
        for (param, value) in function.params.iter().zip(values) {
            self.vars.insert(param.clone(), value);
        }
        let result = self.body(&function.body);
        for (name, old) in names.into_iter().zip(saved) {
            match old {
                Some(value) => self.vars.insert(name.clone(), value),
                None => self.vars.remove(name),
            };
        }
        self.depth = self.depth.saturating_sub(1);
        result
    }

    /// Runs a function's body. What it prints inside an expression is not shown.
    fn body(&mut self, body: &[Stmt]) -> Res<Number> {
        for stmt in body {
            match self.quiet(stmt)? {
                Next::Return(value) => return Ok(value),
                Next::Go => {}
                _ => break,
            }
        }
        Ok(Number::default())
    }

    fn quiet(&mut self, stmt: &Stmt) -> Res<Next> {
        self.tick()?;
        match stmt {
            Stmt::Expr(e) => {
                self.eval(e)?;
            }
            Stmt::Block(all) => {
                for s in all {
                    match self.quiet(s)? {
                        Next::Go => {}
                        other => return Ok(other),
                    }
                }
            }
            Stmt::If(cond, yes, no) => {
                if !self.eval(cond)?.is_zero() {
                    return self.quiet(yes);
                } else if let Some(no) = no {
                    return self.quiet(no);
                }
            }
            Stmt::While(cond, body) => return self.quiet_repeat(Some(cond), None, body),
            Stmt::For(init, cond, step, body) => {
                if let Some(init) = init {
                    self.eval(init)?;
                }
                return self.quiet_repeat(cond.as_ref(), step.as_ref(), body);
            }
            Stmt::Return(value) => {
                return Ok(Next::Return(match value {
                    Some(e) => self.eval(e)?,
                    None => Number::default(),
                }));
            }
            Stmt::Break => return Ok(Next::Break),
            Stmt::Continue => return Ok(Next::Continue),
            Stmt::Quit => return Ok(Next::Quit),
            Stmt::Text(_) | Stmt::Print(_) | Stmt::Define(..) => {}
        }
        Ok(Next::Go)
    }

    fn quiet_repeat(&mut self, cond: Option<&Expr>, step: Option<&Expr>, body: &Stmt) -> Res<Next> {
        loop {
            self.tick()?;
            if let Some(cond) = cond
                && self.eval(cond)?.is_zero()
            {
                return Ok(Next::Go);
            }
            match self.quiet(body)? {
                Next::Go | Next::Continue => {}
                Next::Break => return Ok(Next::Go),
                other => return Ok(other),
            }
            if let Some(step) = step {
                self.eval(step)?;
            }
        }
    }
}

impl Filter for Bc {
    fn begin(&mut self, cx: &mut Cx<'_, '_>) -> Result<Vec<String>, u8> {
        let long = [("mathlib", 'l'), ("quiet", 'q'), ("interactive", 'i'), ("standard", 's'), ("warn", 'w')];
        let opts = opts::parse(cx, "lqiswhv", &long)?;
        (self.input_base, self.output_base) = (10, 10);
        if opts.has('l') {
            self.source = LIBRARY.to_string();
            self.run(cx);
            self.lines = 0;
        }
        if cx.sys.is_tty(0) && !opts.has('q') && !cx.busybox() {
            cx.print("bc 1.07.1\nCopyright 1991-1994, 1997, 1998, 2000, 2004, 2006, 2008, 2012-2017 Free Software Foundation, Inc.\nThis is free software with ABSOLUTELY NO WARRANTY.\nFor details type `warranty'. \n");
        }
        let mut files = opts.rest;
        files.push("-".to_string());
        Ok(files)
    }
    fn data(&mut self, cx: &mut Cx<'_, '_>, bytes: &[u8]) -> Flow {
        self.source.push_str(&String::from_utf8_lossy(bytes));
        if parse::is_whole(&self.source) {
            self.run(cx);
        }
        if self.quit { Flow::Stop } else { Flow::More }
    }
    fn end(&mut self, cx: &mut Cx<'_, '_>, failed: bool) -> u8 {
        if !self.source.trim().is_empty() && !self.quit {
            self.run(cx);
        }
        u8::from(failed)
    }
}
