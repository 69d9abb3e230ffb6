//! The project reads the same on every machine: no text holds a path of the one it was written on.

use super::{Finding, Tree};
use crate::workspace;

/// Top-level folders that every Unix has, and that the simulated machines have too.
const STANDARD: &[&str] = &[
    "bin", "boot", "dev", "etc", "home", "lib", "lib64", "media", "mnt", "opt", "proc", "root", "run",
    "sbin", "srv", "sys", "tmp", "usr", "var",
];

/// Texts that name the folder of this clone, or this user's home.
pub fn find(tree: &Tree) -> Vec<Finding> {
    find_any(tree, &machine_paths())
}

fn machine_paths() -> Vec<String> {
    let root = workspace::root().to_string_lossy().replace('\\', "/");
    let mut paths = vec![format!("{root}/")];
    let top = root.split('/').nth(1).unwrap_or_default();
    if !top.is_empty() && !STANDARD.contains(&top) {
        paths.push(format!("/{top}/"));
    }
    // `/root/` and `/home/user/` are the simulated workstation's as well.
    let home = std::env::var("HOME").unwrap_or_default();
    if home.len() > 1 && home != "/root" && home != "/home/user" {
        paths.push(format!("{home}/"));
    }
    paths
}

fn find_any(tree: &Tree, paths: &[String]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &tree.files {
        for (index, line) in file.text.lines().enumerate() {
            let found = paths.iter().find(|path| starts_a_path(line, path));
            findings.extend(found.map(|it| Finding::new(&file.path, index + 1, format!("names {it}"))));
        }
    }
    findings
}

/// Whether a line holds the path at the start of a word, not in the middle of another path or URL.
fn starts_a_path(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        before.is_none_or(|it| !it.is_alphanumeric() && !"._-}~/".contains(it))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_counts_at_the_start_of_a_word() {
        let text = "see /job/a.txt\nhttps://example.com/job/a.txt\n~/job/a\n";
        let found = find_any(&Tree::of(&[("README.md", text)]), &["/job/".to_string()]);
        assert_eq!(found, [Finding::new("README.md", 1, "names /job/")]);
    }
}
