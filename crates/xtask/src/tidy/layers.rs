//! Inside the core crate: which module may name which. ARCHITECTURE.md tells the story; this is the table.

use super::tree::line_of;
use super::{Finding, Tree};

/// A module of the core, and the modules it may name, from the ground up.
const CORE: &[(&str, &[&str])] = &[
    ("sim", &[]),
    ("store", &["sim"]),
    ("apiserver", &["sim", "store"]),
    ("client", &["sim", "store", "apiserver"]),
    ("network", &["sim", "client"]),
    ("runtime", &["sim", "client", "network"]),
    ("controllers", &["sim", "client"]),
    ("scheduler", &["sim", "client"]),
    ("kubelet", &["sim", "client", "network", "runtime"]),
    (
        "cluster",
        &["sim", "store", "apiserver", "client", "network", "runtime", "controllers", "scheduler", "kubelet"],
    ),
];

const SRC: &str = "crates/core/src/";

/// `crate::…` paths that go up or sideways, and modules that the table does not know.
pub fn find(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.rust(SRC).filter(|it| it.path != "crates/core/src/lib.rs" && !it.is_test()) {
        let inside = &file.path[SRC.len()..];
        let own = inside.split(['/', '.']).next().unwrap_or_default();
        let Some((_, below)) = CORE.iter().find(|(name, _)| *name == own) else {
            findings.push(Finding::new(
                &file.path,
                0,
                format!("the layer table (tidy/layers.rs) does not know {own}"),
            ));
            continue;
        };
        for (at, module) in crate_paths(&file.code) {
            let known = CORE.iter().any(|(name, _)| *name == module);
            if known && module != own && !below.contains(&module.as_str()) {
                let line = line_of(&file.code, at);
                let seam = below.contains(&"client") && matches!(module.as_str(), "store" | "apiserver");
                let instead = if seam { ": what it may see of it is in crate::client" } else { "" };
                findings.push(Finding::new(
                    &file.path,
                    line,
                    format!("{own} must not know {module}{instead}"),
                ));
            }
        }
    }
    findings
}

/// Each `crate::name`, also in groups: `use crate::{a::b, c}` names `a` and `c`.
fn crate_paths(code: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            None => found.push((at, word(rest))),
            Some(group) => found.extend(group_heads(group).into_iter().map(|it| (at, it))),
        }
    }
    found
}

/// The first word of each member of a `{…}` group, whose opening brace is already read.
fn group_heads(group: &str) -> Vec<String> {
    let mut heads = vec![word(group.trim_start())];
    let mut depth = 0;
    for (at, byte) in group.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' if depth == 0 => break,
            b'}' => depth -= 1,
            b',' if depth == 0 => heads.push(word(group[at + 1..].trim_start())),
            _ => {}
        }
    }
    heads.retain(|it| !it.is_empty());
    heads
}

fn word(text: &str) -> String {
    text.chars().take_while(|it| it.is_alphanumeric() || *it == '_').collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_goes_up_or_sideways_is_found() {
        let tree = Tree::of(&[
            ("crates/core/src/sim.rs", "use crate::store::Storage;"),
            ("crates/core/src/scheduler/queue.rs", "fn f(x: crate::client::Cx) { crate::kubelet::g() }"),
            ("crates/core/src/cluster.rs", "use crate::{kubelet::{self, Kubelet}, sim, store::Log};"),
            ("crates/core/src/odd.rs", ""),
        ]);
        let found: Vec<String> =
            find(&tree).into_iter().map(|it| format!("{}: {}", it.path, it.message)).collect();
        assert_eq!(
            found,
            [
                "crates/core/src/sim.rs: sim must not know store",
                "crates/core/src/scheduler/queue.rs: scheduler must not know kubelet",
                "crates/core/src/odd.rs: the layer table (tidy/layers.rs) does not know odd",
            ]
        );
    }

    #[test]
    fn groups_name_each_member() {
        let names: Vec<String> =
            crate_paths("use crate::{a::{b, c}, d, e::f as g,\n};").into_iter().map(|it| it.1).collect();
        assert_eq!(names, ["a", "d", "e"]);
    }
}
