//! No forgotten files: each file is a module of its parent, and in folders of like things each is in the list.

use super::tree::File;
use super::{Finding, Tree};

/// Folders of like things: each module there must be named in the list, as `module::…`, in the file beside the folder.
const LISTS: &[&str] = &[
    "crates/core/src/controllers",
    "crates/core/src/scheduler/plugins",
    "crates/core/src/runtime/images",
    "crates/kubectl/src/cmd",
    "crates/os/src/bin",
    "crates/xtask/src/tidy",
];

/// Rust files that no `mod` line brings in, and members that no list names.
pub fn find(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.rust("crates/").filter(|it| it.path.contains("/src/")) {
        let Some((folder, module)) =
            file.path.rsplit_once('/').and_then(|(folder, it)| Some((folder, it.strip_suffix(".rs")?)))
        else {
            continue;
        };
        let roots = roots(tree, folder);
        if roots.contains(&file.path) || (folder.ends_with("/src/bin") && !folder.contains("/os/")) {
            continue;
        }
        let candidates = if folder.ends_with("/src") { roots } else { vec![format!("{folder}.rs")] };
        let parents: Vec<&File> = candidates.iter().filter_map(|it| tree.file(it)).collect();
        let Some(parent) = parents.iter().find(|it| declares(it, module)) else {
            findings.push(Finding::new(
                &file.path,
                0,
                format!("no `mod {module};` in {}", candidates.join(" or ")),
            ));
            continue;
        };
        let listed = parent.code.contains(&format!("{module}::"));
        if LISTS.contains(&folder) && !listed && !is_helper(parent, module) {
            findings.push(Finding::new(&file.path, 0, format!("is not in the list of {}", parent.path)));
        }
    }
    findings
}

/// The files in which a crate's module tree may begin: Cargo's own names, and what the manifest names.
fn roots(tree: &Tree, folder: &str) -> Vec<String> {
    let Some((dir, _)) = folder.split_once("/src") else { return Vec::new() };
    let manifest = tree.file(&format!("{dir}/Cargo.toml")).map_or("", |it| it.text.as_str());
    let named = manifest.lines().filter_map(|it| it.strip_prefix("path = \"")?.strip_suffix('"'));
    ["src/lib.rs", "src/main.rs"].into_iter().chain(named).map(|it| format!("{dir}/{it}")).collect()
}

fn declares(parent: &File, module: &str) -> bool {
    // A test-only module is blanked out of `code`, so look at the lines of the text.
    parent.text.lines().any(|line| {
        let line = line.trim_start();
        let rest = line.strip_prefix("pub(crate) ").or_else(|| line.strip_prefix("pub(super) "));
        let rest = rest.or_else(|| line.strip_prefix("pub ")).unwrap_or(line);
        rest.strip_prefix("mod ").is_some_and(|it| it.split(';').next() == Some(module))
    })
}

/// Whether the `mod` line says in a comment that it is shared by the members: `mod table; // shared`.
fn is_helper(parent: &File, module: &str) -> bool {
    parent.text.lines().any(|line| line.contains(&format!("mod {module};")) && line.contains("// shared"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_without_a_mod_line_or_a_list_entry_are_found() {
        let tree = Tree::of(&[
            ("crates/os/src/lib.rs", "pub mod bin;"),
            ("crates/os/src/lost.rs", ""),
            ("crates/os/src/bin.rs", "mod cat;\nmod echo;\nmod text;\nconst ALL: &[Bin] = &[cat::BIN];"),
            ("crates/os/src/bin/cat.rs", ""),
            ("crates/os/src/bin/echo.rs", ""),
        ]);
        let found: Vec<String> =
            find(&tree).into_iter().map(|it| format!("{}: {}", it.path, it.message)).collect();
        assert_eq!(
            found,
            [
                "crates/os/src/lost.rs: no `mod lost;` in crates/os/src/lib.rs or crates/os/src/main.rs",
                "crates/os/src/bin/echo.rs: is not in the list of crates/os/src/bin.rs",
            ]
        );
    }
}
