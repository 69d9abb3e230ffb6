//! What a jq program is once it has been read: terms in one table, names resolved to distances in the environment.

use std::rc::Rc;

use super::arith::Op;
use super::value::Value;

/// A term's place in the table.
pub type Id = u32;
/// A definition's place in the table.
pub type DefId = u32;

/// A whole program. Shared by all copies of a machine that runs it.
#[derive(Debug, Default)]
pub struct Code {
    pub terms: Vec<Term>,
    pub defs: Vec<Def>,
    pub main: Id,
}

/// A function: its parameters become closures, followed by a variable for each `$` parameter.
#[derive(Debug, Clone)]
pub struct Def {
    pub params: Vec<Param>,
    pub body: Id,
}

#[derive(Debug, Clone)]
pub struct Param {
    pub name: Rc<str>,
    pub is_var: bool,
}

/// How one value is taken apart by `as`.
#[derive(Debug, Clone)]
pub enum Pattern {
    /// The slot of the variable among those that the whole binding makes.
    Var(usize),
    Array(Vec<Pattern>),
    /// Key, variable that also gets the value, pattern for the value.
    Object(Vec<(Id, Option<usize>, Option<Pattern>)>),
}

/// `as` with its alternatives (`?//`): how many variables it makes.
#[derive(Debug, Clone)]
pub struct Binding {
    pub patterns: Vec<Pattern>,
    pub vars: usize,
}

/// One expression.
#[derive(Debug, Clone)]
pub enum Term {
    Identity,
    Empty,
    Literal(Value),
    /// The variable so many steps up in the environment.
    Var(u32),
    /// Term and key.
    Index(Id, Id),
    /// Term, from, to.
    Slice(Id, Id, Id),
    Each(Id),
    Pipe(Id, Id),
    Comma(Id, Id),
    Neg(Id),
    Op(Op, Id, Id),
    And(Id, Id),
    Or(Id, Id),
    Alternative(Id, Id),
    /// `paths |= update`
    Update(Id, Id),
    If(Id, Id, Option<Id>),
    /// Body and handler.
    Try(Id, Option<Id>),
    Array(Option<Id>),
    /// Keys and values, by turns.
    Object(Rc<[Id]>),
    /// Format, and parts by turns: literal text, term.
    Text(Option<Rc<str>>, Rc<[Id]>),
    Format(Rc<str>),
    Reduce(Id, Rc<Binding>, Id, Id),
    Foreach(Id, Rc<Binding>, Id, Id, Option<Id>),
    Bind(Id, Rc<Binding>, Id),
    Label(Id),
    Break(u32),
    /// A definition made here, and what it holds for.
    Local(DefId, Id),
    /// A definition so many steps up, with arguments.
    Call(u32, Rc<[Id]>),
    /// A definition of the outermost level.
    CallTop(DefId, Rc<[Id]>),
    /// A closure parameter so many steps up.
    Closure(u32),
    Native(Native, Rc<[Id]>),
    Path(Id),
    /// Where the input was found, as an array; null where that is not known.
    Here,
    GetPath(Id),
    Limit(Id, Id),
    Range(Id, Id),
    Input,
    Debug,
    Stderr,
    LineNumber,
    FileName,
    Now,
    Halt,
    HaltError(Id),
    Error,
}

/// Functions that only look at values; see `natives.rs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Native(pub usize);
