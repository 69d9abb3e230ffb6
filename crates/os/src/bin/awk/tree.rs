//! What awk's grammar reads: rules, statements, expressions.

use std::rc::Rc;

use collections::OrdMap;

use super::functions::Builtin;

/// A program: its rules by kind, and functions.
#[derive(Debug, Default)]
pub struct Program {
    pub begin: Vec<Stmt>,
    pub main: Vec<Rule>,
    pub end: Vec<Stmt>,
    pub functions: OrdMap<String, Function>,
    /// How many lines its text has.
    pub lines: u32,
}

/// What is done for which records.
#[derive(Debug)]
pub struct Rule {
    pub pattern: Pattern,
    /// None prints the record.
    pub action: Option<Stmt>,
}

#[derive(Debug)]
pub enum Pattern {
    Always,
    Expr(Expr),
    Range(Expr, Expr),
}

#[derive(Debug)]
pub struct Function {
    pub params: Vec<String>,
    pub body: Stmt,
}

#[derive(Debug)]
pub enum Stmt {
    Block(Vec<Stmt>),
    Expr(Expr),
    Print(Vec<Expr>, Option<(To, Expr)>),
    Printf(Vec<Expr>, Option<(To, Expr)>),
    If(Expr, Box<Stmt>, Option<Box<Stmt>>),
    While(Expr, Box<Stmt>),
    Do(Box<Stmt>, Expr),
    For(Box<Stmt>, Option<Expr>, Box<Stmt>, Box<Stmt>),
    ForIn(String, String, Box<Stmt>),
    Next,
    NextFile,
    Exit(Option<Expr>),
    Break,
    Continue,
    Return(Option<Expr>),
    Delete(String, Option<Vec<Expr>>),
}

/// Where `print` writes other than stdout.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum To {
    File,
    Append,
    Command,
}

/// Where `getline` reads.
#[derive(Debug)]
pub enum From {
    Input,
    File(Box<Expr>),
    Command(Box<Expr>),
}

#[derive(Debug)]
pub enum Expr {
    Number(f64),
    Text(Rc<str>),
    /// A regular expression: matched against `$0` where a value is wanted.
    Regex(Rc<str>),
    Var(String),
    Index(String, Vec<Expr>),
    Field(Box<Expr>),
    Assign(Box<Expr>, Option<&'static str>, Box<Expr>),
    /// `++x`, `x++`: by, and whether the old value is given.
    Step(Box<Expr>, i8, bool),
    Unary(char, Box<Expr>),
    Binary(&'static str, Box<Expr>, Box<Expr>),
    Cond(Box<Expr>, Box<Expr>, Box<Expr>),
    In(Vec<Expr>, String),
    Call(String, Vec<Expr>),
    Builtin(Builtin, Vec<Expr>),
    /// `(a)`, or `(a, b)` before `in` and after `print`.
    Group(Vec<Expr>),
    Getline(From, Option<Box<Expr>>),
}

impl Expr {
    /// Whether it can be assigned to.
    pub fn is_place(&self) -> bool {
        matches!(self, Expr::Var(_) | Expr::Index(..) | Expr::Field(_))
    }
}
