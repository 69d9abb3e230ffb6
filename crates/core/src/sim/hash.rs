//! The history hash: a running 64-bit FNV-1a over what happened, equal natively and in wasm.

/// FNV-1a, 64 bits. Lengths are written as `u64`, so that 32-bit and 64-bit builds agree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hasher64(u64);

impl Default for Hasher64 {
    fn default() -> Self {
        Hasher64::new()
    }
}

impl Hasher64 {
    /// FNV's offset basis: the hash of nothing.
    pub fn new() -> Hasher64 {
        Hasher64(0xcbf2_9ce4_8422_2325)
    }

    /// Adds bytes.
    pub fn bytes(&mut self, bytes: &[u8]) {
        for b in bytes {
            self.0 = (self.0 ^ u64::from(*b)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    /// Adds a number, little-endian on every machine.
    pub fn u64(&mut self, n: u64) {
        self.bytes(&n.to_le_bytes());
    }

    /// Length-prefixed, so that ("ab", "c") and ("a", "bc") differ.
    pub fn str(&mut self, s: &str) {
        self.u64(s.len() as u64);
        self.bytes(s.as_bytes());
    }

    /// The hash of all that was added so far; more may follow.
    pub fn finish(&self) -> u64 {
        self.0
    }
}

/// State that takes part in the world's hash.
pub trait Hashed {
    /// Adds all that determines what happens next.
    fn hash_into(&self, h: &mut Hasher64);
}
