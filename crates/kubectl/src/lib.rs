//! kubectl v1.36 as a pure REST client: the same commands, flags, columns, messages and exit codes, with every machine
//! dependency behind [`Host`]. It knows neither the simulated cluster nor the simulated workstation.
//!
//! ```text
//! command tree (commands.txt, command.rs, flags.rs, help.rs) → cmd/* → builder → client → Host
//!                                                                    → print/*, describe/*
//! ```

#![warn(missing_docs)]

mod apply_patch;
mod archive;
mod base64;
mod builder;
mod client;
pub mod cmd;
pub mod command;
mod complete;
mod cx;
mod describe;
mod discovery;
mod error;
mod files;
mod flags;
mod generate;
mod help;
pub mod host;
mod human;
mod kubeconfig;
mod ops;
mod polymorphic;
mod print;
pub mod selector;
mod session;
mod wait;

use std::rc::Rc;

use command::Tree;
pub use complete::{Candidate, complete};
use cx::Cx;
use error::CmdError;
use flags::Parsed;
pub use host::Host;

/// Runs one command line (`argv[0]` is `kubectl`) and returns its exit code.
pub async fn run(argv: &[String], host: Rc<dyn Host>) -> i32 {
    match dispatch(argv, &host).await {
        Ok(()) => 0,
        Err(error) => {
            let (text, code) = error.report();
            if !text.is_empty() {
                let end = if text.ends_with('\n') { "" } else { "\n" };
                host.stderr(format!("{text}{end}").as_bytes());
            }
            code
        }
    }
}

async fn dispatch(argv: &[String], host: &Rc<dyn Host>) -> Result<(), CmdError> {
    let tree = Tree::load();
    let words = argv.get(1..).unwrap_or(&[]).to_vec();
    if words.first().is_some_and(|w| w == "help") {
        return help_command(&tree, &words[1..], &**host);
    }
    let (command, rest) = tree.find(&words);
    let command = command.clone();
    let flags = tree.flags_of(&command);
    if command.path.is_empty() && rest.first().is_some_and(|w| !w.starts_with('-')) {
        return unknown_command(&tree, &rest[0]);
    }
    if command.path.is_empty() && words.first().is_some_and(|w| w.starts_with('-')) && tree.has_word(&words) {
        // kubectl takes the word for a plugin's name.
        let message = format!("Error: flags cannot be placed before plugin name: {}", words[0]);
        return Err(CmdError::Exit { code: 1, message });
    }
    let parsed = Parsed::parse(&flags, &rest).map_err(|text| CmdError::Exit {
        code: 1,
        message: format!("error: {text}\nSee '{} --help' for usage.", command.full_path()),
    })?;
    for line in &parsed.deprecations {
        host.stderr(format!("{line}\n").as_bytes());
    }
    if parsed.str("dry-run") == "unchanged" {
        host.stderr(b"--dry-run is deprecated and can be replaced with --dry-run=client.\n");
    }
    if parsed.help {
        host.stdout(help::page(&tree, &command).as_bytes());
        return Ok(());
    }
    let missing: Vec<String> =
        command.required.iter().filter(|f| !parsed.changed(f)).map(|f| format!("{f:?}")).collect();
    if !missing.is_empty() {
        return Err(CmdError::Msg(format!("required flag(s) {} not set", missing.join(", "))));
    }
    if let Some((_, run)) = cmd::COMMANDS.iter().find(|(path, _)| *path == command.path) {
        let cx = Cx::new(host.clone(), tree, command, parsed);
        run(&cx).await?;
        let warned = *cx.client().map(|c| c.warnings.borrow().to_owned()).as_ref().unwrap_or(&0);
        if cx.flags.bool("warnings-as-errors") && warned > 0 {
            let words = if warned == 1 {
                "1 warning received".to_string()
            } else {
                format!("{warned} warnings received")
            };
            return Err(CmdError::Msg(words));
        }
        return Ok(());
    }
    if cmd::GROUPS.contains(&command.path) {
        return match parsed.args.first() {
            Some(word) => Err(CmdError::usage(&command.full_path(), format!("unknown command {word:?}"))),
            None => {
                // Some groups show their page on standard error.
                let page = help::page(&tree, &command);
                match command.path {
                    "" | "rollout" | "certificate" => host.stdout(page.as_bytes()),
                    _ => host.stderr(page.as_bytes()),
                }
                let code = i32::from(!command.path.is_empty());
                if code == 0 { Ok(()) } else { Err(CmdError::Exit { code, message: String::new() }) }
            }
        };
    }
    Err(CmdError::Msg(format!("not simulated here: {}", command.full_path())))
}

fn unknown_command<T>(tree: &Tree, word: &str) -> Result<T, CmdError> {
    let mut message = format!("error: unknown command {word:?} for \"kubectl\"");
    let close = tree.suggestions(word);
    if !close.is_empty() {
        message += "\n\nDid you mean this?";
        close.iter().for_each(|name| message += &format!("\n\t{name}"));
    }
    Err(CmdError::Exit { code: 1, message })
}

fn help_command(tree: &Tree, words: &[String], host: &dyn Host) -> Result<(), CmdError> {
    let words: Vec<String> = words.iter().filter(|w| !w.starts_with('-')).cloned().collect();
    let (command, rest) = tree.find(&words);
    if command.path.is_empty() && !rest.is_empty() {
        let text = format!("Unknown help topic [`{}`]\n\n\n{}", words.join(" "), help::groups(tree));
        let usage = "Usage:\n  kubectl [flags] [options]\n\nUse \"kubectl <command> --help\" for more information about a given command.\nUse \"kubectl options\" for a list of global command-line options (applies to all commands).\n";
        host.stderr(format!("{}\n\n{usage}", text.trim_end()).as_bytes());
        return Ok(());
    }
    host.stdout(help::page(tree, command).as_bytes());
    Ok(())
}
