//! The programs of `tests/world`, built for the host and for wasm under Node.

use std::path::PathBuf;
use std::process::Command;

use crate::{Result, setup, sh, workspace};

/// Cargo's package of the programs.
const PACKAGE: &str = "kubarium-world";

/// Builds a program for the host and gives a command that runs it. `release`: as fast as it gets.
pub fn native(program: &str, release: bool) -> Result<Command> {
    let mut build = sh::cargo(&["build", "-q", "-p", PACKAGE, "--bin", program]);
    if release {
        build.arg("--release");
    }
    sh::run(&mut build)?;
    let profile = if release { "release" } else { "debug" };
    Ok(sh::command(workspace::target().join(profile).join(program), &[]))
}

/// Builds a program for wasm, as the page's code is built, and gives a command that runs it under Node; arguments may follow.
pub fn node(program: &str) -> Result<Command> {
    setup::node_packages()?;
    setup::wasm_target()?;
    let tool = setup::wasm_bindgen()?.join("wasm-bindgen");
    let target = ["--target", "wasm32-unknown-unknown", "--profile", "wasm-release"];
    sh::run(portable(sh::cargo(&["build", "-q", "-p", PACKAGE, "--bin", program]).args(target)))?;
    let wasm =
        workspace::target().join("wasm32-unknown-unknown/wasm-release").join(format!("{program}.wasm"));
    let out = folder(program);
    sh::run(sh::command(tool, &["--target", "nodejs", "--out-dir"]).arg(&out).arg(wasm))?;
    // The workspace's package.json speaks of modules; what wasm-bindgen writes for Node is none.
    workspace::write(&out.join("package.json"), "{ \"type\": \"commonjs\" }\n")?;
    let start = out.join("start.cjs");
    workspace::write(
        &start,
        &format!("globalThis.argument = process.argv[2] ?? '';\nrequire('./{program}.js');\n"),
    )?;
    Ok(with_stack(&start))
}

/// The same, optimised as Trunk does it for the page.
pub fn node_optimised(program: &str) -> Result<Command> {
    let command = node(program)?;
    let wasm = folder(program).join(format!("{program}_bg.wasm"));
    let tool = workspace::root().join("node_modules/.bin/wasm-opt");
    sh::run(sh::command(tool, &["-Oz", "-o"]).arg(&wasm).arg(&wasm))?;
    Ok(command)
}

/// Tells a build for wasm to name the sources of crates without the folder that this machine keeps them in: the same
/// source gives the same bytes everywhere. What builds with the `wasm-release` profile must say this, or all is built twice.
pub fn portable(command: &mut Command) -> &mut Command {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| std::env::home_dir().map(|it| it.join(".cargo"))).unwrap_or_default();
    let flag = format!("--remap-path-prefix={}=", home.join("registry/src").display());
    if flag.contains(' ') {
        // The variable has no way to say that a space belongs to a word.
        return command;
    }
    command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", flag)
}

/// Where a program for Node is.
pub fn folder(program: &str) -> PathBuf {
    workspace::target().join("xtask/wasm").join(program)
}

/// The programs recurse where documents do: give them the stack that a native program has.
fn with_stack(script: &PathBuf) -> Command {
    let mut command = sh::command("node", &["--stack-size=4000"]);
    command.arg(script);
    command
}
