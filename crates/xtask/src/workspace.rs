//! Where things are: the workspace, the per-user cache, and the versions that Cargo.lock fixes.

use std::path::{Path, PathBuf};

use crate::Result;

/// The root of the workspace that this xtask was built in.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).expect("xtask lives in crates/xtask").to_path_buf()
}

/// Cargo's target directory: where the compiled things and xtask's own stamps are.
pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// The per-user folder for what every clone can share: tools, downloads. `KUBARIUM_CACHE` overrides it.
pub fn cache() -> Result<PathBuf> {
    if let Some(dir) = std::env::var_os("KUBARIUM_CACHE") {
        return Ok(PathBuf::from(dir));
    }
    let base = ["XDG_CACHE_HOME", "LOCALAPPDATA"]
        .iter()
        .find_map(|name| std::env::var_os(name).filter(|it| !it.is_empty()).map(PathBuf::from))
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache")));
    match base {
        Some(base) => Ok(base.join("kubarium")),
        None => Err("no cache folder: set HOME, XDG_CACHE_HOME or KUBARIUM_CACHE".to_string()),
    }
}

/// The version of a package in Cargo.lock, for tools that must match it.
pub fn locked_version(package: &str) -> Result<String> {
    let lock = read(&root().join("Cargo.lock"))?;
    let name = format!("name = \"{package}\"");
    lock.lines()
        .skip_while(|line| *line != name)
        .find_map(|line| line.strip_prefix("version = \"")?.strip_suffix('"').map(str::to_string))
        .ok_or_else(|| format!("Cargo.lock has no package {package}"))
}

/// Reads a text file; the error names the path.
pub fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(|err| format!("cannot read {}: {err}", path.display()))
}

/// Writes a text file and the folders above it; the error names the path.
pub fn write(path: &Path, text: &str) -> Result {
    if let Some(dir) = path.parent() {
        std::fs::create_dir_all(dir).map_err(|err| format!("cannot create {}: {err}", dir.display()))?;
    }
    std::fs::write(path, text).map_err(|err| format!("cannot write {}: {err}", path.display()))
}

/// All files under a folder, sorted by path; folders named `target`, `node_modules` or starting with a dot are skipped.
pub fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut pending = vec![dir.to_path_buf()];
    while let Some(dir) = pending.pop() {
        let Ok(entries) = std::fs::read_dir(&dir) else { continue };
        for entry in entries.flatten() {
            let path = entry.path();
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if !path.is_dir() {
                found.push(path);
            } else if !name.starts_with('.') && name != "target" && name != "node_modules" {
                pending.push(path);
            }
        }
    }
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_lock_file_answers_for_packages() {
        assert_eq!(super::locked_version("xtask"), Ok("0.1.0".to_string()));
        assert!(super::locked_version("no-such-package").is_err());
    }
}
