//! What a visitor downloads, by part: raw, gzip and brotli bytes.

use std::path::Path;

use serde_json::{Value, json};

use super::align;
use crate::{Result, sh, wasm, workspace};

/// Parts of the page: a name, whether the first load needs it, and how its files' names start.
const PARTS: &[(&str, bool, &[&str])] = &[
    ("page (HTML with CSS)", true, &["index.html"]),
    ("UI (wasm)", true, &["app-"]),
    ("world (wasm)", true, &["worker-"]),
    ("terminal (xterm)", true, &["gen/terminal"]),
    ("glue (JS)", true, &["gen/loader", "gen/theme", "gen/engine", "gen/chunk"]),
    ("the world's rest (wasm), after the prompt", false, &["rest-"]),
    ("editor (CodeMirror), lazy", false, &["gen/editor"]),
    ("explain texts, lazy", false, &["explain.json"]),
];

/// One row per part, the sum of what the first load needs, and the operating system alone.
pub fn measure(dist: &Path) -> Result<Value> {
    let mut rows = Vec::new();
    let mut first = [0; 3];
    for (part, needed, starts) in PARTS {
        let mut sizes = [0; 3];
        for file in workspace::files(dist) {
            let name = file.strip_prefix(dist).unwrap_or(&file).to_string_lossy().replace('\\', "/");
            let packed = name.ends_with(".br") || name.ends_with(".gz");
            if !packed && starts.iter().any(|it| name.starts_with(it)) {
                sizes.iter_mut().zip(sizes_of(&file)?).for_each(|(sum, size)| *sum += size);
            }
        }
        if *needed {
            first.iter_mut().zip(sizes).for_each(|(sum, size)| *sum += size);
        }
        rows.push(row(part, sizes));
    }
    rows.push(row("first load", first));
    rows.push(sh::step("Build the operating system alone", operating_system)?);
    Ok(Value::Array(rows))
}

/// The operating system alone, as wasm with its few lines of glue: what it adds to a page that wants nothing else.
fn operating_system() -> Result<Value> {
    wasm::node_optimised("machine")?;
    let folder = workspace::target().join("xtask/machine");
    let file = folder.join("machine.wasm");
    std::fs::create_dir_all(&folder)
        .and_then(|()| std::fs::copy(wasm::folder("machine").join("machine_bg.wasm"), &file))
        .map_err(|err| format!("cannot copy {}: {err}", file.display()))?;
    let script = workspace::root().join("crates/xtask/src/build/compress.mjs");
    sh::run(sh::command("node", &[]).arg(script).arg(&folder))?;
    Ok(row("operating system alone (wasm)", sizes_of(&file)?))
}

/// A file's bytes: raw, gzip, brotli. What does not shrink has no packed twin.
fn sizes_of(file: &Path) -> Result<[u64; 3]> {
    let of = |suffix: &str| std::fs::metadata(format!("{}{suffix}", file.display())).map(|it| it.len());
    let raw = of("").map_err(|err| format!("{}: {err}", file.display()))?;
    Ok([raw, of(".gz").unwrap_or(raw), of(".br").unwrap_or(raw)])
}

fn row(part: &str, [raw, gzip, brotli]: [u64; 3]) -> Value {
    json!({ "part": part, "raw": raw, "gzip": gzip, "brotli": brotli })
}

/// The rows in kB (1000 bytes).
pub fn table(payload: &Value) -> String {
    let mut rows = vec![["payload", "raw kB", "gzip kB", "brotli kB"].map(str::to_string).to_vec()];
    for it in payload.as_array().into_iter().flatten() {
        let kb = |key: &str| format!("{:.1}", it[key].as_f64().unwrap_or_default() / 1e3);
        rows.push(vec![
            it["part"].as_str().unwrap_or_default().to_string(),
            kb("raw"),
            kb("gzip"),
            kb("brotli"),
        ]);
    }
    align(&rows)
}
