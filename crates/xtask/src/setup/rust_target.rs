//! The wasm target of the Rust toolchain, by rustup.

use std::path::Path;

use crate::{Result, sh};

const WASM: &str = "wasm32-unknown-unknown";

/// Makes sure that rustc can compile for wasm.
pub fn wasm() -> Result {
    let sysroot =
        sh::output(&mut sh::command("rustc", &["--print", "sysroot"])).ok_or("rustc does not run")?;
    if Path::new(sysroot.trim()).join("lib/rustlib").join(WASM).join("lib").is_dir() {
        return Ok(());
    }
    if sh::which("rustup").is_none() {
        return Err(format!(
            "the Rust target {WASM} is missing and there is no rustup to add it: install it with your Rust"
        ));
    }
    sh::step(&format!("Add the Rust target {WASM}"), || {
        sh::run_quietly(&mut sh::command("rustup", &["target", "add", WASM]))
    })
}
