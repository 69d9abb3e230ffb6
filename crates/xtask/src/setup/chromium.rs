//! A Chromium for the browser tests and the bench.

use std::path::PathBuf;

use crate::{Result, sh};

/// Names under which distributions install it.
const NAMES: &[&str] = &["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];

/// Fixed places of macOS and Windows.
const PLACES: &[&str] = &[
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];

/// The executable: `CHROMIUM`, an installed one, Playwright's own download, or Debian's package installed now.
pub fn chromium() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("CHROMIUM").map(PathBuf::from) {
        return if path.is_file() {
            Ok(path)
        } else {
            Err(format!("CHROMIUM={} is not a file", path.display()))
        };
    }
    if let Some(path) = installed() {
        return Ok(path);
    }
    if sh::which("apt-get").is_some() && is_root() {
        sh::step("Install Chromium (apt-get)", install)?;
        if let Some(path) = installed() {
            return Ok(path);
        }
    }
    Err("Chromium is missing: install it from your system's packages, or `npx playwright-core install chromium`, or set CHROMIUM"
        .to_string())
}

fn installed() -> Option<PathBuf> {
    NAMES
        .iter()
        .find_map(|name| sh::which(name))
        .or_else(|| PLACES.iter().map(PathBuf::from).find(|it| it.is_file()))
        .or_else(downloaded)
}

/// What `npx playwright-core install chromium` brought, if it did.
fn downloaded() -> Option<PathBuf> {
    let script = "import('playwright-core').then(it => console.log(it.chromium.executablePath()))";
    let path = sh::output(&mut sh::command("node", &["--input-type=module", "-e", script]))?;
    Some(PathBuf::from(path.trim())).filter(|it| it.is_file())
}

fn install() -> Result {
    let install = ["install", "-y", "-qq", "--no-install-recommends", "chromium"];
    let apt = |args: &[&str]| {
        sh::run_quietly(sh::command("apt-get", args).env("DEBIAN_FRONTEND", "noninteractive"))
    };
    // A fresh machine has no package lists; an old one has lists that name packages which are gone.
    apt(&["update", "-qq"])?;
    apt(&install)
}

fn is_root() -> bool {
    sh::output(&mut sh::command("id", &["-u"])).is_some_and(|it| it.trim() == "0")
}
