//! `cargo xtask bench`: one table of sizes and times, and the same as JSON in `target/bench.json`.
//!
//! What is measured: the page's payload by part, the page's way from navigation to a running cluster in headless Chromium,
//! and clusters of several sizes natively and in wasm (under Node; each scenario in a process of its own).

mod page;
mod payload;
mod world;

use serde_json::{Value, json};

use crate::{Result, build, serve, workspace};

/// `cargo xtask bench [--quick]`; quick leaves out the largest cluster.
pub fn run(args: &[String]) -> Result {
    let quick = match args {
        [] => false,
        [flag] if flag == "--quick" => true,
        _ => return Err("usage: cargo xtask bench [--quick]".to_string()),
    };
    let dist = build::page()?;
    let payload = payload::measure(&dist)?;
    let page = page::measure(&serve::in_background(dist)?)?;
    let world = world::measure(quick)?;
    println!("{}\n{}\n{}", payload::table(&payload), page::table(&page), world::table(&world));
    let all = json!({ "payload": payload, "page": page, "world": world });
    let file = workspace::target().join("bench.json");
    workspace::write(&file, &format!("{all:#}\n"))?;
    println!("as JSON: {}", file.display());
    Ok(())
}

/// A number for people, of a JSON field that may be missing.
fn cell(row: &Value, key: &str, unit: &str) -> String {
    match row[key].as_f64() {
        None => "–".to_string(),
        Some(it) if it >= 100.0 => format!("{it:.0}{unit}"),
        Some(it) if it >= 10.0 => format!("{it:.1}{unit}"),
        Some(it) => format!("{it:.2}{unit}"),
    }
}

/// Columns aligned to the right, the first to the left.
fn align(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| {
        rows.iter().filter_map(|it| it.get(column)).map(|it| it.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in rows {
        for (column, it) in row.iter().enumerate() {
            let width = widths[column];
            text.push_str(&if column == 0 { format!("{it:<width$}") } else { format!("  {it:>width$}") });
        }
        text.push('\n');
    }
    text
}
