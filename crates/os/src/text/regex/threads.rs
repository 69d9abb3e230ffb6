//! Runs a regular pattern with all its threads at once: each character is looked at once per instruction.

use super::{
    Span,
    compile::{Code, Inst, lower},
};

const NONE: usize = usize::MAX;

/// Threads at one position, in order of preference, with their group positions.
#[derive(Default)]
struct List {
    pcs: Vec<usize>,
    slots: Vec<usize>,
    /// Generation in which an instruction was added last.
    seen: Vec<u32>,
    generation: u32,
}

impl List {
    fn clear(&mut self) {
        self.pcs.clear();
        self.slots.clear();
        self.generation += 1;
    }
}

enum Todo {
    Go(usize),
    Restore(usize, usize),
}

struct Search<'a> {
    code: &'a Code,
    text: &'a str,
    width: usize,
    todo: Vec<Todo>,
}

/// The groups of the leftmost match at or after `from`, of those the longest. Without `groups` only group 0 is right.
pub fn search(code: &Code, text: &str, from: usize, groups: bool) -> Option<Vec<Option<Span>>> {
    let width = if groups { 2 * (code.groups + 1) } else { 2 };
    let n = code.insts.len();
    let list = || List { seen: vec![0; n], generation: 1, ..List::default() };
    let (mut now, mut next) = (list(), list());
    let mut search = Search { code, text, width, todo: Vec::new() };
    let mut best: Option<Vec<usize>> = None;
    let mut slots = vec![NONE; width];
    let bytes = text.as_bytes();
    let mut at = from;
    loop {
        let may_begin = best.is_none() && !(code.anchored && !code.multiline && at > 0);
        if may_begin {
            if now.pcs.is_empty()
                && let Some(first) = &code.first
            {
                match bytes[at..].iter().position(|b| first[*b as usize]) {
                    Some(skip) => at += skip,
                    None => return None,
                }
            }
            slots.fill(NONE);
            search.add(&mut now, 0, at, &mut slots);
        }
        if now.pcs.is_empty() && !may_begin {
            break;
        }
        let c = text[at..].chars().next();
        let after = at + c.map_or(0, char::len_utf8);
        next.clear();
        for i in 0..now.pcs.len() {
            let pc = now.pcs[i];
            let mine = &now.slots[i * width..(i + 1) * width];
            // Threads that began behind the best match are lost.
            if best.as_ref().is_some_and(|b| mine[0] > b[0]) {
                continue;
            }
            let hit = match (&code.insts[pc], c) {
                (Inst::Match, _) => {
                    let better = best.as_ref().is_none_or(|b| mine[0] < b[0] || mine[1] > b[1]);
                    if better {
                        best = Some(mine.to_vec());
                    }
                    continue;
                }
                (Inst::Char(want), Some(c)) => *want == if code.fold { lower(c) } else { c },
                (Inst::Any, Some(_)) => true,
                (Inst::Set(set), Some(c)) => code.in_set(*set, c),
                _ => false,
            };
            if hit {
                slots.copy_from_slice(mine);
                search.add(&mut next, pc + 1, after, &mut slots);
            }
        }
        std::mem::swap(&mut now, &mut next);
        if c.is_none() {
            break;
        }
        at = after;
    }
    let best = best?;
    Some(best.chunks(2).map(|s| (s[0] != NONE && s[1] != NONE).then_some((s[0], s[1]))).collect())
}

impl Search<'_> {
    /// Adds a thread and all that it reaches without a character.
    fn add(&mut self, list: &mut List, pc: usize, at: usize, slots: &mut [usize]) {
        self.todo.clear();
        self.todo.push(Todo::Go(pc));
        while let Some(todo) = self.todo.pop() {
            let pc = match todo {
                Todo::Go(pc) => pc,
                Todo::Restore(slot, old) => {
                    slots[slot] = old;
                    continue;
                }
            };
            if list.seen[pc] == list.generation {
                continue;
            }
            list.seen[pc] = list.generation;
            match self.code.insts[pc] {
                Inst::Jump(to) => self.todo.push(Todo::Go(to)),
                Inst::Split(a, b) => {
                    self.todo.push(Todo::Go(b));
                    self.todo.push(Todo::Go(a));
                }
                Inst::Save(slot) => {
                    if slot < self.width {
                        self.todo.push(Todo::Restore(slot, slots[slot]));
                        slots[slot] = at;
                    }
                    self.todo.push(Todo::Go(pc + 1));
                }
                Inst::Mark(_) | Inst::Moved(_) => self.todo.push(Todo::Go(pc + 1)),
                Inst::At(place) => {
                    if self.code.holds(place, self.text, at) {
                        self.todo.push(Todo::Go(pc + 1));
                    }
                }
                _ => {
                    list.pcs.push(pc);
                    list.slots.extend_from_slice(&slots[..self.width]);
                }
            }
        }
    }
}
