//! Each file says what it is for before it says anything else.

use super::{Finding, Tree};

/// Rust files whose first line is not `//!`.
pub fn find(tree: &Tree) -> Vec<Finding> {
    tree.rust("")
        .filter(|it| !it.is_generated() && !it.text.starts_with("//!"))
        .map(|it| Finding::new(&it.path, 1, "starts without a //! paragraph"))
        .collect()
}
