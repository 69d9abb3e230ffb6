//! `cargo xtask bench`: one table of sizes and times, and the same as JSON in `target/bench.json`.
//!
//! What is measured: the page's payload by part, the page's way from navigation to a running cluster in headless Chromium,
//! and clusters of several sizes natively and in wasm (under Node; each scenario in a process of its own).

mod page;
mod payload;
mod world;

use serde_json::{Value, json};

use crate::{Result, build, serve, workspace};

/// The parts, in the order of the table.
const PARTS: [&str; 3] = ["payload", "page", "world"];

/// `cargo xtask bench [--quick] [payload] [page] [world]`: all parts, or those named. `--quick` leaves out the largest
/// scenarios. What is not measured keeps its place in the JSON as it was.
pub fn run(args: &[String]) -> Result {
    let (flags, named): (Vec<&str>, Vec<&str>) =
        args.iter().map(String::as_str).partition(|it| it.starts_with('-'));
    if flags.iter().any(|it| *it != "--quick") || named.iter().any(|it| !PARTS.contains(it)) {
        return Err("usage: cargo xtask bench [--quick] [payload] [page] [world]".to_string());
    }
    let quick = !flags.is_empty();
    let wanted = |part: &str| named.is_empty() || named.contains(&part);
    let file = workspace::target().join("bench.json");
    let known = std::fs::read_to_string(&file).ok().and_then(|text| serde_json::from_str(&text).ok());
    let mut all: Value = known.unwrap_or_else(|| json!({}));
    let mut tables = String::new();
    let mut take = |part: &str, result: Value, table: String| -> Result {
        all[part] = result;
        tables.push_str(&table);
        tables.push('\n');
        workspace::write(&file, &format!("{all:#}\n"))
    };
    let dist = if wanted("payload") || wanted("page") { Some(build::page()?) } else { None };
    if let Some(dist) = dist.as_ref().filter(|_| wanted("payload")) {
        let payload = payload::measure(dist)?;
        let table = payload::table(&payload);
        take("payload", payload, table)?;
    }
    if let Some(dist) = dist.filter(|_| wanted("page")) {
        let page = page::measure(&serve::in_background(dist)?)?;
        let table = page::table(&page);
        take("page", page, table)?;
    }
    if wanted("world") {
        let world = world::measure(quick)?;
        let table = world::table(&world);
        take("world", world, table)?;
    }
    println!("{tables}as JSON: {}", file.display());
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
