//! Native companion.
fn main() {}
