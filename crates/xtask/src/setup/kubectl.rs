//! The real kubectl, as a judge of ours: on PATH, or Debian's package unpacked into the cache without installing it.

use std::path::{Path, PathBuf};

use crate::{Result, sh, workspace};

/// The version whose behaviour we follow.
const VERSION: &str = "1.36";

/// Debian's suite that carries it.
const SUITE: &str = "sid";

/// The executable of kubectl 1.36: `KUBECTL`, on PATH, in the cache, or downloaded now.
pub fn kubectl() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("KUBECTL").map(PathBuf::from) {
        return if fits(&path) {
            Ok(path)
        } else {
            Err(format!("KUBECTL={} is not kubectl {VERSION}", path.display()))
        };
    }
    if let Some(path) = sh::which("kubectl").filter(|it| fits(it)) {
        return Ok(path);
    }
    let home = workspace::cache()?.join("tools").join(format!("kubectl-{VERSION}"));
    let binary = home.join("usr/bin/kubectl");
    if fits(&binary) {
        return Ok(binary);
    }
    if ["apt-get", "dpkg"].iter().any(|it| sh::which(it).is_none()) {
        return Err(format!("the real kubectl {VERSION} is missing: install it, or point KUBECTL at it"));
    }
    sh::step(&format!("Download kubectl {VERSION} (Debian's package, unpacked into the cache)"), || {
        download(&home)
    })?;
    if fits(&binary) {
        Ok(binary)
    } else {
        Err(format!("Debian {SUITE} has no kubectl {VERSION} any more: point KUBECTL at one"))
    }
}

/// Uses apt with lists of its own, so that the machine's configuration stays as it is.
fn download(home: &Path) -> Result {
    let work = home.with_extension(format!("work-{}", std::process::id()));
    for dir in ["lists/partial", "cache/archives/partial", "debs"] {
        let dir = work.join(dir);
        std::fs::create_dir_all(&dir).map_err(|err| format!("cannot create {}: {err}", dir.display()))?;
    }
    let keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
    workspace::write(&work.join("status"), "")?;
    workspace::write(
        &work.join("sources.list"),
        &format!("deb [signed-by={keyring}] {} {SUITE} main\n", mirror()),
    )?;
    let options: Vec<String> = [
        ("Dir::Etc::SourceList", work.join("sources.list")),
        ("Dir::Etc::SourceParts", PathBuf::from("-")),
        ("Dir::State::Lists", work.join("lists")),
        ("Dir::State::status", work.join("status")),
        ("Dir::Cache", work.join("cache")),
        ("APT::Sandbox::User", PathBuf::from("root")),
    ]
    .iter()
    .map(|(name, value)| format!("-o{name}={}", value.display()))
    .collect();
    let apt = |args: &[&str]| {
        let mut command = sh::command("apt-get", &["-qq"]);
        sh::run_quietly(command.args(&options).args(args).current_dir(work.join("debs")))
    };
    apt(&["update"])?;
    apt(&["download", &format!("kubectl={VERSION}.*")]).or_else(|_| apt(&["download", "kubectl"]))?;
    let unpacked = work.join("root");
    for deb in workspace::files(&work.join("debs")) {
        let words = ["-x".to_string(), deb.display().to_string(), unpacked.display().to_string()];
        sh::run_quietly(&mut sh::command("dpkg", &words.each_ref().map(String::as_str)))?;
    }
    let _ = std::fs::remove_dir_all(home);
    std::fs::rename(&unpacked, home).map_err(|err| format!("cannot move kubectl into place: {err}"))?;
    let _ = std::fs::remove_dir_all(&work);
    Ok(())
}

/// The Debian mirror this machine already uses, else Debian's own.
fn mirror() -> String {
    let ask = || {
        let args = ["indextargets", "--format", "$(REPO_URI)", "Created-By: Packages", "Origin: Debian"];
        let known = sh::output(&mut sh::command("apt-get", &args)).unwrap_or_default();
        let mut mirrors: Vec<String> =
            known.lines().filter(|it| !it.contains("security")).map(str::to_string).collect();
        mirrors.sort_unstable();
        mirrors.into_iter().next()
    };
    // A fresh machine knows the origin of its mirrors only after an update; without rights to that, Debian's own will do.
    let known = ask().or_else(|| {
        let _ = sh::output(&mut sh::command("apt-get", &["update", "-qq"]));
        ask()
    });
    known.unwrap_or_else(|| "http://deb.debian.org/debian".to_string())
}

fn fits(binary: &Path) -> bool {
    let client = sh::output(&mut sh::command(binary, &["version", "--client"]));
    client.is_some_and(|it| it.contains(&format!("v{VERSION}.")))
}
