//! A value that its clones share until one of them is written: large parts of objects that most writes leave alone.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::rc::Rc;

/// Reads as a `T`, and writes as one; a write copies the value first if another clone has it too.
#[derive(Clone, Default)]
pub struct Shared<T>(Rc<T>);

impl<T> Shared<T> {
    /// True if both are clones of one value, and neither has been written since.
    pub fn ptr_eq(&self, other: &Shared<T>) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl<T> From<T> for Shared<T> {
    fn from(value: T) -> Shared<T> {
        Shared(Rc::new(value))
    }
}

impl<T> Deref for Shared<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Clone> DerefMut for Shared<T> {
    fn deref_mut(&mut self) -> &mut T {
        Rc::make_mut(&mut self.0)
    }
}

impl<T: PartialEq> PartialEq for Shared<T> {
    fn eq(&self, other: &Shared<T>) -> bool {
        self.ptr_eq(other) || self.0 == other.0
    }
}

impl<T: fmt::Debug> fmt::Debug for Shared<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_does_not_reach_the_other_clones() {
        let first = Shared::from(vec![1]);
        let mut second = first.clone();
        assert!(first.ptr_eq(&second));
        second.push(2);
        assert_eq!((first.len(), second.len()), (1, 2));
        assert!(first != second);
    }
}
