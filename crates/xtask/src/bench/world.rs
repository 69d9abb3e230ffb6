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
    let node = sh::step("Build the scenarios for wasm", || wasm::node("speed"))?;
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

/// Times natively and in wasm side by side.
pub fn table(world: &Value) -> String {
    let head = ["world", "native", "CPU", "memory", "per s", "worst", "wasm", "memory", "per s", "worst"];
    let mut rows = vec![head.map(str::to_string).to_vec()];
    for it in world.as_array().into_iter().flatten() {
        let mut row = vec![it["name"].as_str().unwrap_or_default().to_string()];
        for side in ["native", "wasm"] {
            let result = &it[side];
            row.push(cell(result, "wall_ms", " ms"));
            if side == "native" {
                row.push(cell(result, "cpu_ms", " ms"));
            }
            row.push(cell(result, "memory_mib", " MiB"));
            let rate = if result["requests_per_s"].is_null() { "events_per_s" } else { "requests_per_s" };
            row.push(cell(result, rate, ""));
            row.push(cell(result, "worst_ms", " ms"));
        }
        rows.push(row);
    }
    align(&rows)
}
