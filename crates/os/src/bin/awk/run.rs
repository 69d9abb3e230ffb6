//! awk's machine: values, variables, fields, and the walk through the tree.

use std::{collections::BTreeMap, rc::Rc};

use super::{
    super::tool::Cx,
    parse::{Expr, Function, Pattern, Program, Stmt},
};
use crate::text::{math, regex::Regex};

/// A value. Input that looks like a number compares as one.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Number(f64),
    Text(Rc<str>),
    Input(Rc<str>),
    Unset,
}

impl Value {
    fn number(&self) -> f64 {
        match self {
            Value::Number(n) => *n,
            Value::Text(t) | Value::Input(t) => leading_number(t).0,
            Value::Unset => 0.0,
        }
    }

    fn truth(&self) -> bool {
        match self {
            Value::Number(n) => *n != 0.0,
            Value::Text(t) => !t.is_empty(),
            Value::Input(t) => {
                if looks_numeric(t) {
                    leading_number(t).0 != 0.0
                } else {
                    !t.is_empty()
                }
            }
            Value::Unset => false,
        }
    }

    fn is_numeric(&self) -> bool {
        match self {
            Value::Number(_) | Value::Unset => true,
            Value::Input(t) => looks_numeric(t),
            Value::Text(_) => false,
        }
    }
}

fn leading_number(text: &str) -> (f64, usize) {
    let t = text.trim_start();
    let skipped = text.len() - t.len();
    let bytes = t.as_bytes();
    let mut i = 0;
    if matches!(bytes.first(), Some(b'+' | b'-')) {
        i += 1;
    }
    let digits = |mut i: usize| {
        while bytes.get(i).is_some_and(u8::is_ascii_digit) {
            i += 1;
        }
        i
    };
    let start = i;
    i = digits(i);
    let mut any = i > start;
    if bytes.get(i) == Some(&b'.') {
        let j = digits(i + 1);
        any |= j > i + 1;
        i = j;
    }
    if !any {
        return (0.0, 0);
    }
    if matches!(bytes.get(i), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(i + 1), Some(b'+' | b'-')));
        let j = digits(i + 1 + sign);
        if j > i + 1 + sign {
            i = j;
        }
    }
    (t[..i].parse().unwrap_or(0.0), skipped + i)
}

fn looks_numeric(text: &str) -> bool {
    let (_, n) = leading_number(text);
    n > 0 && text[n..].trim().is_empty()
}

/// Backslash escapes of awk strings.
pub fn escapes(text: &str) -> String {
    String::from_utf8_lossy(&crate::text::unescape(text, false).0).into_owned()
}

/// Which rules to run.
#[derive(Clone, Copy, PartialEq)]
pub enum When {
    Begin,
    Record,
    End,
}

#[derive(Debug)]
enum Flow {
    Normal,
    Next,
    Break,
    Continue,
    Return(Value),
    Exit,
}

/// Steps one record may take before the program is stopped.
const MAX_STEPS: u64 = 20_000_000;

/// Everything a program has at a moment.
#[derive(Clone, Debug, Default)]
pub struct State {
    vars: BTreeMap<String, Value>,
    arrays: BTreeMap<String, BTreeMap<String, Value>>,
    record: String,
    fields: Vec<String>,
    split: bool,
    ranges: Vec<bool>,
    locals: Vec<BTreeMap<String, Value>>,
    /// Array parameters: the name within a function and the array it stands for.
    array_names: Vec<BTreeMap<String, String>>,
    files: Vec<(String, Vec<u8>, bool)>,
    readers: Vec<(String, Vec<String>, usize)>,
    regexes: BTreeMap<String, Option<Regex>>,
    pub exit: Option<u8>,
    pub error: Option<String>,
    steps: u64,
    seed: u64,
    fresh: u32,
}

type Run = Result<Flow, String>;

impl State {
    pub fn begin(&mut self, cx: &mut Cx<'_, '_>, args: &[String]) {
        for (name, value) in [
            ("FS", " "),
            ("OFS", " "),
            ("ORS", "\n"),
            ("RS", "\n"),
            ("SUBSEP", "\x1c"),
            ("OFMT", "%.6g"),
            ("CONVFMT", "%.6g"),
        ] {
            self.set(name, Value::Text(value.into()));
        }
        for name in ["NR", "FNR", "NF", "RSTART"] {
            self.set(name, Value::Number(0.0));
        }
        self.set("RLENGTH", Value::Number(-1.0));
        let env = cx.sys.env();
        let environ = env.iter().map(|(k, v)| (k.clone(), Value::Input(v.as_str().into()))).collect();
        self.arrays.insert("ENVIRON".to_string(), environ);
        let mut argv: BTreeMap<String, Value> = args
            .iter()
            .enumerate()
            .map(|(i, a)| ((i + 1).to_string(), Value::Input(a.as_str().into())))
            .collect();
        argv.insert("0".to_string(), Value::Text("awk".into()));
        self.set("ARGC", Value::Number(argv.len() as f64));
        self.arrays.insert("ARGV".to_string(), argv);
        self.seed = cx.sys.random();
    }

    pub fn set(&mut self, name: &str, value: Value) {
        self.vars.insert(name.to_string(), value);
    }

    fn show(&self, value: &Value, format: &str) -> String {
        match value {
            Value::Number(n) if n.fract() == 0.0 && n.abs() < 1e16 => format!("{}", *n as i64),
            Value::Number(n) => {
                let format = match self.vars.get(format) {
                    Some(Value::Text(t)) => t.to_string(),
                    _ => "%.6g".to_string(),
                };
                let printed = crate::text::printf::format(&format, &[format!("{n:e}")], crate::time::Time(0));
                String::from_utf8_lossy(&printed.out).into_owned()
            }
            Value::Text(t) | Value::Input(t) => t.to_string(),
            Value::Unset => String::new(),
        }
    }

    fn text(&self, value: &Value) -> String {
        self.show(value, "CONVFMT")
    }

    /// A variable as text.
    pub fn text_of(&self, name: &str) -> String {
        self.vars.get(name).map_or(String::new(), |v| self.text(v))
    }

    /// Takes a record in.
    pub fn new_record(&mut self, text: &str) {
        self.record = text.to_string();
        self.split = false;
        for name in ["NR", "FNR"] {
            let n = self.vars.get(name).map_or(0.0, Value::number);
            self.set(name, Value::Number(n + 1.0));
        }
        self.steps = 0;
    }

    fn split_record(&mut self) {
        if self.split {
            return;
        }
        self.split = true;
        let fs = self.text_of("FS");
        let record = self.record.clone();
        self.fields = self.cut(&record, &fs);
        if self.text_of("RS").is_empty() && fs != " " {
            self.fields = self
                .fields
                .iter()
                .flat_map(|f| f.split('\n').map(str::to_string).collect::<Vec<_>>())
                .collect();
        }
        let n = self.fields.len() as f64;
        self.set("NF", Value::Number(n));
    }

    fn cut(&mut self, text: &str, separator: &str) -> Vec<String> {
        if text.is_empty() {
            return Vec::new();
        }
        match separator {
            " " => text.split_whitespace().map(str::to_string).collect(),
            "" => text.chars().map(String::from).collect(),
            one if one.chars().count() == 1 && one != "\\" => text.split(one).map(str::to_string).collect(),
            pattern => match self.regex(pattern) {
                Some(regex) => {
                    let mut parts = Vec::new();
                    let (mut at, mut from) = (0, 0);
                    while let Some((a, b)) = regex.find_at(text, from) {
                        if b > a {
                            parts.push(text[at..a].to_string());
                            at = b;
                            from = b;
                        } else {
                            from = a + text[a..].chars().next().map_or(1, char::len_utf8);
                        }
                    }
                    parts.push(text[at..].to_string());
                    parts
                }
                None => vec![text.to_string()],
            },
        }
    }

    fn regex(&mut self, source: &str) -> Option<Regex> {
        if let Some(known) = self.regexes.get(source) {
            return known.clone();
        }
        let regex = Regex::extended(source, false).ok();
        if self.regexes.len() < 500 {
            self.regexes.insert(source.to_string(), regex.clone());
        }
        regex
    }

    fn join_fields(&mut self) {
        let ofs = self.text_of("OFS");
        self.record = self.fields.join(&ofs);
        let n = self.fields.len() as f64;
        self.set("NF", Value::Number(n));
    }

    /// Runs the rules of one kind.
    pub fn rules(&mut self, cx: &mut Cx<'_, '_>, program: &Program, when: When) {
        let result = match when {
            When::Begin => self.blocks(cx, program, &program.begin),
            When::End => {
                // `exit` in END ends it; an earlier one does not.
                let before = self.exit.take();
                let result = self.blocks(cx, program, &program.end);
                self.exit = self.exit.or(before);
                result
            }
            When::Record => self.main(cx, program),
        };
        if let Err(message) = result {
            self.error = Some(message);
            self.exit = Some(2);
        }
        cx.sys.spend(self.steps / 4);
        self.steps = 0;
    }

    fn blocks(&mut self, cx: &mut Cx<'_, '_>, program: &Program, all: &[Rc<Stmt>]) -> Result<(), String> {
        for block in all {
            self.stmt(cx, program, block)?;
            if self.exit.is_some() {
                break;
            }
        }
        Ok(())
    }

    fn main(&mut self, cx: &mut Cx<'_, '_>, program: &Program) -> Result<(), String> {
        self.ranges.resize(program.main.len(), false);
        for (i, rule) in program.main.iter().enumerate() {
            let hit = match &rule.pattern {
                Pattern::Always => true,
                Pattern::Expr(e) => self.eval(cx, program, e)?.truth(),
                Pattern::Range(from, to) => {
                    let open = self.ranges[i] || self.eval(cx, program, from)?.truth();
                    if open {
                        self.ranges[i] = !self.eval(cx, program, to)?.truth();
                    }
                    open
                }
            };
            if !hit {
                continue;
            }
            let flow = match &rule.action {
                Some(action) => self.stmt(cx, program, action)?,
                None => {
                    let text = format!("{}{}", self.record, self.text_of("ORS"));
                    cx.print(text);
                    Flow::Normal
                }
            };
            if matches!(flow, Flow::Next | Flow::Exit) || self.exit.is_some() {
                break;
            }
        }
        Ok(())
    }

    fn tick(&mut self) -> Result<(), String> {
        self.steps += 1;
        if self.steps > MAX_STEPS {
            Err("program stopped: too many steps for one record".to_string())
        } else {
            Ok(())
        }
    }

    fn stmt(&mut self, cx: &mut Cx<'_, '_>, p: &Program, stmt: &Stmt) -> Run {
        self.tick()?;
        match stmt {
            Stmt::Block(all) => {
                for s in all {
                    match self.stmt(cx, p, s)? {
                        Flow::Normal => {}
                        other => return Ok(other),
                    }
                }
            }
            Stmt::Expr(e) => {
                self.eval(cx, p, e)?;
            }
            Stmt::Print(args, target) => {
                let mut parts = Vec::new();
                for a in args {
                    let v = self.eval(cx, p, a)?;
                    parts.push(self.show(&v, "OFMT"));
                }
                let body =
                    if args.is_empty() { self.record.clone() } else { parts.join(&self.text_of("OFS")) };
                let text = format!("{body}{}", self.text_of("ORS"));
                self.write(cx, p, &text, target.as_ref())?;
            }
            Stmt::Printf(args, target) => {
                let text = self.format(cx, p, args)?;
                self.write(cx, p, &text, target.as_ref())?;
            }
            Stmt::If(cond, yes, no) => {
                if self.eval(cx, p, cond)?.truth() {
                    return self.stmt(cx, p, yes);
                } else if let Some(no) = no {
                    return self.stmt(cx, p, no);
                }
            }
            Stmt::While(cond, body) => {
                while self.eval(cx, p, cond)?.truth() {
                    match self.stmt(cx, p, body)? {
                        Flow::Normal | Flow::Continue => {}
                        Flow::Break => break,
                        other => return Ok(other),
                    }
                }
            }
            Stmt::Do(body, cond) => loop {
                match self.stmt(cx, p, body)? {
                    Flow::Normal | Flow::Continue => {}
                    Flow::Break => break,
                    other => return Ok(other),
                }
                if !self.eval(cx, p, cond)?.truth() {
                    break;
                }
            },
            Stmt::For(init, cond, step, body) => {
                self.stmt(cx, p, init)?;
                loop {
                    if let Some(cond) = cond
                        && !self.eval(cx, p, cond)?.truth()
                    {
                        break;
                    }
                    match self.stmt(cx, p, body)? {
                        Flow::Normal | Flow::Continue => {}
                        Flow::Break => break,
                        other => return Ok(other),
                    }
                    self.stmt(cx, p, step)?;
                }
            }
            Stmt::ForIn(var, array, body) => {
                let array = self.array_name(array);
                let mut keys: Vec<String> =
                    self.arrays.get(&array).map_or(Vec::new(), |a| a.keys().cloned().collect());
                // Numbers in their order first, as people expect of small arrays.
                keys.sort_by(|a, b| match (a.parse::<f64>(), b.parse::<f64>()) {
                    (Ok(x), Ok(y)) => x.total_cmp(&y),
                    _ => a.cmp(b),
                });
                for key in keys {
                    self.put(cx, p, &Expr::Var(var.clone()), Value::Input(key.into()))?;
                    match self.stmt(cx, p, body)? {
                        Flow::Normal | Flow::Continue => {}
                        Flow::Break => break,
                        other => return Ok(other),
                    }
                }
            }
            Stmt::Next => return Ok(Flow::Next),
            Stmt::Break => return Ok(Flow::Break),
            Stmt::Continue => return Ok(Flow::Continue),
            Stmt::Exit(value) => {
                let code = match value {
                    Some(e) => self.eval(cx, p, e)?.number() as i64 as u8,
                    None => self.exit.unwrap_or(0),
                };
                self.exit = Some(code);
                return Ok(Flow::Exit);
            }
            Stmt::Return(value) => {
                let value = match value {
                    Some(e) => self.eval(cx, p, e)?,
                    None => Value::Unset,
                };
                return Ok(Flow::Return(value));
            }
            Stmt::Delete(name, index) => {
                let name = self.array_name(name);
                match index {
                    None => {
                        self.arrays.remove(&name);
                    }
                    Some(index) => {
                        let key = self.key(cx, p, index)?;
                        if let Some(a) = self.arrays.get_mut(&name) {
                            a.remove(&key);
                        }
                    }
                }
            }
            Stmt::Getline => return Err("getline from the main input is not simulated".to_string()),
        }
        Ok(Flow::Normal)
    }

    fn write(
        &mut self,
        cx: &mut Cx<'_, '_>,
        p: &Program,
        text: &str,
        target: Option<&(bool, Expr)>,
    ) -> Result<(), String> {
        let Some((append, file)) = target else {
            cx.print(text);
            return Ok(());
        };
        let v = self.eval(cx, p, file)?;
        let name = self.text(&v);
        match name.as_str() {
            "/dev/stdout" | "-" => cx.print(text),
            "/dev/stderr" => cx.eprint(text),
            _ => match self.files.iter_mut().find(|(n, _, _)| *n == name) {
                Some((_, bytes, _)) => bytes.extend(text.bytes()),
                None => self.files.push((name, text.as_bytes().to_vec(), *append)),
            },
        }
        Ok(())
    }

    /// Writes what was printed to files.
    pub fn close_files(&mut self, cx: &mut Cx<'_, '_>) {
        for (name, bytes, append) in std::mem::take(&mut self.files) {
            let result = if append {
                cx.sys.vfs().append(&name, &bytes)
            } else {
                cx.sys.vfs().write(&name, bytes, 0o666)
            };
            if let Err(e) = result {
                cx.complain(format!("can't redirect to {name} ({e})"));
            }
        }
    }

    fn format(&mut self, cx: &mut Cx<'_, '_>, p: &Program, args: &[Expr]) -> Result<String, String> {
        let mut values = Vec::new();
        for a in args {
            values.push(self.eval(cx, p, a)?);
        }
        let Some(format) = values.first().map(|v| self.text(v)) else { return Ok(String::new()) };
        // Each directive is given its argument in the form it wants.
        let mut out = String::new();
        let mut rest = format.as_str();
        let mut next = 1;
        while let Some(at) = rest.find('%') {
            out.push_str(&rest[..at]);
            let spec = &rest[at..];
            if let Some(after) = spec.strip_prefix("%%") {
                out.push('%');
                rest = after;
                continue;
            }
            let Some(end) = spec[1..].find(|c: char| c.is_ascii_alphabetic()).map(|e| e + 1) else {
                out.push_str(spec);
                rest = "";
                break;
            };
            let mut directive = spec[..=end].to_string();
            while directive.contains('*') {
                let n = values.get(next).map_or(0.0, Value::number) as i64;
                next += 1;
                directive = directive.replacen('*', &n.to_string(), 1);
            }
            let value = values.get(next).cloned().unwrap_or(Value::Unset);
            next += 1;
            let conversion = spec.as_bytes()[end] as char;
            let arg = match conversion {
                'd' | 'i' => format!("{}", value.number().trunc() as i64),
                'o' | 'x' | 'X' | 'u' => format!("{}", value.number().trunc() as i64),
                'e' | 'E' | 'f' | 'F' | 'g' | 'G' => format!("{:e}", value.number()),
                'c' => match value {
                    Value::Number(n) => char::from_u32(n as u32).map_or(String::new(), String::from),
                    other => self.text(&other).chars().take(1).collect(),
                },
                _ => self.text(&value),
            };
            let printed = crate::text::printf::format(&directive, &[arg], crate::time::Time(0));
            out.push_str(&String::from_utf8_lossy(&printed.out));
            rest = &spec[end + 1..];
        }
        out.push_str(rest);
        Ok(out)
    }

    fn key(&mut self, cx: &mut Cx<'_, '_>, p: &Program, index: &[Expr]) -> Result<String, String> {
        let mut parts = Vec::new();
        for e in index {
            let v = self.eval(cx, p, e)?;
            parts.push(self.text(&v));
        }
        Ok(parts.join(&self.text_of("SUBSEP")))
    }

    fn array_name(&self, name: &str) -> String {
        self.array_names.last().and_then(|m| m.get(name)).map_or(name.to_string(), String::clone)
    }

    fn var(&mut self, name: &str) -> Value {
        if let Some(v) = self.locals.last().and_then(|l| l.get(name)) {
            return v.clone();
        }
        if name == "NF" {
            self.split_record();
        }
        self.vars.get(name).cloned().unwrap_or(Value::Unset)
    }

    fn field(&mut self, n: f64) -> Result<Value, String> {
        if n < 0.0 {
            return Err(format!("trying to access out of range field {n}"));
        }
        if n < 1.0 {
            return Ok(Value::Input(self.record.as_str().into()));
        }
        self.split_record();
        Ok(self.fields.get(n as usize - 1).map_or(Value::Unset, |f| Value::Input(f.as_str().into())))
    }

    /// Assigns to a variable, element or field.
    fn put(&mut self, cx: &mut Cx<'_, '_>, p: &Program, place: &Expr, value: Value) -> Result<(), String> {
        match place {
            Expr::Var(name) => {
                if let Some(local) = self.locals.last_mut().and_then(|l| l.get_mut(name)) {
                    *local = value;
                    return Ok(());
                }
                if name == "NF" {
                    self.split_record();
                    let n = (value.number().max(0.0) as usize).min(100_000);
                    self.fields.resize(n, String::new());
                    self.join_fields();
                    return Ok(());
                }
                self.set(name, value);
            }
            Expr::Index(name, index) => {
                let key = self.key(cx, p, index)?;
                let name = self.array_name(name);
                self.arrays.entry(name).or_default().insert(key, value);
            }
            Expr::Field(of) => {
                let n = self.eval(cx, p, of)?.number();
                let text = self.text(&value);
                if n < 1.0 {
                    self.record = text;
                    self.split = false;
                    return Ok(());
                }
                self.split_record();
                let n = (n as usize).min(100_000);
                if self.fields.len() < n {
                    self.fields.resize(n, String::new());
                }
                self.fields[n - 1] = text;
                self.join_fields();
            }
            _ => return Err("assignment to something that is no variable".to_string()),
        }
        Ok(())
    }

    fn eval(&mut self, cx: &mut Cx<'_, '_>, p: &Program, e: &Expr) -> Result<Value, String> {
        self.tick()?;
        Ok(match e {
            Expr::Number(n) => Value::Number(*n),
            Expr::Text(t) => Value::Text(t.clone()),
            Expr::Regex(source) => {
                let hit = self.regex(source).is_some_and(|r| r.is_match(&self.record));
                Value::Number(f64::from(u8::from(hit)))
            }
            Expr::Var(name) => self.var(name),
            Expr::Index(name, index) => {
                let key = self.key(cx, p, index)?;
                let name = self.array_name(name);
                self.arrays.entry(name).or_default().entry(key).or_insert(Value::Unset).clone()
            }
            Expr::Field(of) => {
                let n = self.eval(cx, p, of)?.number();
                self.field(n)?
            }
            Expr::Assign(place, op, right) => {
                let mut value = self.eval(cx, p, right)?;
                if let Some(op) = op {
                    let left = self.eval(cx, p, place)?.number();
                    value = Value::Number(arith(op, left, value.number())?);
                }
                self.put(cx, p, place, value.clone())?;
                value
            }
            Expr::Step(place, by, post) => {
                let old = self.eval(cx, p, place)?.number();
                self.put(cx, p, place, Value::Number(old + by))?;
                Value::Number(if *post { old } else { old + by })
            }
            Expr::Unary('!', inner) => {
                let v = self.eval(cx, p, inner)?;
                Value::Number(f64::from(u8::from(!v.truth())))
            }
            Expr::Unary(op, inner) => {
                let n = self.eval(cx, p, inner)?.number();
                Value::Number(if *op == '-' { -n } else { n })
            }
            Expr::Binary(op, a, b) => self.binary(cx, p, op, a, b)?,
            Expr::Cond(cond, yes, no) => {
                if self.eval(cx, p, cond)?.truth() {
                    self.eval(cx, p, yes)?
                } else {
                    self.eval(cx, p, no)?
                }
            }
            Expr::In(index, array) => {
                let key = self.key(cx, p, index)?;
                let name = self.array_name(array);
                Value::Number(f64::from(u8::from(
                    self.arrays.get(&name).is_some_and(|a| a.contains_key(&key)),
                )))
            }
            Expr::Group(all) => match all.last() {
                Some(last) => self.eval(cx, p, last)?,
                None => Value::Unset,
            },
            Expr::GetlineFile(var, file) => {
                let v = self.eval(cx, p, file)?;
                let name = self.text(&v);
                let at = match self.readers.iter().position(|(n, _, _)| *n == name) {
                    Some(at) => at,
                    None => match cx.sys.vfs().read_text(&name) {
                        Ok(text) => {
                            self.readers.push((name, text.lines().map(str::to_string).collect(), 0));
                            self.readers.len() - 1
                        }
                        Err(_) => return Ok(Value::Number(-1.0)),
                    },
                };
                let (_, lines, next) = &mut self.readers[at];
                let Some(line) = lines.get(*next).cloned() else { return Ok(Value::Number(0.0)) };
                *next += 1;
                match var {
                    Some(place) => self.put(cx, p, place, Value::Input(line.into()))?,
                    None => {
                        self.record = line;
                        self.split = false;
                    }
                }
                Value::Number(1.0)
            }
            Expr::Call(name, args) => self.call(cx, p, name, args)?,
        })
    }

    fn binary(
        &mut self,
        cx: &mut Cx<'_, '_>,
        p: &Program,
        op: &str,
        a: &Expr,
        b: &Expr,
    ) -> Result<Value, String> {
        let truth = |b: bool| Value::Number(f64::from(u8::from(b)));
        Ok(match op {
            "&&" => truth(self.eval(cx, p, a)?.truth() && self.eval(cx, p, b)?.truth()),
            "||" => truth(self.eval(cx, p, a)?.truth() || self.eval(cx, p, b)?.truth()),
            "~" | "!~" => {
                let left = self.eval(cx, p, a)?;
                let text = self.text(&left);
                let source = self.pattern(cx, p, b)?;
                let Some(regex) = self.regex(&source) else {
                    return Err(format!("bad regular expression {source}"));
                };
                truth(regex.is_match(&text) == (op == "~"))
            }
            " " => {
                let (x, y) = (self.eval(cx, p, a)?, self.eval(cx, p, b)?);
                let text = format!("{}{}", self.text(&x), self.text(&y));
                if text.len() > 16 << 20 {
                    return Err("string too long".to_string());
                }
                Value::Text(text.into())
            }
            "<" | "<=" | "==" | "!=" | ">" | ">=" => {
                let (x, y) = (self.eval(cx, p, a)?, self.eval(cx, p, b)?);
                let order = if x.is_numeric() && y.is_numeric() {
                    x.number().partial_cmp(&y.number())
                } else {
                    Some(self.text(&x).cmp(&self.text(&y)))
                };
                truth(match (order, op) {
                    (None, "!=") => true,
                    (None, _) => false,
                    (Some(o), "<") => o.is_lt(),
                    (Some(o), "<=") => o.is_le(),
                    (Some(o), "==") => o.is_eq(),
                    (Some(o), "!=") => o.is_ne(),
                    (Some(o), ">") => o.is_gt(),
                    (Some(o), _) => o.is_ge(),
                })
            }
            _ => {
                let (x, y) = (self.eval(cx, p, a)?.number(), self.eval(cx, p, b)?.number());
                Value::Number(arith(op, x, y)?)
            }
        })
    }

    /// The source of a pattern argument.
    fn pattern(&mut self, cx: &mut Cx<'_, '_>, p: &Program, e: &Expr) -> Result<String, String> {
        match e {
            Expr::Regex(source) => Ok(source.to_string()),
            other => {
                let v = self.eval(cx, p, other)?;
                Ok(self.text(&v))
            }
        }
    }

    fn call(&mut self, cx: &mut Cx<'_, '_>, p: &Program, name: &str, args: &[Expr]) -> Result<Value, String> {
        if let Some(function) = p.functions.get(name) {
            return self.user(cx, p, function, args);
        }
        match name {
            "split" => return self.split_call(cx, p, args),
            "sub" | "gsub" => return self.substitute(cx, p, name == "gsub", args),
            "match" => {
                let v = self.eval(cx, p, args.first().ok_or("match needs two arguments")?)?;
                let text = self.text(&v);
                let source = self.pattern(cx, p, args.get(1).ok_or("match needs two arguments")?)?;
                let found = self.regex(&source).and_then(|r| r.find_at(&text, 0));
                let (start, length) = found.map_or((0.0, -1.0), |(a, b)| {
                    ((text[..a].chars().count() + 1) as f64, text[a..b].chars().count() as f64)
                });
                self.set("RSTART", Value::Number(start));
                self.set("RLENGTH", Value::Number(length));
                return Ok(Value::Number(start));
            }
            "length" => {
                if let [Expr::Var(array)] = args {
                    let name = self.array_name(array);
                    if let Some(a) = self.arrays.get(&name).filter(|_| !self.vars.contains_key(array)) {
                        return Ok(Value::Number(a.len() as f64));
                    }
                }
                let text = match args.first() {
                    Some(e) => {
                        let v = self.eval(cx, p, e)?;
                        self.text(&v)
                    }
                    None => self.record.clone(),
                };
                return Ok(Value::Number(text.chars().count() as f64));
            }
            "sprintf" => return Ok(Value::Text(self.format(cx, p, args)?.into())),
            _ => {}
        }
        let mut values = Vec::new();
        for a in args {
            values.push(self.eval(cx, p, a)?);
        }
        let number = |i: usize| values.get(i).map_or(0.0, Value::number);
        let text = |s: &State, i: usize| values.get(i).map_or(String::new(), |v| s.text(v));
        Ok(match name {
            "substr" => {
                let chars: Vec<char> = text(self, 0).chars().collect();
                let from = number(1).round();
                let to = if values.len() > 2 { from + number(2).round() } else { f64::INFINITY };
                let part: String = chars
                    .iter()
                    .enumerate()
                    .filter(|(i, _)| (*i as f64 + 1.0) >= from && (*i as f64 + 1.0) < to)
                    .map(|(_, c)| *c)
                    .collect();
                Value::Text(part.into())
            }
            "index" => {
                let (s, t) = (text(self, 0), text(self, 1));
                Value::Number(s.find(&t).map_or(0.0, |at| (s[..at].chars().count() + 1) as f64))
            }
            "toupper" => Value::Text(text(self, 0).to_uppercase().into()),
            "tolower" => Value::Text(text(self, 0).to_lowercase().into()),
            "int" => Value::Number(number(0).trunc()),
            "sqrt" => Value::Number(number(0).sqrt()),
            "exp" => Value::Number(math::exp(number(0))),
            "log" => Value::Number(math::ln(number(0))),
            "sin" => Value::Number(math::sin(number(0))),
            "cos" => Value::Number(math::cos(number(0))),
            "atan2" => Value::Number(math::atan2(number(0), number(1))),
            "rand" => {
                self.seed =
                    self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                Value::Number((self.seed >> 11) as f64 / (1u64 << 53) as f64)
            }
            "srand" => {
                self.seed = if values.is_empty() { cx.sys.now().secs() as u64 } else { number(0) as u64 };
                Value::Number(0.0)
            }
            "systime" => Value::Number(cx.sys.now().secs() as f64),
            "strftime" => {
                let format = if values.is_empty() { "%c".to_string() } else { text(self, 0) };
                let when = if values.len() > 1 {
                    crate::time::Time::from_secs(number(1) as i64)
                } else {
                    cx.sys.now()
                };
                Value::Text(crate::time::strftime(&format, when).into())
            }
            "close" | "fflush" => {
                self.close_files(cx);
                Value::Number(0.0)
            }
            other => return Err(format!("function {other} not defined")),
        })
    }

    fn user(
        &mut self,
        cx: &mut Cx<'_, '_>,
        p: &Program,
        function: &Function,
        args: &[Expr],
    ) -> Result<Value, String> {
        if self.locals.len() > 200 {
            return Err("function calls nested too deeply".to_string());
        }
        let mut locals = BTreeMap::new();
        let mut names = BTreeMap::new();
        let mut own = Vec::new();
        for (i, param) in function.params.iter().enumerate() {
            match args.get(i) {
                Some(Expr::Var(name))
                    if self.arrays.contains_key(&self.array_name(name))
                        || (matches!(self.var(name), Value::Unset)) =>
                {
                    // An array, or something that may become one.
                    names.insert(param.clone(), self.array_name(name));
                    locals.insert(param.clone(), self.var(name));
                }
                Some(e) => {
                    let v = self.eval(cx, p, e)?;
                    locals.insert(param.clone(), v);
                }
                None => {
                    self.fresh += 1;
                    let array = format!("{param} {}", self.fresh);
                    own.push(array.clone());
                    names.insert(param.clone(), array);
                    locals.insert(param.clone(), Value::Unset);
                }
            }
        }
        self.locals.push(locals);
        self.array_names.push(names);
        let flow = self.stmt(cx, p, &function.body);
        self.locals.pop();
        self.array_names.pop();
        for array in own {
            self.arrays.remove(&array);
        }
        Ok(match flow? {
            Flow::Return(value) => value,
            _ => Value::Unset,
        })
    }

    fn split_call(&mut self, cx: &mut Cx<'_, '_>, p: &Program, args: &[Expr]) -> Result<Value, String> {
        let (Some(subject), Some(Expr::Var(array))) = (args.first(), args.get(1)) else {
            return Err("split needs a string and an array".to_string());
        };
        let v = self.eval(cx, p, subject)?;
        let text = self.text(&v);
        let separator = match args.get(2) {
            Some(e) => self.pattern(cx, p, e)?,
            None => self.text_of("FS"),
        };
        let parts = self.cut(&text, &separator);
        let n = parts.len();
        let name = self.array_name(array);
        let map = parts
            .into_iter()
            .enumerate()
            .map(|(i, t)| ((i + 1).to_string(), Value::Input(t.into())))
            .collect();
        self.arrays.insert(name, map);
        Ok(Value::Number(n as f64))
    }

    fn substitute(
        &mut self,
        cx: &mut Cx<'_, '_>,
        p: &Program,
        all: bool,
        args: &[Expr],
    ) -> Result<Value, String> {
        let source = self.pattern(cx, p, args.first().ok_or("sub needs a pattern")?)?;
        let v = self.eval(cx, p, args.get(1).ok_or("sub needs a replacement")?)?;
        let with = self.text(&v);
        let place = args.get(2).cloned().unwrap_or(Expr::Field(Box::new(Expr::Number(0.0))));
        let v = self.eval(cx, p, &place)?;
        let text = self.text(&v);
        let Some(regex) = self.regex(&source) else { return Err(format!("bad regular expression {source}")) };
        let (mut out, mut at, mut from, mut count) = (String::new(), 0, 0, 0u32);
        while let Some((a, b)) = regex.find_at(&text, from) {
            if !(a == b && a == at && count > 0) {
                count += 1;
                out.push_str(&text[at..a]);
                let mut chars = with.chars();
                while let Some(c) = chars.next() {
                    match c {
                        '&' => out.push_str(&text[a..b]),
                        '\\' => match chars.next() {
                            Some('&') => out.push('&'),
                            Some(other) => {
                                if other != '\\' {
                                    out.push('\\');
                                }
                                out.push(other);
                            }
                            None => out.push('\\'),
                        },
                        c => out.push(c),
                    }
                }
                at = b;
            }
            if !all {
                break;
            }
            from = if b > a { b } else { b + text[b..].chars().next().map_or(1, char::len_utf8) };
            if from > text.len() {
                break;
            }
        }
        if count > 0 {
            out.push_str(&text[at..]);
            self.put(cx, p, &place, Value::Text(out.into()))?;
        }
        Ok(Value::Number(f64::from(count)))
    }
}

fn arith(op: &str, a: f64, b: f64) -> Result<f64, String> {
    Ok(match op {
        "+" => a + b,
        "-" => a - b,
        "*" => a * b,
        "/" | "%" if b == 0.0 => return Err("division by zero".to_string()),
        "/" => a / b,
        "%" => a % b,
        _ => math::pow(a, b),
    })
}
