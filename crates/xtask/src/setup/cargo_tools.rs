//! Trunk and wasm-bindgen at exact versions, from crates.io into the per-user cache.

use std::path::{Path, PathBuf};

use crate::{Result, sh, workspace};

/// The newest Trunk that our minimum Rust compiles.
const TRUNK: &str = "0.21.14";

/// One tool that `cargo install` brings.
struct Tool<'a> {
    package: &'a str,
    binary: &'a str,
    version: &'a str,
    /// Arguments of `cargo install` beside package, version and root.
    install: &'a [&'a str],
    about: &'a str,
}

/// The folder that holds `trunk`.
pub fn trunk() -> Result<PathBuf> {
    folder(&Tool {
        package: "trunk",
        binary: "trunk",
        version: TRUNK,
        // Without TLS and the check for newer versions: it only builds.
        install: &["--locked", "--no-default-features"],
        about: "once per user, about 5 minutes",
    })
}

/// The folder that holds `wasm-bindgen`; its version must be the library's.
pub fn wasm_bindgen() -> Result<PathBuf> {
    folder(&Tool {
        package: "wasm-bindgen-cli",
        binary: "wasm-bindgen",
        version: &workspace::locked_version("wasm-bindgen")?,
        // Its own lock file names a crate that is gone from the registry, so not --locked.
        install: &["--no-default-features"],
        about: "once per version, about 2 minutes",
    })
}

/// The folder of a fitting binary: on PATH, in the cache, or installed now.
fn folder(tool: &Tool) -> Result<PathBuf> {
    let on_path = sh::which(tool.binary).filter(|it| fits(it, tool.version));
    if let Some(dir) = on_path.as_deref().and_then(Path::parent) {
        return Ok(dir.to_path_buf());
    }
    let home = workspace::cache()?.join("tools").join(format!("{}-{}", tool.package, tool.version));
    let bin = home.join("bin");
    if bin.join(tool.binary).is_file() || bin.join(format!("{}.exe", tool.binary)).is_file() {
        return Ok(bin);
    }
    sh::step(&format!("Install {} {} ({})", tool.package, tool.version, tool.about), || {
        install(tool, &home)
    })?;
    Ok(bin)
}

/// Installs into a folder of its own and then moves it, so that a broken-off installation never looks complete.
fn install(tool: &Tool, home: &Path) -> Result {
    let cache = workspace::cache()?;
    let fresh =
        cache.join("tools").join(format!(".{}-{}-{}", tool.package, tool.version, std::process::id()));
    let build = fresh.join("build");
    let root = fresh.to_string_lossy().into_owned();
    let mut command = sh::cargo(&["install", tool.package, "--version", tool.version, "--root", &root]);
    command.args(tool.install).env("CARGO_TARGET_DIR", &build).current_dir(std::env::temp_dir());
    // These tools wait for other programs most of the time: compile them for a quick start, not for speed.
    command
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
        .env("CARGO_PROFILE_RELEASE_LTO", "off")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
        .env("CARGO_PROFILE_RELEASE_DEBUG", "0");
    sh::run_quietly(&mut command)?;
    let _ = std::fs::remove_dir_all(&build);
    let _ = std::fs::remove_dir_all(home);
    std::fs::rename(&fresh, home).map_err(|err| format!("cannot move {} into place: {err}", tool.package))
}

/// Whether a binary says that it has this version, as in `trunk 0.21.14`.
fn fits(binary: &Path, version: &str) -> bool {
    sh::output(&mut sh::command(binary, &["--version"]))
        .is_some_and(|text| text.split_whitespace().any(|word| word == version))
}
