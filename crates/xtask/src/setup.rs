//! What a machine needs beyond a Rust toolchain and Node: found, or installed once per user.
//!
//! The order of preference is always the same: a fitting one on PATH, then the per-user cache, then an installation into
//! the cache. Nothing here changes the system, except Chromium's package where we are root on a Debian-like machine.

mod cargo_tools;
mod chromium;
mod kubectl;
mod node;
mod rust_target;

use std::path::PathBuf;
use std::process::Command;

pub use chromium::chromium;
pub use kubectl::kubectl;

use crate::{Result, sh, workspace};

/// Folders that the page's build needs in front of PATH.
pub struct PageTools {
    path: Vec<PathBuf>,
}

impl PageTools {
    /// Gives a command the tools, and tells Trunk not to look for newer ones.
    pub fn give_to<'a>(&self, command: &'a mut Command) -> Result<&'a mut Command> {
        // Trunk reads NO_COLOR as a boolean and refuses NO_COLOR=1.
        command.env_remove("NO_COLOR").env("TRUNK_SKIP_VERSION_CHECK", "true");
        Ok(command.env("PATH", sh::path_with(&self.path)?))
    }
}

/// Everything that building the page needs.
pub fn page_tools() -> Result<PageTools> {
    node::check()?;
    rust_target::wasm()?;
    node::packages()?;
    let path = vec![
        workspace::root().join("node_modules/.bin"),
        cargo_tools::trunk()?,
        cargo_tools::wasm_bindgen()?,
    ];
    Ok(PageTools { path })
}

/// Node and the npm packages, without the Rust side.
pub fn node_packages() -> Result {
    node::check()?;
    node::packages()
}

/// The wasm target of the Rust toolchain.
pub fn wasm_target() -> Result {
    rust_target::wasm()
}

/// The folder that holds `wasm-bindgen` in the version of Cargo.lock.
pub fn wasm_bindgen() -> Result<PathBuf> {
    cargo_tools::wasm_bindgen()
}

/// `cargo xtask setup`.
pub fn run(_args: &[String]) -> Result {
    page_tools()?;
    eprintln!("ready: `cargo xtask serve` builds and serves the page");
    Ok(())
}
