//! Clusters natively and in wasm: the scenarios of `tests/world/src/speed.rs`.

use std::process::Command;

use serde_json::{Value, json};

use super::{align, cell};
use crate::{Result, sh, wasm};

/// Left out by `--quick`.
const SLOW: &str = "10,000";

/// One row per scenario: `{ name, native: {…}, wasm: {…} }`.
pub fn measure(quick: bool) -> Result<Value> {
    let native = sh::step("Build the scenarios natively", || wasm::native("speed", true))?;
    let node = sh::step("Build the scenarios for wasm", || wasm::node_optimised("speed"))?;
    let names = sh::output_or_error(&mut again(&native))?;
    let mut rows = Vec::new();
    for name in names.lines().filter(|it| !(quick && it.starts_with(SLOW))) {
        let row = sh::step(&format!("Measure: {name}"), || {
            Ok(json!({ "name": name, "native": one(&native, name)?, "wasm": one(&node, name)? }))
        })?;
        rows.push(row);
    }
    Ok(Value::Array(rows))
}

/// A scenario that fails is told and does not stop the others.
fn one(program: &Command, scenario: &str) -> Result<Value> {
    match sh::output_or_error(again(program).arg(scenario)) {
        Ok(text) => {
            serde_json::from_str(&text).map_err(|err| format!("{scenario} printed no JSON: {err}\n{text}"))
        }
        Err(message) => {
            eprintln!("  {message}");
            Ok(Value::Null)
        }
    }
}

/// The same command once more.
fn again(program: &Command) -> Command {
    let mut command = sh::command(program.get_program(), &[]);
    command.args(program.get_args());
    command
}

/// What is shown of each side's result: key and unit. A scenario has the rates that it has counts for.
const COLUMNS: &[(&str, &str, &str)] = &[
    ("wall", "wall_ms", " ms"),
    ("CPU", "cpu_ms", " ms"),
    ("memory", "memory_mib", " MiB"),
    ("per pod", "kib_per_pod", " KiB"),
    ("events/s", "events_per_s", ""),
    ("reconciles/s", "reconciles_per_s", ""),
    ("ops/s", "requests_per_s", ""),
    ("worst", "worst_ms", " ms"),
];

/// Natively and in wasm, one below the other.
pub fn table(world: &Value) -> String {
    let mut rows = vec![vec!["world".to_string(), String::new()]];
    rows[0].extend(COLUMNS.iter().map(|(label, ..)| label.to_string()));
    for it in world.as_array().into_iter().flatten() {
        for side in ["native", "wasm"] {
            let name = if side == "native" { it["name"].as_str().unwrap_or_default() } else { "" };
            let mut row = vec![name.to_string(), side.to_string()];
            row.extend(COLUMNS.iter().map(|(_, key, unit)| cell(&it[side], key, unit)));
            rows.push(row);
        }
    }
    align(&rows)
}
