//! Files stay readable in one sitting.

use super::{Finding, Tree};

/// Longer files are split.
const LINES_MAX: usize = 600;

/// Files that may be longer: path, how long, why. The number only falls.
const EXCEPTIONS: &[(&str, usize, &str)] = &[];

/// Rust, JavaScript and CSS files that are too long.
pub fn find(tree: &Tree) -> Vec<Finding> {
    let ours = |path: &str| [".rs", ".js", ".mjs", ".ts", ".css"].iter().any(|it| path.ends_with(it));
    let mut findings = Vec::new();
    for file in tree.files.iter().filter(|it| ours(&it.path) && !it.is_generated()) {
        let lines = file.text.lines().count();
        let exception = EXCEPTIONS.iter().find(|(path, ..)| *path == file.path);
        let max = exception.map_or(LINES_MAX, |(_, max, _)| *max);
        if lines > max {
            findings.push(Finding::new(
                &file.path,
                0,
                format!("{lines} lines, at most {max}: split it by meaning"),
            ));
        }
        if exception.is_some() && lines <= LINES_MAX {
            findings.push(Finding::new(&file.path, 0, "no longer needs its exception in tidy/lengths.rs"));
        }
    }
    findings
}
