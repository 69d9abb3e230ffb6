//! The texts of `kubectl explain`, as `explain.json` in the target folder: the page's build and native tools take it there.

use std::path::PathBuf;

use crate::{Result, sh, workspace};

/// Makes the file unless it is there already; its path.
pub fn texts() -> Result<PathBuf> {
    let file = workspace::target().join("explain.json");
    let stamp = workspace::target().join("xtask/explain.stamp");
    let program = workspace::read(&workspace::root().join("crates/explain/src/main.rs"))?;
    let inputs = format!("k8s-openapi {}\n{program}", workspace::locked_version("k8s-openapi")?);
    if file.is_file() && std::fs::read_to_string(&stamp).is_ok_and(|it| it == inputs) {
        return Ok(file);
    }
    sh::step("Collect the texts of kubectl explain", || {
        sh::run(sh::cargo(&["run", "-q", "-p", "explain", "--"]).arg(&file))
    })?;
    workspace::write(&stamp, &inputs)?;
    Ok(file)
}
