//! Strings that are cheap to clone. Objects share most of their strings (image names, labels, node names), so a
//! clone must not copy bytes; and most string fields of an object are empty, so emptiness must not allocate.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::rc::Rc;

/// An immutable shared string. The empty string allocates nothing.
#[derive(Clone, Default)]
pub struct Str(Option<Rc<str>>);

impl Str {
    /// The empty string, usable in constants.
    pub const EMPTY: Str = Str(None);

    /// Returns a string with these characters.
    pub fn new(text: &str) -> Str {
        if text.is_empty() { Str(None) } else { Str(Some(Rc::from(text))) }
    }

    /// Returns the characters.
    pub fn as_str(&self) -> &str {
        self.0.as_deref().unwrap_or("")
    }

    /// Returns `self` unless it is empty, then `other`.
    pub fn or<'a>(&'a self, other: &'a str) -> &'a str {
        if self.is_empty() { other } else { self.as_str() }
    }
}

impl Deref for Str {
    type Target = str;
    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl PartialEq for Str {
    fn eq(&self, other: &Str) -> bool {
        match (&self.0, &other.0) {
            (Some(a), Some(b)) => Rc::ptr_eq(a, b) || a == b,
            (None, None) => true,
            _ => false,
        }
    }
}
impl Eq for Str {}
impl PartialEq<str> for Str {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}
impl PartialEq<&str> for Str {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}
impl PartialEq<String> for Str {
    fn eq(&self, other: &String) -> bool {
        self.as_str() == other
    }
}
impl PartialEq<Str> for str {
    fn eq(&self, other: &Str) -> bool {
        self == other.as_str()
    }
}
impl PartialEq<Str> for &str {
    fn eq(&self, other: &Str) -> bool {
        *self == other.as_str()
    }
}
impl PartialOrd for Str {
    fn partial_cmp(&self, other: &Str) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Str {
    fn cmp(&self, other: &Str) -> Ordering {
        match (&self.0, &other.0) {
            // Namespaces, uids and the like are mostly clones of one another.
            (Some(a), Some(b)) if Rc::ptr_eq(a, b) => Ordering::Equal,
            _ => self.as_str().cmp(other.as_str()),
        }
    }
}
impl Hash for Str {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}
impl Borrow<str> for Str {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}
impl AsRef<str> for Str {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}
impl fmt::Display for Str {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
impl fmt::Debug for Str {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}
impl From<&str> for Str {
    fn from(text: &str) -> Str {
        Str::new(text)
    }
}
impl From<String> for Str {
    fn from(text: String) -> Str {
        Str::new(&text)
    }
}
impl From<&String> for Str {
    fn from(text: &String) -> Str {
        Str::new(text)
    }
}
impl From<&Str> for Str {
    fn from(text: &Str) -> Str {
        text.clone()
    }
}
impl From<Str> for String {
    fn from(text: Str) -> String {
        text.as_str().to_owned()
    }
}
impl From<Rc<str>> for Str {
    fn from(text: Rc<str>) -> Str {
        if text.is_empty() { Str(None) } else { Str(Some(text)) }
    }
}
impl From<&Str> for crate::Json {
    fn from(text: &Str) -> crate::Json {
        crate::Json::String(text.as_str().to_owned())
    }
}
impl From<Str> for crate::Json {
    fn from(text: Str) -> crate::Json {
        crate::Json::String(text.as_str().to_owned())
    }
}
impl FromIterator<char> for Str {
    fn from_iter<I: IntoIterator<Item = char>>(chars: I) -> Str {
        Str::from(chars.into_iter().collect::<String>())
    }
}

/// A string that is usually known when the program is compiled (the name of a kind), but need not be (the name of a
/// custom kind). Usable in constants.
#[derive(Clone)]
pub enum Name {
    /// Part of the program.
    Static(&'static str),
    /// Learned at run time.
    Shared(Str),
}

impl Name {
    /// Returns the characters.
    pub fn as_str(&self) -> &str {
        match self {
            Name::Static(text) => text,
            Name::Shared(text) => text.as_str(),
        }
    }
}

impl Default for Name {
    fn default() -> Name {
        Name::Static("")
    }
}
impl Deref for Name {
    type Target = str;
    fn deref(&self) -> &str {
        self.as_str()
    }
}
impl PartialEq for Name {
    fn eq(&self, other: &Name) -> bool {
        self.as_str() == other.as_str()
    }
}
impl Eq for Name {}
impl PartialEq<str> for Name {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}
impl PartialEq<&str> for Name {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}
impl PartialEq<Str> for Name {
    fn eq(&self, other: &Str) -> bool {
        self.as_str() == other.as_str()
    }
}
impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Name) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Name {
    fn cmp(&self, other: &Name) -> Ordering {
        self.as_str().cmp(other.as_str())
    }
}
impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}
impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}
impl From<&str> for Name {
    fn from(text: &str) -> Name {
        Name::Shared(Str::new(text))
    }
}
impl From<String> for Name {
    fn from(text: String) -> Name {
        Name::Shared(Str::from(text))
    }
}
impl From<Str> for Name {
    fn from(text: Str) -> Name {
        Name::Shared(text)
    }
}
impl From<&Str> for Name {
    fn from(text: &Str) -> Name {
        Name::Shared(text.clone())
    }
}
impl From<Name> for Str {
    fn from(text: Name) -> Str {
        match text {
            Name::Static(text) => Str::new(text),
            Name::Shared(text) => text,
        }
    }
}
impl From<&Name> for Str {
    fn from(text: &Name) -> Str {
        Str::from(text.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use collections::OrdMap;

    #[test]
    fn empty_strings_are_equal_and_allocate_nothing() {
        assert_eq!(Str::from(String::new()), Str::EMPTY);
        assert!(Str::default().0.is_none());
        assert_eq!(Str::default(), "");
    }

    #[test]
    fn maps_are_searched_with_plain_text() {
        let map = OrdMap::from([(Str::from("app"), 1)]);
        assert_eq!(map.get("app"), Some(&1));
    }
}
