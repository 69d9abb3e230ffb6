//! The shortest edit script between two lists of lines (E. W. Myers, "An O(ND) Difference Algorithm", 1986).

use std::ops::Range;

use crate::bin::tool::Cx;

/// Lines of the old file that became lines of the new one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hunk {
    /// Numbers of lines of the old file, from 0.
    pub old: Range<usize>,
    /// Numbers of lines of the new file.
    pub new: Range<usize>,
}

/// Beyond so many steps a middle is not the best one but the farthest that was reached.
const ENOUGH: usize = 4096;

/// The search for the shortest script between lines of known classes.
#[derive(Clone, Debug)]
pub struct Script {
    lines: [Vec<u32>; 2],
    /// Which lines are removed, and which added.
    changed: [Vec<bool>; 2],
    /// The lines that occur in both files (only they can stay), by number and by class.
    kept: [Vec<u32>; 2],
    keys: [Vec<u32>; 2],
    /// How far each diagonal was followed from the start, and from the end.
    forward: Vec<i32>,
    backward: Vec<i32>,
    /// What is still to be divided, and the search for the middle of a part.
    todo: Vec<(Range<usize>, Range<usize>)>,
    middle: Option<Middle>,
}

/// The search for a point on a shortest path between two corners, from both at once.
#[derive(Clone, Debug)]
struct Middle {
    old: Range<usize>,
    new: Range<usize>,
    /// The diagonals that were reached.
    forward: (isize, isize),
    backward: (isize, isize),
    steps: usize,
}

impl Script {
    /// Begins with the classes of the old lines and of the new ones.
    pub fn new(old: Vec<u32>, new: Vec<u32>) -> Script {
        let most = old.iter().chain(&new).copied().max().unwrap_or(0) as usize + 1;
        let mut seen = [vec![false; most], vec![false; most]];
        for (seen, lines) in seen.iter_mut().zip([&old, &new]) {
            lines.iter().for_each(|class| seen[*class as usize] = true);
        }
        let common = |class: u32| seen[0][class as usize] && seen[1][class as usize];
        let lines = [old, new];
        let changed = [0, 1].map(|i| lines[i].iter().map(|class| !common(*class)).collect());
        let kept: [Vec<u32>; 2] =
            [0, 1].map(|i| (0..lines[i].len() as u32).filter(|n| common(lines[i][*n as usize])).collect());
        let keys: [Vec<u32>; 2] = [0, 1].map(|i| kept[i].iter().map(|n| lines[i][*n as usize]).collect());
        let diagonals = keys[0].len() + keys[1].len() + 3;
        let todo = vec![(0..keys[0].len(), 0..keys[1].len())];
        Script {
            lines,
            changed,
            kept,
            keys,
            forward: vec![0; diagonals],
            backward: vec![0; diagonals],
            todo,
            middle: None,
        }
    }

    /// Goes on until it must pause; the hunks in order when they are found.
    pub fn step(&mut self, cx: &mut Cx<'_, '_>) -> Option<Vec<Hunk>> {
        while !cx.must_pause() {
            if let Some(mut middle) = self.middle.take() {
                let width = middle.forward.1 - middle.forward.0 + middle.backward.1 - middle.backward.0;
                cx.sys.spend(1 + width as u64 / 64);
                match self.widen(&mut middle) {
                    None => self.middle = Some(middle),
                    Some((x, y)) => {
                        let Middle { old, new, .. } = middle;
                        self.todo.push((x..old.end, y..new.end));
                        self.todo.push((old.start..x, new.start..y));
                    }
                }
                continue;
            }
            let Some((old, new)) = self.todo.pop() else {
                let Script { lines, changed, .. } = self;
                shift(&lines[0], &mut changed[0]);
                shift(&lines[1], &mut changed[1]);
                return Some(gather(&changed[0], &changed[1]));
            };
            cx.sys.spend(1 + (old.len() + new.len()) as u64 / 256);
            self.divide(old, new);
        }
        None
    }

    /// Takes what is alike at both ends off a part; what is left is either changed or to be divided.
    fn divide(&mut self, mut old: Range<usize>, mut new: Range<usize>) {
        let [a, b] = &self.keys;
        while !old.is_empty() && !new.is_empty() && a[old.start] == b[new.start] {
            old.start += 1;
            new.start += 1;
        }
        while !old.is_empty() && !new.is_empty() && a[old.end - 1] == b[new.end - 1] {
            old.end -= 1;
            new.end -= 1;
        }
        if old.is_empty() || new.is_empty() {
            for (side, range) in [(0, old), (1, new)] {
                for i in range {
                    self.changed[side][self.kept[side][i] as usize] = true;
                }
            }
            return;
        }
        let start = old.start as isize - new.start as isize;
        let end = old.end as isize - new.end as isize;
        let (x_low, x_high) = (old.start as i32, old.end as i32);
        let at = |d: isize| (d + b.len() as isize + 1) as usize;
        self.forward[at(start)] = x_low;
        self.backward[at(end)] = x_high;
        self.middle = Some(Middle { old, new, forward: (start, start), backward: (end, end), steps: 0 });
    }

    /// One more edit from each corner; a point where the paths meet.
    fn widen(&mut self, m: &mut Middle) -> Option<(usize, usize)> {
        let Script { keys: [a, b], forward, backward, .. } = self;
        let (x_low, x_high) = (m.old.start as isize, m.old.end as isize);
        let (y_low, y_high) = (m.new.start as isize, m.new.end as isize);
        // Diagonal d holds the points where x - y = d.
        let shift = b.len() as isize + 1;
        let at = |d: isize| (d + shift) as usize;
        let (least, most) = (x_low - y_high, x_high - y_low);
        let odd = ((x_low - y_low) - (x_high - y_high)) % 2 != 0;
        widen(&mut m.forward, least, most, |d| forward[at(d)] = -1);
        for d in (m.forward.0..=m.forward.1).rev().step_by(2) {
            let (below, above) = (forward[at(d - 1)] as isize, forward[at(d + 1)] as isize);
            let mut x = if below < above { above } else { below + 1 };
            while x < x_high && x - d < y_high && a[x as usize] == b[(x - d) as usize] {
                x += 1;
            }
            forward[at(d)] = x as i32;
            if odd && (m.backward.0..=m.backward.1).contains(&d) && backward[at(d)] as isize <= x {
                return Some((x as usize, (x - d) as usize));
            }
        }
        widen(&mut m.backward, least, most, |d| backward[at(d)] = i32::MAX / 2);
        for d in (m.backward.0..=m.backward.1).rev().step_by(2) {
            let (below, above) = (backward[at(d - 1)] as isize, backward[at(d + 1)] as isize);
            let mut x = if below < above { below } else { above - 1 };
            while x > x_low && x - d > y_low && a[x as usize - 1] == b[(x - d) as usize - 1] {
                x -= 1;
            }
            backward[at(d)] = x as i32;
            if !odd && (m.forward.0..=m.forward.1).contains(&d) && x <= forward[at(d)] as isize {
                return Some((x as usize, (x - d) as usize));
            }
        }
        m.steps += 1;
        if m.steps < ENOUGH {
            return None;
        }
        // The point of either search that has come farthest from its corner.
        let ahead = (m.forward.0..=m.forward.1)
            .rev()
            .step_by(2)
            .map(|d| (d, (forward[at(d)] as isize).min(x_high).min(y_high + d)))
            .max_by_key(|(d, x)| 2 * x - d);
        let behind = (m.backward.0..=m.backward.1)
            .rev()
            .step_by(2)
            .map(|d| (d, (backward[at(d)] as isize).max(x_low).max(y_low + d)))
            .min_by_key(|(d, x)| 2 * x - d);
        let ((fd, fx), (bd, bx)) = (ahead?, behind?);
        let (d, x) = if (x_high + y_high) - (2 * bx - bd) < (2 * fx - fd) - (x_low + y_low) {
            (fd, fx)
        } else {
            (bd, bx)
        };
        Some((x as usize, (x - d) as usize))
    }
}

/// One more diagonal at each side, as far as there are any; `clear` marks those beyond as not reached.
fn widen((low, high): &mut (isize, isize), least: isize, most: isize, mut clear: impl FnMut(isize)) {
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
