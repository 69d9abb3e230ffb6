//! Node and the page's npm packages.

use crate::{Result, sh, workspace};

/// The oldest Node that the page's tools run on.
const NODE_MAJOR_MIN: u32 = 20;

/// Node and npm must be there: they are a prerequisite that we do not install.
pub fn check() -> Result {
    let missing = format!(
        "Node ≥ {NODE_MAJOR_MIN} is missing: install it from your system's packages or https://nodejs.org"
    );
    let version = sh::output(&mut sh::command("node", &["--version"])).ok_or(missing)?;
    let major =
        version.trim().trim_start_matches('v').split('.').next().and_then(|it| it.parse::<u32>().ok());
    if major.is_none_or(|it| it < NODE_MAJOR_MIN) {
        return Err(format!("Node ≥ {NODE_MAJOR_MIN} is needed, this one is {}", version.trim()));
    }
    if sh::which("npm").or_else(|| sh::which("npm.cmd")).is_none() {
        return Err("npm is missing: it comes with Node, or as the package npm".to_string());
    }
    Ok(())
}

/// `npm ci`, unless node_modules already holds exactly what the lock file says.
pub fn packages() -> Result {
    let root = workspace::root();
    let lock = workspace::read(&root.join("package-lock.json"))?;
    let stamp = root.join("node_modules/.installed-lock.json");
    if std::fs::read_to_string(&stamp).is_ok_and(|it| it == lock) {
        return Ok(());
    }
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    sh::step("Install the npm packages (npm ci)", || {
        sh::run_quietly(&mut sh::command(npm, &["ci", "--no-audit", "--no-fund"]))
    })?;
    workspace::write(&stamp, &lock)
}
