//! `cargo xtask test [layer…]`: sets up what is missing, runs everything, ends with `N passed, N failed`.
//!
//! A layer that fails does not stop the others: one run shows all that is wrong. The order is from quick to slow.

mod count;
mod layers;

use std::time::Instant;

pub use count::Count;

use crate::{Result, sh};

/// One kind of test.
pub struct Layer {
    pub name: &'static str,
    pub about: &'static str,
    /// Runs it; an error is for what kept it from running, and counts as one failure.
    pub run: fn() -> Result<Count>,
}

/// `cargo xtask test`, or only the layers named.
pub fn run(args: &[String]) -> Result {
    if let Some(unknown) = args.iter().find(|name| !layers::LAYERS.iter().any(|it| it.name == **name)) {
        let known: Vec<&str> = layers::LAYERS.iter().map(|it| it.name).collect();
        return Err(format!("unknown test layer {unknown:?}; there are: {}", known.join(", ")));
    }
    let mut results = Vec::new();
    for layer in layers::LAYERS.iter().filter(|it| args.is_empty() || args.iter().any(|name| name == it.name))
    {
        println!("\n== {}: {}", layer.name, layer.about);
        let start = Instant::now();
        let count = (layer.run)().unwrap_or_else(|message| {
            println!("error: {message}");
            Count { passed: 0, failed: 1 }
        });
        results.push((layer.name, count, start.elapsed()));
    }
    println!();
    for (name, count, time) in &results {
        println!("{name:<12} {:>5} passed {:>5} failed {:>8}", count.passed, count.failed, sh::human(*time));
    }
    let total = results.iter().fold(Count::default(), |sum, (_, count, _)| sum + *count);
    println!("{} passed, {} failed", total.passed, total.failed);
    if total.failed == 0 { Ok(()) } else { Err("tests failed".to_string()) }
}
