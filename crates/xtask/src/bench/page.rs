//! The page in headless Chromium: how long until what. `tests/e2e/bench.mjs` measures.

use serde_json::Value;

use super::{align, cell};
use crate::{Result, setup, sh};

/// What is shown of the result: key, label, unit.
const ROWS: &[(&str, &str, &str)] = &[
    ("first_paint_ms", "navigation → first contentful paint", " ms"),
    ("prompt_ms", "navigation → prompt usable", " ms"),
    ("running_ms", "navigation → all of kube-system Running", " ms"),
    ("again_prompt_ms", "the same from the browser's cache: prompt usable", " ms"),
    ("pods_1000_ms", "1,000 pods on 100 nodes at 100×: create → all Ready", " ms"),
    ("pods_1000_longest_task_ms", "the same: longest block of the page (0: below 50)", " ms"),
    ("pods_1000_live_ms", "1,000 pods on 100 nodes at 1×: create → all Ready", " ms"),
    ("pods_1000_live_longest_task_ms", "the same: longest block of the page (0: below 50)", " ms"),
    ("memory_mib", "memory of the page and its worker", " MiB"),
];

/// Runs it against a served page.
pub fn measure(url: &str) -> Result<Value> {
    let chromium = setup::chromium()?;
    let text = sh::step("Measure the page in Chromium", || {
        sh::output_or_error(sh::command("node", &["tests/e2e/bench.mjs", url]).env("CHROMIUM", chromium))
    })?;
    serde_json::from_str(&text).map_err(|err| format!("tests/e2e/bench.mjs printed no JSON: {err}\n{text}"))
}

/// The rows that were measured.
pub fn table(page: &Value) -> String {
    let mut rows = vec![vec!["page in Chromium".to_string(), "median of 5".to_string()]];
    rows.extend(ROWS.iter().map(|(key, label, unit)| vec![label.to_string(), cell(page, key, unit)]));
    align(&rows)
}
