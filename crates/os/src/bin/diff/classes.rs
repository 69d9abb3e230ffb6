//! Lines as numbers: two lines that count as equal get the same one, so that comparing them again costs nothing.

use crate::bin::tool::Cx;

/// A file and where its lines end.
#[derive(Clone, Debug)]
pub struct Text {
    bytes: Vec<u8>,
    ends: Vec<u32>,
}

impl Text {
    /// Finds the lines.
    pub fn new(bytes: Vec<u8>) -> Text {
        let newline = |(i, b): (usize, &u8)| (*b == b'\n').then_some(i as u32 + 1);
        let mut ends: Vec<u32> = bytes.iter().enumerate().filter_map(newline).collect();
        if bytes.last().is_some_and(|b| *b != b'\n') {
            ends.push(bytes.len() as u32);
        }
        Text { bytes, ends }
    }

    /// How many lines there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Line `i` with its end, since a missing last newline is a difference.
    pub fn line(&self, i: usize) -> &[u8] {
        let start = i.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        &self.bytes[start..self.ends[i] as usize]
    }
}

/// Which lines are alike, found line by line.
#[derive(Clone, Debug, Default)]
pub struct Classes {
    /// The class of each line of both files.
    pub of: [Vec<u32>; 2],
    /// Open hashing: the class in each place, and 0 in an empty one.
    table: Vec<u32>,
    /// The first line of each class (its file, its number), and its hash.
    first: Vec<(bool, u32, u64)>,
}

/// FNV-1a.
fn hash(bytes: &[u8]) -> u64 {
    let mix = |hash: u64, b: &u8| (hash ^ u64::from(*b)).wrapping_mul(0x100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, mix)
}

impl Classes {
    /// Goes on until it must pause; whether all lines have their class. `key` gives a line as far as it counts, where
    /// that is not the line itself.
    pub fn step(
        &mut self,
        cx: &mut Cx<'_, '_>,
        texts: [&Text; 2],
        key: impl Fn(&[u8]) -> Option<Vec<u8>>,
    ) -> bool {
        if self.table.is_empty() {
            let room = (texts[0].len() + texts[1].len()) * 2;
            self.table = vec![0; room.next_power_of_two().max(16)];
        }
        for side in [0, 1] {
            while self.of[side].len() < texts[side].len() {
                let at = self.of[side].len();
                let line = texts[side].line(at);
                cx.sys.spend(1 + line.len() as u64 / 256);
                let class = match key(line) {
                    None => self.class(line, (side == 1, at as u32), |(other, i)| {
                        texts[usize::from(other)].line(i as usize) == line
                    }),
                    Some(mine) => self.class(&mine, (side == 1, at as u32), |(other, i)| {
                        key(texts[usize::from(other)].line(i as usize)).is_some_and(|it| it == mine)
                    }),
                };
                self.of[side].push(class);
                if cx.must_pause() {
                    return false;
                }
            }
        }
        true
    }

    /// The class of a line, a new one if there is none like it.
    fn class(&mut self, line: &[u8], place: (bool, u32), like: impl Fn((bool, u32)) -> bool) -> u32 {
        let hash = hash(line);
        let mask = self.table.len() - 1;
        let mut at = (hash ^ (hash >> 32)) as usize & mask;
        loop {
            match self.table[at] {
                0 => {
                    self.first.push((place.0, place.1, hash));
                    self.table[at] = self.first.len() as u32;
                    return self.table[at];
                }
                class => {
                    let (other, i, known) = self.first[class as usize - 1];
                    if known == hash && like((other, i)) {
                        return class;
                    }
                }
            }
            at = (at + 1) & mask;
        }
    }
}
