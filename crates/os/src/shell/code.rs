//! What shell source is compiled to: a flat list of instructions, and the words they expand.
//!
//! Jumps are relative, so that a piece of code can be put anywhere. Everything is immutable and shared by `Rc`.

use std::rc::Rc;

/// A compiled piece of shell source.
#[derive(Debug, Default)]
pub struct Code {
    pub ops: Vec<Op>,
    /// Source text, as `jobs`, `type` and `set -v` show it.
    pub text: String,
}

/// A function, and the file it was defined in, for messages.
#[derive(Clone, Debug)]
pub struct Function {
    pub code: Rc<Code>,
    pub origin: Rc<str>,
}

/// One instruction.
#[derive(Clone, Debug)]
pub enum Op {
    Simple(Rc<Simple>),
    /// Goes on at this instruction plus the offset.
    Jump(i32),
    /// The same when the last status is not 0.
    JumpIfFail(i32),
    /// The same when the last status is 0.
    JumpIfOk(i32),
    /// Failures from here on do not end a `set -e` shell …
    Tested,
    /// … until here.
    Untested,
    /// `! pipeline`
    Not,
    SetStatus(i32),
    /// Applies redirections until `Restore`; skips ahead by the offset when one fails.
    Redirect(Rc<[Redir]>, i32),
    Restore,
    /// Begins a loop; the offsets lead to its end and to where `continue` goes on.
    Loop {
        end: i32,
        next: i32,
    },
    /// The loop's status so far is that of its body.
    SaveStatus,
    EndLoop,
    /// Expands the words (None: "$@") and begins a loop over them.
    For {
        name: Rc<str>,
        words: Option<Rc<[Word]>>,
        line: u32,
        /// `for name in words`, as it is written.
        head: Rc<str>,
    },
    /// Sets the variable to the next word, or goes to the offset.
    NextWord(i32),
    /// `select` reads a choice.
    Select(i32),
    /// Expands the subject of a case.
    Case(Rc<Word>, Rc<str>),
    /// Goes on with the next instruction when a pattern fits, else to the offset.
    Match(Rc<[Word]>, i32),
    EndCase,
    /// `((…))`, its text and line.
    Arith(Rc<Word>, Rc<str>, u32),
    /// A part of `for ((…))`: where an error in it leads.
    ArithPart(Rc<Word>, Rc<str>, i32),
    /// `[[ … ]]` and its line.
    Cond(Rc<Cond>, u32),
    /// One process a stage; a single stage with `!` or `time` does not come here.
    Pipeline(Rc<[Rc<Code>]>),
    /// Which of the stages' stderr goes through the pipe too (`|&`) is in their code.
    Subshell(Rc<Code>),
    Background(Rc<Code>),
    /// `coproc`: its name and what runs beside the shell.
    Coproc(Rc<str>, Rc<Code>),
    Function(Rc<str>, Rc<Code>),
    /// `time` begins, and reports.
    Time,
    EndTime(bool),
    /// Expands the prompt.
    Prompt(Rc<Word>),
}

/// A simple command.
#[derive(Debug)]
pub struct Simple {
    pub assigns: Vec<Assign>,
    pub words: Vec<Word>,
    pub redirs: Vec<Redir>,
    pub line: u32,
    /// As it is written, for messages and `jobs`.
    pub text: Rc<str>,
}

/// `name=value`, `name+=value`, `name[index]=value`, `name=(…)`.
#[derive(Clone, Debug)]
pub struct Assign {
    pub name: Rc<str>,
    pub index: Option<Word>,
    pub append: bool,
    pub value: AssignValue,
}

#[derive(Clone, Debug)]
pub enum AssignValue {
    Word(Word),
    /// Elements, each with an index if one is written; and all of it as it is written, for `set -x`.
    Array(Vec<(Option<Word>, Word)>, Rc<str>),
}

/// A redirection.
#[derive(Clone, Debug)]
pub struct Redir {
    pub fd: u32,
    /// `{name}>`: the descriptor is chosen by the shell and kept.
    pub name: Option<Rc<str>>,
    pub kind: RedirKind,
    pub target: Word,
    /// The target as it is written, for messages.
    pub text: Rc<str>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RedirKind {
    Read,
    Write,
    /// `>|`
    Clobber,
    Append,
    ReadWrite,
    /// `<&` and `>&`
    Dup,
    /// `&>` and `>&file`
    Both,
    /// `&>>`
    BothAppend,
    /// The target is the text itself.
    HereDoc,
    /// `<<<`
    HereString,
}

/// A word: pieces that are expanded and joined.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Word {
    pub parts: Vec<Part>,
}

#[derive(Clone, PartialEq, Debug)]
pub enum Part {
    /// Unquoted text: subject to globbing, not to splitting.
    Lit(String),
    /// Quoted text.
    Quoted(String),
    /// "…"
    Double(Vec<Part>),
    /// `~` or `~user` at the start.
    Tilde(String),
    Param(Box<Param>),
    Command(CodeRef),
    /// `$((…))`
    Arith(Vec<Part>),
    /// `<(…)` (true) and `>(…)`
    Process(bool, CodeRef),
}

/// Code inside a word; compares by identity.
#[derive(Clone, Debug)]
pub struct CodeRef(pub Rc<Code>);

impl PartialEq for CodeRef {
    fn eq(&self, other: &CodeRef) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

/// `$name`, `${…}`
#[derive(Clone, PartialEq, Debug)]
pub struct Param {
    pub name: String,
    pub index: Option<Index>,
    /// `${!name}`
    pub indirect: bool,
    pub op: ParamOp,
}

#[derive(Clone, PartialEq, Debug)]
pub enum Index {
    /// `[@]`
    At,
    /// `[*]`
    Star,
    Expr(Word),
}

#[derive(Clone, PartialEq, Debug)]
pub enum ParamOp {
    None,
    Length,
    /// `-`, `=`, `?`, `+`; true with a colon.
    Default(bool, Word),
    Assign(bool, Word),
    Error(bool, Word),
    Alternative(bool, Word),
    /// `#`, `##`
    TrimStart(bool, Word),
    /// `%`, `%%`
    TrimEnd(bool, Word),
    /// `/pat/rep`: all (`//`), anchor (`#` or `%`).
    Replace {
        all: bool,
        anchor: Option<char>,
        pattern: Word,
        with: Word,
    },
    /// `:offset:length`
    Slice(Word, Option<Word>),
    /// `^`, `^^`, `,`, `,,`, `~`, `~~`
    Case {
        how: char,
        all: bool,
        pattern: Option<Word>,
    },
    /// `@Q`, `@U` …
    Transform(char),
    /// `${!prefix*}` and `${!name[@]}`
    Names,
    Keys,
    /// Without meaning: the error comes when it is expanded. With the whole text.
    Bad(String),
}

/// A condition of `[[ … ]]`.
#[derive(Debug)]
pub enum Cond {
    Not(Rc<Cond>),
    And(Rc<Cond>, Rc<Cond>),
    Or(Rc<Cond>, Rc<Cond>),
    Unary(String, Word),
    Binary(String, Word, Word),
    Word(Word),
}

impl Default for Simple {
    fn default() -> Simple {
        Simple { assigns: Vec::new(), words: Vec::new(), redirs: Vec::new(), line: 0, text: Rc::from("") }
    }
}

impl Word {
    /// A word of quoted text.
    pub fn quoted(text: &str) -> Word {
        Word { parts: vec![Part::Quoted(text.to_string())] }
    }

    /// The text, if the word is one piece of unquoted text.
    pub fn literal(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [Part::Lit(text)] => Some(text),
            _ => None,
        }
    }
}
