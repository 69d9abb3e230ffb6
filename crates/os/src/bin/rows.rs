//! Rows of bytes out of a window of the input: what `od`, `xxd` and `hexdump` share.

/// Cuts what comes after `skip` bytes, at most `left` of it, into rows.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    skip: u64,
    left: u64,
    width: usize,
    buf: Vec<u8>,
    /// The address of the next row. It wraps, as the programs' own do.
    pub at: u64,
    last: Vec<u8>,
    folded: bool,
}

/// How a row is shown by a program that folds equal ones.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fold {
    Show,
    /// The first that is like the one before: a line with a star.
    Star,
    Hide,
}

impl Rows {
    /// Rows of `width` bytes; addresses begin with what is skipped.
    pub fn new(width: usize, skip: Option<u64>, length: Option<u64>) -> Rows {
        let skip = skip.unwrap_or(0);
        Rows { skip, left: length.unwrap_or(u64::MAX), width, at: skip, ..Rows::default() }
    }

    /// Takes a piece of the input; gives the rows that are full.
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<Vec<u8>> {
        let skipped = self.skip.min(bytes.len() as u64);
        self.skip -= skipped;
        let bytes = &bytes[skipped as usize..];
        let taken = (bytes.len() as u64).min(self.left);
        self.left -= taken;
        self.buf.extend_from_slice(&bytes[..taken as usize]);
        let full = self.buf.len() / self.width * self.width;
        let rows = self.buf[..full].chunks(self.width).map(<[u8]>::to_vec).collect();
        self.buf.drain(..full);
        rows
    }

    /// Whether the window is closed: nothing more is wanted.
    pub fn full(&self) -> bool {
        self.left == 0
    }

    /// The last row, which is shorter, if there is one.
    pub fn rest(&mut self) -> Option<Vec<u8>> {
        let row = std::mem::take(&mut self.buf);
        (!row.is_empty()).then_some(row)
    }

    /// Goes past a row; gives its address.
    pub fn pass(&mut self, row: &[u8]) -> u64 {
        let at = self.at;
        self.at = at.wrapping_add(row.len() as u64);
        at
    }

    /// Whether the row is shown, where equal ones are folded.
    pub fn fold(&mut self, row: &[u8]) -> Fold {
        if row == self.last {
            return if std::mem::replace(&mut self.folded, true) { Fold::Hide } else { Fold::Star };
        }
        self.folded = false;
        self.last = row.to_vec();
        Fold::Show
    }
}

/// The text column: what is not printable is a dot.
pub fn printable(row: &[u8]) -> String {
    row.iter().map(|b| if (32..127).contains(b) { char::from(*b) } else { '.' }).collect()
}
