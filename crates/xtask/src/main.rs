//! `cargo xtask`: the only tool a newcomer meets. Each command is one line of [`COMMANDS`] and one module.
//!
//! Standard library plus serde_json, so that the first `cargo xtask` answers within seconds of a fresh clone.

// xtask is a tool of the host, outside the world: it times its steps, reads the environment and serves files from threads.
#![allow(clippy::disallowed_types, clippy::disallowed_methods)]

mod bench;
mod build;
mod codegen;
mod explain;
mod serve;
mod setup;
mod sh;
mod test;
mod tidy;
mod wasm;
mod workspace;

use std::process::ExitCode;

/// What a command returns: nothing, or the one line that says what is wrong.
pub type Result<T = ()> = std::result::Result<T, String>;

/// One command of `cargo xtask`.
struct Command {
    name: &'static str,
    usage: &'static str,
    about: &'static str,
    run: fn(&[String]) -> Result,
}

/// Every command, in the order of the help text.
const COMMANDS: &[Command] = &[
    Command {
        name: "serve",
        usage: "[--port N]",
        about: "set up what is missing, build the page, serve it on http://127.0.0.1:8080",
        run: serve::run,
    },
    Command {
        name: "test",
        usage: "[LAYER…]",
        about: "set up what is missing and run every check and test, or some layers",
        run: test::run,
    },
    Command {
        name: "build",
        usage: "",
        about: "build dist/: hashed files with .br and .gz beside them",
        run: build::run,
    },
    Command {
        name: "bench",
        usage: "[--quick] [payload] [page] [world]",
        about: "measure sizes, the page in Chromium, clusters natively and in wasm",
        run: bench::run,
    },
    Command {
        name: "tidy",
        usage: "",
        about: "check the rules that the compiler does not know",
        run: tidy::run,
    },
    Command {
        name: "codegen",
        usage: "[--document PATH] [--check]",
        about: "write the built-in kinds of crates/api from the OpenAPI document of Kubernetes",
        run: codegen::run,
    },
    Command { name: "setup", usage: "", about: "only install what the page's build needs", run: setup::run },
];

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let Some(name) = args.first() else {
        print!("{}", help());
        return ExitCode::FAILURE;
    };
    if matches!(name.as_str(), "help" | "--help" | "-h") {
        print!("{}", help());
        return ExitCode::SUCCESS;
    }
    let Some(command) = COMMANDS.iter().find(|it| it.name == name) else {
        eprintln!("error: unknown command {name:?}; `cargo xtask help` lists them");
        return ExitCode::FAILURE;
    };
    match (command.run)(&args[1..]) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

/// The help text: one line per command.
fn help() -> String {
    let mut text = String::from("usage: cargo xtask <command>\n\n");
    for it in COMMANDS {
        let left = format!("{} {}", it.name, it.usage);
        text.push_str(&format!("  {left:<22} {}\n", it.about));
    }
    text
}
