//! What the README's commands do.
fn main() {}
