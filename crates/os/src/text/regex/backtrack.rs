//! Runs a pattern that is not regular, trying one way after the other, within a bound of steps.

use super::{
    Span, TooHard,
    compile::{Code, Inst, lower},
};

/// Steps one search may take.
const MAX_STEPS: u64 = 2_000_000;
const NONE: usize = usize::MAX;

enum Todo {
    /// Another way: instruction and position.
    Try(usize, usize),
    Slot(usize, usize),
    Mark(usize, usize),
}

struct Run<'a> {
    code: &'a Code,
    text: &'a str,
    slots: Vec<usize>,
    marks: Vec<usize>,
    steps: u64,
}

/// The groups of the first match at or after `from`.
pub fn search(code: &Code, text: &str, from: usize) -> Result<Option<Vec<Option<Span>>>, TooHard> {
    let mut run =
        Run { code, text, slots: vec![NONE; 2 * (code.groups + 1)], marks: vec![NONE; code.marks], steps: 0 };
    let mut at = from;
    loop {
        run.slots.fill(NONE);
        if run.go(0, at, None)?.is_some() {
            let spans = run.slots.chunks(2).map(|s| (s[0] != NONE && s[1] != NONE).then_some((s[0], s[1])));
            return Ok(Some(spans.collect()));
        }
        match text[at..].chars().next() {
            Some(c) => at += c.len_utf8(),
            None => return Ok(None),
        }
    }
}

impl Run<'_> {
    /// Where a match from `at` ends; with `end`, only one that ends there counts.
    fn go(&mut self, pc: usize, at: usize, end: Option<usize>) -> Result<Option<usize>, TooHard> {
        let mut todo = vec![Todo::Try(pc, at)];
        while let Some(next) = todo.pop() {
            let (mut pc, mut at) = match next {
                Todo::Try(pc, at) => (pc, at),
                Todo::Slot(slot, old) => {
                    self.slots[slot] = old;
                    continue;
                }
                Todo::Mark(mark, old) => {
                    self.marks[mark] = old;
                    continue;
                }
            };
            loop {
                self.steps += 1;
                if self.steps > MAX_STEPS {
                    return Err(TooHard);
                }
                let inst = &self.code.insts[pc];
                pc += 1;
                let hit = match inst {
                    Inst::Match if end.is_none_or(|e| e == at) => return Ok(Some(at)),
                    Inst::Match => false,
                    Inst::Char(_) | Inst::Any | Inst::Set(_) => self.character(inst, &mut at),
                    Inst::At(place) => self.code.holds(*place, self.text, at),
                    Inst::Split(a, b) => {
                        todo.push(Todo::Try(*b, at));
                        pc = *a;
                        true
                    }
                    Inst::Jump(to) => {
                        pc = *to;
                        true
                    }
                    Inst::Save(slot) => {
                        todo.push(Todo::Slot(*slot, self.slots[*slot]));
                        self.slots[*slot] = at;
                        true
                    }
                    Inst::Mark(mark) => {
                        todo.push(Todo::Mark(*mark, self.marks[*mark]));
                        self.marks[*mark] = at;
                        true
                    }
                    Inst::Moved(mark) => self.marks[*mark] != at,
                    Inst::Back(n) => self.again(*n, &mut at),
                    Inst::Look { behind, not, end } => {
                        let after = *end + 1;
                        let found = self.look(pc, at, *behind)?;
                        pc = after;
                        found != *not
                    }
                };
                if !hit {
                    break;
                }
            }
        }
        Ok(None)
    }

    /// Whether the character at `at` is meant; steps over it.
    fn character(&self, inst: &Inst, at: &mut usize) -> bool {
        let Some(c) = self.text[*at..].chars().next() else { return false };
        let hit = match inst {
            Inst::Char(want) => *want == if self.code.fold { lower(c) } else { c },
            Inst::Set(set) => self.code.in_set(*set, c),
            _ => true,
        };
        if hit {
            *at += c.len_utf8();
        }
        hit
    }

    /// What group `n` matched, once more.
    fn again(&self, n: usize, at: &mut usize) -> bool {
        let (a, b) = (self.slots[2 * n], self.slots[2 * n + 1]);
        if a == NONE || b == NONE {
            return false;
        }
        let (want, rest) = (&self.text[a..b], &self.text[*at..]);
        let hit = if self.code.fold {
            rest.get(..want.len()).is_some_and(|r| r.chars().map(lower).eq(want.chars().map(lower)))
        } else {
            rest.starts_with(want)
        };
        if hit {
            *at += want.len();
        }
        hit
    }

    fn look(&mut self, pc: usize, at: usize, behind: bool) -> Result<bool, TooHard> {
        if !behind {
            return Ok(self.go(pc, at, None)?.is_some());
        }
        let starts: Vec<usize> = (0..=at).rev().filter(|i| self.text.is_char_boundary(*i)).collect();
        for start in starts {
            if self.go(pc, start, Some(at))?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
