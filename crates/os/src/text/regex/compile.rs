//! From a pattern's tree to instructions.

use super::parse::{Node, Place};

/// One instruction.
#[derive(Clone, PartialEq, Debug)]
pub enum Inst {
    Char(char),
    Any,
    /// Index into the sets.
    Set(usize),
    At(Place),
    /// Goes on at both; the first is preferred.
    Split(usize, usize),
    Jump(usize),
    Save(usize),
    Back(usize),
    /// Remembers the position in a loop's slot.
    Mark(usize),
    /// Fails when the loop's body matched nothing.
    Moved(usize),
    /// The instructions up to the index match (or do not) ahead of or behind here.
    Look {
        behind: bool,
        not: bool,
        end: usize,
    },
    Match,
}

/// A compiled pattern.
#[derive(Clone, Debug)]
pub struct Code {
    pub insts: Vec<Inst>,
    pub sets: Vec<(Vec<(char, char)>, bool)>,
    /// Without group 0.
    pub groups: usize,
    /// Loop slots.
    pub marks: usize,
    pub fold: bool,
    pub multiline: bool,
    /// The pattern is not regular: it must backtrack.
    pub backtracks: bool,
    /// The pattern is this text.
    pub literal: Option<String>,
    /// The bytes a match can begin with, when it cannot be empty.
    pub first: Option<Box<[bool; 256]>>,
    /// A match can only begin at the start of the text.
    pub anchored: bool,
}

const MAX_INSTS: usize = 40_000;

/// Flattens a tree.
pub fn compile(tree: &Node, fold: bool, perl: bool) -> Result<Code, String> {
    let mut code = Code {
        insts: Vec::new(),
        sets: Vec::new(),
        groups: 0,
        marks: 0,
        fold,
        multiline: false,
        backtracks: perl,
        literal: if fold { None } else { literal(tree) },
        first: None,
        anchored: false,
    };
    code.push(Inst::Save(0))?;
    code.node(tree)?;
    code.push(Inst::Save(1))?;
    code.push(Inst::Match)?;
    let mut set = Box::new([false; 256]);
    if code.first_bytes(&mut set) {
        code.first = Some(set);
    }
    code.anchored = begins_at_start(tree);
    Ok(code)
}

fn literal(tree: &Node) -> Option<String> {
    match tree {
        Node::Char(c) => Some(c.to_string()),
        Node::Cat(all) => all.iter().map(|n| if let Node::Char(c) = n { Some(*c) } else { None }).collect(),
        _ => None,
    }
}

fn begins_at_start(tree: &Node) -> bool {
    match tree {
        Node::At(Place::LineStart | Place::TextStart) => true,
        Node::Cat(all) => all.first().is_some_and(begins_at_start),
        Node::Group(inner, _) => begins_at_start(inner),
        Node::Alt(all) => all.iter().all(begins_at_start),
        _ => false,
    }
}

impl Code {
    fn push(&mut self, inst: Inst) -> Result<usize, String> {
        if self.insts.len() >= MAX_INSTS {
            return Err("Regular expression too big".to_string());
        }
        self.insts.push(inst);
        Ok(self.insts.len() - 1)
    }

    fn node(&mut self, node: &Node) -> Result<(), String> {
        match node {
            Node::Char(c) => {
                self.push(Inst::Char(if self.fold { lower(*c) } else { *c }))?;
            }
            Node::Any => {
                self.push(Inst::Any)?;
            }
            Node::Set(ranges, not) => {
                let set = (ranges.clone(), *not);
                let at = self.sets.iter().position(|s| *s == set).unwrap_or(self.sets.len());
                if at == self.sets.len() {
                    self.sets.push(set);
                }
                self.push(Inst::Set(at))?;
            }
            Node::At(place) => {
                self.push(Inst::At(*place))?;
            }
            Node::Back(n) => {
                self.backtracks = true;
                self.push(Inst::Back(*n))?;
            }
            Node::Keep => {
                self.push(Inst::Save(0))?;
            }
            Node::Group(inner, None) => self.node(inner)?,
            Node::Group(inner, Some(n)) => {
                self.groups = self.groups.max(*n);
                self.push(Inst::Save(2 * n))?;
                self.node(inner)?;
                self.push(Inst::Save(2 * n + 1))?;
            }
            Node::Cat(all) => {
                for n in all {
                    self.node(n)?;
                }
            }
            Node::Alt(all) => self.alternatives(all)?,
            Node::Repeat { node, min, max, lazy } => self.repeat(node, *min, *max, *lazy)?,
            Node::Look { node, behind, not } => {
                self.backtracks = true;
                let at = self.push(Inst::Look { behind: *behind, not: *not, end: 0 })?;
                self.node(node)?;
                let end = self.push(Inst::Match)?;
                self.insts[at] = Inst::Look { behind: *behind, not: *not, end };
            }
        }
        Ok(())
    }

    fn alternatives(&mut self, all: &[Node]) -> Result<(), String> {
        let mut jumps = Vec::new();
        for (i, n) in all.iter().enumerate() {
            if i + 1 == all.len() {
                self.node(n)?;
                break;
            }
            let split = self.push(Inst::Match)?;
            self.node(n)?;
            jumps.push(self.push(Inst::Match)?);
            self.insts[split] = Inst::Split(split + 1, self.insts.len());
        }
        let end = self.insts.len();
        for at in jumps {
            self.insts[at] = Inst::Jump(end);
        }
        Ok(())
    }

    fn repeat(&mut self, node: &Node, min: u32, max: Option<u32>, lazy: bool) -> Result<(), String> {
        let split = |a, b| if lazy { Inst::Split(b, a) } else { Inst::Split(a, b) };
        for _ in 0..min {
            self.node(node)?;
        }
        let Some(max) = max else {
            let at = self.push(Inst::Match)?;
            let mark = self.marks;
            self.marks += 1;
            self.push(Inst::Mark(mark))?;
            self.node(node)?;
            self.push(Inst::Moved(mark))?;
            let end = self.push(Inst::Jump(at))? + 1;
            self.insts[at] = split(at + 1, end);
            return Ok(());
        };
        let mut splits = Vec::new();
        for _ in min..max {
            splits.push(self.push(Inst::Match)?);
            self.node(node)?;
        }
        let end = self.insts.len();
        for at in splits {
            self.insts[at] = split(at + 1, end);
        }
        Ok(())
    }

    /// Whether a character is in a set.
    pub fn in_set(&self, set: usize, c: char) -> bool {
        let Some((ranges, not)) = self.sets.get(set) else { return false };
        let within = |c: char| ranges.iter().any(|(a, b)| *a <= c && c <= *b);
        let hit = within(c) || (self.fold && (within(lower(c)) || within(upper(c))));
        hit != *not
    }

    /// Whether a condition holds at byte `at`.
    pub fn holds(&self, place: Place, text: &str, at: usize) -> bool {
        let bytes = text.as_bytes();
        let word = |i: Option<usize>| {
            i.and_then(|i| bytes.get(i)).is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_')
        };
        let (before, after) = (word(at.checked_sub(1)), word(Some(at)));
        match place {
            Place::TextStart => at == 0,
            Place::TextEnd => at == bytes.len(),
            Place::LineStart => at == 0 || (self.multiline && bytes[at - 1] == b'\n'),
            Place::LineEnd => at == bytes.len() || (self.multiline && bytes[at] == b'\n'),
            Place::WordStart => !before && after,
            Place::WordEnd => before && !after,
            Place::WordEdge => before != after,
            Place::NoWordEdge => before == after,
        }
    }

    /// Collects the bytes a match can begin with; false when it can be empty or depends on more.
    fn first_bytes(&self, set: &mut [bool; 256]) -> bool {
        let mut seen = vec![false; self.insts.len()];
        let mut todo = vec![0];
        while let Some(pc) = todo.pop() {
            if std::mem::replace(&mut seen[pc], true) {
                continue;
            }
            match &self.insts[pc] {
                Inst::Char(c) => {
                    set[c.to_string().as_bytes()[0] as usize] = true;
                    if self.fold {
                        set[upper(*c).to_string().as_bytes()[0] as usize] = true;
                    }
                    if self.fold && !c.is_ascii() {
                        return false;
                    }
                }
                Inst::Any => set.fill(true),
                Inst::Set(s) => {
                    for b in 0..=127u8 {
                        set[b as usize] |= self.in_set(*s, b as char);
                    }
                    set[128..].fill(true);
                }
                Inst::Split(a, b) => todo.extend([*a, *b]),
                Inst::Jump(a) => todo.push(*a),
                Inst::Save(_) | Inst::Mark(_) | Inst::At(_) => todo.push(pc + 1),
                Inst::Moved(_) | Inst::Back(_) | Inst::Look { .. } | Inst::Match => return false,
            }
        }
        true
    }
}

/// The lower-case form, where it is one character.
pub fn lower(c: char) -> char {
    if c.is_ascii() { c.to_ascii_lowercase() } else { c.to_lowercase().next().unwrap_or(c) }
}

fn upper(c: char) -> char {
    if c.is_ascii() { c.to_ascii_uppercase() } else { c.to_uppercase().next().unwrap_or(c) }
}
