//! The shortest edit script between two lists of lines (E. W. Myers, "An O(ND) Difference Algorithm", 1986).

use std::ops::Range;

/// Lines of the old file that became lines of the new one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hunk {
    pub old: Range<usize>,
    pub new: Range<usize>,
}

/// Differences beyond this are shown as one: comparing further would take too long.
const MAX_EDITS: usize = 3000;

/// The hunks in order.
pub fn hunks<T: PartialEq>(a: &[T], b: &[T]) -> Vec<Hunk> {
    let head = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let tail = a[head..].iter().rev().zip(b[head..].iter().rev()).take_while(|(x, y)| x == y).count();
    let (x, y) = (&a[head..a.len() - tail], &b[head..b.len() - tail]);
    let Some((removed, added)) = edits(x, y) else {
        return vec![Hunk { old: head..a.len() - tail, new: head..b.len() - tail }];
    };
    let mut old = vec![false; a.len()];
    let mut new = vec![false; b.len()];
    old[head..head + x.len()].copy_from_slice(&removed);
    new[head..head + y.len()].copy_from_slice(&added);
    shift(a, &mut old);
    shift(b, &mut new);
    gather(&old, &new)
}

/// Which lines are removed, and which added; None when there are too many.
fn edits<T: PartialEq>(a: &[T], b: &[T]) -> Option<(Vec<bool>, Vec<bool>)> {
    let n = a.len() + b.len() + 3;
    let mut search = Search {
        a,
        b,
        forward: vec![0; n],
        backward: vec![0; n],
        removed: vec![false; a.len()],
        added: vec![false; b.len()],
    };
    let mut todo = vec![(0..a.len(), 0..b.len())];
    while let Some((old, new)) = todo.pop() {
        let (mut old, mut new) = (old, new);
        while !old.is_empty() && !new.is_empty() && a[old.start] == b[new.start] {
            old.start += 1;
            new.start += 1;
        }
        while !old.is_empty() && !new.is_empty() && a[old.end - 1] == b[new.end - 1] {
            old.end -= 1;
            new.end -= 1;
        }
        if old.is_empty() {
            search.added[new].fill(true);
        } else if new.is_empty() {
            search.removed[old].fill(true);
        } else {
            let (x, y) = search.middle(&old, &new)?;
            todo.push((x..old.end, y..new.end));
            todo.push((old.start..x, new.start..y));
        }
    }
    Some((search.removed, search.added))
}

struct Search<'a, T> {
    a: &'a [T],
    b: &'a [T],
    /// How far each diagonal was followed from the start, and from the end.
    forward: Vec<isize>,
    backward: Vec<isize>,
    removed: Vec<bool>,
    added: Vec<bool>,
}

impl<T: PartialEq> Search<'_, T> {
    /// A point on a shortest path between the corners, found from both at once.
    fn middle(&mut self, old: &Range<usize>, new: &Range<usize>) -> Option<(usize, usize)> {
        let (x_low, x_high) = (old.start as isize, old.end as isize);
        let (y_low, y_high) = (new.start as isize, new.end as isize);
        // Diagonal d holds the points where x - y = d.
        let shift = self.b.len() as isize + 1;
        let at = |d: isize| (d + shift) as usize;
        let (least, most) = (x_low - y_high, x_high - y_low);
        let (start, end) = (x_low - y_low, x_high - y_high);
        let (mut f_low, mut f_high, mut b_low, mut b_high) = (start, start, end, end);
        let odd = (start - end) % 2 != 0;
        self.forward[at(start)] = x_low;
        self.backward[at(end)] = x_high;
        for _ in 0..MAX_EDITS {
            widen(&mut f_low, &mut f_high, least, most, |d| self.forward[at(d)] = -1);
            for d in (f_low..=f_high).rev().step_by(2) {
                let (below, above) = (self.forward[at(d - 1)], self.forward[at(d + 1)]);
                let mut x = if below < above { above } else { below + 1 };
                while x < x_high && x - d < y_high && self.a[x as usize] == self.b[(x - d) as usize] {
                    x += 1;
                }
                self.forward[at(d)] = x;
                if odd && (b_low..=b_high).contains(&d) && self.backward[at(d)] <= x {
                    return Some((x as usize, (x - d) as usize));
                }
            }
            widen(&mut b_low, &mut b_high, least, most, |d| self.backward[at(d)] = isize::MAX / 2);
            for d in (b_low..=b_high).rev().step_by(2) {
                let (below, above) = (self.backward[at(d - 1)], self.backward[at(d + 1)]);
                let mut x = if below < above { below } else { above - 1 };
                while x > x_low && x - d > y_low && self.a[x as usize - 1] == self.b[(x - d) as usize - 1] {
                    x -= 1;
                }
                self.backward[at(d)] = x;
                if !odd && (f_low..=f_high).contains(&d) && x <= self.forward[at(d)] {
                    return Some((x as usize, (x - d) as usize));
                }
            }
        }
        None
    }
}

/// One more diagonal at each side, as far as there are any; `clear` marks those beyond as not reached.
fn widen(low: &mut isize, high: &mut isize, least: isize, most: isize, mut clear: impl FnMut(isize)) {
    if *low > least {
        *low -= 1;
        clear(*low - 1);
    } else {
        *low += 1;
    }
    if *high < most {
        *high += 1;
        clear(*high + 1);
    } else {
        *high -= 1;
    }
}

/// Moves each run of changed lines down as far as the text allows, as diff does: a repeated block is shown as added
/// behind its first occurrence.
fn shift<T: PartialEq>(lines: &[T], changed: &mut [bool]) {
    let mut i = 0;
    while i < lines.len() {
        if !changed[i] {
            i += 1;
            continue;
        }
        let mut start = i;
        let mut end = i;
        while end < lines.len() && changed[end] {
            end += 1;
        }
        while end < lines.len() && lines[start] == lines[end] {
            changed[start] = false;
            changed[end] = true;
            start += 1;
            end += 1;
            while end < lines.len() && changed[end] {
                end += 1;
            }
        }
        i = end;
    }
}

fn gather(old: &[bool], new: &[bool]) -> Vec<Hunk> {
    let mut found = Vec::new();
    let (mut i, mut j) = (0, 0);
    while i < old.len() || j < new.len() {
        let (from_i, from_j) = (i, j);
        while i < old.len() && old[i] {
            i += 1;
        }
        while j < new.len() && new[j] {
            j += 1;
        }
        if i > from_i || j > from_j {
            found.push(Hunk { old: from_i..i, new: from_j..j });
        } else {
            i += 1;
            j += 1;
        }
    }
    found
}
