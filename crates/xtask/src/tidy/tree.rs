//! The files that tidy looks at, read once.

use super::source::blank_out;
use crate::{Result, sh, workspace};

/// Every file of the project that is text, by path.
pub struct Tree {
    pub files: Vec<File>,
}

/// One text file.
pub struct File {
    /// From the workspace root, with `/`.
    pub path: String,
    pub text: String,
    /// Of Rust files: the text with comments, strings and test modules blanked out, line for line.
    pub code: String,
}

impl Tree {
    /// What git tracks or would track; without git, all files.
    pub fn read() -> Result<Tree> {
        let root = workspace::root();
        let args = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
        let paths: Vec<String> = match sh::output(&mut sh::command("git", &args)) {
            Some(list) => list.split_terminator('\0').map(str::to_string).collect(),
            None => workspace::files(&root)
                .iter()
                .filter_map(|it| Some(it.strip_prefix(&root).ok()?.to_string_lossy().replace('\\', "/")))
                .filter(|it| !it.starts_with("dist/") && !it.starts_with("test-results/"))
                .collect(),
        };
        let text =
            |path: &String| std::fs::read(root.join(path)).ok().and_then(|it| String::from_utf8(it).ok());
        Ok(Tree { files: paths.into_iter().filter_map(|path| Some(File::new(text(&path)?, path))).collect() })
    }

    /// Rust files below a folder; an empty folder means all.
    pub fn rust<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = &'a File> {
        self.files.iter().filter(move |it| it.path.ends_with(".rs") && it.path.starts_with(folder))
    }

    /// One file.
    pub fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|it| it.path == path)
    }

    #[cfg(test)]
    pub fn of(files: &[(&str, &str)]) -> Tree {
        Tree {
            files: files.iter().map(|(path, text)| File::new(text.to_string(), path.to_string())).collect(),
        }
    }
}

impl File {
    fn new(text: String, path: String) -> File {
        let code = if path.ends_with(".rs") { blank_out(&text) } else { String::new() };
        File { path, text, code }
    }

    /// Whether codegen wrote it.
    pub fn is_generated(&self) -> bool {
        self.path.contains("/generated/") || self.path.ends_with("/generated.rs")
    }

    /// Whether all of it is test code: by Cargo's layout, or a module that its parent declares for tests only.
    pub fn is_test(&self) -> bool {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        let folder_of_tests = self.path.split('/').any(|it| matches!(it, "tests" | "benches" | "examples"));
        folder_of_tests || matches!(name, "tests.rs" | "build.rs") || name.ends_with("_tests.rs")
    }
}

/// The line of a byte position, from 1.
pub fn line_of(text: &str, at: usize) -> usize {
    text[..at].bytes().filter(|it| *it == b'\n').count() + 1
}
