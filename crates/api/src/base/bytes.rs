//! Shared bytes: the values of secrets and of binary data. Base64 on the wire.

use std::fmt;
use std::ops::Deref;
use std::rc::Rc;

use super::base64;

/// Immutable shared bytes. Empty bytes allocate nothing.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bytes(Option<Rc<[u8]>>);

impl Bytes {
    /// A copy of the bytes; further clones share it.
    pub fn new(bytes: &[u8]) -> Bytes {
        if bytes.is_empty() { Bytes(None) } else { Bytes(Some(Rc::from(bytes))) }
    }
    /// All of them.
    pub fn as_slice(&self) -> &[u8] {
        self.0.as_deref().unwrap_or(&[])
    }
    /// Standard alphabet, padded, as in Secrets.
    pub fn to_base64(&self) -> String {
        base64::encode(self.as_slice())
    }
    /// Reads base64; the error is the position of the first offending character.
    pub fn from_base64(text: &str) -> Result<Bytes, usize> {
        base64::decode(text).map(|bytes| Bytes::new(&bytes))
    }
}

impl Deref for Bytes {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        self.as_slice()
    }
}
impl From<&[u8]> for Bytes {
    fn from(bytes: &[u8]) -> Bytes {
        Bytes::new(bytes)
    }
}
impl From<Vec<u8>> for Bytes {
    fn from(bytes: Vec<u8>) -> Bytes {
        Bytes::new(&bytes)
    }
}
impl From<&str> for Bytes {
    fn from(text: &str) -> Bytes {
        Bytes::new(text.as_bytes())
    }
}
impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.len())
    }
}
