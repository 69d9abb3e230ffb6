//! `cargo xtask codegen`: writes the built-in kinds of `crates/api` from the OpenAPI document of Kubernetes v1.36.
//!
//! Inputs: the document (pinned, see [`document`]), the list of kinds ([`kinds`]) and facts about Go's structs that
//! OpenAPI does not tell ([`facts`]). Output: `crates/api/src/generated.rs` and the files beside it, which are committed.

mod document;
mod emit;
mod facts;
mod kinds;
mod model;

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{sh, workspace};

/// Runs with `[--document PATH] [--check]`. With `--check` nothing is written, and a difference is an error.
pub fn run(args: &[String]) -> Result<(), String> {
    let mut document = None;
    let mut check = false;
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        match arg.as_str() {
            "--document" => document = Some(PathBuf::from(rest.next().ok_or("--document needs a path")?)),
            "--check" => check = true,
            other => return Err(format!("unknown argument {other:?}")),
        }
    }
    let document = document.map_or_else(document::path, Ok)?;
    let text = std::fs::read_to_string(&document).map_err(|err| format!("{}: {err}", document.display()))?;
    let document = serde_json::from_str(&text).map_err(|err| format!("{}: {err}", document.display()))?;
    let structs = model::build(&facts::load()?, &document)?;
    let files = emit::emit(&structs);
    let api = workspace::root().join("crates/api/src");
    let scratch = workspace::target().join("xtask/codegen");
    let target = if check { &scratch } else { &api };
    for (name, text) in &files {
        write(&target.join(name), text)?;
    }
    let config = workspace::root().join("rustfmt.toml");
    // Formatting the index formats the modules it names.
    let mut rustfmt = Command::new("rustfmt");
    rustfmt.args(["--edition", "2024", "--config-path"]).arg(config).arg(target.join("generated.rs"));
    sh::run_quietly(&mut rustfmt)?;
    if check {
        for name in files.keys() {
            if read(&scratch.join(name)) != read(&api.join(name)) {
                return Err(format!(
                    "crates/api/src/{name} is not what codegen writes: run `cargo xtask codegen`"
                ));
            }
        }
    }
    println!("codegen: {} structs, {} kinds, {} files", structs.len(), kinds::KINDS.len(), files.len());
    Ok(())
}

fn read(path: &Path) -> Option<String> {
    std::fs::read_to_string(path).ok()
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    if let Some(dir) = path.parent() {
        std::fs::create_dir_all(dir).map_err(|err| format!("{}: {err}", dir.display()))?;
    }
    std::fs::write(path, text).map_err(|err| format!("{}: {err}", path.display()))
}
