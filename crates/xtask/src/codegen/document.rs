//! Where the OpenAPI document of Kubernetes comes from: a Python package that carries the schemas of many versions.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{sh, workspace};

const PACKAGE: &str = "kubernetes-validate";
const VERSION: &str = "1.37.0";
/// SHA-256 of the package's wheel.
const SHA256: &str = "85136d018a27b50ec7fc049d902bfa5193f5976807e6c0f408e3ab6fe078cad9";
const MEMBER: &str = "kubernetes_validate/kubernetes-json-schema/v1.36.0-local/_definitions.json";

/// Returns the document's path in the cache, downloading it first if need be.
pub fn path() -> Result<PathBuf, String> {
    let dir = workspace::cache()?.join(format!("{PACKAGE}-{VERSION}"));
    let document = dir.join(MEMBER);
    if !document.is_file() {
        download(&dir)?;
    }
    Ok(document)
}

fn download(dir: &Path) -> Result<(), String> {
    std::fs::create_dir_all(dir).map_err(|err| format!("cannot create {}: {err}", dir.display()))?;
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--dest"]);
    pip.arg(dir).arg(format!("{PACKAGE}=={VERSION}"));
    sh::run_quietly(&mut pip)?;
    // Checked and unpacked by Python's own library: xtask has no zip or hash of its own.
    let script = format!(
        "import glob, hashlib, sys, zipfile\n\
         wheel = glob.glob(sys.argv[1] + '/*.whl')[0]\n\
         found = hashlib.sha256(open(wheel, 'rb').read()).hexdigest()\n\
         if found != '{SHA256}': sys.exit('unexpected sha256 of ' + wheel + ': ' + found)\n\
         zipfile.ZipFile(wheel).extract('{MEMBER}', sys.argv[1])\n"
    );
    let mut python = Command::new("python3");
    python.args(["-c", &script]).arg(dir);
    sh::run_quietly(&mut python)
}
