//! The workstation's files as a tree, and the names that may be given.

use collections::{OrdSet, StableSort};
use kubarium_protocol::FileEntry;

/// One line of the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeRow {
    /// Relative to the home folder.
    pub path: String,
    /// The last part of `path`.
    pub name: String,
    /// 0 at the top.
    pub depth: usize,
    /// Whether it is a folder.
    pub folder: bool,
    /// What is in it follows; of folders only.
    pub open: bool,
}

/// The lines to show: folders before files, without what is in closed folders, without hidden files.
pub fn tree(entries: &[FileEntry], closed: &OrdSet<String>) -> Vec<TreeRow> {
    let mut rows = Vec::new();
    push_children(entries, "", 0, closed, &mut rows);
    rows
}

fn push_children(
    entries: &[FileEntry],
    parent: &str,
    depth: usize,
    closed: &OrdSet<String>,
    rows: &mut Vec<TreeRow>,
) {
    let is_child = |path: &str| match parent {
        "" => !path.contains('/'),
        parent => {
            path.strip_prefix(parent).and_then(|it| it.strip_prefix('/')).is_some_and(|it| !it.contains('/'))
        }
    };
    let mut children: Vec<&FileEntry> = entries.iter().filter(|it| is_child(&it.path)).collect();
    children.stable_sort_by_key(|it| (!it.folder, it.path.clone()));
    for entry in children {
        let name = entry.path.rsplit('/').next().unwrap_or(&entry.path);
        if name.starts_with('.') {
            continue;
        }
        let open = entry.folder && !closed.contains(&entry.path);
        rows.push(TreeRow { path: entry.path.clone(), name: name.into(), depth, folder: entry.folder, open });
        if open {
            push_children(entries, &entry.path, depth + 1, closed, rows);
        }
    }
}

/// What is wrong with a path for a new file; none: nothing.
pub fn name_problem(entries: &[FileEntry], path: &str) -> Option<&'static str> {
    let path = path.trim();
    if path.is_empty() {
        return Some("A file needs a name.");
    }
    if path.starts_with('/')
        || path.ends_with('/')
        || path.split('/').any(|it| it.is_empty() || it == "." || it == "..")
    {
        return Some("Give a path within the home folder, such as lab/web.yaml.");
    }
    if path.chars().any(char::is_control) || path.len() > 200 {
        return Some("This name cannot be used.");
    }
    entries.iter().any(|it| it.path == path).then_some("There is a file of this name already.")
}

/// The first free name of the form `stem.yaml`, `stem-2.yaml`, …
pub fn free_name(entries: &[FileEntry], stem: &str) -> String {
    let taken = |path: &str| entries.iter().any(|it| it.path == path);
    let first = format!("{stem}.yaml");
    if !taken(&first) {
        return first;
    }
    (2..).map(|n| format!("{stem}-{n}.yaml")).find(|it| !taken(it)).unwrap_or(first)
}

/// Whether a file can be applied, by its name.
pub fn is_manifest(path: &str) -> bool {
    [".yaml", ".yml", ".json"].iter().any(|it| path.ends_with(it))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries() -> Vec<FileEntry> {
        let entry = |path: &str, folder| FileEntry { path: path.into(), folder, ..FileEntry::default() };
        vec![entry(".kube", true), entry("a.yaml", false), entry("lab", true), entry("lab/web.yaml", false)]
    }

    #[test]
    fn folders_come_first_and_close() {
        let names = |closed: &[&str]| {
            let closed = closed.iter().map(|it| it.to_string()).collect();
            tree(&entries(), &closed)
                .iter()
                .map(|it| format!("{}{}", " ".repeat(it.depth), it.name))
                .collect::<Vec<_>>()
        };
        assert_eq!(names(&[]), ["lab", " web.yaml", "a.yaml"]);
        assert_eq!(names(&["lab"]), ["lab", "a.yaml"]);
    }

    #[test]
    fn names_stay_in_the_home_folder() {
        assert!(name_problem(&entries(), "../x").is_some());
        assert!(name_problem(&entries(), "a.yaml").is_some());
        assert_eq!(name_problem(&entries(), "lab/new.yaml"), None);
        assert_eq!(free_name(&entries(), "a"), "a-2.yaml");
    }

    #[test]
    fn what_is_no_manifest_is_not_applied() {
        assert!(is_manifest("web.yaml") && is_manifest("a/b.json"));
        assert!(!is_manifest("notes.txt") && !is_manifest("Dockerfile") && !is_manifest("yaml"));
    }
}
