//! `cargo xtask build`: the page in `dist/`, ready for any static host.
//!
//! Trunk compiles and hashes (index.html and Trunk.toml say what); this module brings the tools, adds the explain texts,
//! writes a `.br` and a `.gz` beside each file that shrinks, and skips it all when no input has changed.

use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use crate::{Result, explain, setup, sh, wasm, workspace};

/// What the page is made of, besides the crates: paths from the root.
const INPUTS: &[&str] =
    &["Cargo.toml", "Cargo.lock", "Trunk.toml", "index.html", "embed.html", "package-lock.json", "static"];

/// Crates that are not part of the page.
const NOT_IN_THE_PAGE: &[&str] = &["cli", "xtask"];

/// What the hooks write: results, not inputs.
const WRITTEN: &str = "static/gen/";

/// `cargo xtask build`.
pub fn run(_args: &[String]) -> Result {
    let dist = page()?;
    println!("{} is complete: put it on any static host, at any path", dist.display());
    Ok(())
}

/// Builds what is out of date; the folder of the page.
pub fn page() -> Result<PathBuf> {
    let tools = setup::page_tools()?;
    let dist = workspace::root().join("dist");
    let stamp = workspace::target().join("xtask/dist.stamp");
    let inputs = fingerprint();
    if dist.join("index.html").is_file() && std::fs::read_to_string(&stamp).is_ok_and(|it| it == inputs) {
        return Ok(dist);
    }
    let _ = std::fs::remove_file(&stamp);
    sh::step("Build the page (trunk build --release)", || {
        sh::run(wasm::portable(tools.give_to(&mut sh::command("trunk", &["build", "--release"]))?))
    })?;
    let explain = explain::texts()?;
    std::fs::copy(&explain, dist.join("explain.json"))
        .map_err(|err| format!("cannot copy explain.json: {err}"))?;
    sh::step("Compress it", || {
        let script = workspace::root().join("crates/xtask/src/build/compress.mjs");
        sh::run(sh::command("node", &[]).arg(script).arg(&dist))
    })?;
    workspace::write(&stamp, &inputs)?;
    Ok(dist)
}

/// One line per input file: path, size and time of change. Equal text means nothing to build.
fn fingerprint() -> String {
    let root = workspace::root();
    let mut paths: Vec<PathBuf> = INPUTS.iter().map(|it| root.join(it)).collect();
    if let Ok(crates) = std::fs::read_dir(root.join("crates")) {
        paths.extend(
            crates
                .flatten()
                .map(|it| it.path())
                .filter(|it| !NOT_IN_THE_PAGE.iter().any(|no| it.ends_with(no))),
        );
    }
    paths.sort();
    let mut text = String::new();
    for path in paths {
        let files = if path.is_dir() { workspace::files(&path) } else { vec![path] };
        files.iter().filter_map(|it| describe(&root, it)).for_each(|line| text.push_str(&line));
    }
    text
}

fn describe(root: &Path, file: &Path) -> Option<String> {
    let meta = file.metadata().ok()?;
    let path = file.strip_prefix(root).ok()?;
    if path.starts_with(WRITTEN) {
        return None;
    }
    let changed = meta.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(format!("{} {} {}\n", path.display(), meta.len(), changed.as_nanos()))
}
