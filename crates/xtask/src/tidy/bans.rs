//! Words that finished code does not contain.

use super::tree::line_of;
use super::{Finding, Tree};

/// What must not be in code outside tests, and what to do instead.
const BANS: &[(&str, &str)] = &[
    ("todo!(", "finish it, or declare the gap in unsupported.rs"),
    ("unimplemented!(", "finish it, or declare the gap in unsupported.rs"),
    ("dbg!(", "take it out"),
    (".unwrap()", "use `?`, `let … else`, or `expect(\"why it holds\")`"),
];

/// Banned words outside tests and generated code.
pub fn find(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.rust("crates/").filter(|it| !it.is_generated() && !it.is_test()) {
        for (word, instead) in BANS {
            for (at, _) in file.code.match_indices(word) {
                let message = format!("{} is banned: {instead}", word.trim_matches(['.', '(']));
                findings.push(Finding::new(&file.path, line_of(&file.code, at), message));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_code_outside_tests_counts() {
        let text =
            "//! todo!()\nfn f() { g().unwrap(); }\n#[cfg(test)]\nmod tests { fn h() { g().unwrap() } }\n";
        let found = find(&Tree::of(&[("crates/os/src/a.rs", text), ("crates/os/tests/b.rs", "todo!()")]));
        assert_eq!(found.iter().map(|it| it.line).collect::<Vec<_>>(), [2]);
    }
}
