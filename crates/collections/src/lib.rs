//! Ordered maps, ordered sets and sorting whose machine code is small.
//!
//! Generic code exists once per type it is used with. The standard library's B-trees and sorts are fast and large: some
//! 6 KB of wasm for a map that is filled and emptied, 5 KB for a sort. The project has a hundred such maps and sorts, most
//! of them over a handful of entries; these here cost a tenth, and small maps take less memory, too. What may hold tens of
//! thousands of entries in no particular order stays a `BTreeMap`.

#![warn(missing_docs)]

mod map;
mod set;
mod sort;

pub use map::{Entry, Iter, OrdMap};
pub use set::OrdSet;
pub use sort::StableSort;
