//! The layers of `cargo xtask test`, one line each.

use super::Layer;
use std::process::Command;

use super::count::{Count, check, suite};
use crate::{Result, build, explain, serve, setup, sh, tidy, wasm, workspace};

/// Every layer, from quick to slow.
pub const LAYERS: &[Layer] = &[
    Layer { name: "fmt", about: "rustfmt agrees", run: fmt },
    Layer { name: "tidy", about: "the rules of this code base", run: tidy },
    Layer { name: "clippy", about: "no lint speaks, natively and for the page", run: clippy },
    Layer { name: "native", about: "unit and integration tests", run: native },
    Layer { name: "transcripts", about: "stories on a simulated cluster", run: transcripts },
    Layer { name: "wasm", about: "the same history natively and in wasm", run: same_in_wasm },
    Layer { name: "clients", about: "the real kubectl and kube-rs against kubarium serve", run: clients },
    Layer { name: "e2e", about: "the built page in a real browser", run: e2e },
];

fn fmt() -> Result<Count> {
    check(&mut sh::cargo(&["fmt", "--all", "--check"]))
}

fn tidy() -> Result<Count> {
    let tree = tidy::Tree::read()?;
    let mut count = Count::default();
    for rule in tidy::RULES {
        let findings = (rule.find)(&tree);
        print!("{}", tidy::report(rule, &findings));
        count = count + Count::one(findings.is_empty());
    }
    Ok(count)
}

fn clippy() -> Result<Count> {
    setup::wasm_target()?;
    let page =
        ["clippy", "-q", "-p", "kubarium-web", "--target", "wasm32-unknown-unknown", "--", "-D", "warnings"];
    let native =
        ["clippy", "-q", "--workspace", "--exclude", "kubarium-web", "--all-targets", "--", "-D", "warnings"];
    Ok(check(&mut sh::cargo(&native))? + check(&mut sh::cargo(&page))?)
}

/// The packages that only run when other layers have prepared what they need.
const PREPARED: &[&str] = &["kubarium-tests", "kubarium-kube-rs", "kubarium-world"];

fn native() -> Result<Count> {
    let mut command = sh::cargo(&["test", "-q", "--no-fail-fast", "--workspace"]);
    for package in PREPARED {
        command.args(["--exclude", package]);
    }
    Ok(suite(&mut command)?
        + suite(&mut sh::cargo(&["test", "-q", "--no-fail-fast", "-p", "kubarium-tests", "--lib"]))?)
}

fn transcripts() -> Result<Count> {
    let texts = explain::texts()?;
    let mut command = sh::cargo(&["test", "-q", "-p", "kubarium-tests", "--test", "transcripts"]);
    suite(command.env("KUBARIUM_EXPLAIN", texts))
}

/// Each scenario's line must be the same on both sides.
fn same_in_wasm() -> Result<Count> {
    let lines = |mut command: Command| sh::output_or_error(&mut command);
    let (native, wasm) = (lines(wasm::native("sameness", false)?)?, lines(wasm::node("sameness")?)?);
    let mut count = Count::default();
    for line in native.lines() {
        let same = wasm.lines().any(|it| it == line);
        count = count + Count::one(same);
        if !same {
            let name = line.splitn(3, ' ').nth(2).unwrap_or_default();
            let other = wasm.lines().find(|it| it.ends_with(name)).unwrap_or("nothing");
            println!("FAIL {name}\n     native {line}\n     wasm   {other}");
        }
    }
    Ok(count)
}

fn clients() -> Result<Count> {
    let kubectl = setup::kubectl()?;
    let texts = explain::texts()?;
    sh::run(&mut sh::cargo(&["build", "-q", "-p", "kubarium"]))?;
    let kubarium = workspace::target().join("debug/kubarium");
    let with_both = |args: &[&str]| {
        suite(
            sh::cargo(args)
                .env("KUBECTL", &kubectl)
                .env("KUBARIUM", &kubarium)
                .env("KUBARIUM_EXPLAIN", &texts),
        )
    };
    let stories =
        with_both(&["test", "-q", "--no-fail-fast", "-p", "kubarium-tests", "--test", "real-kubectl"])?;
    Ok(stories + with_both(&["test", "-q", "--no-fail-fast", "-p", "kubarium-kube-rs"])?)
}

fn e2e() -> Result<Count> {
    setup::node_packages()?;
    let chromium = setup::chromium()?;
    let url = serve::in_background(build::page()?)?;
    suite(sh::command("node", &["tests/e2e/run.mjs", &url]).env("CHROMIUM", chromium))
}
