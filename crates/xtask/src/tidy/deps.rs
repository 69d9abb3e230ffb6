//! Who depends on whom, and why on others.

use super::{Finding, Tree};

/// Each crate, and the crates of ours it may depend on.
const CRATES: &[(&str, &[&str])] = &[
    ("collections", &[]),
    ("api", &["collections"]),
    ("os", &["collections"]),
    ("protocol", &[]),
    ("core", &["collections", "api", "os"]),
    ("kubectl", &["collections", "api"]),
    ("session", &["collections", "api", "os", "core", "kubectl", "protocol"]),
    ("web", &["collections", "api", "protocol", "session"]),
    ("cli", &["api", "os", "core", "kubectl", "protocol", "session"]),
    ("explain", &[]),
    ("split", &[]),
    ("xtask", &[]),
];

/// Dependencies of ours that go up or sideways.
pub fn layers(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, name) in manifests(tree) {
        let Some((_, below)) = CRATES.iter().find(|(it, _)| *it == name) else {
            findings.push(Finding::new(
                path,
                0,
                format!("the crate table (tidy/deps.rs) does not know {name}"),
            ));
            continue;
        };
        let Some(file) = tree.file(path) else { continue };
        for (line, dependency) in dependencies(&file.text, &["dependencies", "build-dependencies"]) {
            let ours = dependency.strip_prefix("kubarium-").unwrap_or(&dependency);
            if CRATES.iter().any(|(it, _)| *it == ours) && !below.contains(&ours) {
                findings.push(Finding::new(path, line, format!("{name} must not depend on {ours}")));
            }
        }
    }
    findings
}

/// Dependencies of others that have no row in ARCHITECTURE.md's table, and rows of none.
pub fn table(tree: &Tree) -> Vec<Finding> {
    let Some(page) = tree.file("ARCHITECTURE.md") else {
        return vec![Finding::new("ARCHITECTURE.md", 0, "is missing")];
    };
    let rows: Vec<(usize, String)> = section(&page.text, "## Dependencies");
    let Some(workspace) = tree.file("Cargo.toml") else { return Vec::new() };
    let used: Vec<(usize, String)> = dependencies(&workspace.text, &["workspace.dependencies"])
        .into_iter()
        .filter(|(_, name)| {
            !CRATES.iter().any(|(it, _)| name.strip_prefix("kubarium-").unwrap_or(name) == *it)
        })
        .collect();
    let mut findings = Vec::new();
    for (line, name) in &used {
        if !rows.iter().any(|(_, row)| row == name) {
            findings.push(Finding::new(
                "Cargo.toml",
                *line,
                format!("{name} has no row in ARCHITECTURE.md, Dependencies"),
            ));
        }
    }
    for (line, row) in &rows {
        if !used.iter().any(|(_, name)| name == row) && !is_npm(tree, row) {
            findings.push(Finding::new(
                "ARCHITECTURE.md",
                *line,
                format!("{row} is not a dependency any more"),
            ));
        }
    }
    findings.extend(unshared(tree));
    findings
}

/// Versions stand once, in the workspace: members say `name.workspace = true`.
fn unshared(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, _) in manifests(tree) {
        let Some(file) = tree.file(path) else { continue };
        for (index, line) in file.text.lines().enumerate() {
            if line.contains("version = \"") {
                findings.push(Finding::new(
                    path,
                    index + 1,
                    "gives a version: versions stand in the workspace's Cargo.toml",
                ));
            }
        }
    }
    findings
}

fn is_npm(tree: &Tree, name: &str) -> bool {
    tree.file("package.json").is_some_and(|it| it.text.contains(&format!("\"{name}\":")))
}

/// The manifests of our crates, with the folder's name. A folder below a crate is a workspace of its own (fuzz targets).
fn manifests(tree: &Tree) -> Vec<(&str, &str)> {
    let name = |path: &str| {
        let name = path.strip_prefix("crates/")?.strip_suffix("/Cargo.toml")?;
        (!name.contains('/')).then_some(name.len())
    };
    let start = "crates/".len();
    tree.files
        .iter()
        .filter_map(|it| Some((it.path.as_str(), &it.path[start..start + name(&it.path)?])))
        .collect()
}

/// Line and name of each dependency in tables whose header ends like one of these.
fn dependencies(manifest: &str, headers: &[&str]) -> Vec<(usize, String)> {
    let mut inside = false;
    let mut found = Vec::new();
    for (index, line) in manifest.lines().enumerate() {
        if let Some(header) = line.strip_prefix('[') {
            let header = header.trim_end().trim_end_matches(']');
            inside = headers.iter().any(|it| header == *it || header.ends_with(&format!(".{it}")));
        } else if inside && !line.starts_with([' ', '#', ']']) && line.contains('=') {
            let name: String =
                line.chars().take_while(|it| it.is_alphanumeric() || "_-".contains(*it)).collect();
            found.push((index + 1, name));
        }
    }
    found
}

/// The names in the first cells of a page's section: `` | `one`, `two` | why | ``.
fn section(page: &str, title: &str) -> Vec<(usize, String)> {
    let lines = page.lines().enumerate().skip_while(|(_, line)| *line != title).skip(1);
    let mut found = Vec::new();
    for (index, line) in lines.take_while(|(_, line)| !line.starts_with("## ")) {
        let Some((cell, _)) = line.strip_prefix("| `").and_then(|it| it.split_once(" |")) else { continue };
        found.extend(cell.split(", ").map(|name| (index + 1, name.trim_matches('`').to_string())));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dependency_that_goes_up_is_found() {
        let tree = Tree::of(&[
            ("crates/os/Cargo.toml", "[dependencies]\napi.workspace = true\nserde_json.workspace = true\n"),
            ("crates/cli/Cargo.toml", "[dependencies]\nkubarium-session.workspace = true\n"),
        ]);
        assert_eq!(layers(&tree), [Finding::new("crates/os/Cargo.toml", 2, "os must not depend on api")]);
    }

    #[test]
    fn the_table_names_exactly_what_is_used() {
        let tree = Tree::of(&[
            (
                "Cargo.toml",
                "[workspace.dependencies]\napi = { path = \"crates/api\" }\nserde = \"1\"\nyew = \"0.23\"\n[profile.dev]\ndebug = 0\n",
            ),
            ("ARCHITECTURE.md", "## Dependencies\n| `serde`, `gone` | because |\n## More\n| `yew` | |\n"),
        ]);
        let found: Vec<String> = table(&tree).into_iter().map(|it| it.message).collect();
        assert_eq!(
            found,
            ["yew has no row in ARCHITECTURE.md, Dependencies", "gone is not a dependency any more"]
        );
    }
}
