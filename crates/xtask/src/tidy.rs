//! `cargo xtask tidy`: the rules of this code base that neither rustc nor clippy knows.
//!
//! Each rule is one line of [`RULES`], one function from the [`Tree`] to findings, and a sentence in ARCHITECTURE.md.
//! `cargo xtask test` counts each rule as a test.

mod bans;
mod deps;
mod docs;
mod layers;
mod lengths;
mod lists;
mod paths;
mod source; // shared
mod tree;

pub use tree::Tree;

use crate::Result;

/// One place that breaks a rule.
#[derive(Debug, PartialEq)]
pub struct Finding {
    /// From the workspace root.
    pub path: String,
    /// From 1; 0 speaks of the whole file.
    pub line: usize,
    pub message: String,
}

impl Finding {
    fn new(path: &str, line: usize, message: impl Into<String>) -> Finding {
        Finding { path: path.to_string(), line, message: message.into() }
    }
}

/// A rule: what it demands, and who finds where it is broken.
pub struct Rule {
    pub name: &'static str,
    pub find: fn(&Tree) -> Vec<Finding>,
}

/// Every rule.
pub const RULES: &[Rule] = &[
    Rule { name: "a module only knows the layers below it", find: layers::find },
    Rule { name: "a crate only depends on the crates below it", find: deps::layers },
    Rule { name: "ARCHITECTURE.md gives a reason for each dependency", find: deps::table },
    Rule { name: "a file has at most 600 lines", find: lengths::find },
    Rule { name: "a file starts with a module comment", find: docs::find },
    Rule { name: "a file belongs to a module and to its list", find: lists::find },
    Rule { name: "nothing is unfinished, nothing is unwrapped", find: bans::find },
    Rule { name: "no text names a path of a machine", find: paths::find },
];

/// `cargo xtask tidy`.
pub fn run(_args: &[String]) -> Result {
    let tree = Tree::read()?;
    let mut broken = 0;
    for rule in RULES {
        let findings = (rule.find)(&tree);
        broken += usize::from(!findings.is_empty());
        print!("{}", report(rule, &findings));
    }
    if broken == 0 { Ok(()) } else { Err(format!("{broken} of {} rules are broken", RULES.len())) }
}

/// `ok` and the rule, or the rule and where it is broken.
pub fn report(rule: &Rule, findings: &[Finding]) -> String {
    if findings.is_empty() {
        return format!("ok      {}\n", rule.name);
    }
    let mut text = format!("BROKEN  {}\n", rule.name);
    for it in findings {
        let line = if it.line > 0 { format!(":{}", it.line) } else { String::new() };
        text.push_str(&format!("        {}{line}: {}\n", it.path, it.message));
    }
    text
}
