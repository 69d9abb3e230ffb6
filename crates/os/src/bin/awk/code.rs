//! awk's instructions.
//!
//! A program is compiled so that it can stop anywhere: what it is in the middle of is a place in a list and a stack of
//! values, both plain data.

use super::{functions::Builtin, tree::To, value::Value};

/// Where a variable lives: by number among all, or above the base of the function's frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Slot {
    Global(u16),
    Local(u16),
}

/// Variables that awk itself uses, at fixed places: their number is their place in this list.
pub const SPECIAL: [&str; 16] = [
    "NF", "NR", "FNR", "FS", "OFS", "ORS", "RS", "FILENAME", "SUBSEP", "RSTART", "RLENGTH", "CONVFMT",
    "OFMT", "ENVIRON", "ARGC", "ARGV",
];

/// The numbers of some of them.
pub mod special {
    pub const NF: usize = 0;
    pub const NR: usize = 1;
    pub const FNR: usize = 2;
    pub const FS: usize = 3;
    pub const OFS: usize = 4;
    pub const ORS: usize = 5;
    pub const RS: usize = 6;
    pub const FILENAME: usize = 7;
    pub const SUBSEP: usize = 8;
    pub const RSTART: usize = 9;
    pub const RLENGTH: usize = 10;
    pub const CONVFMT: usize = 11;
    pub const OFMT: usize = 12;
    pub const ENVIRON: usize = 13;
    pub const ARGC: usize = 14;
    pub const ARGV: usize = 15;
}

/// Where `getline` reads, its name on the stack but for the main input.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Source {
    Input,
    File,
    Command,
}

/// What a place in the tree becomes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    Variable(Slot),
    /// Of the array in the slot; the key is on the stack.
    Element(Slot),
    /// Its number is on the stack.
    Field,
}

/// One instruction. Operands are taken from the stack, results are left there.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Op {
    Const(u32),
    Pop,
    Dup,
    /// `$0`
    Record,
    Load(Place),
    /// A variable as an argument: as it is, for it may be an array, or become one.
    Argument(Slot),
    /// Leaves the value.
    Store(Place),
    /// `++` and `--`: by, and whether the old value is left.
    Step(Place, i8, bool),
    /// Joins values to one key.
    Key(u16),
    InArray(Slot),
    DeleteElement(Slot),
    DeleteArray(Slot),
    Length(Slot),
    Arith(u8),
    Compare(&'static str),
    Concat,
    Not,
    Negate,
    ToNumber,
    /// Text and pattern; whether a match gives 0.
    Matches(bool),
    Jump(u32),
    JumpIf(u32),
    JumpUnless(u32),
    /// The keys of an array are to be gone through.
    Iterate(Slot),
    /// The next key, or on to the place behind the loop.
    Advance(u32),
    EndIterate,
    Print(u16, Option<To>),
    Printf(u16, Option<To>),
    /// Reads a record: into `$0`, or it is left on the stack. The count is kept for [`Op::Count`].
    Getline(Source, bool),
    /// Pattern, replacement and text: leaves the new text. The count is kept.
    Substitute(bool),
    /// The array's slot, and whether a separator is on the stack.
    Split(Slot, bool),
    /// When the count is not positive: drops values and jumps.
    UnlessCount(u8, u32),
    Count,
    Builtin(Builtin, u8),
    Call(u16, u16),
    /// Returns the value on the stack.
    Return,
    Next,
    NextFile,
    Exit(bool),
    /// Jumps when the range of this rule is open.
    JumpInRange(u16, u32),
    SetRange(u16, bool),
    /// The end of BEGIN, of the rules for a record, or of END.
    Done,
}

/// A function's code.
#[derive(Clone, Debug)]
pub struct Entry {
    pub at: u32,
    pub params: u16,
}

/// A compiled program.
#[derive(Debug, Default)]
pub struct Code {
    pub ops: Vec<Op>,
    pub consts: Vec<Value>,
    pub functions: Vec<Entry>,
    /// Names of the global variables, by number.
    pub globals: Vec<String>,
    pub begin: u32,
    pub main: u32,
    pub end: u32,
    pub ranges: usize,
    /// Whether there is anything that needs records.
    pub reads: bool,
}
